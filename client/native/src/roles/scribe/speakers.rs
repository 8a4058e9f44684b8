//! Who may be transcribed, and in which language, as the session's view says it now.

use std::collections::BTreeMap;

use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::Role;
use dragoman_core::transcript::{LanguageNote, LanguageRemark};
use dragoman_core::wire::SessionView;
use dragoman_speech::{LanguagePlan, WhisperLanguage};

use crate::speech::SpeechEngine;

/// See the module's page.
#[derive(Debug, Default)]
pub(super) struct Speakers {
    pub(super) transcribing: bool,
    languages: BTreeMap<ParticipantId, Speaker>,
    /// Who of the two sides spoke last: the mediator renders it into the other side's language.
    pub(super) last_side: Option<Role>,
    /// What readers should know of their languages.
    pub(super) notes: Vec<LanguageNote>,
}

#[derive(Debug, Clone, Copy)]
struct Speaker {
    role: Role,
    own: Option<WhisperLanguage>,
    /// A mediator's language after the officer has spoken, and after the interviewee.
    after_officer: Option<WhisperLanguage>,
    after_interviewee: Option<WhisperLanguage>,
}

impl Speakers {
    pub(super) fn of(view: &SessionView, engine: &SpeechEngine) -> Self {
        let code = |tag: &str| engine.plan(tag).code();
        let mut speakers = Self { transcribing: view.transcribing, ..Self::default() };
        for participant in view.participants.iter().filter(|participant| participant.role != Role::Scribe) {
            let speaker = Speaker {
                role: participant.role,
                own: code(participant.language.as_str()),
                after_officer: code(view.languages.source.as_str()),
                after_interviewee: code(view.languages.target.as_str()),
            };
            speakers.languages.insert(participant.id, speaker);
            let what = match engine.plan(participant.language.as_str()) {
                LanguagePlan::Exact { .. } => None,
                LanguagePlan::Fallback { code, .. } => {
                    code.code().parse().ok().map(|language| LanguageRemark::TranscribedAs { language })
                }
                LanguagePlan::Refused { .. } => Some(LanguageRemark::NotKnown),
            };
            speakers.notes.extend(what.map(|what| LanguageNote { speaker: participant.id, what }));
        }
        speakers
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ParticipantId> + '_ {
        self.languages.keys().copied()
    }

    /// A mediator speaks both languages, and renders what was said last.
    pub(super) fn language_of(&self, speaker: ParticipantId) -> Option<WhisperLanguage> {
        let speaker = self.languages.get(&speaker)?;
        match (speaker.role, self.last_side) {
            (Role::Mediator, Some(Role::Officer)) => speaker.after_officer,
            (Role::Mediator, Some(Role::Interviewee)) => speaker.after_interviewee,
            _ => speaker.own,
        }
    }

    /// Whoever is here and speaks one language. A mediator sounds like another one half of the time.
    pub(super) fn keeps_to_a_language(&self, speaker: ParticipantId) -> bool {
        self.languages.get(&speaker).is_some_and(|speaker| speaker.role != Role::Mediator)
    }
}
