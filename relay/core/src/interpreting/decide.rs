//! What an act on the floor decides, what refuses it, and what the passing of time brings.

use std::time::Duration;

use crate::dispatch::{self, Dispatcher};
use crate::draft::Draft;
use crate::event::Event;
use crate::ids::ParticipantId;
use crate::policy::DispatchPolicy;
use crate::refusal::{Refusal, require};
use crate::session::{Participant, Session};
use crate::session_types::{ConsentKind, MAX_PARTICIPANTS, Phase, Place, Role};
use crate::time::UnixMillis;

use super::types::{FloorAct, Mode, Signal};

/// Between the word that it is handed over and the handover: time to end a sentence and to take a breath.
const COUNTDOWN: Duration = Duration::from_secs(3);
/// One participant gives no two signals within this; a stuck key shall not fill the record.
const SIGNAL_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn act(
    draft: &mut Draft,
    dispatcher: &Dispatcher<'_>,
    by: ParticipantId,
    act: FloorAct,
) -> Result<(), Refusal> {
    let now = dispatcher.now;
    let me = draft.session.participant(by).ok_or(Refusal::NotAParticipant)?.clone();
    match act {
        FloorAct::SetMode { mode } => set_mode(draft, &me, mode, now),
        FloorAct::SpeakInto { language } => {
            let pair = draft.session.turn_languages(&me).ok_or(Refusal::NotYourRole)?;
            let known = [pair.source, pair.target].into_iter().find(|own| own.same_language(&language));
            let language = known.ok_or(Refusal::NotALanguageOfTheSession)?;
            if draft.session.speaks_into(&me).as_ref() != Some(&language) {
                draft.record(Event::OutputChosen { by, language }, now);
            }
            Ok(())
        }
        FloorAct::ListenTo { language } => {
            require(
                matches!(me.role, Role::Officer | Role::Interviewee | Role::Observer),
                Refusal::NotYourRole,
            )?;
            let find = |wanted| draft.session.channels().into_iter().find(|own| own.same_language(wanted));
            let chosen =
                language.as_ref().map(|wanted| find(wanted).ok_or(Refusal::NotALanguageOfTheSession));
            let language = chosen.transpose()?;
            if draft.session.listens_to(&me) != language {
                draft.record(Event::ChannelChosen { by, language }, now);
            }
            Ok(())
        }
        FloorAct::BeginAside { with } => begin_aside(draft, &me, with, now),
        FloorAct::EndAside => {
            let aside = draft.session.floor.aside.ok_or(Refusal::NoAside)?;
            require(aside.has(by), Refusal::NotYourRole)?;
            draft.record(Event::AsideEnded { by }, now);
            Ok(())
        }
        FloorAct::Signal { signal } => give_signal(draft, &me, signal, now),
        FloorAct::Cough { on } => {
            require(me.role != Role::Scribe, Refusal::NotYourRole)?;
            if draft.session.floor.coughing.contains(&by) != on {
                draft.record(Event::CoughSwitched { by, on }, now);
            }
            Ok(())
        }
        FloorAct::Pause => {
            require(crate::may_stop(me.role), Refusal::NotYourRole)?;
            require(draft.session.phase() == Phase::Live, Refusal::NotLive)?;
            draft.record(Event::Paused { by }, now);
            Ok(())
        }
        FloorAct::Resume => {
            require(draft.session.phase() == Phase::Paused, Refusal::NotPaused)?;
            require(
                matches!(me.role, Role::Officer | Role::Interviewee | Role::Mediator),
                Refusal::NotYourRole,
            )?;
            let not_theirs =
                if me.role == Role::Interviewee { Refusal::NotYourRole } else { Refusal::IntervieweeDecides };
            require(may_resume(&draft.session, &me), not_theirs)?;
            draft.record(Event::Resumed { by }, now);
            Ok(())
        }
        turn => take_turns(draft, dispatcher, &me, turn),
    }
}

/// When something is due: a handover, or the word that a turn has lasted too long.
pub(crate) fn poll_timeout(session: &Session, policy: &DispatchPolicy) -> Option<UnixMillis> {
    let places = || session.places();
    let switches = places().filter_map(|place| session.turns.switches_at(place));
    let too_long = places().filter_map(|place| too_long_at(session, policy, place));
    switches.chain(too_long).min()
}

pub(crate) fn handle_timeout(draft: &mut Draft, policy: &DispatchPolicy, now: UnixMillis) {
    for place in draft.session.places().collect::<Vec<_>>() {
        if draft.session.turns.switches_at(place).is_some_and(|at| at <= now) {
            let (on_turn, relief) = (draft.session.on_turn(place), draft.session.relief(place));
            let change = on_turn.zip(relief).map(|(from, to)| (from.id, to.id));
            if let Some((from, to)) = change {
                draft.record(Event::HandedOver { place, from, to }, now);
            }
        }
        if too_long_at(&draft.session, policy, place).is_some_and(|at| at <= now) {
            draft.record(Event::TurnTooLong { place }, now);
        }
    }
}

/// The interviewee ends the break that they asked for, where they have a screen for it; officer and mediators end all others.
pub(super) fn may_resume(session: &Session, me: &Participant) -> bool {
    let Some(pause) = session.floor.pause else { return false };
    let theirs = session.participant(pause.by).is_some_and(|by| by.role == Role::Interviewee);
    match me.role {
        Role::Interviewee => theirs,
        Role::Officer | Role::Mediator => !(theirs && session.is_connected(Role::Interviewee)),
        Role::Observer | Role::Scribe => false,
    }
}

/// Whom this one may speak aside with.
pub(super) fn may_speak_aside(me: &Participant, with: &Participant) -> bool {
    me.id != with.id
        && !me.has_left()
        && with.connected
        && !with.has_left()
        && matches!(
            (me.role, with.role),
            (Role::Officer, Role::Mediator | Role::Observer)
                | (Role::Mediator | Role::Observer, Role::Officer)
        )
}

fn set_mode(draft: &mut Draft, me: &Participant, mode: Mode, now: UnixMillis) -> Result<(), Refusal> {
    let session = &draft.session;
    require(me.role == Role::Officer || session.is_on_turn(me), Refusal::NotYourRole)?;
    require(session.phase().is_answered(), Refusal::NotLive)?;
    if session.floor.mode != mode {
        draft.record(Event::ModeChanged { by: me.id, mode }, now);
    }
    Ok(())
}

fn begin_aside(
    draft: &mut Draft,
    me: &Participant,
    with: ParticipantId,
    now: UnixMillis,
) -> Result<(), Refusal> {
    let session = &draft.session;
    require(session.phase() == Phase::Live, Refusal::NotLive)?;
    let other = session.participant(with).ok_or(Refusal::NotAParticipant)?;
    require(may_speak_aside(me, other), Refusal::NotYourRole)?;
    match session.floor.aside {
        Some(aside) if aside.has(me.id) && aside.has(with) => Ok(()),
        Some(_) => Err(Refusal::AsideTaken),
        None => {
            draft.record(Event::AsideBegun { by: me.id, with }, now);
            Ok(())
        }
    }
}

fn give_signal(draft: &mut Draft, me: &Participant, signal: Signal, now: UnixMillis) -> Result<(), Refusal> {
    let may = match signal {
        Signal::Slower | Signal::Repeat | Signal::TechnicalProblem => me.role != Role::Scribe,
        Signal::Correction | Signal::CulturalNote => me.role == Role::Mediator,
        Signal::AnotherMediator => me.role == Role::Interviewee,
    };
    require(may, Refusal::NotYourRole)?;
    require(draft.session.phase().is_answered(), Refusal::NotLive)?;
    let last = draft.session.floor.last_signal_of(me.id);
    require(last.is_none_or(|last| last + SIGNAL_EVERY <= now), Refusal::TooSoon)?;
    draft.record(Event::SignalGiven { by: me.id, signal }, now);
    Ok(())
}

fn take_turns(
    draft: &mut Draft,
    dispatcher: &Dispatcher<'_>,
    me: &Participant,
    act: FloorAct,
) -> Result<(), Refusal> {
    let (now, by) = (dispatcher.now, me.id);
    let session = &draft.session;
    let of_place = |place: Place| {
        let mine = me.assigned.as_ref().is_some_and(|taken| taken.place.of_turns() == place);
        require(session.places().any(|own| own == place), Refusal::NoSuchPlace)?;
        require(me.role == Role::Officer || mine, Refusal::NotYourRole)
    };
    match act {
        FloorAct::RequestRelief { place } => {
            of_place(place)?;
            require(session.phase().is_answered(), Refusal::NotLive)?;
            require(session.relief(place).is_none(), Refusal::ReliefIsThere)?;
            if session.turns.wanted.iter().any(|wanted| wanted.of_turns() == place) {
                return Ok(());
            }
            let present = session.participants.iter().filter(|present| !present.has_left()).count();
            require(present + session.open_places().count() < MAX_PARTICIPANTS, Refusal::SessionFull)?;
            let place = session.next_relief(place).ok_or(Refusal::SessionFull)?;
            draft.record(Event::ReliefRequested { by, place }, now);
            dispatcher.ring_next_wave(draft);
        }
        FloorAct::CallOffRelief { place } => {
            of_place(place)?;
            let wanted = session.turns.wanted.iter().find(|wanted| wanted.of_turns() == place);
            let place = *wanted.ok_or(Refusal::NoRelief)?;
            dispatch::withdraw(draft, Some(place), now);
            draft.record(Event::ReliefCalledOff { by, place }, now);
        }
        FloorAct::SetReady { ready } => {
            require(me.role == Role::Mediator && !session.is_on_turn(me), Refusal::NotYourRole)?;
            if session.turns.ready.contains(&by) != ready {
                draft.record(Event::ReadySet { by, ready }, now);
            }
        }
        FloorAct::BeginHandover { place } => {
            of_place(place)?;
            require(session.phase() == Phase::Live, Refusal::NotLive)?;
            let relief = session.relief(place).ok_or(Refusal::NoRelief)?;
            require(session.turns.ready.contains(&relief.id), Refusal::ReliefNotReady)?;
            if session.turns.switches_at(place).is_none() {
                draft.record(Event::HandoverBegun { by, place, switch_at: now + COUNTDOWN }, now);
            }
        }
        FloorAct::CallOffHandover { place } => {
            of_place(place)?;
            if session.turns.switches_at(place).is_some() {
                draft.record(Event::HandoverCalledOff { by, place }, now);
            }
        }
        FloorAct::Leave => {
            require(me.role == Role::Mediator, Refusal::NotYourRole)?;
            require(!session.is_on_turn(me), Refusal::StillOnTurn)?;
            draft.record(Event::MediatorReleased { participant: by }, now);
        }
        // All others were carried out before.
        _ => return Err(Refusal::NotYourRole),
    }
    Ok(())
}

fn too_long_at(session: &Session, policy: &DispatchPolicy, place: Place) -> Option<UnixMillis> {
    let waits = session.phase() == Phase::Live
        && session.agreed(ConsentKind::Interpreting)
        && !session.turns.is_too_long(place);
    let since = session.turns.since(place).filter(|_| waits)?;
    policy.break_after(session.request.minor).map(|after| since + after)
}
