//! What follows for a session from its turns and its floor: who interprets, into which language, and who listens to what.

use crate::language::{LanguagePair, LanguageTag};
use crate::session::{Participant, Session};
use crate::session_types::{Place, Role};

impl Session {
    /// Whoever interprets at a place now.
    pub fn on_turn(&self, place: Place) -> Option<&Participant> {
        let first =
            || self.participants.iter().find(|p| p.assigned.as_ref().is_some_and(|t| t.place == place));
        self.turns.handed_to(place).and_then(|id| self.participant(id)).or_else(first)
    }

    /// The second mediator of a place, who is in the session without being on turn.
    pub fn relief(&self, place: Place) -> Option<&Participant> {
        let of_place = |p: &&Participant| p.assigned.as_ref().is_some_and(|t| t.place.of_turns() == place);
        self.participants.iter().filter(of_place).find(|p| !p.has_left() && !self.is_on_turn(p))
    }

    /// Whether this is a mediator, and on turn.
    pub fn is_on_turn(&self, participant: &Participant) -> bool {
        let place = participant.assigned.as_ref().map(|taken| taken.place.of_turns());
        place.and_then(|place| self.on_turn(place)).is_some_and(|on_turn| on_turn.id == participant.id)
    }

    /// The place that the next second mediator will take.
    pub(crate) fn next_relief(&self, place: Place) -> Option<Place> {
        let taken = self.participants.iter().filter_map(|p| p.assigned.as_ref()).map(|taken| taken.place);
        let last = taken.filter(|taken| taken.of_turns() == place).max().unwrap_or(place);
        last.0.checked_add(2).map(Place)
    }

    /// The two languages between which a mediator interprets.
    pub fn turn_languages(&self, mediator: &Participant) -> Option<LanguagePair> {
        self.languages_of(mediator.assigned.as_ref()?.place)
    }

    /// Into which language a mediator interprets now; at first towards the officer.
    pub fn speaks_into(&self, mediator: &Participant) -> Option<LanguageTag> {
        let pair = self.turn_languages(mediator)?;
        let chosen = self.floor.speaks_into.get(&mediator.id).filter(|tag| **tag == pair.source);
        Some(chosen.cloned().unwrap_or(pair.target))
    }

    /// The languages into which it is interpreted; each is a channel while it is not interpreted one after the other.
    pub fn channels(&self) -> Vec<LanguageTag> {
        let LanguagePair { source, target } = self.request.languages.clone();
        [Some(source), self.via.clone(), Some(target)].into_iter().flatten().collect()
    }

    /// The channel that somebody follows: as chosen, or else the language they speak. Whoever speaks none of the session's
    /// languages follows the officer's. Mediators and scribes follow none.
    pub fn listens_to(&self, listener: &Participant) -> Option<LanguageTag> {
        if matches!(listener.role, Role::Mediator | Role::Scribe) {
            return None;
        }
        if let Some(chosen) = self.floor.listens.get(&listener.id) {
            return chosen.clone();
        }
        let own = self.channels().into_iter().find(|tag| tag.same_language(&listener.language));
        own.or_else(|| Some(self.request.languages.target.clone()))
    }
}
