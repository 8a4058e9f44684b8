//! What each participant's act decides for a session, and what refuses it.

use crate::dispatch;
use crate::draft::Draft;
use crate::event::{ConsentStatement, Event};
use crate::ids::{MediatorId, ParticipantId};
use crate::language::LanguageTag;
use crate::matching::adjacent_spoken;
use crate::refusal::Refusal;
use crate::relay::{Act, Roster};
use crate::roster::Mediator;
use crate::session::Session;
use crate::session_types::{
    Consent, ConsentKind, ConsentMeans, LineStatus, MAX_PARTICIPANTS, OfferNumber, OfferState, Phase, Role,
    TranscriptLine, Widening,
};
use crate::time::UnixMillis;

/// Longest reason of an override, in characters.
const MAX_REASON_CHARS: usize = 500;

pub(crate) fn act(
    mut draft: Draft,
    roster: &Roster,
    by: ParticipantId,
    act: Act,
    now: UnixMillis,
) -> Result<Draft, Refusal> {
    let participant = draft.session.participant(by).ok_or(Refusal::NotAParticipant)?;
    let (role, connected) = (participant.role, participant.connected);
    match act {
        Act::Connect if connected => {}
        Act::Connect => draft.record(Event::ParticipantConnected { participant: by }, now),
        Act::Disconnect if !connected => {}
        Act::Disconnect => draft.record(Event::ParticipantDisconnected { participant: by }, now),
        Act::Widen(widening) => widen(&mut draft, roster, role, widening, now)?,
        Act::StateConsent(statement) => state_consent(&mut draft, by, role, statement, now)?,
        Act::Stop => stop(&mut draft, by, role, now)?,
        Act::AddLine(line) => add_line(&mut draft, by, role, line, now)?,
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
    // The mediator's place is kept free.
    let reserved = usize::from(session.mediator().is_none());
    let staying = session.participants.iter().filter(|p| !p.is_replaced_by(role)).count();
    require(staying + reserved < MAX_PARTICIPANTS, Refusal::SessionFull)?;
    draft.record(Event::ParticipantAdmitted { participant, role, language }, now);
    Ok(draft)
}

pub(crate) fn accept(
    mut draft: Draft,
    mediator: &Mediator,
    offer: OfferNumber,
    participant: ParticipantId,
    now: UnixMillis,
) -> Result<Draft, Refusal> {
    require_ringing(&draft.session, offer, mediator.id)?;
    let adjacent_language = adjacent_spoken(mediator, &draft.session.request.languages.source);
    let (mediator, alias) = (mediator.id, mediator.alias.clone());
    draft.record(Event::OfferAccepted { offer, mediator, participant, alias, adjacent_language }, now);
    dispatch::withdraw_all(&mut draft, now);
    settle(&mut draft, now);
    Ok(draft)
}

pub(crate) fn decline(
    mut draft: Draft,
    roster: &Roster,
    offer: OfferNumber,
    mediator: MediatorId,
    now: UnixMillis,
) -> Result<Draft, Refusal> {
    require_ringing(&draft.session, offer, mediator)?;
    draft.record(Event::OfferClosed { offer, outcome: OfferState::Declined }, now);
    dispatch::go_on(&mut draft, roster, now);
    Ok(draft)
}

pub(crate) fn withdraw(draft: &mut Draft, roster: &Roster, offer: OfferNumber, now: UnixMillis) {
    draft.record(Event::OfferClosed { offer, outcome: OfferState::Withdrawn }, now);
    dispatch::go_on(draft, roster, now);
}

pub(crate) fn end(draft: &mut Draft, by: Option<ParticipantId>, now: UnixMillis) {
    dispatch::withdraw_all(draft, now);
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
    roster: &Roster,
    role: Role,
    widening: Widening,
    now: UnixMillis,
) -> Result<(), Refusal> {
    require(role == Role::Officer, Refusal::NotYourRole)?;
    let searching = matches!(draft.session.phase(), Phase::Ringing | Phase::Unanswered);
    require(searching, Refusal::AlreadyAssigned)?;
    if let Widening::DropGenderWish { reason } = &widening {
        let length = reason.trim().chars().count();
        require((1..=MAX_REASON_CHARS).contains(&length), Refusal::ReasonMissing)?;
    }
    draft.record(Event::RequestWidened { widening }, now);
    dispatch::ring_next_wave(draft, roster, now);
    Ok(())
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
    require(role == Role::Scribe, Refusal::NotYourRole)?;
    require(draft.session.transcribing, Refusal::TranscriptionNotAgreed)?;
    let speaker = draft.session.participant(line.speaker).filter(|speaker| speaker.role != Role::Scribe);
    let length = line.text.trim().chars().count();
    let whole = (1..=TranscriptLine::MAX_CHARS).contains(&length)
        && (1..=100).contains(&line.model.chars().count())
        && line.started_at <= line.ended_at
        && line.status == LineStatus::MachineDraft;
    require(speaker.is_some() && whole, Refusal::BadLine)?;
    draft.record(Event::LineTranscribed { by, line }, now);
    Ok(())
}

fn require_ringing(session: &Session, offer: OfferNumber, mediator: MediatorId) -> Result<(), Refusal> {
    let rings = session.ringing().any(|ringing| ringing.number == offer && ringing.mediator == mediator);
    require(rings && session.mediator().is_none(), Refusal::OfferNotRinging)
}

fn require(holds: bool, otherwise: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(otherwise) }
}
