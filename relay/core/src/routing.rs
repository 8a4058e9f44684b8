//! Who hears whom, and through what. One pure function; the media path carries out what it says and nothing else.
//!
//! Nobody hears themselves; a scribe, a mediator who has left and whoever coughs are heard by nobody. Then the first line
//! that fits:
//!
//! | when | who speaks | who hears it |
//! |---|---|---|
//! | ringing, unanswered, stopped, sealed, abandoned | anybody | nobody |
//! | briefing, paused | officer, mediators | each other |
//! | briefing, paused | interviewee, observers | nobody |
//! | live, an aside goes on | one of the two | the other one (aside) |
//! | live | a second mediator who has no turn | nobody |
//! | live | officer, interviewee, observers | everybody (floor), ducked for whoever follows a channel that is interpreted into just now |
//! | live, consecutive | a mediator on turn | everybody (floor) |
//! | live, simultaneous | a mediator on turn | who follows the channel of the language that they speak into |
//! | live, whispered, into the interviewee's language | a mediator on turn | who follows that channel |
//! | live, whispered, into the officer's language | a mediator on turn | everybody (floor) |
//! | live, simultaneous or whispered, into the language between | a mediator on turn | the other mediator on turn, and whoever chose that channel |
//!
//! A second mediator without a turn hears every channel, to be ready to take over; a scribe hears floor and channels
//! while it transcribes, and never an aside.

use crate::interpreting::{Channel, Hearing, Mode};
use crate::language::LanguageTag;
use crate::session::{Participant, Session};
use crate::session_types::{Phase, Role, Route};

/// The routes of a session as it stands. Speakers and listeners in the order in which they joined.
pub fn routes(session: &Session) -> Vec<Route> {
    let people = &session.participants;
    let listeners = |from: &Participant| {
        people.iter().filter(|to| channel(session, from, to).is_some()).map(|to| to.id).collect()
    };
    let all = people.iter().map(|from| Route { from: from.id, to: listeners(from) });
    all.filter(|route| !route.to.is_empty()).collect()
}

/// All voices that one listener hears, and how.
pub fn hearings(session: &Session, to: &Participant) -> Vec<Hearing> {
    let follows = followed(session, to);
    let hearing = |from: &Participant| {
        let channel = channel(session, from, to)?;
        // An interpretation that goes over the floor is the one thing to listen to.
        let ducked = follows && channel == Channel::Floor && from.role != Role::Mediator;
        Some(Hearing { speaker: from.id, channel, ducked })
    };
    session.participants.iter().filter_map(hearing).collect()
}

/// Through what `to` hears `from`; `None`: not at all.
fn channel(session: &Session, from: &Participant, to: &Participant) -> Option<Channel> {
    let held_back = from.role == Role::Scribe || session.floor.coughing.contains(&from.id);
    if from.id == to.id || held_back || from.has_left() || to.has_left() {
        return None;
    }
    let staff = |one: &Participant| matches!(one.role, Role::Officer | Role::Mediator);
    match session.phase() {
        Phase::Briefing | Phase::Paused => (staff(from) && staff(to)).then_some(Channel::Floor),
        Phase::Live => live_channel(session, from, to),
        Phase::Ringing | Phase::Unanswered | Phase::Stopped | Phase::Sealed | Phase::Abandoned => None,
    }
}

fn live_channel(session: &Session, from: &Participant, to: &Participant) -> Option<Channel> {
    if let Some(aside) = session.floor.aside.filter(|aside| aside.has(from.id)) {
        return aside.has(to.id).then_some(Channel::Aside);
    }
    if to.role == Role::Scribe && !session.transcribing {
        return None;
    }
    if from.role != Role::Mediator {
        return Some(Channel::Floor);
    }
    if !session.is_on_turn(from) {
        return None;
    }
    let Some(language) = output(session, from) else { return Some(Channel::Floor) };
    let hears = match to.role {
        Role::Scribe => true,
        // Of two in a row, each hears what the other says into the language between them.
        Role::Mediator => !session.is_on_turn(to) || session.via.as_ref() == Some(&language),
        Role::Officer | Role::Interviewee | Role::Observer => {
            session.listens_to(to).as_ref() == Some(&language)
        }
    };
    hears.then_some(Channel::Language { language })
}

/// The channel that a mediator on turn speaks into; `None`: the floor.
fn output(session: &Session, mediator: &Participant) -> Option<LanguageTag> {
    let language = session.speaks_into(mediator)?;
    match session.floor.mode {
        Mode::Consecutive => None,
        Mode::Simultaneous => Some(language),
        Mode::Whispered => (language != session.request.languages.target).then_some(language),
    }
}

/// Whether somebody interprets just now into the channel that this one follows.
fn followed(session: &Session, listener: &Participant) -> bool {
    let Some(follows) = session.listens_to(listener) else { return false };
    let heard = |from: &Participant| {
        channel(session, from, listener) == Some(Channel::Language { language: follows.clone() })
    };
    session.participants.iter().any(heard)
}
