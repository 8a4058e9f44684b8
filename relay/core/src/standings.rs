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
    /// Primary language subtag → those who speak it.
    speakers: BTreeMap<String, Speakers>,
}

/// Places of those who speak a language, ascending.
#[derive(Clone, Debug, Default)]
struct Speakers {
    all: Vec<usize>,
    /// Those of them who could be there: reachable, and ready or with a shift to come. Nobody else can be rung but by
    /// exception, so of a roster of thousands only these are judged.
    near: Vec<usize>,
}

/// How much of the roster is looked through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Everybody.
    All,
    /// Whoever could be there now.
    Near,
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
                self.index(place, Speakers::forget);
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
        self.index(place, Speakers::note);
    }

    /// Adds somebody with a standing, or replaces both.
    pub(crate) fn put_entry(&mut self, entry: RosterEntry) {
        let id = entry.mediator.id;
        self.put(entry.mediator);
        self.change(id, |standing| *standing = entry.standing);
    }

    /// Everybody, taken apart.
    pub(crate) fn into_entries(self) -> Vec<RosterEntry> {
        self.entries
    }

    /// Changes a standing; of somebody unknown it changes nothing.
    pub fn apply(&mut self, id: MediatorId, change: Change) {
        self.change(id, |standing| standing.apply(change));
    }

    fn change(&mut self, id: MediatorId, change: impl FnOnce(&mut Standing)) {
        let Some(place) = self.places.get(&id).copied() else { return };
        let Some(entry) = self.entries.get_mut(place) else { return };
        let before = entry.is_near();
        change(&mut entry.standing);
        if entry.is_near() != before {
            self.index(place, Speakers::renew);
        }
    }

    /// Places of those who speak `tag` in any variety, ascending.
    fn speakers(&self, primary: &str, reach: Reach) -> &[usize] {
        let Some(speakers) = self.speakers.get(primary) else { return &[] };
        if reach == Reach::All { &speakers.all } else { &speakers.near }
    }

    /// Changes the index of each language that the one at this place speaks.
    fn index(&mut self, place: usize, change: fn(&mut Speakers, usize, bool)) {
        let Some(entry) = self.entries.get(place) else { return };
        for spoken in &entry.mediator.profile.languages {
            let primary = spoken.tag.primary();
            if !self.speakers.contains_key(primary) {
                self.speakers.insert(primary.to_owned(), Speakers::default());
            }
            if let Some(speakers) = self.speakers.get_mut(primary) {
                change(speakers, place, entry.is_near());
            }
        }
    }
}

impl RosterEntry {
    /// Whether they could be rung at this moment, or at one soon.
    fn is_near(&self) -> bool {
        self.standing.reachable && (self.standing.ready || !self.standing.duties.is_empty())
    }
}

impl Speakers {
    fn note(&mut self, place: usize, near: bool) {
        insert(&mut self.all, place);
        self.renew(place, near);
    }

    fn forget(&mut self, place: usize, _near: bool) {
        remove(&mut self.all, place);
        remove(&mut self.near, place);
    }

    fn renew(&mut self, place: usize, near: bool) {
        if near { insert(&mut self.near, place) } else { remove(&mut self.near, place) }
    }
}

fn insert(places: &mut Vec<usize>, place: usize) {
    if let Err(index) = places.binary_search(&place) {
        places.insert(index, place);
    }
}

fn remove(places: &mut Vec<usize>, place: usize) {
    if let Ok(index) = places.binary_search(&place) {
        places.remove(index);
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
        let speakers = self
            .base
            .speakers(language.primary(), Reach::All)
            .iter()
            .filter_map(|place| self.base.entries.get(*place));
        let spoken = speakers.flat_map(|entry| entry.mediator.profile.languages.iter());
        let primaries: BTreeSet<&str> = spoken.map(|spoken| spoken.tag.primary()).collect();
        primaries.into_iter().filter_map(|primary| primary.parse().ok()).collect()
    }

    /// Whoever may speak one of `either` and also `other`, each once. Some may turn out not to: judge them.
    pub fn speakers(&self, either: &[&str], other: &LanguageTag, reach: Reach) -> Vec<&'a RosterEntry> {
        let base = self.base;
        // Entries lie all over the memory, the index does not: whoever speaks only one of both is passed over here.
        let others = base.speakers(other.primary(), reach);
        let both = |primary: &&str| common(base.speakers(primary, reach), others);
        let mut places: Vec<usize> = either.iter().flat_map(both).collect();
        // A merge, for each language's are in order: the stable sort sees that.
        places.sort();
        places.dedup();
        let changed = self.changed.iter().filter_map(|entry| base.places.get(&entry.mediator.id));
        let changed: BTreeSet<usize> = changed.copied().collect();
        places.retain(|place| !changed.contains(place));
        places.into_iter().filter_map(|place| base.entries.get(place)).chain(self.changed).collect()
    }
}

/// What two ascending lists have in common. It costs little more than the shorter one, however long the other is.
fn common(one: &[usize], other: &[usize]) -> Vec<usize> {
    let (few, mut many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let mut common = Vec::with_capacity(few.len());
    for place in few {
        // Doubling steps until one is past it, then halving ones.
        let mut reach = 1;
        while many.get(reach).is_some_and(|next| next < place) {
            reach *= 2;
        }
        let near = many.get(..=reach).unwrap_or(many);
        many = many.get(near.partition_point(|next| next < place)..).unwrap_or_default();
        if many.first() == Some(place) {
            common.push(*place);
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::roster::{Level, Profile, SpokenLanguage};
    use crate::time::UnixMillis;

    fn mediator(number: u128, tags: &[&str]) -> Mediator {
        let spoken = |tag: &&str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let profile = Profile::new("M", tags.iter().map(spoken).collect());
        Mediator { id: MediatorId(Uuid::from_u128(number)), profile }
    }

    fn found(now: RosterNow<'_>, either: &[&str], other: &str) -> Vec<u128> {
        let speakers = now.speakers(either, &other.parse().unwrap(), Reach::All);
        speakers.iter().map(|entry| entry.mediator.id.0.as_u128()).collect()
    }

    #[test]
    fn a_changed_entry_is_found_by_its_new_languages_and_no_longer_by_its_old_ones() {
        let mut roster = Roster::default();
        roster.put(mediator(1, &["sq", "en"]));
        roster.put(mediator(2, &["sr-Latn", "sr-Cyrl", "en"]));
        roster.put(mediator(3, &["sq", "fr"]));
        assert_eq!(found(RosterNow::of(&roster), &["sq"], "en"), [1], "the other speaks no English");
        assert_eq!(found(RosterNow::of(&roster), &["sr", "bs"], "en"), [2]);
        roster.apply(MediatorId(Uuid::from_u128(1)), Change::Reachable(true));
        roster.put(mediator(1, &["bs", "en"]));
        assert_eq!(found(RosterNow::of(&roster), &["sr", "bs"], "en"), [1, 2]);
        assert_eq!(found(RosterNow::of(&roster), &["sq"], "fr"), [3]);
        assert!(roster.get(MediatorId(Uuid::from_u128(1))).unwrap().standing.reachable, "the standing stays");
    }

    #[test]
    fn only_those_who_could_be_there_are_near_and_the_index_follows_them() {
        let mut roster = Roster::default();
        roster.put(mediator(1, &["sq", "en"]));
        roster.put(mediator(2, &["sq", "en"]));
        let near = |roster: &Roster, tag: &str| {
            let tag = tag.parse().unwrap();
            RosterNow::of(roster).speakers(&["sq", "bs"], &tag, Reach::Near).len()
        };
        assert_eq!(near(&roster, "en"), 0);
        let id = MediatorId(Uuid::from_u128(2));
        roster.apply(id, Change::Reachable(true));
        roster.apply(id, Change::Switched(true, UnixMillis(1)));
        assert_eq!(near(&roster, "en"), 1);
        roster.put(mediator(2, &["bs", "fr"]));
        assert_eq!((near(&roster, "en"), near(&roster, "fr")), (0, 1));
        roster.apply(id, Change::Switched(false, UnixMillis(2)));
        assert_eq!(near(&roster, "fr"), 0);
    }

    proptest! {
        #[test]
        fn what_two_lists_have_in_common_is_what_a_search_in_both_finds(
            one in proptest::collection::btree_set(0..200_usize, 0..80),
            other in proptest::collection::btree_set(0..2_000_usize, 0..400),
        ) {
            let [few, many] = [&one, &other].map(|set| set.iter().copied().collect::<Vec<_>>());
            let expected: Vec<usize> = one.intersection(&other).copied().collect();
            prop_assert_eq!(common(&few, &many), expected.clone());
            prop_assert_eq!(common(&many, &few), expected);
        }
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
