//! Transcripts after their sessions: read, verified, revised.

use anyhow::Context as _;
use dragoman_core::evidence::{VerifiedLog, verify};
use dragoman_core::ids::{MediatorId, SessionId};
use dragoman_core::review::{Review, ReviewAct, ReviewRefusal, Reviewer, Revision, verify_review};
use dragoman_core::time::UnixMillis;

use crate::store::{CheckChange, EntryRow, Store, StoreError};

/// How often a revision is decided anew because another one came between.
const TRIES: usize = 5;

/// A session's log and that of its review, both verified.
#[derive(Debug)]
pub struct Transcript {
    /// The session's.
    pub log: VerifiedLog,
    /// The review's.
    pub review: Review,
}

/// Why a transcript was not revised.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Not allowed, or malformed.
    #[error(transparent)]
    Refused(#[from] ReviewRefusal),
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A log is damaged.
    #[error(transparent)]
    Damaged(#[from] anyhow::Error),
}

impl Transcript {
    /// Verifies both logs as they are stored.
    ///
    /// # Errors
    /// Names the first entry that is damaged.
    pub fn verified(
        session: SessionId,
        entries: &[EntryRow],
        revisions: &[EntryRow],
    ) -> anyhow::Result<Self> {
        let log = verify(session, entries.iter().map(EntryRow::hashed))
            .context("the stored log was changed by other hands")?;
        let review = verify_review(&log, revisions.iter().map(EntryRow::hashed))
            .context("the stored log of the review was changed by other hands")?;
        Ok(Self { log, review })
    }

    /// Of a session that is over.
    ///
    /// # Errors
    /// The database's, or a damaged log.
    pub async fn load(store: &Store, session: SessionId) -> Result<Self, ReviewError> {
        let (entries, revisions) = (store.entries(session).await?, store.revisions(session).await?);
        // Hashing and reading a long log takes a while: not on a thread that carries others' requests.
        let verified = tokio::task::spawn_blocking(move || Self::verified(session, &entries, &revisions));
        Ok(verified.await.context("the transcript could not be read")??)
    }

    /// Whether a mediator was asked to go through it, and is not through.
    pub fn is_open_to(&self, mediator: MediatorId) -> bool {
        self.review.is_asked(mediator)
    }

    /// Does what is asked for, writes it, and gives the transcript as it is then.
    ///
    /// # Errors
    /// Why not; nothing was changed.
    pub async fn revise(
        store: &Store,
        session: SessionId,
        reviewer: &Reviewer,
        act: &ReviewAct,
        now: UnixMillis,
    ) -> Result<Self, ReviewError> {
        let mut tries = 0;
        loop {
            let mut transcript = Self::load(store, session).await?;
            let (by, revision) = transcript.review.decide(&transcript.log, reviewer, act.clone())?;
            let check = transcript.check_change(&revision);
            let entry = transcript.review.append(&transcript.log, reviewer.account, by, revision, now);
            tries += 1;
            match store.append_revision(session, &entry, check, now).await {
                Ok(()) => return Ok(transcript),
                // What it was decided upon is not the newest any more.
                Err(StoreError::RevisedMeanwhile) if tries < TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn check_change(&self, revision: &Revision) -> Option<CheckChange> {
        match revision {
            Revision::CheckAsked { mediator, .. } => Some(CheckChange::Asked(*mediator)),
            Revision::CheckCalledOff { of } | Revision::CheckFinished { of } => {
                let participant = self.log.everybody.iter().find(|participant| participant.id == *of)?;
                Some(CheckChange::Over(participant.assigned.as_ref()?.mediator))
            }
            Revision::LineCorrected { .. } | Revision::LinesCertified { .. } | Revision::Commented { .. } => {
                None
            }
        }
    }
}
