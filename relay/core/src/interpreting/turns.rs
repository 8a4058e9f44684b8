//! Whose turn it is to interpret: two mediators for one place take turns, and hand over after a countdown. Nothing but
//! events, replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::event::Event;
use crate::ids::ParticipantId;
use crate::session_types::Place;
use crate::time::UnixMillis;

/// A break at least this long counts as rest: the clock of the turn begins anew.
const RESTS_AFTER: Duration = Duration::from_secs(5 * 60);

/// See the module's page. Places are the first ones of their languages ([`Place::of_turns`]).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Turns {
    /// Places for which a second mediator is looked for, as they will be taken.
    pub wanted: BTreeSet<Place>,
    /// Second mediators who said that they can take over.
    pub ready: BTreeSet<ParticipantId>,
    /// Who interprets, where a handover has changed that.
    on_turn: BTreeMap<Place, ParticipantId>,
    /// When the turn changes.
    countdown: BTreeMap<Place, UnixMillis>,
    /// Since when whoever is on turn works without a rest.
    since: BTreeMap<Place, UnixMillis>,
    /// Turns that were said to last too long.
    too_long: BTreeSet<Place>,
    /// Since when nobody interprets, while it is interrupted.
    idle_since: Option<UnixMillis>,
}

impl Turns {
    /// Takes in what happened.
    pub(crate) fn apply(&mut self, event: &Event, at: UnixMillis) {
        match event {
            Event::ReliefRequested { place, .. } => drop(self.wanted.insert(*place)),
            Event::ReliefCalledOff { place, .. } => drop(self.wanted.remove(place)),
            Event::OfferAccepted { place, .. } => drop(self.wanted.remove(place)),
            Event::ReadySet { by, ready: true } => drop(self.ready.insert(*by)),
            Event::ReadySet { by, ready: false } => {
                self.ready.remove(by);
                self.countdown.clear();
            }
            Event::HandoverBegun { place, switch_at, .. } => {
                self.countdown.insert(*place, *switch_at);
            }
            Event::HandoverCalledOff { place, .. } => drop(self.countdown.remove(place)),
            Event::HandedOver { place, to, .. } => {
                self.countdown.remove(place);
                self.ready.remove(to);
                self.too_long.remove(place);
                self.on_turn.insert(*place, *to);
                self.since.insert(*place, at);
            }
            Event::TurnTooLong { place } => drop(self.too_long.insert(*place)),
            // Nobody hands over to somebody who is not there.
            Event::ParticipantDisconnected { participant } | Event::MediatorReleased { participant }
                if self.ready.remove(participant) =>
            {
                self.countdown.clear();
            }
            _ => {}
        }
    }

    /// Nobody is interpreted for the time being.
    pub(crate) fn interrupt(&mut self, at: UnixMillis) {
        self.countdown.clear();
        self.idle_since = Some(at);
    }

    /// Interpreting goes on, or begins, for these places.
    pub(crate) fn begin(&mut self, places: impl Iterator<Item = Place>, at: UnixMillis) {
        let rested = self.idle_since.take().is_some_and(|since| since + RESTS_AFTER <= at);
        for place in places {
            if rested {
                self.since.insert(place, at);
                self.too_long.remove(&place);
            } else {
                self.since.entry(place).or_insert(at);
            }
        }
    }

    /// Who was handed the place, if it ever was handed over.
    pub(crate) fn handed_to(&self, place: Place) -> Option<ParticipantId> {
        self.on_turn.get(&place).copied()
    }

    /// When the turn of a place changes, during the countdown.
    pub fn switches_at(&self, place: Place) -> Option<UnixMillis> {
        self.countdown.get(&place).copied()
    }

    /// Since when whoever has the turn of a place works without a rest.
    pub fn since(&self, place: Place) -> Option<UnixMillis> {
        self.since.get(&place).copied()
    }

    /// Whether the turn was said to last too long.
    pub fn is_too_long(&self, place: Place) -> bool {
        self.too_long.contains(&place)
    }
}
