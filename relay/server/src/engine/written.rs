//! The last of what was written in each session, for whoever comes back: to a page that is loaded anew, or over a connection
//! that was away. Not kept beyond the process; all of it is in the record.

use std::collections::{HashMap, VecDeque};

use dragoman_core::event::Event;
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::session::{Participant, Session};
use dragoman_core::session_types::{ConsentKind, Role};
use dragoman_core::transcript::{LineWord, TranscriptEntry, TranscriptGist};
use dragoman_core::wire::RelayMessage;

/// Entries of a session that are kept: what one looks back at, and no more.
const KEPT: usize = 30;
/// And so much of them, about, as they are sent. Weak links come back often, and at 64 kbit/s this is two seconds in which
/// nothing else gets through.
const MAX_BYTES: usize = 16 * 1_024;
/// What an entry and a word of it take beside their text.
const BYTES_AROUND: usize = 300;
const BYTES_AROUND_WORD: usize = 70;

/// See the module's page.
#[derive(Default)]
pub(super) struct Written(HashMap<SessionId, VecDeque<Entry>>);

struct Entry {
    entry: TranscriptEntry,
    gist: Option<TranscriptGist>,
    /// Who may read it again: nobody gets to read what was said before they came. See [`is_reader`].
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

    /// What a participant has read, or would have; `None` where that is nothing, or where the interviewee does not want
    /// anything written down (any more).
    pub(super) fn before(&self, session: &Session, reader: ParticipantId) -> Option<RelayMessage> {
        let role = session.participant(reader)?.role;
        let read: Vec<&Entry> =
            self.0.get(&session.id)?.iter().filter(|entry| entry.readers.contains(&reader)).collect();
        if read.is_empty() || !session.agreed(ConsentKind::Transcription) {
            return None;
        }
        let gists = read.iter().filter_map(|entry| entry.gist.clone()).filter(|_| reads_gists(role));
        Some(RelayMessage::Written {
            gists: gists.collect(),
            entries: read.iter().map(|entry| entry.entry.clone()).collect(),
        })
    }

    fn keep(&mut self, session: &Session, entry: TranscriptEntry) {
        let readers = session.participants.iter().filter(|one| is_reader(one)).map(|one| one.id).collect();
        let kept = self.0.entry(session.id).or_default();
        kept.push_back(Entry { entry, gist: None, readers });
        let mut bytes: usize = kept.iter().map(Entry::bytes).sum();
        while kept.len() > KEPT || bytes > MAX_BYTES {
            let Some(oldest) = kept.pop_front() else { return };
            bytes -= oldest.bytes();
        }
    }

    fn put_beside(&mut self, session: SessionId, gist: &TranscriptGist) {
        let is_its_line =
            |entry: &&mut Entry| matches!(&entry.entry, TranscriptEntry::Line(line) if gist.is_of(line));
        if let Some(line) = self.0.get_mut(&session).and_then(|kept| kept.iter_mut().rfind(is_its_line)) {
            line.gist = Some(gist.clone());
        }
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        let text = match &self.entry {
            TranscriptEntry::Line(line) => {
                let words = line.words.iter().map(|word| word.text.len() + BYTES_AROUND_WORD);
                line.text.len() + words.sum::<usize>()
            }
            TranscriptEntry::Gap(_) => 0,
        };
        BYTES_AROUND + text + self.gist.as_ref().map_or(0, |gist| gist.text.len() + BYTES_AROUND)
    }
}

/// Who was in the session, perhaps behind a network that was away. An observer who closed the page was not: nobody else saw
/// them there.
fn is_reader(one: &Participant) -> bool {
    match one.role {
        Role::Officer | Role::Interviewee | Role::Mediator => !one.has_left(),
        Role::Observer => one.connected,
        // It wrote them.
        Role::Scribe => false,
    }
}

/// Those who work there: an interviewee hears the interpreter, not a machine.
pub(super) fn reads_gists(role: Role) -> bool {
    matches!(role, Role::Officer | Role::Mediator | Role::Observer)
}

#[cfg(test)]
mod tests {
    use dragoman_core::language::LanguageTag;
    use dragoman_core::session_types::{Consent, ConsentMeans};
    use dragoman_core::time::UnixMillis;
    use dragoman_core::transcript::{LineStatus, TranscriptLine};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const OFFICER: ParticipantId = ParticipantId(Uuid::from_u128(100));
    const INTERVIEWEE: ParticipantId = ParticipantId(Uuid::from_u128(101));
    const OBSERVER: ParticipantId = ParticipantId(Uuid::from_u128(102));
    const SCRIBE: ParticipantId = ParticipantId(Uuid::from_u128(103));

    fn session() -> Session {
        let request =
            json!({ "languages": { "source": "sq", "target": "en" }, "transcription_wished": true });
        let requested = Event::SessionRequested {
            officer_account: dragoman_core::ids::AccountId(Uuid::from_u128(1)),
            officer: OFFICER,
            request: serde_json::from_value(request).unwrap(),
        };
        let mut session = Session::begin(SessionId(Uuid::from_u128(7)), &requested, UnixMillis(1)).unwrap();
        let language: LanguageTag = "sq".parse().unwrap();
        for (participant, role) in
            [(INTERVIEWEE, Role::Interviewee), (OBSERVER, Role::Observer), (SCRIBE, Role::Scribe)]
        {
            let language = language.clone();
            session.apply(&Event::ParticipantAdmitted { participant, role, language }, UnixMillis(1));
            session.apply(&Event::ParticipantConnected { participant }, UnixMillis(1));
        }
        transcription(&mut session, true);
        session
    }

    fn transcription(session: &mut Session, agreed: bool) {
        let (kind, means, at) = (ConsentKind::Transcription, ConsentMeans::OwnScreen, UnixMillis(2));
        let consent = Consent { kind, agreed, means, at };
        session.apply(&Event::ConsentGiven { by: INTERVIEWEE, consent }, UnixMillis(2));
    }

    fn line(at: i64, text: &str) -> Event {
        let line = TranscriptLine {
            speaker: OFFICER,
            language: "en".parse().unwrap(),
            text: text.to_owned(),
            started_at: UnixMillis(at),
            ended_at: UnixMillis(at + 1),
            model: "test".to_owned(),
            status: LineStatus::MachineDraft,
            words: Vec::new(),
            doubtful: false,
            broken_off: false,
        };
        Event::LineTranscribed { by: SCRIBE, line }
    }

    fn gist(at: i64) -> Event {
        let (text, model) = ("gist".to_owned(), "test".to_owned());
        Event::GistWritten {
            by: SCRIBE,
            gist: TranscriptGist { speaker: OFFICER, started_at: UnixMillis(at), text, model },
        }
    }

    /// When the lines began that are sent, and how many gists.
    fn read(written: &Written, session: &Session, reader: ParticipantId) -> Option<(Vec<i64>, usize)> {
        let RelayMessage::Written { entries, gists } = written.before(session, reader)? else { panic!() };
        let start = |entry: &TranscriptEntry| match entry {
            TranscriptEntry::Line(line) => line.started_at.0,
            TranscriptEntry::Gap(gap) => gap.started_at.0,
        };
        Some((entries.iter().map(start).collect(), gists.len()))
    }

    #[test]
    fn the_last_of_it_is_kept_and_a_gist_whose_line_is_gone_is_not() {
        let session = session();
        let mut written = Written::default();
        for at in 0..40 {
            written.note(&session, &[line(at, "Good morning.")]);
        }
        written.note(&session, &[gist(3), gist(39)]);
        assert_eq!(read(&written, &session, OFFICER), Some(((10..40).collect(), 1)));
        assert_eq!(read(&written, &session, INTERVIEWEE), Some(((10..40).collect(), 0)));
        written.note(&session, &[line(40, &"a".repeat(9_000)), line(41, &"a".repeat(6_000))]);
        assert_eq!(read(&written, &session, OFFICER), Some((vec![39, 40, 41], 1)), "what a link bears");
        written.end(session.id);
        assert_eq!(read(&written, &session, OFFICER), None);
    }

    #[test]
    fn nobody_reads_what_they_were_not_there_for_or_what_may_be_written_no_more() {
        let mut session = session();
        let mut written = Written::default();
        written.note(&session, &[line(1, "Good morning.")]);
        session.apply(&Event::ParticipantDisconnected { participant: OFFICER }, UnixMillis(3));
        session.apply(&Event::ParticipantDisconnected { participant: OBSERVER }, UnixMillis(3));
        written.note(&session, &[line(2, "Are you alone?")]);
        assert_eq!(read(&written, &session, OFFICER), Some((vec![1, 2], 0)), "a network that was away");
        assert_eq!(read(&written, &session, OBSERVER), Some((vec![1], 0)), "who had closed the page");
        assert_eq!(read(&written, &session, SCRIBE), None, "it wrote them");
        assert_eq!(read(&written, &session, ParticipantId(Uuid::from_u128(9))), None);
        transcription(&mut session, false);
        assert_eq!(read(&written, &session, OFFICER), None, "the interviewee wants nothing written down");
    }
}
