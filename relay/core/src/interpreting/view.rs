//! Interpreting as one reader sees it.

use crate::routing::hearings;
use crate::session::{Participant, Session};
use crate::session_types::{Place, Role};
use crate::time::UnixMillis;
use crate::wire::{AsideView, InterpretingView, PauseView, SignalView, TurnView};

use super::decide::{may_resume, may_speak_aside};
use super::types::Signal;

pub(crate) fn interpreting_view(
    session: &Session,
    reader: &Participant,
    now: UnixMillis,
) -> InterpretingView {
    let floor = &session.floor;
    let staff = matches!(reader.role, Role::Officer | Role::Mediator);
    let signals = floor.signals.iter().filter(|given| {
        given.signal != Signal::AnotherMediator || reader.role == Role::Officer || given.by == reader.id
    });
    let aside_with = session.participants.iter().filter(|with| may_speak_aside(reader, with));
    InterpretingView {
        mode: floor.mode,
        channels: session.channels(),
        speaks_into: session.speaks_into(reader),
        may_speak_into: session
            .turn_languages(reader)
            .map(|pair| vec![pair.source, pair.target])
            .unwrap_or_default(),
        listens_to: session.listens_to(reader),
        hears: hearings(session, reader),
        aside: floor.aside.map(|aside| AsideView { between: aside.between, since: aside.since }),
        may_speak_aside_with: aside_with.map(|with| with.id).collect(),
        coughing: floor.coughing.iter().copied().collect(),
        signals: signals
            .map(|given| SignalView { by: given.by, signal: given.signal, at: given.at })
            .collect(),
        pause: floor.pause.map(|pause| PauseView {
            by: pause.by,
            since: pause.since,
            you_may_resume: may_resume(session, reader),
        }),
        turns: if staff { session.places().map(|place| turn(session, place)).collect() } else { Vec::new() },
        now,
    }
}

fn turn(session: &Session, place: Place) -> TurnView {
    let relief = session.relief(place);
    TurnView {
        place,
        on_turn: session.on_turn(place).map(|on_turn| on_turn.id),
        since: session.turns.since(place),
        too_long: session.turns.is_too_long(place),
        relief: relief.map(|relief| relief.id),
        relief_ready: relief.is_some_and(|relief| session.turns.ready.contains(&relief.id)),
        relief_wanted: session.turns.wanted.iter().any(|wanted| wanted.of_turns() == place),
        switches_at: session.turns.switches_at(place),
    }
}
