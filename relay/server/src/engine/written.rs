//! The last of what was written in each session, for whoever comes back: to a page that is loaded anew, or over a connection
//! that was away. Not kept beyond the process; all of it is in the record.

use std::collections::{HashMap, VecDeque};

use dragoman_core::event::Event;
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::session::Session;
use dragoman_core::session_types::Role;
use dragoman_core::transcript::{LineWord, TranscriptEntry, TranscriptGist};
use dragoman_core::wire::RelayMessage;

/// Entries of a session. Weak links come back often, so it is what one looks back at, and no more.
const KEPT: usize = 30;

/// See the module's page.
#[derive(Default)]
pub(super) struct Written(HashMap<SessionId, VecDeque<Entry>>);

struct Entry {
    entry: TranscriptEntry,
    gist: Option<TranscriptGist>,
    /// Who was there when it was written: nobody gets to read what was said before they came.
    readers: Vec<ParticipantId>,
}

impl Written {
    /// Takes what was written now in a session that stands like this.
    pub(super) fn note(&mut self, session: &Session, events: &[Event]) {
        for event in events {
            match event {
                Event::LineTranscribed { line, .. } => {
                    let mut line = line.clone();
                    // Words are for marking those that are doubtful; without such, the text says it all.
                    if line.words.iter().all(|word| word.sure >= LineWord::DOUBTFUL_BELOW) {
                        line.words.clear();
                    }
                    self.keep(session, TranscriptEntry::Line(line));
                }
                Event::TextMissing { gap, .. } => self.keep(session, TranscriptEntry::Gap(gap.clone())),
                Event::GistWritten { gist, .. } => self.put_beside(session.id, gist),
                _ => {}
            }
        }
    }

    /// Nothing of a session that is over is kept.
    pub(super) fn end(&mut self, session: SessionId) {
        self.0.remove(&session);
    }

    /// What a participant has read, or would have; `None` where that is nothing.
    pub(super) fn before(&self, session: &Session, reader: ParticipantId) -> Option<RelayMessage> {
        let role = session.participant(reader)?.role;
        let read: Vec<&Entry> =
            self.0.get(&session.id)?.iter().filter(|entry| entry.readers.contains(&reader)).collect();
        if role == Role::Scribe || read.is_empty() {
            return None;
        }
        let gists = read.iter().filter_map(|entry| entry.gist.clone()).filter(|_| reads_gists(role));
        Some(RelayMessage::Written {
            gists: gists.collect(),
            entries: read.iter().map(|entry| entry.entry.clone()).collect(),
        })
    }

    fn keep(&mut self, session: &Session, entry: TranscriptEntry) {
        let here = session.participants.iter().filter(|one| !one.has_left());
        let readers = here.map(|one| one.id).collect();
        let kept = self.0.entry(session.id).or_default();
        kept.push_back(Entry { entry, gist: None, readers });
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    fn put_beside(&mut self, session: SessionId, gist: &TranscriptGist) {
        let is_its_line = |entry: &&mut Entry| match &entry.entry {
            TranscriptEntry::Line(line) => (line.speaker, line.started_at) == (gist.speaker, gist.started_at),
            TranscriptEntry::Gap(_) => false,
        };
        if let Some(line) = self.0.get_mut(&session).and_then(|kept| kept.iter_mut().rfind(is_its_line)) {
            line.gist = Some(gist.clone());
        }
    }
}

/// Those who work there: an interviewee hears the interpreter, not a machine.
pub(super) fn reads_gists(role: Role) -> bool {
    matches!(role, Role::Officer | Role::Mediator | Role::Observer)
}
