//! The chain that makes a log tamper-evident: each entry's hash covers its bytes and the hash before it.
//!
//! `hash(0) = SHA-256("dragoman-log-1" ‖ session id)`, `hash(n) = SHA-256(hash(n-1) ‖ line(n))`.
//! A line is the entry as one JSON object, byte for byte as it was written.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::Event;
use crate::ids::SessionId;
use crate::review::{Certificate, CertificateClock};
use crate::session::{Participant, Session};
use crate::time::UnixMillis;
use crate::transcript::{TranscriptEntry, TranscriptGist};

const DOMAIN: &[u8] = b"dragoman-log-1";

/// SHA-256 of everything up to an entry.
pub type Hash = [u8; 32];

/// What one line of a log says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LogLine {
    /// Place in the log, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: UnixMillis,
    /// Whose log.
    pub session: SessionId,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// One entry, ready to be stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Place in the log, from 1.
    pub seq: u64,
    /// The exact bytes that are hashed.
    pub line: String,
    /// The chain's hash after this entry.
    pub hash: Hash,
}

/// The end of a chain: all that is needed to append to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Entries so far.
    pub length: u64,
    /// Hash over all of them.
    pub head: Hash,
}

/// A log is damaged; names the first entry that is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} is damaged: {problem}")]
pub struct Damaged {
    /// The first damaged entry, from 1.
    pub seq: u64,
    /// What is wrong with it.
    pub problem: String,
}

impl Chain {
    /// The empty chain of a session.
    pub fn of(session: SessionId) -> Self {
        let head = Sha256::new().chain_update(DOMAIN).chain_update(session.0.as_bytes()).finalize().into();
        Self { length: 0, head }
    }

    /// The empty chain of a log that follows a finished one, such as that of a review.
    pub(crate) fn after(finished: Self, domain: &[u8]) -> Self {
        let head = Sha256::new().chain_update(domain).chain_update(finished.head).finalize().into();
        Self { length: 0, head }
    }

    /// Appends an event.
    pub fn append(&mut self, session: SessionId, event: &Event, at: UnixMillis) -> Entry {
        let seq = self.length + 1;
        // Serialising these plain types can not fail: no maps with other keys than text, no foreign code.
        let line =
            serde_json::to_string(&LogLine { seq, at, session, event: event.clone() }).unwrap_or_default();
        self.extend(&line);
        Entry { seq, line, hash: self.head }
    }

    /// Appends a line as it is.
    pub(crate) fn extend(&mut self, line: &str) {
        self.length += 1;
        self.head = Sha256::new().chain_update(self.head).chain_update(line.as_bytes()).finalize().into();
    }
}

/// A log that was verified and replayed.
#[derive(Debug)]
pub struct VerifiedLog {
    /// The session as it stands after the last entry.
    pub session: Session,
    /// Everything that was transcribed, in the order of the log, each with its place in it.
    pub transcript: Vec<(u64, TranscriptEntry)>,
    /// What a machine said in English of it.
    pub gists: Vec<TranscriptGist>,
    /// Everybody who ever was in it, as they were last: a device that was replaced is not in the session any more.
    pub everybody: Vec<Participant>,
    /// Who interpreted what, when and how.
    pub certificate: Certificate,
    /// When the first and the last entry were written.
    pub span: (UnixMillis, UnixMillis),
}

/// Checks a whole log and replays it.
///
/// # Errors
/// [`Damaged`] names the first entry that was changed, left out, added or can not be read.
pub fn verify<'a>(
    session: SessionId,
    entries: impl IntoIterator<Item = (&'a str, Hash)>,
) -> Result<VerifiedLog, Damaged> {
    let mut chain = Chain::of(session);
    let mut replayed: Option<Session> = None;
    let (mut transcript, mut gists) = (Vec::new(), Vec::new());
    let mut everybody: Vec<Participant> = Vec::new();
    let mut clock = CertificateClock::default();
    let mut span = None;
    for (line, hash) in entries {
        let seq = chain.length + 1;
        let damaged = |problem: &str| Damaged { seq, problem: problem.to_owned() };
        chain.extend(line);
        if chain.head != hash {
            return Err(damaged("its hash does not fit its text and the entries before it"));
        }
        let entry: LogLine =
            serde_json::from_str(line).map_err(|e| damaged(&format!("it can not be read ({e})")))?;
        if entry.seq != seq || entry.session != session {
            return Err(damaged("it belongs to another place or another session"));
        }
        match (&mut replayed, &entry.event) {
            (None, Event::SessionRequested { .. }) => {
                replayed = Session::begin(session, &entry.event, entry.at)
            }
            (None, _) => return Err(damaged("the log does not begin with the request")),
            (Some(_), Event::SessionRequested { .. }) => return Err(damaged("a second request in one log")),
            (Some(state), event) => state.apply(event, entry.at),
        }
        if let Some(session) = &replayed {
            clock.look(session, entry.at);
            for participant in &session.participants {
                match everybody.iter_mut().find(|known| known.id == participant.id) {
                    Some(known) => known.clone_from(participant),
                    None => everybody.push(participant.clone()),
                }
            }
        }
        match entry.event {
            Event::LineTranscribed { line, .. } => transcript.push((seq, TranscriptEntry::Line(line))),
            Event::TextMissing { gap, .. } => transcript.push((seq, TranscriptEntry::Gap(gap))),
            Event::GistWritten { gist, .. } => gists.push(gist),
            _ => {}
        }
        let first = span.map_or(entry.at, |(first, _)| first);
        span = Some((first, entry.at));
    }
    let (Some(mut session), Some(span)) = (replayed, span) else {
        return Err(Damaged { seq: 1, problem: "the log is empty".to_owned() });
    };
    session.chain = chain;
    let certificate = clock.certificate(&session);
    Ok(VerifiedLog { session, transcript, gists, everybody, certificate, span })
}
