//! Who hears whom: routes become slots of listeners and targets of speakers.

use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::session_types::Route;

use super::super::peer::Target;
use super::{Forwarder, SlotChanges};

impl Forwarder {
    /// Sets who hears whom in a session.
    pub fn set_routes(&mut self, session: SessionId, routes: Vec<Route>) -> SlotChanges {
        if routes.is_empty() {
            self.routes.remove(&session);
        } else {
            self.routes.insert(session, routes);
        }
        self.apply_routes(session)
    }

    /// Turns a session's routes into slots and targets.
    pub(super) fn apply_routes(&mut self, session: SessionId) -> SlotChanges {
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
}
