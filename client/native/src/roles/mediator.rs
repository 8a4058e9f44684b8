//! A simulated mediator: is ready, takes every ring, greets, and answers whoever spoke with recorded phrases.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragoman_core::ids::SessionId;
use dragoman_core::session_types::{OfferNumber, Phase};
use dragoman_core::wire::{DeskMessage, DeskRelayMessage, DeskView};
use dragoman_speech::{SegmenterOptions, SpeechSegmenter};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};

use super::desk::{DESK_PAUSE, SignIn, open_desk};
use crate::audio::{AudioSink, AudioSource, ClipQueue, FRAME_MS, Heard, read_wav};
use crate::call::{Call, CallOptions, CallReport};
use crate::error::{ClientError, Result};
use crate::net::{ApiClient, DeskSocket, Link};

/// Segments that ended and wait to be answered; what comes beyond needs no answer of its own.
const PENDING: usize = 4;

/// Recorded phrases: `greeting.wav`, and all others in the order of their names.
#[derive(Clone, Debug)]
pub struct PhraseBook {
    greeting: Option<Arc<[f32]>>,
    answers: Vec<Arc<[f32]>>,
}

impl PhraseBook {
    /// Reads all WAV files of a folder.
    ///
    /// # Errors
    /// [`ClientError::File`] if the folder has none.
    pub fn read(folder: &Path) -> Result<Self> {
        let wrong = |reason: String| ClientError::File { path: folder.to_owned(), reason };
        let entries = std::fs::read_dir(folder).map_err(|e| wrong(e.to_string()))?;
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")));
        files.sort();
        let mut book = Self { greeting: None, answers: Vec::new() };
        for path in files {
            let clip: Arc<[f32]> = read_wav(&path)?.into();
            match path.file_stem().is_some_and(|stem| stem == "greeting") {
                true => book.greeting = Some(clip),
                false => book.answers.push(clip),
            }
        }
        if book.greeting.is_none() && book.answers.is_empty() {
            return Err(wrong("there is no WAV file in it".to_owned()));
        }
        Ok(book)
    }

    /// A book from memory (48 kHz, mono).
    pub fn new(greeting: Option<Arc<[f32]>>, answers: Vec<Arc<[f32]>>) -> Self {
        Self { greeting, answers }
    }
}

/// What a simulated mediator does.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum MediatorEvent {
    /// Signed in, and the ready switch is on.
    Ready,
    /// A ring came.
    Rang {
        /// For which session.
        session: SessionId,
    },
    /// The session is this mediator's.
    Assigned {
        /// Which.
        session: SessionId,
    },
    /// A phrase begins.
    Speaks {
        /// `true`: the greeting.
        greeting: bool,
    },
    /// The session is over.
    Ended {
        /// What was measured.
        report: Box<CallReport>,
    },
    /// A session could not be joined, or was lost.
    Failed {
        /// Why.
        reason: String,
    },
}

/// See the module's page.
#[derive(Debug)]
pub struct SimulatedMediator {
    /// The relay, not signed in.
    pub api: ApiClient,
    /// The mediator's sign-in link.
    pub link: Link,
    /// What it says.
    pub phrases: PhraseBook,
    /// How long it lets ring.
    pub answer_after: Duration,
}

impl SimulatedMediator {
    /// Runs until it is dropped, or the relay does not want this account any more.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the link does not sign in a mediator.
    pub async fn run(self, on_event: impl Fn(MediatorEvent) + Send + Sync + 'static) -> Result<()> {
        let on_event: Arc<dyn Fn(MediatorEvent) + Send + Sync> = Arc::new(on_event);
        let account = SignIn::Link(self.link.clone());
        account.sign_in(&self.api).await?;
        let mut duty = Duty { session: None, rings: BTreeMap::new(), ready: false };
        loop {
            let mut desk = open_desk(&self.api, &account).await?;
            self.attend(&mut desk, &mut duty, &on_event).await?;
            duty.ready = false;
            sleep(DESK_PAUSE).await;
        }
    }

    /// One desk socket, until it is lost.
    async fn attend(
        &self,
        desk: &mut DeskSocket,
        duty: &mut Duty,
        on_event: &Arc<dyn Fn(MediatorEvent) + Send + Sync>,
    ) -> Result<()> {
        loop {
            let next_ring = duty.rings.iter().min_by_key(|(_, due)| **due).map(|(ring, due)| (*ring, *due));
            let due = next_ring.map_or_else(|| Instant::now() + Duration::from_secs(3_600), |(_, due)| due);
            tokio::select! {
                message = desk.next() => match message {
                    None => return Ok(()),
                    Some(DeskRelayMessage::Desk { view }) => {
                        for session in duty.note(&view, self.answer_after) {
                            on_event(MediatorEvent::Rang { session });
                        }
                        let Some(mediator) = view.mediator else {
                            return Err(ClientError::Link("it does not sign in a mediator"));
                        };
                        if let Some(session) = mediator.current {
                            self.take_session(session, duty, on_event);
                        } else if mediator.ready {
                            if !std::mem::replace(&mut duty.ready, true) {
                                on_event(MediatorEvent::Ready);
                            }
                        } else if desk.send(&DeskMessage::SetReady { ready: true }).await.is_err() {
                            return Ok(());
                        }
                    }
                    Some(DeskRelayMessage::Assigned { session }) => self.take_session(session, duty, on_event),
                    Some(DeskRelayMessage::Refused { problem }) => tracing::info!(code = %problem.code, "refused"),
                    Some(DeskRelayMessage::Goodbye { reconnect: true, .. }) => return Ok(()),
                    Some(DeskRelayMessage::Goodbye { problem, .. }) => return Err(ClientError::Goodbye(problem)),
                },
                () = sleep_until(due.into()), if next_ring.is_some() => {
                    let Some((ring, _)) = next_ring else { continue };
                    duty.rings.insert(ring, Instant::now() + Duration::from_secs(3_600));
                    let accept = DeskMessage::AcceptOffer { session: ring.0, offer: ring.1 };
                    if desk.send(&accept).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Goes into the session in a task of its own, so that the desk stays open.
    fn take_session(
        &self,
        session: SessionId,
        duty: &mut Duty,
        on_event: &Arc<dyn Fn(MediatorEvent) + Send + Sync>,
    ) {
        if duty.session.as_ref().is_some_and(|(current, task)| *current == session && !task.is_finished()) {
            return;
        }
        on_event(MediatorEvent::Assigned { session });
        let (api, phrases, on_event) = (self.api.clone(), self.phrases.clone(), on_event.clone());
        let task = tokio::spawn(async move {
            match interpret(api, session, phrases, &on_event).await {
                Ok(report) => on_event(MediatorEvent::Ended { report: Box::new(report) }),
                Err(error) => on_event(MediatorEvent::Failed { reason: error.to_string() }),
            }
        });
        duty.session = Some((session, task));
    }
}

/// What a mediator has to do.
struct Duty {
    session: Option<(SessionId, tokio::task::JoinHandle<()>)>,
    /// Rings, and when each is to be answered.
    rings: BTreeMap<(SessionId, OfferNumber), Instant>,
    ready: bool,
}

impl Duty {
    /// Notes rings that came and went; returns the sessions of the new ones.
    fn note(&mut self, view: &DeskView, answer_after: Duration) -> Vec<SessionId> {
        let offers = view.mediator.iter().flat_map(|mediator| &mediator.offers);
        let now: Vec<_> = offers.map(|offer| (offer.session, offer.offer)).collect();
        self.rings.retain(|ring, _| now.contains(ring));
        let mut new = Vec::new();
        for ring in now {
            if let std::collections::btree_map::Entry::Vacant(entry) = self.rings.entry(ring) {
                entry.insert(Instant::now() + answer_after);
                new.push(ring.0);
            }
        }
        new
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        if let Some((_, task)) = &self.session {
            task.abort();
        }
    }
}

/// One session: the greeting once somebody can hear it, then an answer to everybody who spoke and fell silent.
async fn interpret(
    api: ApiClient,
    session: SessionId,
    phrases: PhraseBook,
    on_event: &Arc<dyn Fn(MediatorEvent) + Send + Sync>,
) -> Result<CallReport> {
    let voice = ClipQueue::new();
    let (spoke, mut somebody_spoke) = mpsc::channel(PENDING);
    let options = CallOptions {
        source: AudioSource::Queue(voice.clone()),
        sinks: vec![AudioSink::callback(hear(SpeechSegmenter::new(SegmenterOptions::default())?, spoke))],
        decode_rate: dragoman_speech::SAMPLE_RATE,
        ..CallOptions::default()
    };
    let call = Call::start(api, session, options).await?;
    let conversation = async {
        call.connected().await?;
        call.wait_for(|view| matches!(view.phase, Phase::Briefing | Phase::Live)).await?;
        if let Some(greeting) = &phrases.greeting {
            on_event(MediatorEvent::Speaks { greeting: true });
            voice.push(greeting.clone());
        }
        let mut answers = phrases.answers.iter().cycle();
        while somebody_spoke.recv().await.is_some() {
            if voice.is_idle()
                && let Some(answer) = answers.next()
            {
                on_event(MediatorEvent::Speaks { greeting: false });
                voice.push(answer.clone());
            }
        }
        Ok::<(), ClientError>(())
    };
    tokio::select! {
        result = conversation => match result {
            Ok(()) | Err(ClientError::Over) => {}
            Err(error) => return Err(error),
        },
        _ = call.ended() => {}
    }
    call.finish().await
}

/// The sink: says when somebody spoke and fell silent.
fn hear(mut segmenter: SpeechSegmenter, spoke: mpsc::Sender<()>) -> impl FnMut(&Heard<'_>) + Send + 'static {
    move |heard| {
        if !segmenter.push(heard.index * FRAME_MS, heard.mixed).is_empty() {
            let _ = spoke.try_send(());
        }
    }
}
