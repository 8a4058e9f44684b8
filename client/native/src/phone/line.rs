//! The sound of a telephone call: RTP from and to the one address that was agreed, keys apart from it.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::codec::{Decoder, Encoder};
use super::keys::KeyEvents;
use super::sdp::Agreed;
use crate::audio::{AudioSink, AudioSource, ClipQueue, FRAME, FRAME_MS};
use crate::error::{ClientError, Result};
use crate::media::RtpPacket;

/// Keys that wait to be read; who presses more at once is not understood.
const KEYS: usize = 32;
/// A line on which nothing came for so long is dead. Phones send silence too, but one that is held may not.
const DEAD_AFTER: Duration = Duration::from_secs(60);
const MOST_DATAGRAM: usize = 1_500;

/// The port is there before anything is agreed: the offer names it.
#[derive(Debug)]
pub(super) struct Port(UdpSocket);

impl Port {
    /// Opens one; number 0 takes any even one (RFC 3550 §11).
    pub(super) async fn open(ip: IpAddr, number: u16) -> Result<Self> {
        let failed = |e: std::io::Error| ClientError::Phone(format!("no port for a phone's sound: {e}"));
        loop {
            let socket = UdpSocket::bind((ip, number)).await.map_err(failed)?;
            if number != 0 || socket.local_addr().map_err(failed)?.port() % 2 == 0 {
                return Ok(Self(socket));
            }
        }
    }

    pub(super) fn address(&self) -> Result<SocketAddr> {
        self.0.local_addr().map_err(|e| ClientError::Phone(e.to_string()))
    }
}

/// See the module's page. Dropping it falls silent.
pub(super) struct Line {
    state: Arc<State>,
    keys: mpsc::Receiver<char>,
    tasks: [JoinHandle<()>; 2],
}

struct State {
    socket: UdpSocket,
    agreed: Mutex<Agreed>,
    ear: Mutex<Ear>,
    mouth: Mutex<Mouth>,
    tones: ClipQueue,
    /// A session's clock sends and plays; before, the line's own does.
    taken: AtomicBool,
    heard_at: Mutex<Instant>,
}

/// What comes from the phone.
struct Ear {
    stream: Option<u32>,
    decoder: Decoder,
}

/// What goes to the phone.
struct Mouth {
    encoder: Encoder,
    tones: AudioSource,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    begins: bool,
}

impl Line {
    /// Begins to listen, and to send tones and silence.
    pub(super) fn open(port: Port, agreed: Agreed) -> Result<Self> {
        let tones = ClipQueue::new();
        let state = Arc::new(State {
            socket: port.0,
            ear: Mutex::new(Ear { stream: None, decoder: Decoder::new(agreed.codec)? }),
            mouth: Mutex::new(Mouth {
                encoder: Encoder::new(agreed.codec)?,
                tones: AudioSource::Queue(tones.clone()),
                ssrc: rand::random(),
                sequence: rand::random(),
                timestamp: rand::random(),
                begins: true,
            }),
            agreed: Mutex::new(agreed),
            tones,
            taken: AtomicBool::new(false),
            heard_at: Mutex::new(Instant::now()),
        });
        let (pressed, keys) = mpsc::channel(KEYS);
        let tasks =
            [tokio::spawn(receive(state.clone(), pressed)), tokio::spawn(keep_sounding(state.clone()))];
        Ok(Self { state, keys, tasks })
    }

    /// Plays tones to the phone, after those that are being played.
    pub(super) fn play(&self, sound: Arc<[f32]>) {
        self.state.tones.push(sound);
    }

    /// The next key; `None`: nothing at all has come for a minute. Cancel safe.
    pub(super) async fn key(&mut self) -> Option<char> {
        loop {
            let quiet = lock(&self.state.heard_at).elapsed();
            let left = DEAD_AFTER.checked_sub(quiet)?;
            if let Ok(key) = tokio::time::timeout(left, self.keys.recv()).await {
                return key;
            }
        }
    }

    /// The phone's voice, for a session.
    pub(super) fn source(&self) -> AudioSource {
        let state = self.state.clone();
        AudioSource::callback(move |frame| {
            state.taken.store(true, Ordering::Relaxed);
            lock(&state.ear).decoder.pull(frame);
        })
    }

    /// The session's voices, for the phone.
    pub(super) fn sink(&self) -> AudioSink {
        let state = self.state.clone();
        AudioSink::callback(move |heard| {
            if let Ok(frame) = heard.mixed.try_into() {
                state.taken.store(true, Ordering::Relaxed);
                state.send(frame);
            }
        })
    }

    /// Lets whoever is told so change what was agreed.
    pub(super) fn terms(&self) -> Terms {
        Terms(self.state.clone())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What is agreed, which the other side may change during the call.
pub(super) struct Terms(Arc<State>);

impl Terms {
    /// Where our sound comes from.
    pub(super) fn own(&self) -> Result<SocketAddr> {
        self.0.socket.local_addr().map_err(|e| ClientError::Phone(e.to_string()))
    }

    /// What is agreed now.
    pub(super) fn agreed(&self) -> Agreed {
        lock(&self.0.agreed).clone()
    }

    /// Agrees to another address or direction. `None`: the codec would have to change, and nothing does.
    pub(super) fn change(&self, offer: &str) -> Option<Agreed> {
        let mut agreed = lock(&self.0.agreed);
        *agreed = agreed.again(offer)?;
        Some(agreed.clone())
    }
}

impl State {
    /// Sends 20 ms to the phone, with the tones that are due.
    fn send(&self, frame: &[f32; FRAME]) {
        let (peer, payload_type, ticks, wanted) = {
            let agreed = lock(&self.agreed);
            (agreed.peer, agreed.payload_type, agreed.codec.ticks(), agreed.is_heard())
        };
        let Some(packet) = lock(&self.mouth).speak(frame, payload_type, ticks).and_then(RtpPacket::write)
        else {
            return;
        };
        // Held: time goes on, and nothing is sent.
        if !wanted {
            return;
        }
        // What can not be sent at once is lost, as on any line.
        if let Err(error) = self.socket.try_send_to(&packet, peer) {
            tracing::debug!(%error, "a packet for the phone is lost");
        }
    }

    fn hear(&self, packet: RtpPacket) {
        *lock(&self.heard_at) = Instant::now();
        let mut ear = lock(&self.ear);
        // Another stream begins anywhere: what is known of the old one's timing is of no use.
        if ear.stream.replace(packet.ssrc) != Some(packet.ssrc)
            && let Ok(decoder) = Decoder::new(lock(&self.agreed).codec)
        {
            ear.decoder = decoder;
        }
        ear.decoder.push(packet);
    }
}

impl Mouth {
    fn speak(&mut self, frame: &[f32; FRAME], payload_type: u8, ticks: u32) -> Option<RtpPacket> {
        let mut sound = [0.0; FRAME];
        self.tones.fill(0, &mut sound);
        sound.iter_mut().zip(frame).for_each(|(to, sample)| *to = (*to + sample).clamp(-1.0, 1.0));
        let payload = self.encoder.encode(&sound).ok()?;
        let packet = RtpPacket {
            payload_type,
            marker: std::mem::take(&mut self.begins),
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(ticks);
        Some(packet)
    }
}

/// Until a session has its own clock.
async fn keep_sounding(state: Arc<State>) {
    let mut clock = tokio::time::interval(Duration::from_millis(FRAME_MS));
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while !state.taken.load(Ordering::Relaxed) {
        clock.tick().await;
        // What is said now is for nobody; it is taken, so that it does not wait for the session.
        lock(&state.ear).decoder.pull(&mut [0.0; FRAME]);
        state.send(&[0.0; FRAME]);
    }
}

/// Takes what comes from the agreed address, in the agreed form, and nothing else.
async fn receive(state: Arc<State>, pressed: mpsc::Sender<char>) {
    let (mut buffer, mut events) = ([0; MOST_DATAGRAM], KeyEvents::default());
    loop {
        let (length, from) = match state.socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // An ICMP message: nobody listens there, yet or any more.
            Err(error) => {
                tracing::debug!(%error, "the phone's sound");
                tokio::time::sleep(Duration::from_millis(FRAME_MS)).await;
                continue;
            }
        };
        let agreed = lock(&state.agreed).clone();
        if from != agreed.peer {
            continue;
        }
        let Some(packet) = RtpPacket::read(Bytes::copy_from_slice(&buffer[..length])) else { continue };
        if packet.payload_type == agreed.payload_type {
            state.hear(packet);
        } else if agreed.keys.iter().any(|(number, _)| *number == packet.payload_type) {
            *lock(&state.heard_at) = Instant::now();
            if let Some(key) = events.arrive(packet.ssrc, packet.timestamp, &packet.payload) {
                // Too many keys at once: the rest is not understood, and the PIN wrong.
                let _ = pressed.try_send(key);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
