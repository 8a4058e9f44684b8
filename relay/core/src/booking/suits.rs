//! Whether a mediator could serve a booking at its time, whatever they do now.

use super::MARGIN_MILLIS;
use crate::availability::Span;
use crate::case::Served;
use crate::matching::served_the_other_side;
use crate::roster::{Mediator, Specialism};
use crate::session_types::{MatchReason, SessionRequest};
use crate::time::UnixMillis;

/// What else is known of a mediator, beside the roster entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// When they hold other bookings.
    pub booked: &'a [Span],
    /// Who interpreted in the case, or will, as far as is known.
    pub served: &'a [Served],
    /// Another agency lends them to the one that asks.
    pub lent: bool,
}

/// What speaks against this mediator for this request in this span; empty: nothing does.
///
/// Ready, reachable and in a session are of now, and do not count.
pub fn suits_booking(
    mediator: &Mediator,
    request: &SessionRequest,
    span: Span,
    known: Known<'_>,
) -> Vec<MatchReason> {
    let pair = &request.languages;
    let speaks = |tag| mediator.languages.iter().any(|spoken| spoken.tag.same_language(tag));
    // Cleared from its beginning to its very end.
    let throughout = |holds: fn(&Mediator, UnixMillis) -> bool| {
        holds(mediator, span.from) && holds(mediator, UnixMillis(span.until.0.saturating_sub(1)))
    };
    let agency_fits = known.lent || request.agency.as_ref().is_none_or(|agency| mediator.belongs_to(agency));
    let country_fits = mediator.countries.is_empty()
        || request.country.as_ref().is_none_or(|country| mediator.countries.contains(country));
    let collision = known.booked.iter().find(|other| collide(span, **other));
    let constraints = [
        (mediator.active, MatchReason::NotActive),
        (speaks(&pair.source) && speaks(&pair.target), MatchReason::DoesNotSpeakPair),
        (throughout(|mediator, at| mediator.has_undertaking(at)), MatchReason::NoUndertaking),
        (throughout(|mediator, at| mediator.is_vetted(at)), MatchReason::NotVetted),
        (
            request.gender_wish.is_none_or(|wish| mediator.gender == Some(wish)),
            MatchReason::NotTheWishedGender,
        ),
        (
            !request.minor || mediator.specialisms.contains(&Specialism::Minors),
            MatchReason::NotTrainedForMinors,
        ),
        (agency_fits, MatchReason::OtherAgency),
        (country_fits, MatchReason::OtherCountry),
        (request.circumstances.is_disjoint(&mediator.conflicts), MatchReason::TieDeclared),
        (!served_the_other_side(mediator.id, known.served, request.label), MatchReason::ServedTheOtherSide),
        (
            collision.is_none(),
            MatchReason::BookedSoon { at: collision.map_or(span.from, |other| other.from) },
        ),
    ];
    constraints.into_iter().filter(|(holds, _)| !holds).map(|(_, reason)| reason).collect()
}

/// Whether nobody could hold both: they overlap, or less than the margin lies between them.
pub fn collide(one: Span, other: Span) -> bool {
    let widened = Span {
        from: UnixMillis(one.from.0.saturating_sub(MARGIN_MILLIS)),
        until: UnixMillis(one.until.0.saturating_add(MARGIN_MILLIS)),
    };
    widened.overlaps(other)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::codes::{Circumstance, Tie};
    use crate::ids::MediatorId;
    use crate::language::LanguagePair;
    use crate::roster::{Gender, Level, Profile, SpokenLanguage};
    use crate::session_types::IntervieweeLabel;

    const MINUTE: i64 = 60_000;

    fn span(from: i64, until: i64) -> Span {
        Span { from: UnixMillis(from * MINUTE), until: UnixMillis(until * MINUTE) }
    }

    #[test]
    fn each_hard_constraint_speaks_against_and_alone() {
        let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let profile =
            Profile::new("Heron", vec![spoken("sq"), spoken("sr-Cyrl"), spoken("en")]).cleared(UnixMillis(1));
        let with = |change: fn(&mut Profile)| {
            let mut profile = profile.clone();
            change(&mut profile);
            Mediator { id: MediatorId(Uuid::from_u128(1)), profile }
        };
        let languages = LanguagePair { source: "sr-Latn".parse().unwrap(), target: "en".parse().unwrap() };
        let request = SessionRequest {
            gender_wish: None,
            agency: Some("AL-BORDER".parse().unwrap()),
            country: Some("AL".parse().unwrap()),
            circumstances: [Circumstance::new(Tie::Place, "Novi Pazar").unwrap()].into(),
            ..SessionRequest::between(languages)
        };
        let against = |mediator: &Mediator, request: &SessionRequest, booked: &[Span], lent| {
            suits_booking(mediator, request, span(100, 160), Known { booked, lent, served: &[] })
        };
        let fits = with(|_| {});
        assert!(against(&fits, &request, &[span(0, 85), span(175, 200)], false).is_empty());
        let cases: [(Mediator, MatchReason); 9] = [
            (with(|p| p.active = false), MatchReason::NotActive),
            (with(|p| p.languages.truncate(2)), MatchReason::DoesNotSpeakPair),
            (with(|p| p.undertaking_signed_at = Some(UnixMillis(101 * MINUTE))), MatchReason::NoUndertaking),
            (with(|p| p.undertaking_until = Some(UnixMillis(150 * MINUTE))), MatchReason::NoUndertaking),
            (with(|p| p.vetted_until = Some(UnixMillis(159 * MINUTE))), MatchReason::NotVetted),
            (with(|p| p.vetted_until = None), MatchReason::NotVetted),
            (with(|p| p.agency = Some("RS-ASYL".parse().unwrap())), MatchReason::OtherAgency),
            (with(|p| p.countries = ["RS".parse().unwrap()].into()), MatchReason::OtherCountry),
            (
                with(|p| p.conflicts = [Circumstance::new(Tie::Place, "novi pazar").unwrap()].into()),
                MatchReason::TieDeclared,
            ),
        ];
        for (mediator, reason) in cases {
            assert_eq!(against(&mediator, &request, &[], false), [reason]);
        }
        let wish = SessionRequest { gender_wish: Some(Gender::Female), minor: true, ..request.clone() };
        let expected = [MatchReason::NotTheWishedGender, MatchReason::NotTrainedForMinors];
        assert_eq!(against(&fits, &wish, &[], false), expected);
        let foreign = with(|p| p.agency = Some("RS-ASYL".parse().unwrap()));
        assert!(against(&foreign, &request, &[], true).is_empty(), "lent");
        let serving = with(|p| {
            p.agency = Some("RS-ASYL".parse().unwrap());
            p.serves = ["AL-BORDER".parse().unwrap()].into();
        });
        assert!(against(&serving, &request, &[], false).is_empty(), "serves it without a loan");
        let served = [Served { person: None, label: IntervieweeLabel::Suspect, mediator: fits.id }];
        let known = Known { served: &served, ..Known::default() };
        let victim = SessionRequest { label: IntervieweeLabel::Victim, ..request };
        let walled = suits_booking(&fits, &victim, span(100, 160), known);
        assert_eq!(walled, [MatchReason::ServedTheOtherSide]);
        let suspect = SessionRequest { label: IntervieweeLabel::Suspect, ..victim };
        assert!(suits_booking(&fits, &suspect, span(100, 160), known).is_empty(), "the same side");
    }

    #[test]
    fn a_quarter_of_an_hour_lies_between_two_bookings() {
        assert!(!collide(span(100, 160), span(40, 85)) && !collide(span(100, 160), span(175, 200)));
        assert!(collide(span(100, 160), span(40, 86)) && collide(span(174, 200), span(100, 160)));
    }
}
