//! Bad input of every kind, while a call goes on beside it: a clear error for each, no crash, nothing lost by others.

use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_core::session_types::Role;
use dragoman_core::wire::{ParticipantMessage, RelayMessage};
use dragoman_tests::call::Call;
use dragoman_tests::client::{Client, Socket};
use dragoman_tests::relay::TestRelay;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// Who misbehave at the same time.
const SENDERS: u64 = 10;
/// Of each kind, from each.
const MESSAGES: usize = 1_000;
const SEED: u64 = 20_261_124;

/// The refusal that answers what was sent last.
async fn refusal(socket: &mut Socket) -> Result<String> {
    let refused = socket.find(|message| match message {
        RelayMessage::Refused { problem } => Some(problem),
        _ => None,
    });
    let problem = refused.await?;
    assert!(problem.message.len() > 10, "a refusal says what was wrong");
    Ok(problem.code)
}

fn malformed(rng: &mut ChaCha8Rng) -> String {
    let good = r#"{"type":"state_consent","kind":"interpreting","agreed":true,"means":"own_screen"}"#;
    let text = match rng.random_range(0..8) {
        0 => String::new(),
        1 => "null".to_owned(),
        2 => good[..rng.random_range(1..good.len())].to_owned(),
        3 => format!(r#"{{"type":"{}"}}"#, "x".repeat(rng.random_range(0..50))),
        4 => "[".repeat(rng.random_range(1..2_000)),
        5 => good.replace("interpreting", "everything"),
        6 => good.replace("true", r#"{"type":"stop"}"#),
        _ => (0..rng.random_range(1..300)).map(|_| char::from(rng.random_range(32..127_u8))).collect(),
    };
    // A random text is not by chance what is understood.
    if serde_json::from_str::<ParticipantMessage>(&text).is_ok() { String::new() } else { text }
}

/// Sends what nobody understands, and reads why it is refused.
async fn misbehave(mut socket: Socket, seed: u64) -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for number in 0..MESSAGES {
        let text = malformed(&mut rng);
        socket.send_text(text.clone()).await?;
        let code =
            refusal(&mut socket).await.with_context(|| format!("seed {seed}, message {number}: {text:?}"))?;
        assert_eq!(code, "message_malformed");
    }
    for number in 0..MESSAGES {
        let sdp = malformed_sdp(&mut rng, number);
        socket.send(&ParticipantMessage::SdpOffer { sdp: sdp.clone() }).await?;
        let code =
            refusal(&mut socket).await.with_context(|| format!("seed {seed}, offer {number}: {sdp:?}"))?;
        assert_eq!(code, "sdp_malformed");
    }
    let long = format!("\"{}\"", "a".repeat(100_000));
    socket.send_text(long).await?;
    assert_eq!(refusal(&mut socket).await?, "message_malformed");
    Ok(())
}

fn malformed_sdp(rng: &mut ChaCha8Rng, number: usize) -> String {
    let head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
    match number % 4 {
        0 => String::new(),
        1 => (0..rng.random_range(1..400)).map(|_| char::from(rng.random_range(10..127_u8))).collect(),
        2 => format!("{head}m=audio {} RTP/AVP 0\r\n", rng.random::<u32>()),
        _ => format!("{head}{}", "m=video 9 X 0\r\n".repeat(number % 60)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_malformed_messages_and_offers_disturb_nobody() -> Result<()> {
    println!("seed {SEED}");
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;

    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let talking = tokio::spawn(async move {
        let (mut sent, mut heard) = (0_u32, 0_u32);
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        while stopped.try_recv().is_err() {
            pace.tick().await;
            call.officer.peer.send(&sent.to_be_bytes()).await?;
            sent += 1;
            while call.interviewee.peer.receive(Duration::from_millis(1)).await?.is_some() {
                heard += 1;
            }
            if sent.is_multiple_of(100) {
                for party in [&mut call.officer, &mut call.mediator, &mut call.interviewee] {
                    party.peer.check().await?;
                }
            }
        }
        while call.interviewee.peer.receive(Duration::from_millis(300)).await?.is_some() {
            heard += 1;
        }
        Ok::<_, anyhow::Error>((sent, heard))
    });

    // Beside it, people of other sessions misbehave: several, since the relay reads nobody's messages faster than one in
    // 5 ms.
    let mut misbehaving = JoinSet::new();
    for number in 0..SENDERS {
        let officer = relay.signed_in(&links.officer).await?;
        let session = officer.request_session("fr").await?.session;
        let invitation = officer.invite(session, Role::Interviewee).await?;
        let (guest, _) = Client::joined(&relay.url, &invitation).await?;
        misbehaving.spawn(misbehave(guest.session_socket(session).await?, SEED + number));
    }
    while let Some(done) = misbehaving.join_next().await {
        done??;
    }

    let _ = stop.send(());
    let (sent, heard) = talking.await??;
    println!(
        "{SENDERS} times {MESSAGES} malformed messages and as many offers refused; the call beside them: {heard} of {sent} packets"
    );
    assert_eq!(heard, sent, "the call beside them lost nothing");
    assert_eq!(Client::new(&relay.url)?.try_get("/readyz").await?.0, 200);
    Ok(())
}

/// OWASP ASVS 17.2.6: what comes from an address that proved nothing is not looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_from_strangers_reach_nobody() -> Result<()> {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    let stranger = UdpSocket::bind("127.0.0.1:0").await?;
    let media = call.officer.peer.relay_addr();
    let before = relay.app.media.counters().dropped_unproven.get();
    for number in 0..2_000_u32 {
        let length = rng.random_range(1..400);
        let mut junk: Vec<u8> = (0..length).map(|_| rng.random()).collect();
        // STUN, DTLS (a ClientHello's first bytes) and RTP in turn.
        junk[0] = [0, 22, 0x80, 200][number as usize % 4];
        stranger.send_to(&junk, media).await?;
        if number.is_multiple_of(20) {
            call.officer.peer.send(&number.to_be_bytes()).await?;
            let heard = call
                .interviewee
                .peer
                .receive(Duration::from_secs(2))
                .await?
                .context("the call went silent")?;
            assert_eq!(heard.payload, number.to_be_bytes());
        }
    }
    let mut buffer = [0_u8; 1_500];
    let answer = tokio::time::timeout(Duration::from_millis(200), stranger.recv_from(&mut buffer)).await;
    assert!(answer.is_err(), "a stranger gets no answer");
    assert!(relay.app.media.counters().dropped_unproven.get() > before);
    Ok(())
}
