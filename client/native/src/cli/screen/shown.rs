//! What the terminal screen shows, in words. Pure: made from the session's view and the levels.

use std::collections::BTreeMap;

use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::{Phase, Role};
use dragoman_core::wire::{ParticipantView, Quality, SessionView};

/// Everything on the screen.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Shown {
    pub(super) languages: String,
    pub(super) phase: &'static str,
    pub(super) transcribing: bool,
    pub(super) people: Vec<Person>,
    pub(super) link: Link,
    pub(super) muted: bool,
    pub(super) coughing: bool,
    pub(super) aside: Aside,
    /// Something to know now.
    pub(super) notice: Option<String>,
}

/// Who speaks aside, or might.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Aside {
    /// Nobody does, and nobody here may.
    #[default]
    None,
    /// The person here may, with this participant.
    May(ParticipantId),
    /// The person here does, with the one who is named.
    Yours(String),
    /// Two others do.
    Others([String; 2]),
}

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Person {
    pub(super) who: String,
    pub(super) language: String,
    /// From 0, silence, to 1, as loud as can be; on a scale that is even to the ear.
    pub(super) level: f32,
    pub(super) state: State,
}

/// What matters most about somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Away,
    MicrophoneOff,
    /// Nothing reported yet.
    There,
    Hears(Quality),
}

/// This client's own connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Link {
    #[default]
    Connecting,
    Up,
    Lost,
}

impl Shown {
    /// Takes over the session as it is now.
    pub(super) fn see(&mut self, view: &SessionView, own_level: f32, levels: &BTreeMap<ParticipantId, f32>) {
        self.languages = format!("{} - {}", view.languages.source, view.languages.target);
        self.phase = phase_in_words(view.phase);
        self.transcribing = view.transcribing;
        let person = |participant: &ParticipantView| {
            let is_you = participant.id == view.you;
            let level = if is_you { own_level } else { levels.get(&participant.id).copied().unwrap_or(0.0) };
            Person {
                who: who(participant, is_you),
                language: participant.language.to_string(),
                level: to_the_ear(level),
                state: state(participant, is_you && self.muted),
            }
        };
        self.people = view.participants.iter().map(person).collect();
        self.aside = aside(view);
    }
}

impl State {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Away => "not connected",
            Self::MicrophoneOff => "microphone off",
            Self::There => "here",
            Self::Hears(Quality::Good) => "hears well",
            Self::Hears(Quality::Weak) => "hears with effort",
            Self::Hears(Quality::Bad) => "loses words",
        }
    }
}

fn aside(view: &SessionView) -> Aside {
    let named = |id: ParticipantId| {
        let of = view.participants.iter().find(|participant| participant.id == id);
        of.map_or_else(|| "Somebody".to_owned(), |of| who(of, false))
    };
    match &view.interpreting.aside {
        Some(aside) => match aside.between {
            [you, with] | [with, you] if you == view.you => Aside::Yours(named(with)),
            [one, other] => Aside::Others([named(one), named(other)]),
        },
        None => {
            let may = &view.interpreting.may_speak_aside_with;
            let is_mediator = |id: &&ParticipantId| {
                view.participants.iter().any(|of| of.id == **id && of.role == Role::Mediator)
            };
            may.iter().find(is_mediator).or(may.first()).map_or(Aside::None, |with| Aside::May(*with))
        }
    }
}

fn who(participant: &ParticipantView, is_you: bool) -> String {
    let role = match participant.role {
        Role::Officer => "Officer",
        Role::Interviewee => "Interviewee",
        Role::Mediator => "Mediator",
        Role::Observer => "Observer",
        Role::Scribe => "Transcriber",
    };
    let mut who = role.to_owned();
    if let Some(alias) = &participant.alias {
        who.push(' ');
        // It comes from the network: nothing that a terminal would obey.
        who.extend(alias.chars().filter(|c| !c.is_control()));
    }
    if is_you {
        who.push_str(" (you)");
    }
    who
}

fn state(participant: &ParticipantView, muted: bool) -> State {
    if !participant.connected {
        State::Away
    } else if participant.muted || muted {
        State::MicrophoneOff
    } else {
        participant.quality.map_or(State::There, State::Hears)
    }
}

fn phase_in_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Ringing => "A mediator is being called",
        Phase::Unanswered => "No mediator has answered",
        Phase::Briefing => "Before the interview: the interviewee has not agreed yet",
        Phase::Live => "The interview is going on",
        Phase::Stopped => "Stopped: nobody hears anybody until the interviewee agrees again",
        phase if phase.is_over() => "The session is over",
        _ => "A break: nobody hears anybody",
    }
}

/// -50 dB is silence.
fn to_the_ear(level: f32) -> f32 {
    ((20.0 * level.max(1e-6).log10() + 50.0) / 50.0).clamp(0.0, 1.0)
}

#[cfg(test)]
pub(super) mod tests {
    use dragoman_core::time::UnixMillis;
    use dragoman_core::wire::AsideView;
    use uuid::Uuid;

    use super::*;

    fn participant(id: u128, role: &str, alias: Option<&str>, language: &str) -> serde_json::Value {
        serde_json::json!({
            "id": Uuid::from_u128(id), "role": role, "alias": alias, "language": language,
            "connected": true, "left": false, "muted": false, "quality": null,
        })
    }

    /// Three people, live; the reader is the officer.
    pub(in super::super) fn view() -> SessionView {
        let mut view: SessionView = serde_json::from_value(serde_json::json!({
            "id": Uuid::from_u128(9), "you": Uuid::from_u128(1), "role": "officer", "phase": "live",
            "languages": { "source": "sq", "target": "en" }, "adjacent_language": null, "via": null, "label": "victim",
            "participants": [
                participant(1, "officer", None, "en"), participant(2, "mediator", Some("Drita"), "sq"),
                participant(3, "interviewee", None, "sq"),
            ],
            "interpreting": {
                "mode": "consecutive", "channels": [], "speaks_into": null, "may_speak_into": [], "listens_to": null,
                "hears": [], "aside": null, "may_speak_aside_with": [], "coughing": [], "signals": [], "pause": null,
                "turns": [], "now": 3,
            },
            "consents": [], "transcription_wished": false, "transcribing": false, "ringing": null,
            "requested_at": 1, "live_since": 2,
        }))
        .unwrap();
        view.participants[1].quality = Some(Quality::Good);
        view.participants[2].quality = Some(Quality::Bad);
        view
    }

    #[test]
    fn everybody_is_named_by_what_they_are_and_by_alias_only() {
        let mut shown = Shown { muted: true, ..Shown::default() };
        let mut view = view();
        view.participants[1].alias = Some("Dri\u{1b}[2Jta".into());
        view.participants[2].connected = false;
        shown.see(&view, 1.0, &BTreeMap::from([(view.participants[1].id, 0.1)]));
        let rows: Vec<_> = shown
            .people
            .iter()
            .map(|person| (person.who.as_str(), person.level, person.state.in_words()))
            .collect();
        assert_eq!(
            rows,
            [
                ("Officer (you)", 1.0, "microphone off"),
                ("Mediator Dri[2Jta", 0.6, "hears well"),
                ("Interviewee", 0.0, "not connected")
            ]
        );
    }

    #[test]
    fn an_aside_is_with_the_mediator_first_and_everybody_knows_of_it() {
        let mut view = view();
        let id = |n: usize| view.participants[n].id;
        let (officer, mediator, interviewee) = (id(0), id(1), id(2));
        assert_eq!(aside(&view), Aside::None);
        view.interpreting.may_speak_aside_with = vec![interviewee, mediator];
        assert_eq!(aside(&view), Aside::May(mediator));
        for between in [[officer, mediator], [mediator, officer]] {
            view.interpreting.aside = Some(AsideView { between, since: UnixMillis(4) });
            view.you = officer;
            assert_eq!(aside(&view), Aside::Yours("Mediator Drita".into()));
            view.you = interviewee;
            assert!(matches!(aside(&view), Aside::Others(_)));
        }
    }
}
