//! How to take part.

use std::time::Duration;

use dragoman_core::red::Redundancy;
use dragoman_core::session_types::{ConsentKind, Phase};
use dragoman_core::wire::SessionView;

use crate::audio::{AudioSink, AudioSource, ProcessingOptions, SAMPLE_RATE};

/// When the timeline begins: nothing is played or recorded before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Begin {
    /// As soon as sound flows to and from the relay.
    #[default]
    Connected,
    /// When, besides, a mediator is there (briefing or live).
    Answered,
    /// When, besides, all hear all.
    Live,
    /// When a scribe writes down what is said.
    Transcribing,
}

impl Begin {
    pub(super) fn is_reached(self, view: Option<&SessionView>) -> bool {
        let phase = view.map(|view| view.phase);
        match self {
            Self::Connected => true,
            Self::Answered => matches!(phase, Some(Phase::Briefing | Phase::Live)),
            Self::Live => phase == Some(Phase::Live),
            Self::Transcribing => view.is_some_and(|view| view.transcribing),
        }
    }
}

/// What one's own voice is sent with against loss. What the others' voices come with is the relay's choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protection {
    /// A copy of lower quality of each frame within the next one, made by Opus in the same bits.
    pub fec: bool,
    /// Earlier frames sent along once more, in further bits, where the relay takes them.
    pub red: Redundancy,
}

impl Default for Protection {
    fn default() -> Self {
        Self { fec: true, red: Redundancy::Adaptive }
    }
}

/// What [`super::Call`] is started with.
#[derive(Debug)]
pub struct CallOptions {
    /// One's own voice.
    pub source: AudioSource,
    /// Where the others' voices go.
    pub sinks: Vec<AudioSink>,
    /// What is done to one's own voice before it is sent; the mixed voices of the others are the echo's reference, and
    /// [`Self::decode_rate`] must be 48 000. `None`: it is sent as it is.
    pub processing: Option<ProcessingOptions>,
    /// `false`: no microphone is offered at all (a scribe).
    pub speaks: bool,
    /// Samples a second that voices are decoded to: 48 000, or 16 000 to transcribe. Files and loudspeaker need 48 000.
    pub decode_rate: u32,
    /// When the timeline begins.
    pub begin: Begin,
    /// An interviewee agrees to these by itself, once, as if touched on the screen. Others do not agree to anything.
    pub agree: Vec<ConsentKind>,
    /// How long a lost relay is waited for.
    pub reconnect_for: Duration,
    /// Sound goes by TURN only, never directly: to try out what a network does that passes no UDP.
    pub only_by_turn: bool,
    /// What the voice is sent with against loss.
    pub protection: Protection,
}

impl Default for CallOptions {
    /// Silent, deaf, patient for a minute.
    fn default() -> Self {
        Self {
            source: AudioSource::Silence,
            sinks: Vec::new(),
            processing: None,
            speaks: true,
            decode_rate: SAMPLE_RATE,
            begin: Begin::Connected,
            agree: Vec::new(),
            reconnect_for: Duration::from_secs(60),
            only_by_turn: false,
            protection: Protection::default(),
        }
    }
}
