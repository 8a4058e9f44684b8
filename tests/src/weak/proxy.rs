//! A UDP port before a relay's, with a weak link between it and each client.
//!
//! Every client (each of its sockets: each address that packets come from) has a task with a [`Link`] in each direction
//! and a socket of its own towards the relay, so the relay can tell clients apart and answers find their way back.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::impairment::Impairment;
use super::link::{Cause, Fate, Kind, Link};

mod counts;

use counts::Counters;
pub use counts::{Counts, Tally};

/// Clients at the same time; packets of further ones are dropped.
const MAX_CLIENTS: usize = 1_024;
/// Packets of one client that wait for its task. A packet beyond is dropped, as by a full queue.
const CLIENT_QUEUE: usize = 1_024;
/// A client that neither sends nor receives for so long is forgotten.
const IDLE: Duration = Duration::from_secs(120);
/// The longest datagram that UDP carries.
const MAX_DATAGRAM: usize = 65_535;

/// What lies between clients and relay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passage {
    /// From clients to the relay.
    pub up: Impairment,
    /// From the relay to clients.
    pub down: Impairment,
    /// When clients get another address, as when a telephone changes its network.
    pub moves: Option<Moves>,
}

impl Passage {
    /// A network that does nothing.
    pub const CLEAR: Self = Self { up: Impairment::CLEAR, down: Impairment::CLEAR, moves: None };

    /// The same in both directions.
    pub const fn both_ways(does: Impairment) -> Self {
        Self { up: does, down: does, moves: None }
    }
}

/// When the relay sees clients come from another port (and, on IPv4 loopback, another address); what it sends to the
/// one before is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moves {
    /// The first time.
    pub first: Duration,
    /// From one time to the next.
    pub every: Duration,
}

impl Moves {
    /// How often so far.
    fn by(&self, at: Duration) -> u64 {
        let Some(since) = at.checked_sub(self.first) else { return 0 };
        1 + u64::try_from(since.as_nanos() / self.every.as_nanos().max(1)).unwrap_or(u64::MAX - 1)
    }

    /// When the next one is.
    fn next(&self, at: Duration) -> Duration {
        self.first + self.every * u32::try_from(self.by(at)).unwrap_or(u32::MAX)
    }
}

/// See the module's page. Dropping it closes all sockets.
pub struct Proxy {
    local: SocketAddr,
    orders: watch::Sender<Orders>,
    counters: Arc<Counters>,
    task: JoinHandle<()>,
}

/// What all clients' tasks follow.
#[derive(Clone, Copy, Debug)]
struct Orders {
    passage: Passage,
    /// When this passage began; its times count from here.
    since: Instant,
    /// Counts passages, so that a new one makes new links.
    version: u64,
    /// Moves that were asked for.
    moves: u64,
    /// Cut by hand.
    cut: bool,
}

impl Proxy {
    /// Opens `listen` for clients of `relay`. The same seed is the same fate for the clients, in the order in which
    /// they come.
    ///
    /// # Errors
    /// If the port can not be opened.
    pub async fn start(
        listen: SocketAddr,
        relay: SocketAddr,
        passage: Passage,
        seed: u64,
    ) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::bind(listen).await?);
        let local = socket.local_addr()?;
        let orders = Orders { passage, since: Instant::now(), version: 0, moves: 0, cut: false };
        let (orders, follow) = watch::channel(orders);
        let counters = Arc::new(Counters::default());
        let gate = Gate { socket, relay, seed, orders: follow, counters: counters.clone() };
        let task = tokio::spawn(gate.run());
        Ok(Self { local, orders, counters, task })
    }

    /// Where clients find it.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Another network from now on, with the same seed. Packets that are on the way still arrive.
    pub fn set(&self, passage: Passage) {
        self.orders.send_modify(|orders| {
            orders.passage = passage;
            orders.since = Instant::now();
            orders.version += 1;
        });
    }

    /// Lets nothing through, until it does again.
    pub fn cut(&self, cut: bool) {
        self.orders.send_modify(|orders| orders.cut = cut);
    }

    /// Gives every client another address now.
    pub fn move_clients(&self) {
        self.orders.send_modify(|orders| orders.moves += 1);
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The clients' tasks are in this one's set and end with it.
        self.task.abort();
    }
}

/// The port that clients send to.
struct Gate {
    socket: Arc<UdpSocket>,
    relay: SocketAddr,
    seed: u64,
    orders: watch::Receiver<Orders>,
    counters: Arc<Counters>,
}

impl Gate {
    async fn run(self) {
        let mut clients: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
        let mut tasks = JoinSet::new();
        let mut buffer = vec![0; MAX_DATAGRAM];
        loop {
            // ICMP errors of clients that went away surface here; they concern nobody else.
            let Ok((length, from)) = self.socket.recv_from(&mut buffer).await else { continue };
            while tasks.try_join_next().is_some() {}
            if clients.get(&from).is_none_or(mpsc::Sender::is_closed) {
                clients.retain(|_, client| !client.is_closed());
                if clients.len() >= MAX_CLIENTS {
                    self.counters.up.lose(Cause::QueueFull, length);
                    continue;
                }
                let (inbox, packets) = mpsc::channel(CLIENT_QUEUE);
                clients.insert(from, inbox);
                if let Ok(client) = Client::new(&self, from, self.counters.next_client()).await {
                    tasks.spawn(client.run(packets));
                }
            }
            if let Some(client) = clients.get(&from)
                && client.try_send(buffer[..length].to_vec()).is_err()
            {
                self.counters.up.lose(Cause::QueueFull, length);
            }
        }
    }
}

/// One client's way to the relay and back.
struct Client {
    address: SocketAddr,
    number: u64,
    relay: SocketAddr,
    seed: u64,
    gate: Arc<UdpSocket>,
    outward: UdpSocket,
    orders: watch::Receiver<Orders>,
    now: Orders,
    moved: u64,
    up: Link<Vec<u8>>,
    down: Link<Vec<u8>>,
    /// Packets of passages before this one.
    leftover: Vec<(Instant, Direction, Vec<u8>)>,
    counters: Arc<Counters>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Client {
    async fn new(gate: &Gate, address: SocketAddr, number: u64) -> io::Result<Self> {
        let orders = gate.orders.clone();
        let now = *orders.borrow();
        let moved = moves(&now);
        let [up, down] = links(&now.passage, gate.seed, number);
        let outward = outward(gate.relay, moved).await?;
        Ok(Self {
            address,
            number,
            relay: gate.relay,
            seed: gate.seed,
            gate: gate.socket.clone(),
            outward,
            orders,
            now,
            moved,
            up,
            down,
            leftover: Vec::new(),
            counters: gate.counters.clone(),
        })
    }

    async fn run(mut self, mut packets: mpsc::Receiver<Vec<u8>>) {
        let mut buffer = vec![0; MAX_DATAGRAM];
        let mut idle_at = Instant::now() + IDLE;
        loop {
            let wake_at = self.next_due().map_or(idle_at, |due| due.min(idle_at));
            tokio::select! {
                biased;
                changed = self.orders.changed() => match changed {
                    Ok(()) => self.follow(),
                    Err(_) => return,
                },
                packet = packets.recv() => match packet {
                    Some(packet) => self.enter(Direction::Up, packet),
                    None => return,
                },
                received = self.outward.recv(&mut buffer) => {
                    // A refused datagram before this one: the relay is not there (yet).
                    let Ok(length) = received else { continue };
                    self.enter(Direction::Down, buffer[..length].to_vec());
                }
                () = sleep_until(wake_at) => {
                    if Instant::now() >= idle_at {
                        return;
                    }
                    if self.move_if_due().await.is_err() {
                        return;
                    }
                    self.deliver().await;
                    continue;
                }
            }
            if self.move_if_due().await.is_err() {
                return;
            }
            self.deliver().await;
            idle_at = Instant::now() + IDLE;
        }
    }

    fn next_due(&self) -> Option<Instant> {
        let arrivals = [self.up.next_arrival(), self.down.next_arrival()].into_iter().flatten();
        let moves = self.now.passage.moves.map(|moves| moves.next(self.now.since.elapsed()));
        let of_links = arrivals.chain(moves).min().map(|at| self.now.since + at);
        of_links.into_iter().chain(self.leftover.first().map(|(at, ..)| *at)).min()
    }

    /// Takes a packet onto its way.
    fn enter(&mut self, direction: Direction, packet: Vec<u8>) {
        let (link, tally) = match direction {
            Direction::Up => (&mut self.up, &self.counters.up),
            Direction::Down => (&mut self.down, &self.counters.down),
        };
        let bytes = packet.len();
        if self.now.cut {
            return tally.lose(Cause::Outage, bytes);
        }
        match link.send(self.now.since.elapsed(), bytes, Kind::of(&packet), packet) {
            Fate::Arrives { again, .. } => tally.pass(bytes, again.is_some()),
            Fate::Lost(cause) => tally.lose(cause, bytes),
        }
    }

    /// Sends on what has arrived. What can not be sent is lost, as everywhere in a network.
    async fn deliver(&mut self) {
        while self.leftover.first().is_some_and(|(at, ..)| *at <= Instant::now()) {
            let (_, direction, packet) = self.leftover.remove(0);
            self.send_on(direction, &packet).await;
        }
        while let Some(packet) = self.up.receive(self.now.since.elapsed()) {
            self.send_on(Direction::Up, &packet).await;
        }
        while let Some(packet) = self.down.receive(self.now.since.elapsed()) {
            self.send_on(Direction::Down, &packet).await;
        }
    }

    async fn send_on(&self, direction: Direction, packet: &[u8]) {
        let _ = match direction {
            Direction::Up => self.outward.send(packet).await,
            Direction::Down => self.gate.send_to(packet, self.address).await,
        };
    }

    /// New orders.
    fn follow(&mut self) {
        let before = std::mem::replace(&mut self.now, *self.orders.borrow_and_update());
        if before.version == self.now.version {
            return;
        }
        let [up, down] = links(&self.now.passage, self.seed, self.number);
        for (link, direction) in [(&mut self.up, Direction::Up), (&mut self.down, Direction::Down)] {
            while let Some(at) = link.next_arrival()
                && let Some(packet) = link.receive(at)
            {
                self.leftover.push((before.since + at, direction, packet));
            }
        }
        self.leftover.sort_by_key(|(at, ..)| *at);
        (self.up, self.down) = (up, down);
    }

    async fn move_if_due(&mut self) -> io::Result<()> {
        let moves = moves(&self.now);
        if moves != self.moved {
            self.moved = moves;
            self.outward = outward(self.relay, moves).await?;
            self.counters.note_move();
        }
        Ok(())
    }
}

fn moves(orders: &Orders) -> u64 {
    orders.moves + orders.passage.moves.map_or(0, |moves| moves.by(orders.since.elapsed()))
}

fn links(passage: &Passage, seed: u64, client: u64) -> [Link<Vec<u8>>; 2] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(client);
    [passage.up, passage.down].map(|does| Link::new(does, rng.random()))
}

/// A socket towards the relay. Every address of 127.0.0.0/8 is this machine's on Linux, so there another address is
/// taken as well.
async fn outward(relay: SocketAddr, moves: u64) -> io::Result<UdpSocket> {
    let another = u8::try_from(1 + moves % 200).unwrap_or(1);
    let own = match relay.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => IpAddr::from([127, 0, 0, another]),
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = match UdpSocket::bind((own, 0)).await {
        Ok(socket) => socket,
        Err(_) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?,
    };
    socket.connect(relay).await?;
    Ok(socket)
}
