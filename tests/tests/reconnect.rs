//! A participant whose page is loaded again, or whose network changed, comes with a new transport: the others hear it.

use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_tests::call::Call;
use dragoman_tests::peer::Peer;
use dragoman_tests::relay::TestRelay;

/// A fresh transport begins at random numbers: half of them lie "before" those of the old one.
const TIMES: u32 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_transport_is_heard_from_its_first_packet() -> Result<()> {
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    for number in 0..TIMES {
        call.officer.peer.send(&number.to_be_bytes()).await?;
        for listener in [&mut call.mediator.peer, &mut call.interviewee.peer] {
            let heard = listener.receive(Duration::from_secs(2)).await?;
            let heard = heard.with_context(|| format!("transport {number} is not heard"))?;
            assert_eq!(heard.payload, number.to_be_bytes());
        }
        call.officer.peer = Peer::connect(&mut call.officer.socket).await?;
    }
    Ok(())
}
