//! A speaker whose way to the relay is weak: the relay's reports say so, and more is sent along.

use std::time::Duration;

use anyhow::Result;
use dragoman_client::audio::{FRAME, VoiceEncoder};
use dragoman_client::media::{Transport, TransportState, Ways};
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::red::Redundancy;
use dragoman_relay::media::Media;
use dragoman_relay::media::sdp::ClientOffer;
use dragoman_tests::relay::free_address;
use dragoman_tests::weak::{Passage, Profile, Proxy};
use uuid::Uuid;

/// Reports come every second; so many of them are enough to judge a link by.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_relay_reports_missing_is_sent_along_more_often() -> Result<()> {
    let told = free_address()?;
    let media = Media::start("127.0.0.1:0".parse()?, &[told], Redundancy::Adaptive)?;
    let proxy = Proxy::start(told, media.local_addr(), Passage::CLEAR, 30).await?;
    let (transport, offer) = Transport::offer(true, Redundancy::Adaptive, Ways::default(), |_| {}).await?;
    let (session, speaker) = (SessionId(Uuid::from_u128(1)), ParticipantId(Uuid::from_u128(2)));
    let (answer, _) = media.accept(session, speaker, ClientOffer::parse(&offer)?).await?;
    transport.accept(answer).await?;
    transport.state().wait_for(|state| *state == TransportState::Connected).await?;
    proxy.set(Profile::find("lossy-30").expect("a profile").passage);

    let mut opus = VoiceEncoder::new()?;
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    let (mut second, mut sizes) = (proxy.counts().up, Vec::new());
    let frames = u32::try_from(PATIENCE.as_millis() / 20)?;
    for number in 0..frames {
        clock.tick().await;
        assert!(transport.send(number * FRAME as u32, opus.encode(&[0.0; FRAME])?).await);
        if number % 50 == 49 {
            let now = proxy.counts().up;
            sizes.push((now.bytes - second.bytes) / (now.packets - second.packets).max(1));
            second = now;
        }
    }
    println!("bytes a packet, each second: {sizes:?}; missed: {:.2}", transport.missed());
    // Two frames in a packet before anything is known; three where much is lost.
    let (first, last) = (sizes[0], sizes[sizes.len() - 1]);
    assert!(last > first + 60, "{sizes:?}");
    // 0.18 by the rule of thumb for 30 %, and chance.
    assert!((0.02..0.4).contains(&transport.missed()), "{}", transport.missed());
    Ok(())
}
