//! A session of the ladder: two native clients' transports and jitter buffers at our relay's media thread or at Janus, one
//! of them or both behind a weak link.

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
use tokio::time::{Instant, interval};
use uuid::Uuid;

use super::path::{Ends, connected, weaken};
use super::{Cell, FRAME, Janus, Protection, Script, Through};
use crate::weak::{Proxy, Tally};

/// Frames that are still played when the last one was sent.
const TAIL: usize = 50;

/// What sessions go through.
pub struct Servers {
    /// Media threads of our relay, one for each protection.
    relays: Vec<(Protection, Media)>,
    janus: Option<Janus>,
}

impl Servers {
    /// Starts what these cells need.
    ///
    /// # Errors
    /// If a port can not be opened, or Janus is needed and not installed.
    pub async fn start(cells: &[Cell]) -> Result<Self> {
        let anywhere = "127.0.0.1:0".parse()?;
        let relays = Protection::ALL.map(|of| Ok((of, Media::start(anywhere, &[], of.redundancy())?)));
        let wants_janus = cells.iter().any(|cell| cell.through == Through::Janus);
        let janus = if wants_janus { Some(Janus::start().await?) } else { None };
        Ok(Self { relays: relays.into_iter().collect::<Result<_>>()?, janus })
    }
}

/// Speaker, listener, and the links.
pub struct Session {
    cell: Cell,
    ends: Ends,
    voice: Arc<Mutex<VoiceDecoder>>,
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
    /// Connects two clients over clear links, which are the cell's from then on. `number` tells sessions apart.
    ///
    /// # Errors
    /// If the clients do not connect within half a minute.
    pub async fn connect(servers: &Servers, cell: Cell, number: u32, seed: u64) -> Result<Self> {
        let voice = Arc::new(Mutex::new(VoiceDecoder::new(dragoman_speech::SAMPLE_RATE)?));
        let into = voice.clone();
        let hears = move |packet: Arrival| {
            let mut voice = into.lock().unwrap_or_else(PoisonError::into_inner);
            let take = if packet.recovered { VoiceDecoder::recover } else { VoiceDecoder::push };
            take(&mut voice, packet.sequence, packet.timestamp, packet.payload);
        };
        let ends = match cell.through {
            Through::Relay => {
                let relay = servers.relays.iter().find(|(of, _)| *of == cell.protection);
                at_relay(&relay.context("no such relay")?.1, &cell, number, seed, hears).await
            }
            Through::Janus => {
                let janus = servers.janus.as_ref().context("Janus was not started")?;
                janus.connect(&cell, number.into(), seed, hears).await
            }
        };
        Ok(Self { cell, ends: ends.with_context(|| format!("{cell:?}"))?, voice })
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
        let Ends { speaker, listener, up, down } = &self.ends;
        for proxy in [up, down].into_iter().flatten() {
            proxy.set(self.cell.passage());
        }
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
                    speaker.send(timestamp, packet.clone()).await,
                    "{:?}: the speaker's call was dropped at packet {number}",
                    self.cell
                );
            }
        }
        let dropped = *listener.state().borrow() != TransportState::Connected;
        ensure!(!dropped, "{:?}: the listener's call was dropped", self.cell);
        let weak = since(&before, &self.weak_way());
        let counters = self.voice().counters();
        speaker.close().await;
        listener.close().await;
        // Without in-band copies, libopus makes up what it is asked to take from one.
        let repaired = if self.cell.protection.fec() { counters.repaired } else { 0 };
        let made_up = made_up.saturating_sub(usize::try_from(repaired)?);
        Ok(Recording { sound, made_up, repaired, late: counters.late, weak, clock_late })
    }

    fn voice(&self) -> std::sync::MutexGuard<'_, VoiceDecoder> {
        self.voice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where both ways are weak: the listener's.
    fn weak_way(&self) -> Tally {
        let up = || self.ends.up.as_ref().map(|proxy| proxy.counts().up);
        let down = self.ends.down.as_ref().map(|proxy| proxy.counts().down);
        down.or_else(up).unwrap_or_default()
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

async fn at_relay(
    media: &Media,
    cell: &Cell,
    number: u32,
    seed: u64,
    hears: impl Fn(Arrival) + Send + Sync + 'static,
) -> Result<Ends> {
    let session = SessionId(Uuid::from_u128(number.into()));
    let number = u128::from(number) * 2;
    let speaker = Transport::offer(true, cell.protection.redundancy(), Ways::default(), |_| {}).await?;
    let (from, speaker, up) =
        join(media, session, number, speaker, cell.weak.is_up().then_some(seed)).await?;
    let listener = Transport::offer(false, Redundancy::Fixed(0), Ways::default(), hears).await?;
    let (to, listener, down) =
        join(media, session, number + 1, listener, cell.weak.is_down().then_some(seed)).await?;
    media.set_routes(session, vec![Route { from, to: vec![to] }]).await?;
    Ok(Ends { speaker, listener, up, down })
}

/// Connects a client, behind a proxy with that seed if there is one.
async fn join(
    media: &Media,
    session: SessionId,
    number: u128,
    (transport, offer): (Transport, String),
    weak: Option<u64>,
) -> Result<(ParticipantId, Transport, Option<Proxy>)> {
    let id = ParticipantId(Uuid::from_u128(number));
    let (answer, _) = media.accept(session, id, ClientOffer::parse(&offer)?).await?;
    let (answer, proxy) = weaken(answer, weak.is_some(), weak.unwrap_or_default()).await?;
    transport.accept(answer).await?;
    connected(&transport).await?;
    Ok((id, transport, proxy))
}
