//! The nouns of interpreting: modes, channels, signals, and what participants do with them.

use serde::{Deserialize, Serialize};

use crate::ids::ParticipantId;
use crate::language::LanguageTag;
use crate::session_types::Place;

/// How it is interpreted (ISO 18841:2018 names the modes). See [`crate::routing`] for who hears what in each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One after the other: everybody is on the floor.
    #[default]
    Consecutive,
    /// At the same time: each mediator speaks into the channel of a language, and only its listeners hear it.
    Simultaneous,
    /// For the interviewee's side at the same time, on a channel; back to the others on the floor.
    Whispered,
}

/// What a voice comes through.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "channel", rename_all = "snake_case")]
pub enum Channel {
    /// What everybody hears.
    Floor,
    /// Interpretation into one language.
    Language {
        /// Into this one.
        language: LanguageTag,
    },
    /// Between two, and nobody else.
    Aside,
}

/// One voice as one listener hears it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Hearing {
    /// Whose voice.
    pub speaker: ParticipantId,
    /// Through what.
    #[serde(flatten)]
    pub channel: Channel,
    /// To be played softly below the interpretation that the listener follows; how softly is the listener's own choice.
    pub ducked: bool,
}

/// What a participant says without words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Speak more slowly, please.
    Slower,
    /// Say it again, please.
    Repeat,
    /// The mediator corrects what they said before.
    Correction,
    /// The mediator explains something of culture, beside the interpretation.
    CulturalNote,
    /// Something is wrong with sound or connection.
    TechnicalProblem,
    /// The interviewee wishes another mediator, without saying so aloud: only the officer sees it.
    AnotherMediator,
}

/// What a participant does with modes, channels, signals, breaks and handovers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum FloorAct {
    /// Interpret in this mode from now on (officer, mediator).
    SetMode {
        /// In which.
        mode: Mode,
    },
    /// Interpret into this language from now on (mediator).
    SpeakInto {
        /// One of the two of the mediator's place.
        language: LanguageTag,
    },
    /// Hear this language's interpretation; nothing: the floor alone.
    ListenTo {
        /// A language of the session.
        #[serde(default)]
        language: Option<LanguageTag>,
    },
    /// Speak aside with one participant: officer with mediator or observer, either way round.
    BeginAside {
        /// With whom.
        with: ParticipantId,
    },
    /// Back to the floor (either of the two).
    EndAside,
    /// Give a signal.
    Signal {
        /// Which.
        signal: Signal,
    },
    /// Cough, sneeze or drink: while on, nothing of this participant is forwarded.
    Cough {
        /// Begins or ends.
        on: bool,
    },
    /// A break: nothing of the interviewee is forwarded, and nothing to them.
    Pause,
    /// The break is over.
    Resume,
    /// Look for a second mediator, who takes turns (officer, mediator).
    RequestRelief {
        /// For which place.
        place: Place,
    },
    /// Do not look any longer.
    CallOffRelief {
        /// For which place.
        place: Place,
    },
    /// The second mediator can take over now, or can not after all.
    SetReady {
        /// Can?
        ready: bool,
    },
    /// Hand over after a countdown (officer, either mediator of the place).
    BeginHandover {
        /// Of which place.
        place: Place,
    },
    /// Not now after all.
    CallOffHandover {
        /// Of which place.
        place: Place,
    },
    /// The mediator who has no turn leaves for good, and is free for others.
    Leave,
}
