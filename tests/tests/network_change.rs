//! A client's address changes in the middle of a call: sound goes on with the same keys and streams.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_tests::call::Call;
use dragoman_tests::peer::Peer;
use dragoman_tests::relay::TestRelay;

const PATIENCE: Duration = Duration::from_secs(2);

async fn hears(listener: &mut Peer, speaker: &mut Peer, word: u8) -> Result<u32> {
    speaker.send(&[word; 80]).await?;
    let heard = listener.receive(PATIENCE).await?.with_context(|| format!("word {word} is not heard"))?;
    assert_eq!(heard.payload, [word; 80]);
    Ok(heard.ssrc)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_from_another_address_is_heard_and_hears_after_one_check() -> Result<()> {
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    let (officer, mediator) = (&mut call.officer.peer, &mut call.mediator.peer);
    let before = hears(officer, mediator, 1).await?;
    for word in 2..6 {
        officer.move_to_another_port().await?;
        officer.check().await?;
        hears(mediator, officer, word).await?;
        assert_eq!(hears(officer, mediator, word).await?, before, "the stream goes on");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_proved_nothing_takes_nobodys_place() -> Result<()> {
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    let (officer, mediator) = (&mut call.officer.peer, &mut call.mediator.peer);
    hears(officer, mediator, 1).await?;
    officer.move_to_another_port().await?;
    officer.send(&[2; 80]).await?;
    mediator.send(&[3; 80]).await?;
    assert_eq!(mediator.receive(Duration::from_millis(300)).await?, None);
    assert_eq!(officer.receive(Duration::from_millis(300)).await?, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ice_restart_keeps_keys_and_streams_and_the_old_way_while_there_is_no_new_one() -> Result<()> {
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    let (officer, mediator) = (&mut call.officer, &mut call.mediator.peer);
    let before = hears(&mut officer.peer, mediator, 1).await?;
    let answer = officer.peer.restart_ice(&mut officer.socket).await?;
    let ssrcs: BTreeSet<&str> =
        answer.lines().filter_map(|line| line.strip_prefix("a=ssrc:")?.split(' ').next()).collect();
    assert!(ssrcs.contains(before.to_string().as_str()), "the answer has the streams that there are");
    assert_eq!(hears(&mut officer.peer, mediator, 2).await?, before, "before any check");
    hears(mediator, &mut officer.peer, 2).await?;
    officer.peer.move_to_another_port().await?;
    officer.peer.check().await?;
    hears(mediator, &mut officer.peer, 3).await?;
    assert_eq!(hears(&mut officer.peer, mediator, 3).await?, before);
    // The same offer again is no restart, and changes nothing.
    let again = officer.peer.restart_ice(&mut officer.socket).await?;
    assert_eq!(again, answer);
    assert_eq!(hears(&mut officer.peer, mediator, 4).await?, before);
    Ok(())
}
