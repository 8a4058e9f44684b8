//! A client's address changes in the middle of a call: sound goes on with the same keys and streams.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dragoman_client::audio::{FRAME, SAMPLE_RATE};
use dragoman_tests::call::Call;
use dragoman_tests::natives::{self, Native};
use dragoman_tests::peer::Peer;
use dragoman_tests::relay::TestRelay;
use dragoman_tests::weak::Passage;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(2);
const OUTAGE: Duration = Duration::from_secs(5);
/// After the link is back.
const BACK_WITHIN: Duration = Duration::from_secs(1);
/// Root of the mean square; what is made up for a lost frame fades to less.
const LOUD: f32 = 0.1;

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

/// Until a native client hears a voice again.
async fn heard_again(listener: &Native) -> Result<Duration> {
    let (began, from) = (Instant::now(), listener.position());
    let is_loud = |frame: &[f32]| frame.iter().map(|s| s * s).sum::<f32>() > LOUD * LOUD * frame.len() as f32;
    while !listener.heard_since(from).chunks(FRAME).any(is_loud) {
        ensure!(began.elapsed() < BACK_WITHIN, "nothing is heard for {BACK_WITHIN:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(began.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn native_clients_hear_each_other_within_a_second_after_five_without_a_network() -> Result<()> {
    let (relay, proxy) = TestRelay::start_behind(Passage::CLEAR, 1).await?;
    let officer = natives::signed_in(&relay.links.officer).await?;
    let mediator = natives::signed_in(&relay.links.mediators[0].link).await?;
    let mut desk = natives::ready_desk(&mediator).await?;
    let session = natives::request(&officer, "sq").await?;
    natives::accept(&mut desk).await?;
    let tone: Arc<[f32]> = (0..SAMPLE_RATE).map(|n| (n as f32 * 0.06).sin() * 0.5).collect();
    let ends =
        [Native::enter(officer, session, tone.clone()).await?, Native::enter(mediator, session, tone).await?];
    for end in &ends {
        end.call.connected().await?;
    }
    tokio::time::sleep(PATIENCE).await;
    for round in 0..2 {
        proxy.cut(true);
        proxy.move_clients();
        tokio::time::sleep(OUTAGE).await;
        proxy.cut(false);
        let (one, other) = tokio::try_join!(heard_again(&ends[0]), heard_again(&ends[1]))?;
        println!("round {round}: heard again after {one:?} and {other:?}");
        tokio::time::sleep(PATIENCE).await;
        for end in &ends {
            heard_again(end).await?;
        }
    }
    for end in ends {
        assert_eq!(end.call.finish().await?.reconnects, 0, "the same transport");
    }
    Ok(())
}
