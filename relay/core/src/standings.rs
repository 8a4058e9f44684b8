//! The roster with everybody's standing, found by language: what matching looks through, however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::ids::MediatorId;
use crate::language::LanguageTag;
use crate::roster::Mediator;
use crate::standing::{Change, Standing};

/// One mediator with the standing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RosterEntry {
    /// Who.
    pub mediator: Mediator,
    /// How they stand.
    pub standing: Standing,
}

/// Everybody. Entries keep their place: nobody leaves the roster, they become inactive.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    entries: Vec<RosterEntry>,
    places: HashMap<MediatorId, usize>,
    /// Primary language subtag → places of those who speak it, ascending.
    speakers: BTreeMap<String, Vec<usize>>,
}

impl Roster {
    /// Everybody, in the order in which they came.
    pub fn entries(&self) -> impl Iterator<Item = &RosterEntry> {
        self.entries.iter()
    }

    /// One of them.
    pub fn get(&self, id: MediatorId) -> Option<&RosterEntry> {
        self.places.get(&id).and_then(|place| self.entries.get(*place))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Nobody yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a mediator, or replaces the entry; the standing stays.
    pub fn put(&mut self, mediator: Mediator) {
        let place = match self.places.get(&mediator.id) {
            Some(place) => {
                let place = *place;
                self.forget_languages(place);
                if let Some(entry) = self.entries.get_mut(place) {
                    entry.mediator = mediator;
                }
                place
            }
            None => {
                self.places.insert(mediator.id, self.entries.len());
                self.entries.push(RosterEntry { mediator, standing: Standing::default() });
                self.entries.len() - 1
            }
        };
        self.note_languages(place);
    }

    /// Adds somebody with a standing, or replaces both.
    pub(crate) fn put_entry(&mut self, entry: RosterEntry) {
        let id = entry.mediator.id;
        self.put(entry.mediator);
        if let Some(known) = self.places.get(&id).and_then(|place| self.entries.get_mut(*place)) {
            known.standing = entry.standing;
        }
    }

    /// Everybody, taken apart.
    pub(crate) fn into_entries(self) -> Vec<RosterEntry> {
        self.entries
    }

    /// Changes a standing; of somebody unknown it changes nothing.
    pub fn apply(&mut self, id: MediatorId, change: Change) {
        if let Some(entry) = self.places.get(&id).and_then(|place| self.entries.get_mut(*place)) {
            entry.standing.apply(change);
        }
    }

    /// Places of those who speak `tag` in any variety, ascending.
    fn speakers(&self, primary: &str) -> &[usize] {
        self.speakers.get(primary).map(Vec::as_slice).unwrap_or_default()
    }

    fn note_languages(&mut self, place: usize) {
        let Some(entry) = self.entries.get(place) else { return };
        for spoken in &entry.mediator.profile.languages {
            let places = match self.speakers.get_mut(spoken.tag.primary()) {
                Some(places) => places,
                None => self.speakers.entry(spoken.tag.primary().to_owned()).or_default(),
            };
            if let Err(index) = places.binary_search(&place) {
                places.insert(index, place);
            }
        }
    }

    fn forget_languages(&mut self, place: usize) {
        let Some(entry) = self.entries.get(place) else { return };
        for spoken in &entry.mediator.profile.languages {
            if let Some(places) = self.speakers.get_mut(spoken.tag.primary())
                && let Ok(index) = places.binary_search(&place)
            {
                places.remove(index);
            }
        }
    }
}

/// The roster as it is, or as it will be once a decision holds: a few entries replaced, nothing copied.
#[derive(Clone, Copy, Debug)]
pub struct RosterNow<'a> {
    base: &'a Roster,
    changed: &'a [RosterEntry],
}

impl<'a> RosterNow<'a> {
    /// As it is.
    pub fn of(base: &'a Roster) -> Self {
        Self { base, changed: &[] }
    }

    /// With these entries instead of, or beside, those of the roster.
    pub fn with(base: &'a Roster, changed: &'a [RosterEntry]) -> Self {
        Self { base, changed }
    }

    /// One of them.
    pub fn get(&self, id: MediatorId) -> Option<&'a RosterEntry> {
        self.changed.iter().find(|entry| entry.mediator.id == id).or_else(|| self.base.get(id))
    }

    /// What else those speak who speak this language, without variety or script, each once.
    pub fn languages_beside(&self, language: &LanguageTag) -> Vec<LanguageTag> {
        let speakers =
            self.base.speakers(language.primary()).iter().filter_map(|place| self.base.entries.get(*place));
        let spoken = speakers.flat_map(|entry| entry.mediator.profile.languages.iter());
        let primaries: BTreeSet<&str> = spoken.map(|spoken| spoken.tag.primary()).collect();
        primaries.into_iter().filter_map(|primary| primary.parse().ok()).collect()
    }

    /// Everybody who may speak one of `either` and also `other`, each once. Some may turn out not to: judge them.
    pub fn speakers(&self, either: &[&str], other: &LanguageTag) -> Vec<&'a RosterEntry> {
        let base = self.base;
        let mut places: Vec<usize> =
            either.iter().flat_map(|primary| base.speakers(primary).iter().copied()).collect();
        let others = base.speakers(other.primary());
        if others.len() < places.len() {
            places = others.to_vec();
        } else if either.len() > 1 {
            places.sort_unstable();
            places.dedup();
        }
        let is_changed =
            |entry: &RosterEntry| self.changed.iter().any(|new| new.mediator.id == entry.mediator.id);
        let unchanged = places.into_iter().filter_map(|place| base.entries.get(place));
        unchanged.filter(|entry| self.changed.is_empty() || !is_changed(entry)).chain(self.changed).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::roster::{Level, Profile, SpokenLanguage};

    fn mediator(number: u128, tags: &[&str]) -> Mediator {
        let spoken = |tag: &&str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let profile = Profile::new("M", tags.iter().map(spoken).collect());
        Mediator { id: MediatorId(Uuid::from_u128(number)), profile }
    }

    fn found(now: RosterNow<'_>, either: &[&str], other: &str) -> Vec<u128> {
        let speakers = now.speakers(either, &other.parse().unwrap());
        speakers.iter().map(|entry| entry.mediator.id.0.as_u128()).collect()
    }

    #[test]
    fn a_changed_entry_is_found_by_its_new_languages_and_no_longer_by_its_old_ones() {
        let mut roster = Roster::default();
        roster.put(mediator(1, &["sq", "en"]));
        roster.put(mediator(2, &["sr-Latn", "sr-Cyrl", "en"]));
        roster.put(mediator(3, &["sq", "fr"]));
        assert_eq!(found(RosterNow::of(&roster), &["sq"], "en"), [1, 3], "judged later");
        assert_eq!(found(RosterNow::of(&roster), &["sr", "bs"], "en"), [2]);
        roster.apply(MediatorId(Uuid::from_u128(1)), Change::Reachable(true));
        roster.put(mediator(1, &["bs", "en"]));
        assert_eq!(found(RosterNow::of(&roster), &["sr", "bs"], "en"), [1, 2]);
        assert_eq!(found(RosterNow::of(&roster), &["sq"], "fr"), [3]);
        assert!(roster.get(MediatorId(Uuid::from_u128(1))).unwrap().standing.reachable, "the standing stays");
    }

    #[test]
    fn a_roster_as_it_will_be_has_the_changed_entries_once() {
        let mut roster = Roster::default();
        roster.put(mediator(1, &["sq", "en"]));
        let mut entry = roster.get(MediatorId(Uuid::from_u128(1))).unwrap().clone();
        entry.standing.apply(Change::Reachable(true));
        let changed = [entry];
        let now = RosterNow::with(&roster, &changed);
        assert_eq!(found(now, &["sq"], "en"), [1]);
        assert!(now.get(MediatorId(Uuid::from_u128(1))).unwrap().standing.reachable);
    }
}
