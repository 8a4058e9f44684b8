//! The media relay itself, without a socket or a clock: datagrams go in, datagrams come out.
//!
//! One forwarder serves everybody on one UDP port. A datagram belongs to the peer that proved its source address in an
//! ICE check; from any other source only binding requests are read. Nothing here locks, waits, or asks the domain: the
//! routing is a snapshot that the domain hands over. There is no queue: a packet leaves before the next is read.

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
use super::sdp::{self, AnswerParts, ClientOffer};
use super::secure::{Handshake, Identity};
use super::stats::Counters;

/// How often handshakes are looked after.
pub const TICK: Duration = Duration::from_millis(100);
/// How often receiver reports are sent and silent peers removed.
const REPORT_EVERY: Duration = Duration::from_secs(1);
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
    next_report: Option<Instant>,
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
            next_report: None,
        }
    }

    /// Makes a participant's transport, replacing the one it had, and returns the SDP answer.
    pub fn accept(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
        offer: &ClientOffer,
        now: Instant,
    ) -> (String, SlotChanges) {
        self.remove(participant);
        let peer = Peer::new(session, participant, offer, (&self.identity, self.redundancy), now);
        let ssrcs: Vec<u32> = peer.slots.iter().map(|slot| slot.ssrc).collect();
        let answer = sdp::answer(
            offer,
            &AnswerParts {
                ufrag: &peer.ufrag,
                pwd: &peer.pwd,
                fingerprint: &self.identity.fingerprint,
                candidates: &self.candidates,
                slot_ssrcs: &ssrcs,
            },
        );
        let ufrag = peer.ufrag.clone();
        let key = self.peers.insert(peer);
        self.by_ufrag.insert(ufrag, key);
        self.by_participant.insert(participant, key);
        self.counters.peers.set(self.peers.len() as u64);
        // A new transport counts from new numbers, which the slots that carried the old one would take for late ones.
        for (_, listener) in self.peers.iter_mut().filter(|(_, peer)| peer.session == session) {
            for slot in listener.slots.iter_mut().filter(|slot| slot.voice == Some(participant)) {
                slot.stream.change_source();
            }
        }
        let mut changes = self.apply_routes(session);
        if !changes.iter().any(|(who, _)| *who == participant) {
            changes.push((participant, Vec::new()));
        }
        (answer, changes)
    }

    /// Sets who hears whom in a session.
    pub fn set_routes(&mut self, session: SessionId, routes: Vec<Route>) -> SlotChanges {
        if routes.is_empty() {
            self.routes.remove(&session);
        } else {
            self.routes.insert(session, routes);
        }
        self.apply_routes(session)
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
        let report = self.next_report.is_none_or(|due| due <= now);
        if report {
            self.next_report = Some(now + REPORT_EVERY);
        }
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
                if report {
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
        let Some(answer) = request.answer(&peer.pwd, path.remote, self.identity.provider().crypto()) else {
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
        microphone.take(&header, payload, now);
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

    /// Turns a session's routes into slots and targets.
    fn apply_routes(&mut self, session: SessionId) -> SlotChanges {
        let none = Vec::new();
        let routes = self.routes.get(&session).unwrap_or(&none);
        let members: Vec<usize> =
            self.peers.iter().filter(|(_, p)| p.session == session).map(|(key, _)| key).collect();
        let mut changes = Vec::new();
        for &key in &members {
            let Some(peer) = self.peers.get_mut(key) else { continue };
            let heard = routes.iter().filter(|route| route.to.contains(&peer.participant));
            let voices: Vec<ParticipantId> = heard.map(|route| route.from).collect();
            if peer.assign(&voices) {
                changes.push((peer.participant, peer.slot_list()));
            }
        }
        for &key in &members {
            let Some(speaker) =
                self.peers.get(key).filter(|peer| peer.microphone.is_some()).map(|peer| peer.participant)
            else {
                continue;
            };
            let targets = members.iter().filter_map(|&peer| {
                let slots = &self.peers.get(peer)?.slots;
                let slot = slots.iter().position(|slot| slot.voice == Some(speaker))?;
                Some(Target { peer, slot })
            });
            let targets = targets.collect();
            if let Some(peer) = self.peers.get_mut(key) {
                peer.targets = targets;
            }
        }
        changes
    }

    fn remove_key(&mut self, key: usize) {
        let Some(peer) = self.peers.try_remove(key) else { return };
        self.by_ufrag.remove(&peer.ufrag);
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
