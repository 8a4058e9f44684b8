//! Which mediators suit a request, and why. Hard constraints exclude, soft ones rank; both say their reason.

use crate::language::LanguageTag;
use crate::roster::{Level, Mediator, Qualification, Specialism, SpokenLanguage};
use crate::session_types::{Candidate, Circle, MatchReason, SessionRequest};
use crate::time::UnixMillis;

/// How a mediator stands at this moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// The ready switch.
    pub ready: bool,
    /// A page or device is open that could ring.
    pub reachable: bool,
    /// In a session.
    pub in_session: bool,
    /// When the last session was taken; `None`: never, as far as this relay knows.
    pub last_assigned: Option<UnixMillis>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The request as widened.
    pub request: &'a SessionRequest,
    /// Whether a neighbour of the interviewee's language will do.
    pub adjacent_allowed: bool,
}

/// Points of the soft ranking. The pair itself outweighs everything, so an adjacent language never ranks before it.
mod points {
    pub(super) const PAIR: u32 = 1_000;
    pub(super) const ADJACENT: u32 = 100;
    pub(super) const VARIETY: u32 = 60;
    pub(super) const NATIVE: u32 = 30;
    pub(super) const FLUENT: u32 = 15;
    pub(super) const SWORN: u32 = 20;
    pub(super) const INTERPRETER: u32 = 10;
    pub(super) const LONGEST_IDLE: u32 = 25;
    /// Rest earns one point an hour, up to this.
    pub(super) const IDLE_AT_MOST: i64 = 24;
}

/// Judges the roster for a request: the eligible first, best first; then the others who speak the languages, each with
/// what excludes them. Whoever does not speak the pair is no candidate and is left out.
pub fn rank<'a>(
    roster: impl IntoIterator<Item = (&'a Mediator, Standing)>,
    wanted: Wanted<'_>,
    now: UnixMillis,
) -> Vec<Candidate> {
    let mut ranked: Vec<(Candidate, i64)> = Vec::new();
    for (mediator, standing) in roster {
        let candidate = judge(mediator, standing, wanted, now);
        if !candidate.reasons.contains(&MatchReason::DoesNotSpeakPair) {
            ranked.push((candidate, idle_hours(standing, now)));
        }
    }
    mark_longest_idle(&mut ranked);
    // The identifier decides between equals, so that the same roster gives the same order.
    ranked.sort_by(|(a, _), (b, _)| {
        b.eligible.cmp(&a.eligible).then(b.score.cmp(&a.score)).then(a.mediator.cmp(&b.mediator))
    });
    ranked.into_iter().map(|(candidate, _)| candidate).collect()
}

/// Judges one mediator.
pub fn judge(mediator: &Mediator, standing: Standing, wanted: Wanted<'_>, now: UnixMillis) -> Candidate {
    let mut reasons = Vec::new();
    let language_points = judge_languages(mediator, wanted, &mut reasons);
    let mut excluded = language_points.is_none();
    for (holds, reason) in constraints(mediator, standing, wanted.request, now) {
        if !holds {
            excluded = true;
            reasons.push(reason);
        }
    }
    if excluded {
        return Candidate { mediator: mediator.id, eligible: false, circle: Circle::Pool, score: 0, reasons };
    }
    let mut score = language_points.unwrap_or(0);
    score += match mediator.qualification {
        Qualification::SwornInterpreter => {
            reasons.push(MatchReason::Sworn);
            points::SWORN
        }
        Qualification::Interpreter => points::INTERPRETER,
        Qualification::CulturalMediator => 0,
    };
    if wanted.request.gender_wish.is_some() {
        reasons.push(MatchReason::GenderAsWished);
    }
    if wanted.request.minor {
        reasons.push(MatchReason::TrainedForMinors);
    }
    score += u32::try_from(idle_hours(standing, now)).unwrap_or(0);
    Candidate { mediator: mediator.id, eligible: true, circle: Circle::Pool, score, reasons }
}

/// The language that a mediator would speak instead of the one asked for, if it is a neighbour of it.
pub fn adjacent_spoken(mediator: &Mediator, source: &LanguageTag) -> Option<LanguageTag> {
    if mediator.languages.iter().any(|spoken| spoken.tag.same_language(source)) {
        return None;
    }
    let neighbours = source.adjacent().iter();
    neighbours
        .flat_map(|n| mediator.languages.iter().find(|s| s.tag.primary() == *n))
        .map(|s| s.tag.clone())
        .next()
}

fn judge_languages(mediator: &Mediator, wanted: Wanted<'_>, reasons: &mut Vec<MatchReason>) -> Option<u32> {
    let languages = &wanted.request.languages;
    if spoken(mediator, &languages.target).is_none() {
        reasons.push(MatchReason::DoesNotSpeakPair);
        return None;
    }
    let (spoken, base) =
        match (spoken(mediator, &languages.source), adjacent_spoken(mediator, &languages.source)) {
            (Some(spoken), _) => {
                reasons.push(MatchReason::SpeaksPair);
                (spoken, points::PAIR)
            }
            (None, Some(neighbour)) if wanted.adjacent_allowed => {
                reasons.push(MatchReason::AdjacentLanguage { spoken: neighbour.clone() });
                (mediator.languages.iter().find(|s| s.tag == neighbour)?, points::ADJACENT)
            }
            _ => {
                reasons.push(MatchReason::DoesNotSpeakPair);
                return None;
            }
        };
    let mut score = base;
    if spoken.tag == languages.source {
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
    let exact = mediator.languages.iter().find(|spoken| spoken.tag == *tag);
    exact.or_else(|| mediator.languages.iter().find(|spoken| spoken.tag.same_language(tag)))
}

fn constraints(
    mediator: &Mediator,
    standing: Standing,
    request: &SessionRequest,
    now: UnixMillis,
) -> [(bool, MatchReason); 8] {
    [
        (mediator.active, MatchReason::NotActive),
        (mediator.has_undertaking(now), MatchReason::NoUndertaking),
        (mediator.is_vetted(now), MatchReason::NotVetted),
        (
            request.gender_wish.is_none_or(|wish| mediator.gender == Some(wish)),
            MatchReason::NotTheWishedGender,
        ),
        (
            !request.minor || mediator.specialisms.contains(&Specialism::Minors),
            MatchReason::NotTrainedForMinors,
        ),
        (standing.ready, MatchReason::NotReady),
        (standing.reachable, MatchReason::NotReachable),
        (!standing.in_session, MatchReason::InAnotherSession),
    ]
}

fn idle_hours(standing: Standing, now: UnixMillis) -> i64 {
    match standing.last_assigned {
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
    use uuid::Uuid;

    use super::*;
    use crate::ids::MediatorId;
    use crate::language::LanguagePair;
    use crate::roster::{Gender, Profile};

    const NOW: UnixMillis = UnixMillis(1_000_000_000);
    const READY: Standing = Standing { ready: true, reachable: true, in_session: false, last_assigned: None };

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

    fn judged(
        mediator: &Mediator,
        standing: Standing,
        request: &SessionRequest,
        adjacent_allowed: bool,
    ) -> Candidate {
        judge(mediator, standing, Wanted { request, adjacent_allowed }, NOW)
    }

    #[test]
    fn every_hard_constraint_excludes_and_says_so() {
        let good = mediator(1, &[("sq", Level::Native), ("en", Level::Fluent)]);
        let plain = request("sq");
        assert!(judged(&good, READY, &plain, false).eligible);
        let child = SessionRequest { minor: true, ..plain.clone() };
        let man = SessionRequest { gender_wish: Some(Gender::Male), ..plain.clone() };
        let cases = [
            (with(&good, |p| p.active = false), READY, &plain, MatchReason::NotActive),
            (with(&good, |p| p.undertaking_signed_at = None), READY, &plain, MatchReason::NoUndertaking),
            (with(&good, |p| p.undertaking_until = Some(NOW)), READY, &plain, MatchReason::NoUndertaking),
            (with(&good, |p| p.vetted_until = Some(NOW)), READY, &plain, MatchReason::NotVetted),
            (with(&good, |p| p.vetted_until = None), READY, &plain, MatchReason::NotVetted),
            (good.clone(), READY, &man, MatchReason::NotTheWishedGender),
            (good.clone(), READY, &child, MatchReason::NotTrainedForMinors),
            (good.clone(), Standing { ready: false, ..READY }, &plain, MatchReason::NotReady),
            (good.clone(), Standing { reachable: false, ..READY }, &plain, MatchReason::NotReachable),
            (good.clone(), Standing { in_session: true, ..READY }, &plain, MatchReason::InAnotherSession),
            (
                mediator(2, &[("ar", Level::Native), ("en", Level::Fluent)]),
                READY,
                &plain,
                MatchReason::DoesNotSpeakPair,
            ),
            (
                mediator(2, &[("sq", Level::Native), ("sr", Level::Fluent)]),
                READY,
                &plain,
                MatchReason::DoesNotSpeakPair,
            ),
        ];
        for (mediator, standing, request, reason) in cases {
            let candidate = judged(&mediator, standing, request, true);
            assert!(!candidate.eligible && candidate.score == 0, "{reason:?}");
            assert!(candidate.reasons.contains(&reason), "{reason:?} not in {:?}", candidate.reasons);
        }
    }

    #[test]
    fn neighbours_need_permission_and_rank_after_the_language_itself() {
        let bosnian = mediator(1, &[("bs", Level::Native), ("en", Level::Native)]);
        let serbian = mediator(2, &[("sr-Cyrl", Level::Working), ("en", Level::Working)]);
        let wish = request("sr-Latn");
        assert!(!judged(&bosnian, READY, &wish, false).eligible);
        let rested = Standing { last_assigned: Some(NOW), ..READY };
        let roster = [(&bosnian, READY), (&serbian, rested)];
        let ranked = rank(roster, Wanted { request: &wish, adjacent_allowed: true }, NOW);
        assert_eq!(ranked.iter().map(|c| c.mediator).collect::<Vec<_>>(), [serbian.id, bosnian.id]);
        assert!(ranked[1].reasons.contains(&MatchReason::AdjacentLanguage { spoken: "bs".parse().unwrap() }));
    }

    #[test]
    fn variety_level_and_rest_decide_between_suitable_ones() {
        let wish = request("sr-Latn");
        let exact = mediator(3, &[("sr-Latn", Level::Fluent), ("en", Level::Fluent)]);
        let other = mediator(1, &[("sr-Cyrl", Level::Fluent), ("en", Level::Fluent)]);
        let ranked =
            rank([(&other, READY), (&exact, READY)], Wanted { request: &wish, adjacent_allowed: false }, NOW);
        assert_eq!(ranked[0].mediator, exact.id);
        let worked = Standing { last_assigned: Some(NOW), ..READY };
        let twin = Mediator { id: MediatorId(Uuid::from_u128(9)), ..exact.clone() };
        let ranked =
            rank([(&exact, worked), (&twin, READY)], Wanted { request: &wish, adjacent_allowed: false }, NOW);
        assert_eq!(ranked[0].mediator, twin.id, "rested before tired");
        assert!(ranked[0].reasons.contains(&MatchReason::LongestIdle));
    }
}
