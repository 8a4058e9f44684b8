//! A participant's transport begins, or looks for another way.

use std::time::Instant;

use dragoman_core::ids::{ParticipantId, SessionId};

use super::super::peer::Peer;
use super::super::sdp::{self, AnswerParts, ClientOffer};
use super::{Forwarder, SlotChanges};

impl Forwarder {
    /// Makes a participant's transport, replacing the one it had, and returns the SDP answer. If the offer is of the
    /// transport that it has, that one stays, and only the way to it is looked for anew.
    pub fn accept(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
        offer: &ClientOffer,
        now: Instant,
    ) -> (String, SlotChanges) {
        if let Some(kept) = self.restart(session, participant, offer) {
            return kept;
        }
        self.remove(participant);
        let peer = Peer::new(session, participant, offer, (&self.identity, self.redundancy), now);
        let answer = self.answer(&peer, offer);
        let ufrags: Vec<String> = peer.credentials.iter().map(|known| known.ufrag.clone()).collect();
        let key = self.peers.insert(peer);
        self.by_ufrag.extend(ufrags.into_iter().map(|ufrag| (ufrag, key)));
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

    /// Answers an offer of the transport that a participant has already; `None`: it is of another one.
    fn restart(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
        offer: &ClientOffer,
    ) -> Option<(String, SlotChanges)> {
        let key = *self.by_participant.get(&participant)?;
        let peer = self.peers.get_mut(key).filter(|peer| peer.session == session)?;
        let (new, forgotten) = peer.restart(offer)?;
        if let Some(new) = new {
            self.by_ufrag.insert(new.ufrag.clone(), key);
        }
        if let Some(forgotten) = forgotten {
            self.by_ufrag.remove(&forgotten.ufrag);
        }
        let peer = self.peers.get(key)?;
        Some((self.answer(peer, offer), vec![(participant, peer.slot_list())]))
    }

    fn answer(&self, peer: &Peer, offer: &ClientOffer) -> String {
        let ssrcs: Vec<u32> = peer.slots.iter().map(|slot| slot.ssrc).collect();
        let (ufrag, pwd) = peer.credentials.last().map_or(("", ""), |known| (&known.ufrag, &known.pwd));
        let parts = AnswerParts {
            ufrag,
            pwd,
            fingerprint: &self.identity.fingerprint,
            candidates: &self.candidates,
            slot_ssrcs: &ssrcs,
        };
        sdp::answer(offer, &parts)
    }
}
