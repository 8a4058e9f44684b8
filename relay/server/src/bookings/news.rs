//! News of a booking: who is told what of its log, and how long that is of use.

use std::time::Duration;

use dragoman_core::booking::{Booking, BookingEvent, KEPT_FOR_MILLIS};

use crate::notify::{Note, NoteKind, Recipient};

/// Reminders are of use for so long after the planned beginning, and that nobody was found for so long after the last
/// moment to begin.
const KEPT: Duration = Duration::from_millis(KEPT_FOR_MILLIS as u64);

/// Who is told what of the entries of a booking's log that are new.
pub(super) fn notes(before: Option<&Booking>, booking: &Booking) -> Vec<Note> {
    // What is sent when it is past is not sent at all, and much can happen until it can not be begun any more.
    let (begins, closes) = (booking.span.from, booking.closes_at());
    let note = |to, kind, until| Note { to, kind, about: booking.id.0, until };
    let changed = |to| note(to, NoteKind::BookingChanged, closes);
    let had = before.and_then(Booking::mediator);
    let officer = Recipient::Account(booking.officer_account);
    let both = || booking.mediator().map(Recipient::Mediator).into_iter().chain([officer.clone()]);
    let of_event = |event: &BookingEvent| match event {
        BookingEvent::BookingOffered { mediator } => {
            vec![note(Recipient::Mediator(*mediator), NoteKind::BookingAsks, closes)]
        }
        BookingEvent::BookingAssigned { mediator, .. } => {
            vec![changed(Recipient::Mediator(*mediator)), changed(officer.clone())]
        }
        // Who had only been asked, and need not answer any more, is left in peace.
        BookingEvent::BookingWithdrawn { mediator } if had == Some(*mediator) => {
            // Where somebody takes their place, the officer is told of that.
            let lost = booking.mediator().is_none().then(|| officer.clone());
            [Recipient::Mediator(*mediator)].into_iter().chain(lost).map(changed).collect()
        }
        BookingEvent::BookingAccepted { .. } | BookingEvent::BookingGivenBack { .. } => {
            vec![changed(officer.clone())]
        }
        BookingEvent::BookingUnfilled => vec![note(officer.clone(), NoteKind::BookingChanged, closes + KEPT)],
        BookingEvent::BookingCancelled { .. } => both().map(changed).collect(),
        BookingEvent::BookingReminded { .. } => {
            both().map(|to| note(to, NoteKind::BookingSoon, begins + KEPT)).collect()
        }
        BookingEvent::BookingEscalated => {
            vec![note(Recipient::Coordinators(booking.agency.clone()), NoteKind::BookingWaits, closes)]
        }
        _ => Vec::new(),
    };
    let known = before.map_or(0, |before| before.log.len());
    booking.log.iter().skip(known).flat_map(|entry| of_event(&entry.event)).collect()
}

#[cfg(test)]
mod tests {
    use dragoman_core::availability::Span;
    use dragoman_core::booking::BookingEntry;
    use dragoman_core::ids::{AccountId, BookingId, MediatorId};
    use dragoman_core::language::LanguagePair;
    use dragoman_core::session_types::SessionRequest;
    use dragoman_core::time::UnixMillis;
    use uuid::Uuid;

    use super::*;

    const MINUTE: i64 = 60_000;

    fn entry(minute: i64, event: BookingEvent) -> BookingEntry {
        BookingEntry { at: UnixMillis(minute * MINUTE), event }
    }

    /// From minute 100 to 160, and this mediator will come.
    fn confirmed(mediator: MediatorId) -> Booking {
        let languages = LanguagePair { source: "sq".parse().unwrap(), target: "en".parse().unwrap() };
        let requested = BookingEvent::BookingRequested {
            officer_account: AccountId(Uuid::from_u128(3)),
            agency: None,
            request: Box::new(SessionRequest::between(languages)),
            span: Span { from: UnixMillis(100 * MINUTE), until: UnixMillis(160 * MINUTE) },
        };
        let mut booking = Booking::begin(BookingId(Uuid::from_u128(4)), entry(0, requested)).unwrap();
        booking.apply(entry(1, BookingEvent::BookingAccepted { mediator }));
        booking
    }

    #[test]
    fn whoever_is_sought_after_the_beginning_is_told_while_it_can_still_be_begun() {
        let [first, second] = [1, 2].map(|number| MediatorId(Uuid::from_u128(number)));
        let before = confirmed(first);
        let mut booking = before.clone();
        // Ten minutes late, the one who was to come can not; another is asked, and the coordinators.
        let lost = UnixMillis(110 * MINUTE);
        booking.apply(entry(110, BookingEvent::BookingGivenBack { mediator: first, reason: None }));
        booking.apply(entry(110, BookingEvent::BookingOffered { mediator: second }));
        booking.apply(entry(110, BookingEvent::BookingEscalated));
        let told = notes(Some(&before), &booking);
        let kinds: Vec<NoteKind> = told.iter().map(|note| note.kind).collect();
        assert_eq!(kinds, [NoteKind::BookingChanged, NoteKind::BookingAsks, NoteKind::BookingWaits]);
        assert!(told.iter().all(|note| note.until > lost), "none is late before it is sent: {told:?}");
        assert!(told[1..].iter().all(|note| note.until == booking.closes_at()));
        let before = booking.clone();
        booking.apply(entry(130, BookingEvent::BookingUnfilled));
        let told = notes(Some(&before), &booking);
        assert_eq!(told.iter().map(|note| note.kind).collect::<Vec<_>>(), [NoteKind::BookingChanged]);
        assert!(told[0].until > booking.closes_at(), "that nobody came is found out when it closes");
    }

    #[test]
    fn both_are_told_when_who_was_to_come_may_not_any_more() {
        let [first, second] = [1, 2].map(|number| MediatorId(Uuid::from_u128(number)));
        let before = confirmed(first);
        let mut booking = before.clone();
        booking.apply(entry(50, BookingEvent::BookingWithdrawn { mediator: first }));
        let to = |booking: &Booking| {
            notes(Some(&before), booking).into_iter().map(|note| note.to).collect::<Vec<_>>()
        };
        let officer = Recipient::Account(booking.officer_account);
        assert_eq!(to(&booking), [Recipient::Mediator(first), officer.clone()]);
        let assigned = BookingEvent::BookingAssigned {
            mediator: second,
            by: booking.officer_account,
            reason: "by telephone".into(),
        };
        booking.apply(entry(50, assigned));
        assert_eq!(to(&booking), [Recipient::Mediator(first), Recipient::Mediator(second), officer]);
    }
}
