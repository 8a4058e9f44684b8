//! Who could serve a booking: the roster, as it will stand at the planned time.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use dragoman_core::booking::{Booking, Known, suits_booking};
use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::MediatorId;
use dragoman_core::loan::LoanBook;
use dragoman_core::matching::{Wanted, judge};
use dragoman_core::relay::Relay;
use dragoman_core::roster::Mediator;
use dragoman_core::session_types::Candidate;
use dragoman_core::standing::{Availability, Standing};
use dragoman_core::standings::{Reach, RosterEntry, RosterNow};
use dragoman_core::time::UnixMillis;

/// Ranks the roster for a booking, as it will stand at the planned time.
pub(super) fn candidates(relay: &Relay, booking: &Booking, loans: &LoanBook) -> Vec<MediatorId> {
    let (request, at, overridden) = (&booking.request, booking.span.from, BTreeSet::new());
    let keeps = |mediator, lender: &AgencyCode| {
        relay.roster().get(mediator).is_some_and(|entry| entry.mediator.agency.as_ref() == Some(lender))
    };
    let (lent, cases) = (loans.lent_at(at, keeps), relay.dispatcher(at).cases);
    let wanted = Wanted {
        request,
        languages: &request.languages,
        adjacent_allowed: false,
        served: cases.of(request.case),
        loans: &lent,
        overridden: &overridden,
    };
    let speakers = RosterNow::of(relay.roster()).speakers(
        &[request.languages.source.primary()],
        &request.languages.target,
        Reach::All,
    );
    let judged = speakers.into_iter().filter_map(|RosterEntry { mediator, standing }| {
        let candidate = judge(mediator, &as_if_there(standing, at), wanted, at)?;
        let lent = is_lent(loans, mediator, booking);
        let known = Known { lent, ..Known::default() };
        let suits = suits_booking(mediator, request, booking.span, known).is_empty();
        (candidate.eligible && suits).then_some(candidate)
    });
    let mut judged: Vec<Candidate> = judged.collect();
    judged.sort_unstable_by_key(|c| (c.circle, Reverse(c.score), c.mediator));
    judged.into_iter().map(|candidate| candidate.mediator).collect()
}

/// A standing at a time to come: whoever says yes will be there, and whoever is on shift anyway is preferred.
fn as_if_there(standing: &Standing, at: UnixMillis) -> Standing {
    let then = Standing { ready: false, booked: Vec::new(), ..standing.clone() };
    let ready = then.availability(at) != Availability::OnShift;
    Standing { ready, reachable: true, in_session: false, ..then }
}

/// Whether a mediator would serve this booking on loan.
pub(super) fn is_lent(loans: &LoanBook, mediator: &Mediator, booking: &Booking) -> bool {
    let Some(agency) = &booking.agency else { return false };
    mediator.agency.as_ref() != Some(agency)
        && !mediator.serves.contains(agency)
        && loans.lends(mediator, agency, booking.span.from)
}
