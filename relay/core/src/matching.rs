//! Which mediators suit a request, and why. Hard constraints exclude, soft ones rank; both say their reason.

use std::collections::BTreeSet;

use crate::case::Served;
use crate::codes::AgencyCode;
use crate::exceptions::{Exceptions, is_lifted};
use crate::ids::MediatorId;
use crate::language::{LanguagePair, LanguageTag};
use crate::roster::{Level, Mediator, Qualification, Specialism, SpokenLanguage};
use crate::session_types::{Candidate, Circle, IntervieweeLabel, MatchReason, SessionRequest};
use crate::standing::{Availability, Standing};
use crate::standings::{Reach, RosterEntry, RosterNow};
use crate::time::UnixMillis;

/// Nobody is given a session that a booked one would soon interrupt.
pub const BOOKED_MARGIN_MINUTES: i64 = 30;

/// Who is lent to which agency at this moment.
pub type Loans = BTreeSet<(MediatorId, AgencyCode)>;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The request as widened.
    pub request: &'a SessionRequest,
    /// Between which languages: the request's, or one half of a pivot.
    pub languages: &'a LanguagePair,
    /// Whether a neighbour of the interviewee's language will do.
    pub adjacent_allowed: bool,
    /// Who interpreted in this case before.
    pub served: &'a [Served],
    /// Who is on loan.
    pub loans: &'a Loans,
    /// What was lifted by hand, and for whom.
    pub overridden: &'a Exceptions,
}

/// Points of the soft ranking. That an adjacent language never ranks before the pair is no matter of points: see [`rank`].
mod points {
    pub(super) const PAIR: u32 = 1_000;
    pub(super) const ADJACENT: u32 = 100;
    pub(super) const VARIETY: u32 = 60;
    pub(super) const NATIVE: u32 = 30;
    pub(super) const FLUENT: u32 = 15;
    pub(super) const FLUENT_TARGET: u32 = 10;
    pub(super) const SWORN: u32 = 20;
    pub(super) const INTERPRETER: u32 = 10;
    pub(super) const BOOKED: u32 = 400;
    pub(super) const KNOWS_THE_PERSON: u32 = 200;
    pub(super) const FAVOURITE: u32 = 80;
    pub(super) const SPECIALISED: u32 = 40;
    pub(super) const OWN_AGENCY: u32 = 40;
    pub(super) const ON_SHIFT: u32 = 20;
    /// For nothing worked in 24 hours; less in proportion.
    pub(super) const LITTLE_WORK: u32 = 40;
    pub(super) const LONGEST_IDLE: u32 = 25;
    /// Rest earns one point an hour, up to this.
    pub(super) const IDLE_AT_MOST: i64 = 24;
}

/// Judges the whole roster for a request: first the eligible who speak the pair itself, then those who speak a neighbour
/// of it, each by circle and then best first; then the others who speak the languages, each with what excludes them.
/// Whoever does not speak the pair is no candidate and is left out.
pub fn rank(roster: RosterNow<'_>, wanted: Wanted<'_>, now: UnixMillis) -> Vec<Candidate> {
    let everybody = roster.speakers(&either(wanted), &wanted.languages.target, Reach::All);
    rank_among(everybody, wanted, now)
}

/// The same for ringing: all who could be there now are judged, and if those are few, others until `at_least` were looked at.
/// The eligible ones are the same as in [`rank`].
pub fn rank_near(
    roster: RosterNow<'_>,
    wanted: Wanted<'_>,
    at_least: usize,
    now: UnixMillis,
) -> Vec<Candidate> {
    let (either, target) = (either(wanted), &wanted.languages.target);
    let mut near = roster.speakers(&either, target, Reach::Near);
    // Whom an exception or a booking lets ring though they are not ready.
    let named: BTreeSet<MediatorId> =
        wanted.overridden.iter().map(|(id, _)| *id).chain(wanted.request.booked).collect();
    if named.is_empty() && near.len() >= at_least {
        return rank_among(near, wanted, now);
    }
    let known: BTreeSet<MediatorId> = near.iter().map(|entry| entry.mediator.id).collect();
    near.extend(named.iter().filter(|id| !known.contains(id)).filter_map(|id| roster.get(*id)));
    if near.len() < at_least {
        near.retain(|entry| speaks(&entry.mediator, wanted));
        let missing = at_least.saturating_sub(near.len());
        let far = roster.speakers(&either, target, Reach::All).into_iter();
        let far = far.filter(|entry| !known.contains(&entry.mediator.id));
        let far = far.filter(|entry| !named.contains(&entry.mediator.id));
        near.extend(far.filter(|entry| speaks(&entry.mediator, wanted)).take(missing));
    }
    rank_among(near, wanted, now)
}

/// The primary subtags of the languages that would do on the interviewee's side.
fn either<'a>(wanted: Wanted<'a>) -> Vec<&'a str> {
    let source = &wanted.languages.source;
    let neighbours = if wanted.adjacent_allowed { source.adjacent() } else { &[] };
    [source.primary()].into_iter().chain(neighbours.iter().copied()).collect()
}

fn speaks(mediator: &Mediator, wanted: Wanted<'_>) -> bool {
    judge_languages(mediator, wanted, &mut Vec::new()).is_some()
}

fn rank_among(entries: Vec<&RosterEntry>, wanted: Wanted<'_>, now: UnixMillis) -> Vec<Candidate> {
    let mut ranked: Vec<(Candidate, i64)> = Vec::with_capacity(entries.len());
    for RosterEntry { mediator, standing } in entries {
        if let Some(candidate) = judge(mediator, standing, wanted, now) {
            ranked.push((candidate, idle_hours(standing, now)));
        }
    }
    mark_longest_idle(&mut ranked);
    // The identifier decides between equals, so that the same roster gives the same order.
    ranked.sort_by_cached_key(|(candidate, _)| {
        let preference = (candidate.circle, std::cmp::Reverse(candidate.score));
        (!candidate.eligible, speaks_a_neighbour(candidate), preference, candidate.mediator)
    });
    ranked.into_iter().map(|(candidate, _)| candidate).collect()
}

fn speaks_a_neighbour(candidate: &Candidate) -> bool {
    candidate.reasons.iter().any(|reason| matches!(reason, MatchReason::AdjacentLanguage { .. }))
}

/// Judges one mediator; `None`: does not speak the languages.
pub fn judge(
    mediator: &Mediator,
    standing: &Standing,
    wanted: Wanted<'_>,
    now: UnixMillis,
) -> Option<Candidate> {
    let mut reasons = Vec::with_capacity(8);
    let language_points = judge_languages(mediator, wanted, &mut reasons)?;
    let favoured = reasons.len();
    exclusions(mediator, standing, wanted, now, &mut reasons);
    if reasons.len() > favoured {
        let mut against = reasons.get(favoured..).unwrap_or_default().iter();
        if !against.all(|reason| is_lifted(wanted.overridden, mediator.id, reason)) {
            let (mediator, circle) = (mediator.id, Circle::Pool);
            return Some(Candidate { mediator, eligible: false, circle, score: 0, reasons });
        }
        reasons.push(MatchReason::Overridden);
    }
    let (score, circle) = preferences(mediator, standing, wanted, now, &mut reasons);
    Some(Candidate { mediator: mediator.id, eligible: true, circle, score: language_points + score, reasons })
}

/// The language that a mediator would speak instead of the one asked for, if it is a neighbour of it.
pub fn adjacent_spoken(mediator: &Mediator, source: &LanguageTag) -> Option<LanguageTag> {
    neighbour_spoken(mediator, source).map(|spoken| spoken.tag.clone())
}

fn neighbour_spoken<'a>(mediator: &'a Mediator, source: &LanguageTag) -> Option<&'a SpokenLanguage> {
    if spoken(mediator, source).is_some() {
        return None;
    }
    let speaks = |primary: &&str| mediator.languages.iter().find(|spoken| spoken.tag.primary() == *primary);
    source.adjacent().iter().find_map(speaks)
}

fn judge_languages(mediator: &Mediator, wanted: Wanted<'_>, reasons: &mut Vec<MatchReason>) -> Option<u32> {
    let LanguagePair { source, target } = wanted.languages;
    let target = spoken(mediator, target)?;
    let (spoken, base) = match spoken(mediator, source) {
        Some(spoken) => {
            reasons.push(MatchReason::SpeaksPair);
            (spoken, points::PAIR)
        }
        None if wanted.adjacent_allowed => {
            let neighbour = neighbour_spoken(mediator, source)?;
            reasons.push(MatchReason::AdjacentLanguage { spoken: neighbour.tag.clone() });
            (neighbour, points::ADJACENT)
        }
        None => return None,
    };
    let mut score = base + if target.level == Level::Working { 0 } else { points::FLUENT_TARGET };
    if spoken.tag == *source {
        reasons.push(MatchReason::ExactVariety);
        score += points::VARIETY;
    }
    score += match spoken.level {
        Level::Native => {
            reasons.push(MatchReason::NativeLevel);
            points::NATIVE
        }
        Level::Fluent => points::FLUENT,
        Level::Working => 0,
    };
    Some(score)
}

/// Best match of a language among those of a mediator: the exact variety, else the same language.
fn spoken<'a>(mediator: &'a Mediator, tag: &LanguageTag) -> Option<&'a SpokenLanguage> {
    let primary = tag.primary();
    let mut same_language = None;
    for spoken in mediator.languages.iter().filter(|spoken| spoken.tag.primary() == primary) {
        if spoken.tag == *tag {
            return Some(spoken);
        }
        same_language = same_language.or(Some(spoken));
    }
    same_language
}

/// Adds whatever speaks against.
fn exclusions(
    mediator: &Mediator,
    standing: &Standing,
    wanted: Wanted<'_>,
    now: UnixMillis,
    reasons: &mut Vec<MatchReason>,
) {
    let request = wanted.request;
    let trained = mediator.specialisms.contains(&Specialism::Minors);
    let abroad = |country| !mediator.countries.is_empty() && !mediator.countries.contains(country);
    let tied = !mediator.conflicts.is_empty() && !request.circumstances.is_disjoint(&mediator.conflicts);
    let at_limit = standing.minutes_worked(now) >= u32::from(mediator.load.minutes_a_day);
    let mut against = |holds: bool, reason: MatchReason| {
        if holds {
            reasons.push(reason);
        }
    };
    against(!mediator.active, MatchReason::NotActive);
    against(!mediator.has_undertaking(now), MatchReason::NoUndertaking);
    against(!mediator.is_vetted(now), MatchReason::NotVetted);
    let other_gender = request.gender_wish.is_some_and(|wish| mediator.gender != Some(wish));
    against(other_gender, MatchReason::NotTheWishedGender);
    against(request.minor && !trained, MatchReason::NotTrainedForMinors);
    against(tied, MatchReason::TieDeclared);
    let walled = served_the_other_side(mediator.id, wanted.served, request.label);
    against(walled, MatchReason::ServedTheOtherSide);
    against(!serves(mediator, request.agency.as_ref(), wanted.loans), MatchReason::OtherAgency);
    against(request.country.as_ref().is_some_and(abroad), MatchReason::OtherCountry);
    // Whoever agreed to this very session beforehand need not be ready for any other.
    let booked = request.booked == Some(mediator.id);
    against(!booked && standing.availability(now) == Availability::Away, MatchReason::NotReady);
    against(!standing.reachable, MatchReason::NotReachable);
    against(standing.in_session, MatchReason::InAnotherSession);
    against(at_limit, MatchReason::LoadLimitReached);
    if let Some(until) = standing.rests_until(mediator.load, now) {
        reasons.push(MatchReason::Resting { until });
    }
    if !booked && let Some(at) = standing.booked_soon(BOOKED_MARGIN_MINUTES, now) {
        reasons.push(MatchReason::BookedSoon { at });
    }
}

/// The wall in a case: whether a mediator interpreted in it for somebody on the other side of this one.
pub(crate) fn served_the_other_side(
    mediator: MediatorId,
    served: &[Served],
    label: IntervieweeLabel,
) -> bool {
    served.iter().any(|served| served.mediator == mediator && served.label.opposes(label))
}

/// Of this agency, of none, of one it serves beside its own, or on loan to it.
pub(crate) fn serves(mediator: &Mediator, agency: Option<&AgencyCode>, loans: &Loans) -> bool {
    let Some(agency) = agency else { return true };
    mediator.belongs_to(agency) || is_lent(mediator.id, agency, loans)
}

fn is_lent(mediator: MediatorId, agency: &AgencyCode, loans: &Loans) -> bool {
    !loans.is_empty() && loans.contains(&(mediator, agency.clone()))
}

/// Adds whatever speaks for, and weighs it.
fn preferences(
    mediator: &Mediator,
    standing: &Standing,
    wanted: Wanted<'_>,
    now: UnixMillis,
    reasons: &mut Vec<MatchReason>,
) -> (u32, Circle) {
    let request = wanted.request;
    let booked = request.booked == Some(mediator.id);
    let knows = knows_the_person(mediator.id, wanted);
    let favourite = request.agency.as_ref().is_some_and(|agency| mediator.favourite_of.contains(agency));
    let own = request.agency.is_some() && request.agency == mediator.agency;
    let on_loan = request.agency.as_ref().is_some_and(|agency| !mediator.belongs_to(agency));
    let (shift, call) = match standing.availability(now) {
        Availability::OnShift => (true, false),
        Availability::OnCall => (false, true),
        Availability::Ready | Availability::Away => (false, false),
    };
    let mut score = match mediator.qualification {
        Qualification::SwornInterpreter => points::SWORN,
        Qualification::Interpreter => points::INTERPRETER,
        Qualification::CulturalMediator => 0,
    };
    let rest = u32::from(mediator.load.minutes_a_day).saturating_sub(standing.minutes_worked(now));
    score += points::LITTLE_WORK * rest / u32::from(mediator.load.minutes_a_day).max(1);
    score += u32::try_from(idle_hours(standing, now)).unwrap_or(0);
    let sworn = mediator.qualification == Qualification::SwornInterpreter;
    let as_wished = mediator.gender.is_some() && request.gender_wish == mediator.gender;
    let for_minors = request.minor && mediator.specialisms.contains(&Specialism::Minors);
    let mut speaks_for = |holds: bool, reason: MatchReason, points: u32| {
        if holds {
            reasons.push(reason);
            score += points;
        }
    };
    speaks_for(sworn, MatchReason::Sworn, 0);
    speaks_for(as_wished, MatchReason::GenderAsWished, 0);
    speaks_for(for_minors, MatchReason::TrainedForMinors, 0);
    speaks_for(booked, MatchReason::Booked, points::BOOKED);
    speaks_for(knows, MatchReason::KnowsThePerson, points::KNOWS_THE_PERSON);
    speaks_for(favourite, MatchReason::Favourite, points::FAVOURITE);
    speaks_for(own, MatchReason::OwnAgency, points::OWN_AGENCY);
    speaks_for(shift, MatchReason::OnShift, points::ON_SHIFT);
    speaks_for(call, MatchReason::OnCall, 0);
    speaks_for(on_loan, MatchReason::OnLoan, 0);
    for specialism in request.specialisms.intersection(&mediator.specialisms) {
        reasons.push(MatchReason::Specialised { specialism: *specialism });
        score += points::SPECIALISED;
    }
    let circle = match (on_loan, call) {
        _ if booked => Circle::Familiar,
        (true, _) => Circle::Loan,
        (false, true) => Circle::OnCall,
        (false, false) if knows || favourite => Circle::Familiar,
        (false, false) => Circle::Pool,
    };
    (score, circle)
}

fn knows_the_person(mediator: MediatorId, wanted: Wanted<'_>) -> bool {
    let Some(person) = wanted.request.case.and_then(|case| case.person) else { return false };
    wanted.served.iter().any(|served| served.mediator == mediator && served.person == Some(person))
}

fn idle_hours(standing: &Standing, now: UnixMillis) -> i64 {
    match standing.idle_since() {
        Some(at) => (now.0.saturating_sub(at.0) / 3_600_000).clamp(0, points::IDLE_AT_MOST),
        None => points::IDLE_AT_MOST,
    }
}

/// Of several eligible ones with different rest, those with the most are told apart, so that the load is spread.
fn mark_longest_idle(ranked: &mut [(Candidate, i64)]) {
    let hours = ranked.iter().filter(|(c, _)| c.eligible).map(|(_, idle)| *idle);
    let (Some(least), Some(most)) = (hours.clone().min(), hours.max()) else { return };
    if least == most {
        return;
    }
    for (candidate, hours) in ranked.iter_mut().filter(|(c, _)| c.eligible) {
        if *hours == most {
            candidate.reasons.push(MatchReason::LongestIdle);
            candidate.score += points::LONGEST_IDLE;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::exceptions::Liftable;
    use crate::ids::MediatorId;
    use crate::language::LanguagePair;
    use crate::roster::{Gender, Profile};
    use crate::standings::Roster;

    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    fn mediator(number: u128, languages: &[(&str, Level)]) -> Mediator {
        let spoken =
            |(tag, level): &(&str, Level)| SpokenLanguage { tag: tag.parse().unwrap(), level: *level };
        let profile = Profile::new(&format!("M{number}"), languages.iter().map(spoken).collect());
        let profile = Profile { gender: Some(Gender::Female), ..profile.cleared(UnixMillis(1)) };
        Mediator { id: MediatorId(Uuid::from_u128(number)), profile }
    }

    fn with(mediator: &Mediator, change: impl FnOnce(&mut Profile)) -> Mediator {
        let mut changed = mediator.clone();
        change(&mut changed.profile);
        changed
    }

    fn request(source: &str) -> SessionRequest {
        let languages = LanguagePair { source: source.parse().unwrap(), target: "en".parse().unwrap() };
        SessionRequest::between(languages)
    }

    fn ready() -> Standing {
        Standing { ready: true, reachable: true, ..Standing::default() }
    }

    fn judged(
        mediator: &Mediator,
        standing: &Standing,
        request: &SessionRequest,
        adjacent_allowed: bool,
    ) -> Option<Candidate> {
        let (loans, overridden) = Default::default();
        judge(mediator, standing, wanted(request, adjacent_allowed, &loans, &overridden), NOW)
    }

    fn wanted<'a>(
        request: &'a SessionRequest,
        adjacent_allowed: bool,
        loans: &'a Loans,
        overridden: &'a Exceptions,
    ) -> Wanted<'a> {
        let languages = &request.languages;
        Wanted { request, languages, adjacent_allowed, served: &[], loans, overridden }
    }

    fn ranked(
        entries: &[(&Mediator, Standing)],
        request: &SessionRequest,
        adjacent_allowed: bool,
    ) -> Vec<Candidate> {
        let mut roster = Roster::default();
        for (mediator, standing) in entries {
            roster.put_entry(RosterEntry { mediator: (*mediator).clone(), standing: standing.clone() });
        }
        let (loans, overridden) = Default::default();
        rank(RosterNow::of(&roster), wanted(request, adjacent_allowed, &loans, &overridden), NOW)
    }

    #[test]
    fn every_hard_constraint_excludes_and_says_so() {
        let good = mediator(1, &[("sq", Level::Native), ("en", Level::Fluent)]);
        let plain = request("sq");
        assert!(judged(&good, &ready(), &plain, false).unwrap().eligible);
        let child = SessionRequest { minor: true, ..plain.clone() };
        let man = SessionRequest { gender_wish: Some(Gender::Male), ..plain.clone() };
        let cases = [
            (with(&good, |p| p.active = false), ready(), &plain, MatchReason::NotActive),
            (with(&good, |p| p.undertaking_signed_at = None), ready(), &plain, MatchReason::NoUndertaking),
            (with(&good, |p| p.undertaking_until = Some(NOW)), ready(), &plain, MatchReason::NoUndertaking),
            (with(&good, |p| p.vetted_until = Some(NOW)), ready(), &plain, MatchReason::NotVetted),
            (with(&good, |p| p.vetted_until = None), ready(), &plain, MatchReason::NotVetted),
            (good.clone(), ready(), &man, MatchReason::NotTheWishedGender),
            (good.clone(), ready(), &child, MatchReason::NotTrainedForMinors),
            (good.clone(), Standing { ready: false, ..ready() }, &plain, MatchReason::NotReady),
            (good.clone(), Standing { reachable: false, ..ready() }, &plain, MatchReason::NotReachable),
            (good.clone(), Standing { in_session: true, ..ready() }, &plain, MatchReason::InAnotherSession),
        ];
        for (mediator, standing, request, reason) in cases {
            let candidate = judged(&mediator, &standing, request, true).unwrap();
            assert!(!candidate.eligible && candidate.score == 0, "{reason:?}");
            assert!(candidate.reasons.contains(&reason), "{reason:?} not in {:?}", candidate.reasons);
        }
    }

    #[test]
    fn neighbours_need_permission_and_rank_after_the_language_itself() {
        let bosnian = mediator(1, &[("bs", Level::Native), ("en", Level::Native)]);
        let serbian = mediator(2, &[("sr-Cyrl", Level::Working), ("en", Level::Working)]);
        let wish = request("sr-Latn");
        assert!(judged(&bosnian, &ready(), &wish, false).is_none());
        let rested = Standing { last_assigned: Some(NOW), ..ready() };
        let ranked = ranked(&[(&bosnian, ready()), (&serbian, rested)], &wish, true);
        assert_eq!(ranked.iter().map(|c| c.mediator).collect::<Vec<_>>(), [serbian.id, bosnian.id]);
        assert!(ranked[1].reasons.contains(&MatchReason::AdjacentLanguage { spoken: "bs".parse().unwrap() }));
    }

    #[test]
    fn another_language_is_no_candidate() {
        for languages in [["ar", "en"], ["sq", "sr"]] {
            let spoken = languages.map(|tag| (tag, Level::Native));
            assert!(judged(&mediator(2, &spoken), &ready(), &request("sq"), true).is_none(), "{languages:?}");
        }
    }

    proptest! {
        /// Of a long roster only those nearby are judged for ringing; whoever may be rung is the same.
        #[test]
        fn near_and_all_agree_on_who_may_be_rung(
            people in proptest::collection::vec((0..4_usize, 0..4_usize, any::<[bool; 4]>()), 0..60),
            at_least in 0..20_usize,
            booked in 0..60_u128,
        ) {
            let tags = ["sr", "bs", "sq", "en"];
            let (loans, mut overridden) = (Loans::new(), Exceptions::new());
            let mut roster = Roster::default();
            for (number, (one, other, [ready, reachable, busy, exception])) in (1..).zip(people) {
                let spoken = [(tags[one], Level::Native), (tags[other], Level::Fluent)];
                let mediator = mediator(number, &spoken);
                if exception && number % 7 == 0 {
                    overridden.insert((mediator.id, Liftable::NotReady));
                }
                let standing = Standing { ready, reachable, in_session: busy, ..Standing::default() };
                roster.put_entry(RosterEntry { mediator, standing });
            }
            let booked = Some(MediatorId(Uuid::from_u128(booked)));
            let request = SessionRequest { booked, ..request("sr") };
            let wanted = wanted(&request, true, &loans, &overridden);
            let eligible = |candidates: Vec<Candidate>| {
                candidates.into_iter().filter(|candidate| candidate.eligible).collect::<Vec<_>>()
            };
            let all = rank(RosterNow::of(&roster), wanted, NOW);
            let near = rank_near(RosterNow::of(&roster), wanted, at_least, NOW);
            prop_assert_eq!(eligible(near), eligible(all));
        }
    }

    #[test]
    fn variety_level_and_rest_decide_between_suitable_ones() {
        let wish = request("sr-Latn");
        let exact = mediator(3, &[("sr-Latn", Level::Fluent), ("en", Level::Fluent)]);
        let other = mediator(1, &[("sr-Cyrl", Level::Fluent), ("en", Level::Fluent)]);
        let order = ranked(&[(&other, ready()), (&exact, ready())], &wish, false);
        assert_eq!(order[0].mediator, exact.id);
        let worked = Standing { last_assigned: Some(NOW), ..ready() };
        let twin = Mediator { id: MediatorId(Uuid::from_u128(9)), ..exact.clone() };
        let order = ranked(&[(&exact, worked), (&twin, ready())], &wish, false);
        assert_eq!(order[0].mediator, twin.id, "rested before tired");
        assert!(order[0].reasons.contains(&MatchReason::LongestIdle));
    }
}
