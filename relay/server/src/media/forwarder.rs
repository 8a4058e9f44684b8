//! The media relay itself, without a socket or a clock: datagrams go in, datagrams come out.
//!
//! One forwarder serves everybody on one UDP port. A datagram belongs to the peer that proved its source address in an
//! ICE check; from any other source only binding requests are read. Nothing here locks, waits, or asks the domain: the
//! routing is a snapshot that the domain hands over. There is no queue: a packet leaves before the next is read.

mod accept;
mod routes;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::red::Redundancy;
use dragoman_core::session_types::Route;
use dragoman_core::wire::Slot;
use slab::Slab;

use super::ice::BindingRequest;
use super::microphone::{Frame, Microphone};
use super::peer::{Path, Peer, Target};
use super::rtcp;
use super::rtp::RtpHeader;
use super::secure::{Handshake, Identity};
use super::stats::Counters;

/// How often handshakes are looked after.
pub const TICK: Duration = Duration::from_millis(100);
/// How often receiver reports are sent and silent peers removed.
pub(super) const REPORT_EVERY: Duration = Duration::from_secs(1);
/// Largest datagram that a sender makes; audio is far smaller.
pub const MAX_DATAGRAM: usize = 1_500;

/// Takes what the forwarder sends.
pub trait Transmit {
    /// Sends one datagram along `path`, or drops it where the network is full: late audio is worthless.
    fn send(&mut self, remote: SocketAddr, local: Option<std::net::IpAddr>, datagram: &[u8]);
}

/// Whose slots changed, and how they are now.
pub type SlotChanges = Vec<(ParticipantId, Vec<Slot>)>;

/// See the module's page.
pub struct Forwarder {
    identity: Arc<Identity>,
    candidates: Vec<SocketAddr>,
    redundancy: Redundancy,
    peers: Slab<Peer>,
    by_ufrag: HashMap<String, usize>,
    by_source: HashMap<SocketAddr, usize>,
    by_participant: HashMap<ParticipantId, usize>,
    routes: HashMap<SessionId, Vec<Route>>,
    counters: Arc<Counters>,
    scratch: Vec<u8>,
}

impl Forwarder {
    /// A forwarder that tells clients to reach it at `candidates`, and sends listeners `redundancy` where they take it.
    pub fn new(
        identity: Arc<Identity>,
        candidates: Vec<SocketAddr>,
        redundancy: Redundancy,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            identity,
            candidates,
            redundancy,
            peers: Slab::new(),
            by_ufrag: HashMap::new(),
            by_source: HashMap::new(),
            by_participant: HashMap::new(),
            routes: HashMap::new(),
            counters,
            scratch: Vec::with_capacity(MAX_DATAGRAM),
        }
    }

    /// Forgets a participant's transport.
    pub fn remove(&mut self, participant: ParticipantId) {
        if let Some(key) = self.by_participant.remove(&participant) {
            self.remove_key(key);
        }
    }

    /// Forgets a whole session.
    pub fn remove_session(&mut self, session: SessionId) {
        self.routes.remove(&session);
        let gone: Vec<ParticipantId> =
            self.peers.iter().filter(|(_, p)| p.session == session).map(|(_, p)| p.participant).collect();
        for participant in gone {
            self.remove(participant);
        }
    }

    /// Takes one datagram that arrived on the socket.
    pub fn handle_datagram(
        &mut self,
        path: (SocketAddr, Option<std::net::IpAddr>),
        datagram: &[u8],
        now: Instant,
        out: &mut impl Transmit,
    ) {
        let path = Path { remote: path.0, local: path.1 };
        // RFC 7983: the first byte tells STUN, DTLS and RTP or RTCP apart.
        match datagram.first() {
            Some(0..=3) => self.handle_stun(path, datagram, now, out),
            Some(20..=63) => self.handle_dtls(path, datagram, now, out),
            Some(128..=191) if RtpHeader::is_rtcp(datagram) => self.handle_rtcp(path, datagram, now),
            Some(128..=191) => self.handle_rtp(path, datagram, now, out),
            _ => self.counters.dropped_unknown.increment(),
        }
    }

    /// Handshake retransmissions, receiver reports, and the removal of peers that fell silent. Call every [`TICK`].
    pub fn handle_timeout(&mut self, now: Instant, out: &mut impl Transmit) {
        let mut gone = Vec::new();
        for (_, peer) in &mut self.peers {
            if !peer.secure.is_ready() && peer.secure.handle_timeout(now) == Handshake::Failed
                || peer.is_gone(now)
            {
                gone.push(peer.participant);
                continue;
            }
            if let Some(path) = peer.path {
                while let Some(flight) = peer.secure.poll_transmit() {
                    out.send(path.remote, path.local, &flight);
                }
                if peer.report_at <= now {
                    peer.report_at = now + REPORT_EVERY;
                    send_report(peer, path, now, out);
                }
            }
        }
        for participant in gone {
            self.remove(participant);
        }
    }

    fn handle_stun(&mut self, path: Path, datagram: &[u8], now: Instant, out: &mut impl Transmit) {
        let Some(request) = BindingRequest::read(datagram) else {
            return self.counters.dropped_unknown.increment();
        };
        let Some(&key) = self.by_ufrag.get(&request.local_ufrag) else {
            return self.counters.dropped_unproven.increment();
        };
        let Some(peer) = self.peers.get_mut(key) else { return };
        let nominates = request.nominates;
        let known = peer.credentials.iter().find(|known| known.ufrag == request.local_ufrag);
        let crypto = self.identity.provider().crypto();
        let Some(answer) = known.and_then(|known| request.answer(&known.pwd, path.remote, crypto)) else {
            return self.counters.dropped_unproven.increment();
        };
        peer.last_heard = now;
        if let Some(forgotten) = peer.prove(path.remote) {
            self.by_source.remove(&forgotten);
        }
        if nominates || peer.path.is_none() {
            peer.path = Some(path);
        }
        self.by_source.insert(path.remote, key);
        out.send(path.remote, path.local, &answer);
    }

    fn handle_dtls(&mut self, path: Path, datagram: &[u8], now: Instant, out: &mut impl Transmit) {
        let Some(peer) = self.by_source.get(&path.remote).and_then(|&key| self.peers.get_mut(key)) else {
            return self.counters.dropped_unproven.increment();
        };
        let step = peer.secure.read_dtls(datagram, now);
        while let Some(flight) = peer.secure.poll_transmit() {
            out.send(path.remote, path.local, &flight);
        }
        if step == Handshake::Failed {
            let participant = peer.participant;
            self.remove(participant);
        }
    }

    fn handle_rtcp(&mut self, path: Path, datagram: &[u8], now: Instant) {
        let Some(peer) = self.by_source.get(&path.remote).and_then(|&key| self.peers.get_mut(key)) else {
            return self.counters.dropped_unproven.increment();
        };
        let Some(plain) = peer.secure.open_rtcp(datagram) else {
            return self.counters.dropped_unproven.increment();
        };
        peer.last_heard = now;
        // Who does not speak tells its way by its reports; who does, by its packets.
        if peer.microphone.as_ref().is_none_or(|microphone| microphone.reception.is_none()) {
            peer.path = Some(path);
        }
        let reception = peer.microphone.as_mut().and_then(|m| m.reception.as_mut());
        if let (Some(reception), Some(time)) = (reception, rtcp::sender_report_time(&plain)) {
            reception.note_sender_report(time, now);
        }
        let (mut sent, mut received) = (0, 0);
        for report in rtcp::report_blocks(&plain) {
            let slot = peer.slots.iter_mut().find(|slot| slot.ssrc == report.ssrc);
            if let Some(counts) = slot.and_then(|slot| slot.reported(&report)) {
                sent += counts.0;
                received += counts.1;
            }
        }
        if sent > 0 {
            peer.level.note(sent, received);
        }
    }

    fn handle_rtp(&mut self, path: Path, datagram: &[u8], now: Instant, out: &mut impl Transmit) {
        let Some(&key) = self.by_source.get(&path.remote) else {
            return self.counters.dropped_unproven.increment();
        };
        let Some(peer) = self.peers.get_mut(key) else { return };
        let Some(header) = RtpHeader::read(datagram) else {
            return self.counters.dropped_unknown.increment();
        };
        if !peer.microphone.as_ref().is_some_and(|microphone| microphone.expects(&header)) {
            return self.counters.dropped_unknown.increment();
        }
        let Some(plain) = peer.secure.open_rtp(datagram) else {
            return self.counters.dropped_unproven.increment();
        };
        peer.last_heard = now;
        self.counters.received.increment();
        let Some(payload) = plain.get(header.length..) else { return };
        // Both are borrowed out for the loop, so that other peers can be changed meanwhile.
        let Some(mut microphone) = peer.microphone.take() else { return };
        let targets = std::mem::take(&mut peer.targets);
        let newest = microphone.take(&header, payload, now);
        for frame in microphone.fresh().iter().filter_map(|sequence| microphone.frame(*sequence)) {
            if frame.recovered {
                self.counters.recovered.increment();
            }
            for target in &targets {
                self.forward(*target, (&microphone, frame), now, out);
            }
        }
        if let Some(peer) = self.peers.get_mut(key) {
            peer.targets = targets;
            peer.microphone = Some(microphone);
            // A client's address may change without its noticing (a NAT that begins anew), so that it nominates nothing:
            // its newest authentic packet, from an address that proved itself, tells the way.
            if newest {
                peer.path = Some(path);
            }
        }
    }

    /// A new header, the same frame, encrypted for one listener. Header extensions stay behind: an audio level would
    /// tell who speaks to anyone on the path.
    fn forward(
        &mut self,
        target: Target,
        voice: (&Microphone, &Frame),
        now: Instant,
        out: &mut impl Transmit,
    ) {
        let Some(listener) = self.peers.get_mut(target.peer) else { return };
        let (Some(path), Some(slot)) = (listener.path, listener.slots.get_mut(target.slot)) else { return };
        if !listener.secure.is_ready() {
            return;
        }
        let earlier = listener.level.earlier();
        let Some(header) = slot.write(voice, earlier, now, &mut self.scratch) else { return };
        if let Some(sealed) = listener.secure.seal_rtp(&self.scratch, &header) {
            out.send(path.remote, path.local, &sealed);
            self.counters.forwarded.increment();
        }
    }

    fn remove_key(&mut self, key: usize) {
        let Some(peer) = self.peers.try_remove(key) else { return };
        for known in &peer.credentials {
            self.by_ufrag.remove(&known.ufrag);
        }
        self.by_participant.remove(&peer.participant);
        for address in &peer.addresses {
            if self.by_source.get(address) == Some(&key) {
                self.by_source.remove(address);
            }
        }
        self.counters.peers.set(self.peers.len() as u64);
        // Targets name peers by key, and keys are used again: they must not outlive the peer.
        self.apply_routes(peer.session);
    }
}

fn send_report(peer: &mut Peer, path: Path, now: Instant, out: &mut impl Transmit) {
    let Some(microphone) = &mut peer.microphone else { return };
    let Some(reception) = &mut microphone.reception else { return };
    let report = reception.report(peer.reporter_ssrc, microphone.ssrc, now);
    if let Some(sealed) = peer.secure.seal_rtcp(&report) {
        out.send(path.remote, path.local, &sealed);
    }
}
