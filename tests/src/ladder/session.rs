//! A session of the ladder: two native clients' transports and jitter buffers at a relay's media thread, one of them
//! behind a weak link.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dragoman_client::audio::VoiceDecoder;
use dragoman_client::media::{Arrival, Transport, TransportState, Ways};
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::red::Redundancy;
use dragoman_core::session_types::Route;
use dragoman_relay::media::Media;
use dragoman_relay::media::sdp::ClientOffer;
use tokio::time::{Instant, interval, timeout};
use uuid::Uuid;

use super::{Cell, FRAME, Script, Weak};
use crate::weak::{Passage, Proxy, Tally};

/// ICE and DTLS; many sessions connect at the same time.
const CONNECT: Duration = Duration::from_secs(30);
/// Frames that are still played when the last one was sent.
const TAIL: usize = 50;

/// Speaker, listener, and the link.
pub struct Session {
    cell: Cell,
    speaker: Transport,
    listener: Transport,
    voice: Arc<Mutex<VoiceDecoder>>,
    proxy: Proxy,
}

/// What the listener heard.
#[derive(Debug, Clone)]
pub struct Recording {
    /// 16 kHz, mono; sample 0 is when the first packet was sent.
    pub sound: Vec<f32>,
    /// Frames, from the first one that was heard, that are neither the speaker's nor from an in-band copy: made up by
    /// libopus, or silence.
    pub made_up: usize,
    /// Frames from the in-band copy of the packet after.
    pub repaired: u64,
    /// Frames that came too late to be played.
    pub late: u64,
    /// Packets and bytes that set out on the weak way while it was played, and what was lost of them.
    pub weak: Tally,
    /// How much later than it should the clock of this session was at the worst.
    pub clock_late: Duration,
}

impl Session {
    /// Connects two clients over a clear link, which is the cell's from then on. `number` tells sessions of a relay apart.
    ///
    /// # Errors
    /// If the clients do not connect within half a minute.
    pub async fn connect(media: &Media, cell: Cell, number: u128, seed: u64) -> Result<Self> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let proxy = Proxy::start(anywhere, media.local_addr(), Passage::CLEAR, seed).await?;
        let session = SessionId(Uuid::from_u128(number));
        let voice = Arc::new(Mutex::new(VoiceDecoder::new(dragoman_speech::SAMPLE_RATE)?));
        let into = voice.clone();
        let hears = move |packet: Arrival| {
            let mut voice = into.lock().unwrap_or_else(PoisonError::into_inner);
            let take = if packet.recovered { VoiceDecoder::recover } else { VoiceDecoder::push };
            take(&mut voice, packet.sequence, packet.timestamp, packet.payload);
        };
        let redundancy = cell.protection.redundancy();
        let [speakers, listeners] = match cell.weak {
            Weak::Up => [Some(&proxy), None],
            Weak::Down => [None, Some(&proxy)],
        };
        let speaker = Transport::offer(true, redundancy, Ways::default(), |_| {}).await?;
        let (from, speaker) = join(media, session, number * 2, speaker, speakers).await?;
        let listener = Transport::offer(false, Redundancy::Fixed(0), Ways::default(), hears).await?;
        let (to, listener) = join(media, session, number * 2 + 1, listener, listeners).await?;
        media.set_routes(session, vec![Route { from, to: vec![to] }]).await?;
        Ok(Self { cell, speaker, listener, voice, proxy })
    }

    /// Plays the script in real time; `after`: so much later, so that sessions do not all send in the same instant.
    ///
    /// # Errors
    /// If the call was dropped before the end.
    pub async fn play(self, script: &Script, after: Duration) -> Result<Recording> {
        let packets = script.packets(self.cell.protection.fec());
        let frame = script.sound.len() / packets.len().max(1);
        let mut sound = Vec::with_capacity(script.sound.len() + TAIL * frame);
        let (mut made_up, mut heard, mut clock_late) = (0, false, Duration::ZERO);
        self.proxy.set(self.cell.passage());
        let before = self.weak_way();
        tokio::time::sleep(after).await;
        let mut clock = interval(FRAME);
        for number in 0..packets.len() + TAIL {
            let due = clock.tick().await;
            clock_late = clock_late.max(Instant::now().saturating_duration_since(due));
            let playing = self.voice().pull(&mut sound);
            heard |= playing;
            // What is played now was sent before: the end of the script counts, the silence after it does not.
            made_up += usize::from(heard && !playing && number < packets.len());
            if let Some(packet) = packets.get(number) {
                let timestamp = u32::try_from(number)?.wrapping_mul(960);
                ensure!(
                    self.speaker.send(timestamp, packet.clone()).await,
                    "{:?}: the speaker's call was dropped at packet {number}",
                    self.cell
                );
            }
        }
        let dropped = *self.listener.state().borrow() != TransportState::Connected;
        ensure!(!dropped, "{:?}: the listener's call was dropped", self.cell);
        let weak = since(&before, &self.weak_way());
        let counters = self.voice().counters();
        self.speaker.close().await;
        self.listener.close().await;
        // Without in-band copies, libopus makes up what it is asked to take from one.
        let repaired = if self.cell.protection.fec() { counters.repaired } else { 0 };
        let made_up = made_up.saturating_sub(usize::try_from(repaired)?);
        Ok(Recording { sound, made_up, repaired, late: counters.late, weak, clock_late })
    }

    fn voice(&self) -> std::sync::MutexGuard<'_, VoiceDecoder> {
        self.voice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn weak_way(&self) -> Tally {
        let counts = self.proxy.counts();
        match self.cell.weak {
            Weak::Up => counts.up,
            Weak::Down => counts.down,
        }
    }
}

fn since(before: &Tally, now: &Tally) -> Tally {
    Tally {
        packets: now.packets - before.packets,
        bytes: now.bytes - before.bytes,
        lost_on_the_way: now.lost_on_the_way - before.lost_on_the_way,
        ..*now
    }
}

async fn join(
    media: &Media,
    session: SessionId,
    number: u128,
    (transport, offer): (Transport, String),
    through: Option<&Proxy>,
) -> Result<(ParticipantId, Transport)> {
    let id = ParticipantId(Uuid::from_u128(number));
    let (mut answer, _) = media.accept(session, id, ClientOffer::parse(&offer)?).await?;
    if let Some(proxy) = through {
        // As with the relay's --media-public, but for this client alone.
        let (own, told) = (candidate(media.local_addr()), candidate(proxy.local_addr()));
        ensure!(answer.contains(&own), "the relay's answer has no candidate");
        answer = answer.replace(&own, &told);
    }
    transport.accept(answer).await?;
    let mut state = transport.state();
    let connected = timeout(CONNECT, state.wait_for(|state| *state == TransportState::Connected)).await;
    connected.context("a client did not connect")??;
    Ok((id, transport))
}

/// As it stands in an `a=candidate` line (RFC 8839 §5.1).
fn candidate(address: SocketAddr) -> String {
    format!(" {} {} typ host", address.ip(), address.port())
}
