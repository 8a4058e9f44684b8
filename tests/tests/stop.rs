//! The interviewee's stop, measured where it counts: at the receivers.

use std::time::{Duration, Instant};

use anyhow::Result;
use dragoman_core::wire::ParticipantMessage;
use dragoman_tests::call::Call;
use dragoman_tests::relay::TestRelay;

const WITHIN: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_heard_200_ms_after_a_stop_and_all_of_it_again_after_a_new_agreement() -> Result<()> {
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    let mut worst = Duration::ZERO;
    for round in 0..10_u32 {
        assert!(exchange(&mut call, 10).await? > Duration::ZERO, "all hear all before the stop");
        let stopped_at = Instant::now();
        call.interviewee.socket.send(&ParticipantMessage::Stop).await?;
        // Everybody goes on talking for a second.
        let mut last_heard = Duration::ZERO;
        for _ in 0..50 {
            if exchange(&mut call, 1).await? > Duration::ZERO {
                last_heard = stopped_at.elapsed();
            }
        }
        assert!(last_heard <= WITHIN, "round {round}: heard {last_heard:?} after the stop");
        worst = worst.max(last_heard);
        call.agree().await?;
        assert!(exchange(&mut call, 10).await? > Duration::ZERO, "all hear all after agreeing again");
    }
    println!("10 stops: the last packet arrived at most {worst:?} after the stop was sent");
    Ok(())
}

/// All three send for `packets` × 20 ms; how long listeners heard somebody.
async fn exchange(call: &mut Call, packets: u32) -> Result<Duration> {
    let mut heard = 0;
    for number in 0..packets {
        let began = Instant::now();
        for party in [&mut call.officer, &mut call.mediator, &mut call.interviewee] {
            party.peer.send(&number.to_be_bytes()).await?;
        }
        for party in [&mut call.officer, &mut call.mediator, &mut call.interviewee] {
            while party.peer.receive(Duration::from_millis(2)).await?.is_some() {
                heard += 1;
            }
        }
        tokio::time::sleep(Duration::from_millis(20).saturating_sub(began.elapsed())).await;
    }
    Ok(Duration::from_millis(20) * heard)
}
