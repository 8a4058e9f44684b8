//! Captions that are still being said. They are shown and not kept; but where a scribe is lost in the middle of one, what
//! was settled of it is written as a line.

use std::collections::HashMap;

use dragoman_core::event::Event;
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::transcript::{CaptionDraft, TranscriptLine};

/// The last draft of each speaker of whom nothing final was written since.
#[derive(Default)]
pub(super) struct Drafts(HashMap<SessionId, HashMap<ParticipantId, (ParticipantId, CaptionDraft)>>);

impl Drafts {
    /// A scribe's draft takes the place of the speaker's last one.
    pub(super) fn keep(&mut self, session: SessionId, scribe: ParticipantId, draft: CaptionDraft) {
        self.0.entry(session).or_default().insert(draft.speaker, (scribe, draft));
    }

    /// What was written, or may be written no more, is no draft.
    pub(super) fn note(&mut self, session: SessionId, events: &[Event]) {
        for event in events {
            match event {
                Event::LineTranscribed { line, .. } => self.forget(session, line.speaker),
                Event::TextMissing { gap, .. } => self.forget(session, gap.speaker),
                Event::TranscriptionSwitched { on: false } => self.end(session),
                _ => {}
            }
        }
    }

    /// Nothing is kept of a session that is over, or is written down no more.
    pub(super) fn end(&mut self, session: SessionId) {
        self.0.remove(&session);
    }

    /// A scribe is gone: what is to be kept of its drafts, in the order in which it was said.
    pub(super) fn of_lost_scribe(
        &mut self,
        session: SessionId,
        scribe: ParticipantId,
    ) -> Vec<TranscriptLine> {
        let Some(drafts) = self.0.get_mut(&session) else { return Vec::new() };
        let lost = drafts.extract_if(|_, (by, _)| *by == scribe);
        let mut lines: Vec<_> = lost.filter_map(|(_, (_, draft))| draft.broken_off()).collect();
        lines.sort_by_key(|line| line.started_at);
        lines
    }

    fn forget(&mut self, session: SessionId, speaker: ParticipantId) {
        if let Some(drafts) = self.0.get_mut(&session) {
            drafts.remove(&speaker);
        }
    }
}

#[cfg(test)]
mod tests {
    use dragoman_core::time::UnixMillis;
    use uuid::Uuid;

    use super::*;

    fn draft(speaker: u128, settled: &str, at: i64) -> CaptionDraft {
        CaptionDraft {
            speaker: ParticipantId(Uuid::from_u128(speaker)),
            language: "sq".parse().unwrap(),
            settled: settled.to_owned(),
            open: "fjet".to_owned(),
            started_at: UnixMillis(at),
            until: UnixMillis(at + 500),
            model: "test".to_owned(),
        }
    }

    #[test]
    fn of_a_lost_scribe_settled_words_are_kept_unless_a_line_or_a_stop_came_after_them() {
        let session = SessionId(Uuid::from_u128(1));
        let [scribe, other] = [8, 9].map(|n| ParticipantId(Uuid::from_u128(n)));
        let mut drafts = Drafts::default();
        drafts.keep(session, scribe, draft(2, "Ku keni", 2_000));
        drafts.keep(session, scribe, draft(3, "Where did", 1_000));
        drafts.keep(session, scribe, draft(4, "", 1_000));
        drafts.keep(session, other, draft(5, "Jo", 1_000));
        let written = draft(2, "Ku", 1_000).broken_off().unwrap();
        let texts = |lines: Vec<TranscriptLine>| lines.into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(texts(drafts.of_lost_scribe(session, scribe)), ["Where did", "Ku keni"]);
        assert!(drafts.of_lost_scribe(session, scribe).is_empty(), "once");
        drafts.keep(session, scribe, draft(2, "Ku keni", 2_000));
        drafts.note(session, &[Event::LineTranscribed { by: scribe, line: written }]);
        assert!(drafts.of_lost_scribe(session, scribe).is_empty());
        drafts.note(session, &[Event::TranscriptionSwitched { on: false }]);
        assert!(
            drafts.of_lost_scribe(session, other).is_empty(),
            "what came before a stop is not written after it"
        );
    }
}
