//! A session that is written down: an officer and an interviewee who play clips, a mediator who listens, a scribe, and what
//! the officer reads and when.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dragoman_client::audio::AudioSource;
use dragoman_client::call::{Begin, Call, CallEvent, CallEvents, CallOptions};
use dragoman_client::net::{ApiClient, Link, Trust};
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::session_types::{ConsentKind, Phase, Role};
use dragoman_core::transcript::{CaptionDraft, TranscriptGap, TranscriptGist, TranscriptLine};

use crate::natives::{accept, invitation, invite, ready_desk, request_written, signed_in};

/// The small model of the source tree.
pub fn small_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/ggml-dragoman-test.bin")
}

/// What came up on the officer's screen.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Being said.
    Draft(CaptionDraft),
    /// Said.
    Line(TranscriptLine),
    /// Not understood.
    Gap(TranscriptGap),
    /// Roughly what was said, in English.
    Gist(TranscriptGist),
}

/// See the module's page.
pub struct WrittenSession {
    /// Which.
    pub session: SessionId,
    /// English.
    pub officer: Call,
    /// Albanian.
    pub interviewee: Call,
    /// Says nothing.
    pub mediator: Call,
    /// Lets a scribe in.
    pub scribe_link: String,
    /// Lets somebody in who listens.
    pub observer_link: String,
    seen: Arc<Mutex<Vec<(Instant, Seen)>>>,
}

impl WrittenSession {
    /// Establishes it; officer and interviewee play from `begin` on.
    ///
    /// # Errors
    /// If anybody does not get in.
    pub async fn establish(
        officer: &str,
        mediator: &str,
        clips: [Arc<[f32]>; 2],
        begin: Begin,
    ) -> Result<Self> {
        let (officer_api, mediator_api) = (signed_in(officer).await?, signed_in(mediator).await?);
        let mut desk = ready_desk(&mediator_api).await?;
        let session = request_written(&officer_api, "sq").await?;
        accept(&mut desk).await?;
        let [officer_clip, interviewee_clip] = clips;
        let plays =
            |clip| CallOptions { source: AudioSource::clip(clip, false), begin, ..CallOptions::default() };
        let mut officer = Call::start(officer_api.clone(), session, plays(officer_clip)).await?;
        let mediator = Call::start(mediator_api, session, CallOptions::default()).await?;
        let guest: Link = invite(&officer_api, session, Role::Interviewee).await?;
        let agree = vec![ConsentKind::Interpreting, ConsentKind::Transcription];
        let interviewee = Call::join(
            ApiClient::new(guest.relay.clone(), Trust::new(None)?)?,
            &guest,
            CallOptions { agree, ..plays(interviewee_clip) },
        )
        .await?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(read(officer.events(), seen.clone()));
        officer.wait_for(|view| view.phase == Phase::Live && view.consents.len() == 2).await?;
        let scribe_link = invitation(&officer_api, session, Role::Scribe).await?;
        let observer_link = invitation(&officer_api, session, Role::Observer).await?;
        Ok(Self { session, officer, interviewee, mediator, scribe_link, observer_link, seen })
    }

    /// When officer and interviewee began to play.
    ///
    /// # Errors
    /// If they did not within ten seconds.
    pub async fn begins(&self) -> Result<[Instant; 2]> {
        let began = Instant::now();
        loop {
            let timelines = [&self.officer, &self.interviewee].map(Call::timeline);
            if let [Some(one), Some(other)] = timelines {
                return Ok([one.started, other.started]);
            }
            ensure!(began.elapsed() < Duration::from_secs(10), "nobody begins to play");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Who is who.
    ///
    /// # Errors
    /// If one of them is gone.
    pub fn id(&self, role: Role) -> Result<ParticipantId> {
        let view = self.officer.view().borrow().clone().context("no view")?;
        view.participants.iter().find(|one| one.role == role).map(|one| one.id).context("nobody of this role")
    }

    /// What came up so far, and when.
    pub fn seen(&self) -> Vec<(Instant, Seen)> {
        self.lock().clone()
    }

    /// Waits until something came up.
    ///
    /// # Errors
    /// If it does not in time; the message says `what` is missing.
    pub async fn until(
        &self,
        what: &str,
        patience: Duration,
        is_it: impl Fn(&[(Instant, Seen)]) -> bool,
    ) -> Result<()> {
        let began = Instant::now();
        while !is_it(&self.lock()) {
            ensure!(began.elapsed() < patience, "{what} is missing: {:?}", self.lock());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Seen)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(mut events: CallEvents, seen: Arc<Mutex<Vec<(Instant, Seen)>>>) {
    while let Some(event) = events.next().await {
        let new = match event {
            CallEvent::Draft(draft) => Seen::Draft(*draft),
            CallEvent::Caption(line) => Seen::Line(*line),
            CallEvent::Gap(gap) => Seen::Gap(gap),
            CallEvent::Gist(gist) => Seen::Gist(gist),
            _ => continue,
        };
        seen.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), new));
    }
}
