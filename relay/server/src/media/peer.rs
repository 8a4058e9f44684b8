//! One participant's transport as the forwarder keeps it: credentials, proven addresses, microphone and slots.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::red::{Level, Redundancy};
use dragoman_core::wire::Slot;

use super::forwarder::REPORT_EVERY;
use super::microphone::Microphone;
use super::sdp::{ClientOffer, SectionKind};
use super::secure::{Identity, Secure};
use super::slot::VoiceSlot;

/// Addresses one peer may have proved at a time: two network interfaces, two IP families, and one change. The oldest
/// is forgotten first.
const MAX_ADDRESSES: usize = 6;
/// A peer that sent nothing authentic for so long is gone (ICE consent, RFC 7675, expires after 30 s).
const SILENT_FOR: Duration = Duration::from_secs(30);

/// A path to a peer: its address, and the local address it used, so that answers leave from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Path {
    pub remote: SocketAddr,
    pub local: Option<IpAddr>,
}

/// Where one voice goes: which peer, which of its slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub peer: usize,
    pub slot: usize,
}

pub(super) struct Peer {
    pub session: SessionId,
    pub participant: ParticipantId,
    /// What its checks have to prove they know: the present ones, and those before the last ICE restart. Those hold
    /// on, because an old path may be back before a new one is found (RFC 8445 §9).
    pub credentials: Vec<Credentials>,
    /// The client's offer, to tell an ICE restart from a new transport.
    offer: ClientOffer,
    pub secure: Secure,
    pub addresses: Vec<SocketAddr>,
    pub path: Option<Path>,
    /// `None` also while its packets are being forwarded.
    pub microphone: Option<Box<Microphone>>,
    pub slots: Vec<VoiceSlot>,
    /// How many earlier frames the way to this peer needs.
    pub level: Level,
    pub targets: Vec<Target>,
    pub last_heard: Instant,
    /// The relay's own SSRC in its receiver reports to this peer.
    pub reporter_ssrc: u32,
    /// When the next report is due. Each peer has a time of its own (RFC 3550 §6.2): hundreds of them in one moment
    /// would hold up everybody's voices.
    pub report_at: Instant,
}

/// ICE user fragment and password.
pub(super) struct Credentials {
    pub ufrag: String,
    pub pwd: String,
}

impl Credentials {
    fn new() -> Self {
        Self { ufrag: random_token(6), pwd: random_token(18) }
    }
}

impl Peer {
    pub(super) fn new(
        session: SessionId,
        participant: ParticipantId,
        offer: &ClientOffer,
        (identity, redundancy): (&Arc<Identity>, Redundancy),
        now: Instant,
    ) -> Self {
        let microphone = offer.sections.iter().find(|s| s.kind == SectionKind::Microphone);
        Self {
            session,
            participant,
            credentials: vec![Credentials::new()],
            offer: offer.clone(),
            secure: Secure::server(identity.clone(), offer.fingerprint),
            addresses: Vec::new(),
            path: None,
            microphone: microphone.map(|section| Box::new(Microphone::new(section))),
            slots: offer.slots().map(VoiceSlot::new).collect(),
            level: Level::new(redundancy),
            targets: Vec::new(),
            last_heard: now,
            reporter_ssrc: rand::random(),
            report_at: now + REPORT_EVERY.mul_f64(rand::random()),
        }
    }

    /// Takes another offer of the same transport: the same certificate and sections. With another ICE user fragment it
    /// is an ICE restart (RFC 8839 §4.4.1): the way is looked for anew, and keys and streams stay. `None`: it is another
    /// transport. Else what of the credentials is new, and what is forgotten for it.
    pub(super) fn restart(
        &mut self,
        offer: &ClientOffer,
    ) -> Option<(Option<&Credentials>, Option<Credentials>)> {
        if offer.fingerprint != self.offer.fingerprint || offer.sections != self.offer.sections {
            return None;
        }
        if std::mem::replace(&mut self.offer.ufrag, offer.ufrag.clone()) == offer.ufrag {
            return Some((None, None));
        }
        self.credentials.push(Credentials::new());
        let forgotten = (self.credentials.len() > 2).then(|| self.credentials.remove(0));
        Some((self.credentials.last(), forgotten))
    }

    /// Notes an address that proved it knows the password; returns one that is forgotten for it.
    pub(super) fn prove(&mut self, address: SocketAddr) -> Option<SocketAddr> {
        if self.addresses.contains(&address) {
            return None;
        }
        self.addresses.push(address);
        (self.addresses.len() > MAX_ADDRESSES).then(|| self.addresses.remove(0))
    }

    /// Whether nothing was heard for too long.
    pub(super) fn is_gone(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_heard) > SILENT_FOR
    }

    /// Gives each of `voices` a slot, keeps those that have one, frees the rest. Returns whether anything changed. Whoever
    /// comes as another goes takes over the other's slot: one stream goes on, so that a handover has no gap at the listener.
    pub(super) fn assign(&mut self, voices: &[ParticipantId]) -> bool {
        let mut freed = Vec::new();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.voice.is_some_and(|voice| !voices.contains(&voice)) {
                slot.voice = None;
                freed.push(index);
            }
        }
        let mut changed = !freed.is_empty();
        freed.reverse();
        for voice in voices {
            if self.slots.iter().any(|slot| slot.voice == Some(*voice)) {
                continue;
            }
            // A session is never larger than the slots of an honest client; one that offers fewer hears fewer.
            let index = freed.pop().or_else(|| self.slots.iter().position(|slot| slot.voice.is_none()));
            if let Some(slot) = index.and_then(|index| self.slots.get_mut(index)) {
                slot.voice = Some(*voice);
                slot.stream.change_source();
                changed = true;
            }
        }
        changed
    }

    /// The occupied slots, for signalling.
    pub(super) fn slot_list(&self) -> Vec<Slot> {
        let occupied = self.slots.iter().filter_map(|slot| Some((slot.mid.clone(), slot.voice?)));
        occupied.map(|(mid, participant)| Slot { mid, participant }).collect()
    }
}

/// `bytes` random bytes as base64, whose alphabet is ICE's own (RFC 8839 §5.4).
fn random_token(bytes: usize) -> String {
    use base64::Engine as _;
    let random: Vec<u8> = (0..bytes).map(|_| rand::random()).collect();
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(random)
}
