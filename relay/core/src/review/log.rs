//! The state of a review: nothing but its log, replayed.
//!
//! `hash(0) = SHA-256("dragoman-review-1" ‖ last hash of the session's log)`, then as in [`crate::evidence`].

use std::collections::BTreeMap;

use crate::evidence::{Chain, Damaged, Entry, Hash, VerifiedLog};
use crate::ids::{AccountId, MediatorId, ParticipantId};
use crate::review::types::{Check, Correction, LineVersion, Reviser, Revision, RevisionLine, SignedAt};
use crate::time::UnixMillis;

const DOMAIN: &[u8] = b"dragoman-review-1";

/// What was done to a transcript until now.
#[derive(Clone, PartialEq, Debug)]
pub struct Review {
    /// The end of its log.
    pub chain: Chain,
    pub(super) corrections: BTreeMap<u64, Vec<Correction>>,
    pub(super) certified: BTreeMap<u64, Vec<(u32, SignedAt)>>,
    pub(super) comments: Vec<(u64, Option<u64>, String, SignedAt)>,
    pub(super) checks: BTreeMap<ParticipantId, (MediatorId, UnixMillis, Option<UnixMillis>)>,
}

impl Review {
    /// Nobody has done anything yet.
    pub fn of(log: &VerifiedLog) -> Self {
        Self {
            chain: Chain::after(log.session.chain, DOMAIN),
            corrections: BTreeMap::new(),
            certified: BTreeMap::new(),
            comments: Vec::new(),
            checks: BTreeMap::new(),
        }
    }

    /// How often a line was corrected.
    pub(super) fn version(&self, line: u64) -> u32 {
        self.corrections.get(&line).map_or(0, |all| u32::try_from(all.len()).unwrap_or(u32::MAX))
    }

    /// Whether this mediator was asked to go through the transcript, and is not through.
    pub fn is_asked(&self, mediator: MediatorId) -> bool {
        self.open_check(mediator).is_some()
    }

    /// As which participant they were: who took turns twice was two of them.
    pub(super) fn open_check(&self, mediator: MediatorId) -> Option<ParticipantId> {
        let open =
            self.checks.iter().find(|(_, (asked, _, finished))| *asked == mediator && finished.is_none());
        open.map(|(of, _)| *of)
    }

    /// Whether a participant was asked, and is not through.
    pub(super) fn awaits(&self, participant: ParticipantId) -> bool {
        self.checks.get(&participant).is_some_and(|(_, _, finished)| finished.is_none())
    }

    /// Those who were asked.
    pub(super) fn checks(&self, log: &VerifiedLog) -> Vec<Check> {
        let checks = self.checks.iter().filter_map(|(of, (_, asked_at, finished_at))| {
            let participant = log.everybody.iter().find(|participant| participant.id == *of)?;
            let alias = participant.assigned.as_ref()?.alias.clone();
            Some(Check { of: *of, alias, asked_at: *asked_at, finished_at: *finished_at })
        });
        checks.collect()
    }

    /// Appends what was decided; the entry is to be stored.
    pub fn append(
        &mut self,
        log: &VerifiedLog,
        account: AccountId,
        by: Reviser,
        revision: Revision,
        at: UnixMillis,
    ) -> Entry {
        let entry =
            RevisionLine { seq: self.chain.length + 1, at, session: log.session.id, account, by, revision };
        // Serialising these plain types can not fail: no maps with other keys than text, no foreign code.
        let line = serde_json::to_string(&entry).unwrap_or_default();
        self.chain.extend(&line);
        let stored = Entry { seq: entry.seq, line, hash: self.chain.head };
        self.apply(entry);
        stored
    }

    fn apply(&mut self, RevisionLine { seq, at, by, revision, .. }: RevisionLine) {
        match revision {
            Revision::LineCorrected { line, text } => {
                let signed = SignedAt { by, at };
                self.corrections.entry(line).or_default().push(Correction { text, signed });
            }
            Revision::LinesCertified { lines } => {
                for LineVersion { line, version } in lines {
                    let signed = SignedAt { by: by.clone(), at };
                    self.certified.entry(line).or_default().push((version, signed));
                }
            }
            Revision::Commented { entry, text } => {
                self.comments.push((seq, entry, text, SignedAt { by, at }));
            }
            Revision::CheckAsked { of, mediator } => {
                self.checks.insert(of, (mediator, at, None));
            }
            Revision::CheckCalledOff { of } => drop(self.checks.remove(&of)),
            Revision::CheckFinished { of } => {
                if let Some((_, _, finished)) = self.checks.get_mut(&of) {
                    *finished = Some(at);
                }
            }
        }
    }
}

/// Checks the whole log of a review and replays it.
///
/// # Errors
/// [`Damaged`] names the first entry that was changed, left out, added or can not be read.
pub fn verify_review<'a>(
    log: &VerifiedLog,
    entries: impl IntoIterator<Item = (&'a str, Hash)>,
) -> Result<Review, Damaged> {
    let mut review = Review::of(log);
    for (line, hash) in entries {
        let seq = review.chain.length + 1;
        let damaged = |problem: String| Damaged { seq, problem: format!("(of the review) {problem}") };
        review.chain.extend(line);
        if review.chain.head != hash {
            return Err(damaged("its hash does not fit its text and the entries before it".to_owned()));
        }
        let entry: RevisionLine =
            serde_json::from_str(line).map_err(|error| damaged(format!("it can not be read ({error})")))?;
        if entry.seq != seq || entry.session != log.session.id {
            return Err(damaged("it belongs to another place or another session".to_owned()));
        }
        review.apply(entry);
    }
    Ok(review)
}
