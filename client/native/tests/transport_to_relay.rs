//! Two clients' transports against the relay's media thread over real UDP, with the SDP exchanged in memory.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step fails the test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dragoman_client::audio::{AudioSource, FRAME, VoiceDecoder, VoiceEncoder};
use dragoman_client::media::{Transport, TransportState, Ways};
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::red::Redundancy;
use dragoman_core::session_types::Route;
use dragoman_relay::media::Media;
use dragoman_relay::media::sdp::ClientOffer;
use tokio::time::timeout;
use uuid::Uuid;

type Voices = Arc<Mutex<BTreeMap<u32, VoiceDecoder>>>;

struct Client {
    id: ParticipantId,
    transport: Transport,
    slots: BTreeMap<String, u32>,
    voices: Voices,
}

impl Client {
    async fn join(media: &Media, session: SessionId, id: u128, speaks: bool) -> Self {
        let voices = Voices::default();
        let into = voices.clone();
        let (transport, offer) =
            Transport::offer(speaks, Redundancy::Adaptive, Ways::default(), move |packet| {
                let mut voices = into.lock().unwrap();
                let voice = voices.entry(packet.ssrc).or_insert_with(|| VoiceDecoder::new(48_000).unwrap());
                // Every fifth packet is lost on the way, and with it the frame of the packet before that is in it.
                if packet.sequence.wrapping_add(u16::from(packet.recovered)) % 5 == 4 {
                    return;
                }
                let push = if packet.recovered { VoiceDecoder::recover } else { VoiceDecoder::push };
                push(voice, packet.sequence, packet.timestamp, packet.payload);
            })
            .await
            .unwrap();
        let id = ParticipantId(Uuid::from_u128(id));
        let offer = ClientOffer::parse(&offer).unwrap();
        assert_eq!(offer.slots().count(), 7);
        let (answer, _) = media.accept(session, id, offer).await.unwrap();
        let slots = transport.accept(answer).await.unwrap();
        assert_eq!(slots.len(), 7);
        let mut state = transport.state();
        let connected = state.wait_for(|state| *state == TransportState::Connected);
        timeout(Duration::from_secs(10), connected).await.expect("ICE and DTLS within ten seconds").unwrap();
        Self { id, transport, slots, voices }
    }
}

/// Syllables: a voice-like sound whose pitch and loudness change, so that a shift in time is seen in the correlation.
fn speech(seconds: usize) -> Vec<f32> {
    let mut phase = 0.0_f32;
    (0..seconds * 48_000)
        .map(|n| {
            let time = n as f32 / 48_000.0;
            let pitch = 140.0 + 40.0 * (time * 2.3).sin() + 25.0 * (time * 5.1).sin();
            phase += pitch / 48_000.0;
            let loud = ((time * 3.7).sin() * (time * 0.9 + 1.0).sin()).max(0.0);
            let wave =
                (phase * std::f32::consts::TAU).sin() + 0.5 * (2.0 * phase * std::f32::consts::TAU).sin();
            0.3 * loud * wave
        })
        .collect()
}

/// The best normalised correlation and the delay in samples at which it is found.
fn correlation(played: &[f32], heard: &[f32], max_delay: usize) -> (f32, usize) {
    let length = played.len().min(heard.len() - max_delay);
    let at = |delay: usize, step: usize| {
        let pairs = played[..length].iter().zip(&heard[delay..]).step_by(step);
        let (mut both, mut a2, mut b2) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (a, b) in pairs {
            both += f64::from(a * b);
            a2 += f64::from(a * a);
            b2 += f64::from(b * b);
        }
        (both / (a2 * b2).sqrt().max(1e-12)) as f32
    };
    let best = (0..max_delay).step_by(8).max_by(|a, b| at(*a, 16).total_cmp(&at(*b, 16))).unwrap();
    let delay = (best.saturating_sub(16)..best + 16).max_by(|a, b| at(*a, 4).total_cmp(&at(*b, 4))).unwrap();
    (at(delay, 1), delay)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_arrives_at_both_kinds_of_listener_over_real_udp() {
    let media = Media::start("127.0.0.1:0".parse().unwrap(), &[], Redundancy::Adaptive).unwrap();
    let session = SessionId(Uuid::from_u128(1));
    let started = Instant::now();
    let speaker = Client::join(&media, session, 10, true).await;
    println!("speaker connected after {:?}", started.elapsed());
    let listener = Client::join(&media, session, 11, true).await;
    let scribe = Client::join(&media, session, 12, false).await;
    let route = Route { from: speaker.id, to: vec![listener.id, scribe.id] };
    let changes = media.set_routes(session, vec![route]).await.unwrap();

    let played = speech(3);
    let mut source = AudioSource::clip(played.clone().into(), false);
    let mut encoder = VoiceEncoder::new().unwrap();
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    let mut heard = [Vec::new(), Vec::new()];
    let mut frame = [0.0; FRAME];
    for n in 0..175_u32 {
        clock.tick().await;
        if n < 150 {
            source_frame(&mut source, &mut frame, n);
            assert!(speaker.transport.send(n * 960, encoder.encode(&frame).unwrap()).await);
        }
        for (client, heard) in [&listener, &scribe].into_iter().zip(&mut heard) {
            let slot = &changes.iter().find(|(who, _)| *who == client.id).unwrap().1[0];
            let ssrc = client.slots[&slot.mid];
            match client.voices.lock().unwrap().get_mut(&ssrc) {
                Some(voice) => {
                    voice.pull(heard);
                }
                None => heard.resize(heard.len() + FRAME, 0.0),
            }
        }
    }
    for (client, heard) in [&listener, &scribe].into_iter().zip(&heard) {
        let (correlation, delay) = correlation(&played, heard, 24_000);
        let counters = client.voices.lock().unwrap().values().next().unwrap().counters();
        println!("correlation {correlation:.3} at {:.1} ms, {counters:?}", delay as f32 / 48.0);
        assert!(correlation >= 0.8, "{correlation}");
        assert!((27..=31).contains(&counters.lost), "a fifth of 150");
        assert!(counters.recovered >= counters.lost - 1, "each lost frame came with the packet after it");
    }
}

fn source_frame(source: &mut AudioSource, frame: &mut [f32; FRAME], n: u32) {
    source.fill(u64::from(n) * FRAME as u64, frame);
}
