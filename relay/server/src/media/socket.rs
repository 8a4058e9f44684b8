//! The media thread: the one UDP socket, the forwarder, and the commands to it.

use std::io::{ErrorKind, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit as Datagram, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::Command;
use super::forwarder::{Forwarder, MAX_DATAGRAM, TICK, Transmit};
use super::stats::Counters;

/// Room for a second of 300 talkers at 50 packets/s and 200 bytes, should the thread be held up by its neighbours.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;
/// The kernel may hand over several datagrams of one sender glued together (UDP GRO).
const RECEIVE_BYTES: usize = MAX_DATAGRAM * 16;

/// Whatever seems to have waited longer did not: the clock was set.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

struct Sender<'a> {
    socket: &'a UdpSocket,
    state: &'a UdpSocketState,
    counters: &'a Counters,
}

impl Transmit for Sender<'_> {
    fn send(&mut self, destination: SocketAddr, src_ip: Option<IpAddr>, contents: &[u8]) {
        let datagram = Datagram { destination, ecn: None, contents, segment_size: None, src_ip };
        let sent =
            self.socket.try_io(Interest::WRITABLE, || self.state.try_send(self.socket.into(), &datagram));
        if sent.is_err() {
            self.counters.dropped_send.increment();
        }
    }
}

/// Runs until all command senders are gone.
pub(super) async fn run(
    socket: UdpSocket,
    mut forwarder: Forwarder,
    mut commands: mpsc::Receiver<Command>,
    counters: Arc<Counters>,
) -> std::io::Result<()> {
    let state = UdpSocketState::new((&socket).into())?;
    // A smaller buffer than wished for is no reason not to run; the kernel's limit is named in the handbook.
    let _ = state.set_recv_buffer_size((&socket).into(), SOCKET_BUFFER_BYTES);
    let _ = state.set_send_buffer_size((&socket).into(), SOCKET_BUFFER_BYTES);
    let mut storage = vec![0_u8; RECEIVE_BYTES * BATCH_SIZE];
    let mut metas = [RecvMeta::default(); BATCH_SIZE];
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let mut sender = Sender { socket: &socket, state: &state, counters: &counters };
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(command) => command.carry_out(&mut forwarder, Instant::now()),
                None => return Ok(()),
            },
            _ = tick.tick() => forwarder.handle_timeout(Instant::now(), &mut sender),
            readable = socket.readable() => {
                readable?;
                let mut buffers: Vec<IoSliceMut<'_>> = storage.chunks_mut(RECEIVE_BYTES).map(IoSliceMut::new).collect();
                let received = socket.try_io(Interest::READABLE, || state.recv((&socket).into(), &mut buffers, &mut metas));
                let count = match received {
                    Ok(count) => count,
                    // An unreachable client's ICMP answers surface here; they concern nobody else.
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused) => continue,
                    Err(error) => return Err(error),
                };
                drop(buffers);
                let (read_at, read_unix) = (Instant::now(), SystemTime::now());
                for (meta, buffer) in metas.iter().zip(storage.chunks(RECEIVE_BYTES)).take(count) {
                    let from = (meta.addr, meta.dst_ip);
                    let waited = waited(meta.timestamp, read_unix);
                    for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                        forwarder.handle_datagram(from, datagram, read_at, &mut sender);
                        counters.note_delay(waited + read_at.elapsed());
                    }
                }
            }
        }
    }
}

/// How long a datagram lay in the kernel's queue before it was read. Nothing is known of it on some systems, nor where the
/// clock was set in between.
fn waited(received: Option<Duration>, read_unix: SystemTime) -> Duration {
    let since = read_unix.duration_since(UNIX_EPOCH).ok().zip(received);
    let waited = since.and_then(|(read, received)| read.checked_sub(received));
    waited.filter(|waited| *waited < LONGEST_WAIT).unwrap_or_default()
}
