//! What each participant's act decides for a session, and what refuses it.

use crate::dispatch::{self, Dispatcher};
use crate::draft::Draft;
use crate::event::{ConsentStatement, Event};
use crate::exceptions::Liftable;
use crate::ids::{AccountId, MediatorId, ParticipantId};
use crate::input::Act;
use crate::interpreting;
use crate::language::{LanguagePair, LanguageTag};
use crate::matching::adjacent_spoken;
use crate::refusal::{Refusal, require};
use crate::rest::ByHand;
use crate::session::Session;
use crate::session_types::{
    Candidate, Consent, ConsentKind, ConsentMeans, MAX_PARTICIPANTS, MatchReason, OfferNumber, OfferState,
    Place, Role, Widening,
};
use crate::standings::RosterEntry;
use crate::time::UnixMillis;
use crate::transcript::{TranscriptGap, TranscriptGist, TranscriptLine};

/// Longest reason of an override, in characters.
const MAX_REASON_CHARS: usize = 500;

pub(crate) fn act(
    mut draft: Draft,
    dispatcher: &Dispatcher<'_>,
    by: ParticipantId,
    act: Act,
) -> Result<Draft, Refusal> {
    let now = dispatcher.now;
    let participant =
        draft.session.participant(by).filter(|one| !one.has_left()).ok_or(Refusal::NotAParticipant)?;
    let (role, connected) = (participant.role, participant.connected);
    match act {
        Act::Connect if connected => {}
        Act::Connect => draft.record(Event::ParticipantConnected { participant: by }, now),
        Act::Disconnect if !connected => {}
        Act::Disconnect => draft.record(Event::ParticipantDisconnected { participant: by }, now),
        Act::Widen(widening) => widen(&mut draft, dispatcher, role, widening)?,
        Act::StateConsent(statement) => state_consent(&mut draft, by, role, statement, now)?,
        Act::Stop => stop(&mut draft, by, role, now)?,
        Act::Floor(act) => interpreting::act(&mut draft, dispatcher, by, act)?,
        Act::AddLine(line) => add_line(&mut draft, by, role, line, now)?,
        Act::AddGap(gap) => add_gap(&mut draft, by, role, gap, now)?,
        Act::AddGist(gist) => add_gist(&mut draft, by, role, gist, now)?,
        Act::End => {
            require(role == Role::Officer, Refusal::NotYourRole)?;
            end(&mut draft, Some(by), now);
        }
    }
    settle(&mut draft, now);
    Ok(draft)
}

pub(crate) fn admit(
    mut draft: Draft,
    participant: ParticipantId,
    role: Role,
    language: LanguageTag,
    now: UnixMillis,
) -> Result<Draft, Refusal> {
    let session = &draft.session;
    match role {
        Role::Officer | Role::Mediator => return Err(Refusal::RoleNotInvited),
        Role::Scribe => {
            let agreed = session.request.transcription_wished && session.agreed(ConsentKind::Transcription);
            require(agreed, Refusal::TranscriptionNotAgreed)?;
            require(!session.is_connected(Role::Scribe), Refusal::RoleTaken)?;
        }
        Role::Interviewee => require(!session.is_connected(Role::Interviewee), Refusal::RoleTaken)?,
        Role::Observer => {}
    }
    // The mediators' places are kept free.
    let reserved = session.open_places().count();
    let staying = session.participants.iter().filter(|p| !p.is_replaced_by(role) && !p.has_left()).count();
    require(staying + reserved < MAX_PARTICIPANTS, Refusal::SessionFull)?;
    draft.record(Event::ParticipantAdmitted { participant, role, language }, now);
    Ok(draft)
}

pub(crate) fn accept(
    mut draft: Draft,
    dispatcher: &Dispatcher<'_>,
    entry: &RosterEntry,
    offer: OfferNumber,
    participant: ParticipantId,
) -> Result<Draft, Refusal> {
    let (mediator, now) = (&entry.mediator, dispatcher.now);
    let place = require_ringing(&draft.session, offer, mediator.id)?;
    require(dispatcher.may_still_take(&draft.session, place, entry), Refusal::NoLongerSuitable)?;
    let languages = draft.session.languages_of(place);
    let adjacent_language = languages.and_then(|languages| adjacent_spoken(mediator, &languages.source));
    let (alias, register_number) = (mediator.alias.clone(), mediator.register_number.clone());
    let mediator = mediator.id;
    draft.record(
        Event::OfferAccepted {
            offer,
            mediator,
            participant,
            alias,
            register_number,
            adjacent_language,
            place,
        },
        now,
    );
    dispatch::withdraw(&mut draft, Some(place), now);
    settle(&mut draft, now);
    Ok(draft)
}

pub(crate) fn decline(
    mut draft: Draft,
    dispatcher: &Dispatcher<'_>,
    offer: OfferNumber,
    mediator: MediatorId,
) -> Result<Draft, Refusal> {
    require_ringing(&draft.session, offer, mediator)?;
    draft.record(Event::OfferClosed { offer, outcome: OfferState::Declined }, dispatcher.now);
    dispatcher.go_on(&mut draft);
    Ok(draft)
}

pub(crate) fn withdraw(draft: &mut Draft, dispatcher: &Dispatcher<'_>, offer: OfferNumber) {
    draft.record(Event::OfferClosed { offer, outcome: OfferState::Withdrawn }, dispatcher.now);
    dispatcher.go_on(draft);
}

/// A coordinator's exception: what speaks against one mediator is lifted where it may be, noted, and they ring.
pub(crate) fn ring_by_hand(
    mut draft: Draft,
    dispatcher: &Dispatcher<'_>,
    entry: &RosterEntry,
    account: AccountId,
    reason: String,
) -> Result<Draft, Refusal> {
    require(draft.session.is_searching(), Refusal::AlreadyAssigned)?;
    let mediator = entry.mediator.id;
    let places: Vec<Place> = draft.session.open_places().collect();
    let judged = places.iter().find_map(|place| dispatcher.judge(&draft.session, *place, entry));
    let candidate = judged.ok_or(Refusal::DoesNotSpeakPair)?;
    match by_hand(&draft.session, &candidate) {
        ByHand::Rings => return Err(Refusal::RingsAlready),
        ByHand::Never => return Err(Refusal::NotToBeLifted),
        ByHand::Free => {}
        ByHand::WithReason => {
            require_reason(&reason)?;
            let lifted = candidate.reasons.into_iter().filter(MatchReason::excludes).collect();
            draft.record(Event::ExceptionMade { account, mediator, lifted, reason }, dispatcher.now);
        }
    }
    require(dispatcher.ring_by_hand(&mut draft, mediator), Refusal::NotToBeLifted)?;
    Ok(draft)
}

/// What it takes to ring somebody by hand who was judged so.
pub(crate) fn by_hand(session: &Session, candidate: &Candidate) -> ByHand {
    let mut against = candidate.reasons.iter().filter(|reason| reason.excludes()).peekable();
    if session.ringing().any(|offer| offer.mediator == candidate.mediator) {
        ByHand::Rings
    } else if against.peek().is_none() {
        ByHand::Free
    } else if against.all(|reason| Liftable::of(reason).is_some()) {
        ByHand::WithReason
    } else {
        ByHand::Never
    }
}

pub(crate) fn end(draft: &mut Draft, by: Option<ParticipantId>, now: UnixMillis) {
    dispatch::withdraw(draft, None, now);
    let abandoned = draft.session.live_since.is_none();
    draft.record(Event::SessionEnded { by, abandoned }, now);
    settle(draft, now);
}

/// Switches transcription as agreement, phase and scribe now demand.
pub(crate) fn settle(draft: &mut Draft, now: UnixMillis) {
    let on = draft.session.may_transcribe();
    if draft.session.transcribing != on {
        draft.record(Event::TranscriptionSwitched { on }, now);
    }
}

fn widen(
    draft: &mut Draft,
    dispatcher: &Dispatcher<'_>,
    role: Role,
    widening: Widening,
) -> Result<(), Refusal> {
    require(role == Role::Officer, Refusal::NotYourRole)?;
    require(draft.session.is_searching(), Refusal::AlreadyAssigned)?;
    match &widening {
        Widening::DropGenderWish { reason } => require_reason(reason)?,
        Widening::Pivot { via } => {
            let LanguagePair { source, target } = &draft.session.request.languages;
            require(!via.same_language(source) && !via.same_language(target), Refusal::SameLanguage)?;
            require(draft.session.via.is_none(), Refusal::PivotChosen)?;
            // Whoever interprets does so between the languages they came for.
            require(!draft.session.phase().is_answered(), Refusal::AlreadyAssigned)?;
            // Whoever rings now is asked for other languages than they will hear of next.
            dispatch::withdraw(draft, None, dispatcher.now);
        }
        Widening::RingAgain | Widening::AllowAdjacentLanguage => {}
    }
    draft.record(Event::RequestWidened { widening }, dispatcher.now);
    dispatcher.ring_next_wave(draft);
    Ok(())
}

fn require_reason(reason: &str) -> Result<(), Refusal> {
    let length = reason.trim().chars().count();
    require((1..=MAX_REASON_CHARS).contains(&length), Refusal::ReasonMissing)
}

fn state_consent(
    draft: &mut Draft,
    by: ParticipantId,
    role: Role,
    statement: ConsentStatement,
    now: UnixMillis,
) -> Result<(), Refusal> {
    let session = &draft.session;
    match (role, statement.means) {
        (Role::Interviewee, ConsentMeans::OwnScreen) => {}
        (Role::Officer, ConsentMeans::NotedByOfficer) => {
            // Taking an agreement back needs nobody's screen: whoever says stop is heard.
            let decides_there = statement.agreed && session.is_connected(Role::Interviewee);
            require(!decides_there, Refusal::IntervieweeDecides)?;
        }
        (Role::Interviewee | Role::Officer, _) => return Err(Refusal::WrongMeans),
        _ => return Err(Refusal::NotYourRole),
    }
    let wished = session.request.transcription_wished;
    require(statement.kind != ConsentKind::Transcription || wished, Refusal::TranscriptionNotWished)?;
    let consent = Consent { kind: statement.kind, agreed: statement.agreed, means: statement.means, at: now };
    draft.record(Event::ConsentGiven { by, consent }, now);
    Ok(())
}

fn stop(draft: &mut Draft, by: ParticipantId, role: Role, now: UnixMillis) -> Result<(), Refusal> {
    require(may_stop(role), Refusal::NotYourRole)?;
    // Twice is not wrong, and asks for nothing new. Before anybody answered it holds for the time after.
    if !draft.session.is_stopped() {
        draft.record(Event::Stopped { by }, now);
    }
    Ok(())
}

/// Who may stop everything. A scribe is a device, an observer may leave.
pub fn may_stop(role: Role) -> bool {
    matches!(role, Role::Officer | Role::Interviewee | Role::Mediator)
}

fn add_line(
    draft: &mut Draft,
    by: ParticipantId,
    role: Role,
    line: TranscriptLine,
    now: UnixMillis,
) -> Result<(), Refusal> {
    may_write(&draft.session, role, line.speaker)?;
    require(line.is_whole(), Refusal::BadLine)?;
    draft.record(Event::LineTranscribed { by, line }, now);
    Ok(())
}

fn add_gap(
    draft: &mut Draft,
    by: ParticipantId,
    role: Role,
    gap: TranscriptGap,
    now: UnixMillis,
) -> Result<(), Refusal> {
    may_write(&draft.session, role, gap.speaker)?;
    require(gap.started_at <= gap.ended_at, Refusal::BadLine)?;
    draft.record(Event::TextMissing { by, gap }, now);
    Ok(())
}

fn add_gist(
    draft: &mut Draft,
    by: ParticipantId,
    role: Role,
    gist: TranscriptGist,
    now: UnixMillis,
) -> Result<(), Refusal> {
    may_write(&draft.session, role, gist.speaker)?;
    require(gist.is_whole(), Refusal::BadLine)?;
    draft.record(Event::GistWritten { by, gist }, now);
    Ok(())
}

/// Whether somebody of this role may write down what that participant says.
///
/// # Errors
/// [`Refusal::NotYourRole`], [`Refusal::TranscriptionNotAgreed`], or [`Refusal::BadLine`] where nobody speaks there.
pub fn may_write(session: &Session, role: Role, speaker: ParticipantId) -> Result<(), Refusal> {
    require(role == Role::Scribe, Refusal::NotYourRole)?;
    require(session.transcribing, Refusal::TranscriptionNotAgreed)?;
    let speaker = session.participant(speaker).filter(|speaker| speaker.role != Role::Scribe);
    require(speaker.is_some(), Refusal::BadLine)
}

/// The place for which the offer rings.
fn require_ringing(session: &Session, offer: OfferNumber, mediator: MediatorId) -> Result<Place, Refusal> {
    let rings = session.ringing().find(|ringing| ringing.number == offer && ringing.mediator == mediator);
    let open = |place: &Place| session.open_places().any(|open| open == *place);
    rings.map(|ringing| ringing.place).filter(open).ok_or(Refusal::OfferNotRinging)
}
