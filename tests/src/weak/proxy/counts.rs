//! What went through a proxy, and what did not.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::super::link::Cause;

/// Since the proxy was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Sockets of clients that came.
    pub clients: u64,
    /// How often a client got another address.
    pub moves: u64,
    /// From clients to the relay.
    pub up: Tally,
    /// From the relay to clients.
    pub down: Tally,
}

/// One direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Packets that set out, lost ones included.
    pub packets: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes: u64,
    /// Packets lost by the model of loss.
    pub lost_on_the_way: u64,
    /// Packets that a full queue dropped.
    pub queue_full: u64,
    /// Packets lost in an outage.
    pub outage: u64,
    /// Packets that were doubled.
    pub doubled: u64,
}

impl Tally {
    /// Lost packets by all that set out, 0 to 1.
    pub fn loss(&self) -> f64 {
        let lost = self.lost_on_the_way + self.queue_full + self.outage;
        if self.packets == 0 { 0.0 } else { lost as f64 / self.packets as f64 }
    }
}

/// The same while it counts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    clients: AtomicU64,
    moves: AtomicU64,
    pub(super) up: Running,
    pub(super) down: Running,
}

impl Counters {
    /// The number of a new client, from 0.
    pub(super) fn next_client(&self) -> u64 {
        self.clients.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn note_move(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            clients: self.clients.load(Ordering::Relaxed),
            moves: self.moves.load(Ordering::Relaxed),
            up: self.up.read(),
            down: self.down.read(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Running {
    packets: AtomicU64,
    bytes: AtomicU64,
    lost_on_the_way: AtomicU64,
    queue_full: AtomicU64,
    outage: AtomicU64,
    doubled: AtomicU64,
}

impl Running {
    pub(super) fn pass(&self, bytes: usize, doubled: bool) {
        self.count(bytes);
        self.doubled.fetch_add(u64::from(doubled), Ordering::Relaxed);
    }

    pub(super) fn lose(&self, cause: Cause, bytes: usize) {
        self.count(bytes);
        let lost = match cause {
            Cause::OnTheWay => &self.lost_on_the_way,
            Cause::QueueFull => &self.queue_full,
            Cause::Outage => &self.outage,
        };
        lost.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self, bytes: usize) {
        self.packets.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn read(&self) -> Tally {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            packets: read(&self.packets),
            bytes: read(&self.bytes),
            lost_on_the_way: read(&self.lost_on_the_way),
            queue_full: read(&self.queue_full),
            outage: read(&self.outage),
            doubled: read(&self.doubled),
        }
    }
}
