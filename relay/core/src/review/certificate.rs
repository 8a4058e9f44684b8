//! The certificate of interpretation: who interpreted what, from when to when, and how. It follows from the log.

use serde::{Deserialize, Serialize};

use crate::availability::Span;
use crate::ids::ParticipantId;
use crate::interpreting::Mode;
use crate::language::{LanguagePair, LanguageTag};
use crate::session::Session;
use crate::session_types::{Phase, Place};
use crate::time::UnixMillis;

/// What was interpreted in a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Certificate {
    /// From the interviewee's language into the officer's.
    pub languages: LanguagePair,
    /// The language between, where two mediators interpreted in a row.
    pub via: Option<LanguageTag>,
    /// Everybody who interpreted, in the order they came.
    pub interpreters: Vec<CertifiedInterpreter>,
    /// When it was interpreted, and how; breaks, stops and lost connections lie between.
    pub modes: Vec<ModeSpan>,
}

/// Somebody who interpreted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CertifiedInterpreter {
    /// As in the log.
    pub id: ParticipantId,
    /// Instead of a name.
    pub alias: String,
    /// Number in an official register of interpreters, where they have one.
    pub register_number: Option<String>,
    /// Between which languages.
    pub languages: LanguagePair,
    /// The neighbour of the interviewee's language that they spoke in its place.
    pub adjacent_language: Option<LanguageTag>,
    /// When it was their turn, and they were connected.
    pub turns: Vec<Span>,
}

/// A stretch of interpreting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ModeSpan {
    /// How.
    pub mode: Mode,
    /// From when to when.
    #[serde(flatten)]
    pub span: Span,
}

/// Looks at a session after each entry of its log, and notes when something began and ended.
#[derive(Debug, Default)]
pub(crate) struct CertificateClock {
    modes: Vec<ModeSpan>,
    turns: Vec<(ParticipantId, Span)>,
    mode: Option<(Mode, UnixMillis)>,
    on_turn: Vec<(ParticipantId, UnixMillis)>,
}

impl CertificateClock {
    /// The session as it is since `at`.
    pub(crate) fn look(&mut self, session: &Session, at: UnixMillis) {
        let live = session.phase() == Phase::Live;
        let places = [Place(0), Place(1)].into_iter().filter(|_| live);
        let on_turn = places.filter_map(|place| session.on_turn(place));
        // Whoever is not there interprets nothing.
        let there = on_turn.filter(|mediator| mediator.connected && !mediator.has_left());
        let now: Vec<ParticipantId> = there.map(|mediator| mediator.id).collect();
        let mode = (!now.is_empty()).then_some(session.floor.mode);
        if self.mode.map(|(mode, _)| mode) != mode {
            if let Some((mode, from)) = self.mode.take() {
                self.modes.push(ModeSpan { mode, span: Span { from, until: at } });
            }
            self.mode = mode.map(|mode| (mode, at));
        }
        let ended = self.on_turn.extract_if(.., |(id, _)| !now.contains(id));
        self.turns.extend(ended.map(|(id, from)| (id, Span { from, until: at })));
        let new = now.into_iter().filter(|id| !self.on_turn.iter().any(|(before, _)| before == id));
        let new: Vec<_> = new.map(|id| (id, at)).collect();
        self.on_turn.extend(new);
    }

    /// What follows for a session that is over.
    pub(crate) fn certificate(self, session: &Session) -> Certificate {
        let interpreters = session.participants.iter().filter_map(|participant| {
            let taken = participant.assigned.as_ref()?;
            let turns = self.turns.iter().filter(|(id, _)| *id == participant.id).map(|(_, span)| *span);
            Some(CertifiedInterpreter {
                id: participant.id,
                alias: taken.alias.clone(),
                register_number: taken.register_number.clone(),
                languages: session.turn_languages(participant)?,
                adjacent_language: taken.adjacent_language.clone(),
                turns: turns.collect(),
            })
        });
        Certificate {
            languages: session.request.languages.clone(),
            via: session.via.clone(),
            interpreters: interpreters.collect(),
            modes: self.modes,
        }
    }
}
