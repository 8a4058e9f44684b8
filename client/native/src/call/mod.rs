//! Taking part in a session: signalling, transport, sound, and coming back by itself when the connection is lost.
//!
//! Two tasks a call. *Signalling* keeps the socket and the transport, and replaces them when they fail. The *clock*
//! sends and plays one frame every 20 ms on one timeline that goes on over reconnects.

mod already_told;
mod clock;
mod levels;
mod options;
mod signalling;
mod stats;
mod voices;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{CaptionDraft, TranscriptGap, TranscriptGist, TranscriptLine};
use dragoman_core::wire::{ParticipantMessage, Problem, SessionView, Slot};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

pub use options::{Begin, CallOptions, Protection};
pub use stats::{CallReport, End, JoinTimes, VoiceReport};

use crate::error::{ClientError, Result};
use crate::media::{Transport, TransportState};
use crate::net::{ApiClient, Link};
use levels::Levels;
use voices::Voices;

/// Messages that wait for the socket; a full queue makes the sender wait.
const COMMAND_QUEUE: usize = 64;
/// Events that wait for a slow reader; beyond it loses the oldest ones. The view is always at hand in [`Call::view`].
const EVENT_QUEUE: usize = 256;

/// What happens in a call, for whoever wants to follow it.
#[derive(Clone, Debug)]
pub enum CallEvent {
    /// Sound flows, for the first time or again.
    MediaConnected {
        /// How long it took; signalling and connecting are those of this attempt.
        times: JoinTimes,
        /// `true`: it had been lost before.
        again: bool,
    },
    /// The sound's connection was lost; a new one is being made.
    MediaLost,
    /// The socket was lost; it is being opened again.
    SocketLost,
    /// The session as it is now.
    View(Box<SessionView>),
    /// Who is heard through which slot.
    Slots(Vec<Slot>),
    /// A line of the transcript.
    Caption(Box<TranscriptLine>),
    /// What somebody is saying now.
    Draft(Box<CaptionDraft>),
    /// Speech of which there is no text.
    Gap(TranscriptGap),
    /// Roughly what a line says, in English.
    Gist(TranscriptGist),
    /// The relay refused a message.
    Refused(Problem),
    /// It is over.
    Ended(End),
}

/// The client's one timeline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeline {
    /// When its sample 0 was taken from the source.
    pub started: Instant,
    /// The same on the machine's clock.
    pub started_unix: UnixMillis,
}

/// A participant in a session. Dropping it leaves the session.
#[derive(Debug)]
pub struct Call {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    end: watch::Receiver<Option<End>>,
    first_events: Option<broadcast::Receiver<CallEvent>>,
    clock: Option<JoinHandle<Result<()>>>,
}

enum Command {
    Send(ParticipantMessage),
    Leave,
    /// As if the transport had failed; for tests.
    Renew,
}

/// What both tasks and the caller see.
struct Shared {
    begun: Instant,
    view: watch::Sender<Option<SessionView>>,
    events: broadcast::Sender<CallEvent>,
    timeline: watch::Sender<Option<Timeline>>,
    connected: watch::Sender<bool>,
    transport: Mutex<Option<Arc<Transport>>>,
    voices: Mutex<Voices>,
    times: Mutex<JoinTimes>,
    levels: Levels,
    sent: AtomicU64,
    unsent: AtomicU64,
    reconnects: AtomicU64,
}

impl Call {
    /// Enters a session by a link, which is used up, and takes part.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the link does not let anybody in, [`ClientError::Unreachable`] without a relay.
    pub async fn join(api: ApiClient, link: &Link, options: CallOptions) -> Result<Self> {
        let begun = Instant::now();
        let joined = api.join(link).await?;
        Self::begin(api, joined.session, options, begun).await
    }

    /// Takes part in a session that this login (or this guest's cookie) belongs to.
    ///
    /// # Errors
    /// As for [`Call::join`].
    pub async fn start(api: ApiClient, session: SessionId, options: CallOptions) -> Result<Self> {
        Self::begin(api, session, options, Instant::now()).await
    }

    async fn begin(api: ApiClient, session: SessionId, options: CallOptions, begun: Instant) -> Result<Self> {
        let link_ms = stats::milliseconds(begun.elapsed());
        let opening = Instant::now();
        let socket = api.session_socket(session).await?;
        let times =
            JoinTimes { link_ms, socket_ms: stats::milliseconds(opening.elapsed()), ..JoinTimes::default() };
        let (events, first_events) = broadcast::channel(EVENT_QUEUE);
        let shared = Arc::new(Shared {
            begun,
            view: watch::Sender::new(None),
            events,
            timeline: watch::Sender::new(None),
            connected: watch::Sender::new(false),
            transport: Mutex::new(None),
            voices: Mutex::new(Voices::new(options.decode_rate)),
            times: Mutex::new(times),
            levels: Levels::default(),
            sent: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            reconnects: AtomicU64::new(0),
        });
        let (commands, inbox) = mpsc::channel(COMMAND_QUEUE);
        let (set_end, end) = watch::channel(None);
        let signalling = signalling::Signalling::new(shared.clone(), api, session, &options, inbox);
        tokio::spawn(async move {
            let end = signalling.run(socket).await;
            set_end.send_replace(Some(end));
        });
        let clock = tokio::spawn(clock::run(shared.clone(), options, end.clone()));
        Ok(Self { shared, commands, end, first_events: Some(first_events), clock: Some(clock) })
    }

    /// Events from now on; the first reader gets all since the start.
    pub fn events(&mut self) -> CallEvents {
        CallEvents(self.first_events.take().unwrap_or_else(|| self.shared.events.subscribe()))
    }

    /// The session as last seen.
    pub fn view(&self) -> watch::Receiver<Option<SessionView>> {
        self.shared.view.subscribe()
    }

    /// Waits until the session looks as wished, and returns it.
    ///
    /// # Errors
    /// [`ClientError::Over`] if the call ends before.
    pub async fn wait_for(&self, mut wished: impl FnMut(&SessionView) -> bool) -> Result<SessionView> {
        let (mut view, mut end) = (self.view(), self.end.clone());
        tokio::select! {
            found = view.wait_for(|view| view.as_ref().is_some_and(&mut wished)) => {
                found.ok().and_then(|view| view.clone()).ok_or(ClientError::Over)
            }
            _ = end.wait_for(Option::is_some) => Err(ClientError::Over),
        }
    }

    /// Waits until sound flows.
    ///
    /// # Errors
    /// [`ClientError::Over`] if the call ends before.
    pub async fn connected(&self) -> Result<()> {
        let (mut connected, mut end) = (self.shared.connected.subscribe(), self.end.clone());
        tokio::select! {
            _ = connected.wait_for(|connected| *connected) => Ok(()),
            _ = end.wait_for(Option::is_some) => Err(ClientError::Over),
        }
    }

    /// Tells the relay something.
    ///
    /// # Errors
    /// [`ClientError::Over`] if the call has ended.
    pub async fn send(&self, message: ParticipantMessage) -> Result<()> {
        self.commands.send(Command::Send(message)).await.map_err(|_| ClientError::Over)
    }

    /// Makes a new transport now, as after a change of network.
    ///
    /// # Errors
    /// [`ClientError::Over`] if the call has ended.
    pub async fn renew_transport(&self) -> Result<()> {
        self.commands.send(Command::Renew).await.map_err(|_| ClientError::Over)
    }

    /// Switches one's own microphone off or on, and shows it to the others.
    ///
    /// # Errors
    /// [`ClientError::Over`] if the call has ended.
    pub async fn set_muted(&self, muted: bool) -> Result<()> {
        // Silence does not wait for the relay.
        self.shared.levels.mute(muted);
        self.send(ParticipantMessage::SetMuted { muted }).await
    }

    /// Silences one's own microphone for as long as a cough lasts, before the relay knows of it.
    pub fn cough(&self, coughing: bool) {
        self.shared.levels.cough(coughing);
    }

    /// How loud one's own microphone is, from 0 to 1, also while it is off.
    pub fn own_level(&self) -> f32 {
        self.shared.levels.own()
    }

    /// How loud everybody is who is heard, from 0 to 1.
    pub fn levels(&self) -> BTreeMap<ParticipantId, f32> {
        self.shared.levels.voices()
    }

    /// The timeline, once it has begun.
    pub fn timeline(&self) -> Option<Timeline> {
        *self.shared.timeline.borrow()
    }

    /// When joining began; what [`JoinTimes`] counts from.
    pub fn begun(&self) -> Instant {
        self.shared.begun
    }

    /// How long joining took; later reconnects do not change it.
    pub fn times(&self) -> JoinTimes {
        self.shared.lock_times().clone()
    }

    /// What was received of each speaker so far.
    pub fn voices(&self) -> BTreeMap<ParticipantId, VoiceReport> {
        self.shared.lock_voices().reports()
    }

    /// Waits until the call is over, whoever ended it.
    pub async fn ended(&self) -> End {
        let mut end = self.end.clone();
        let ended = end.wait_for(Option::is_some).await.ok().and_then(|end| end.clone());
        ended.unwrap_or(End::Left)
    }

    /// Leaves, completes all files, and says what was measured. After the end it only does the last two.
    ///
    /// # Errors
    /// If a file could not be written.
    pub async fn finish(mut self) -> Result<CallReport> {
        let _ = self.commands.send(Command::Leave).await;
        let end = match tokio::time::timeout(Duration::from_secs(5), self.ended()).await {
            Ok(end) => end,
            Err(_) => End::Left,
        };
        if let Some(clock) = self.clock.take() {
            clock.await.map_err(|e| ClientError::Protocol(e.to_string()))??;
        }
        Ok(self.report(end))
    }

    fn report(&self, end: End) -> CallReport {
        let view = self.shared.view.borrow().clone();
        CallReport {
            session: view.as_ref().map(|view| view.id),
            participant: view.as_ref().map(|view| view.you),
            role: view.as_ref().map(|view| view.role),
            end,
            times: self.times(),
            seconds: self.timeline().map_or(0.0, |timeline| timeline.started.elapsed().as_secs_f64()),
            timeline_started_at: self.timeline().map(|timeline| timeline.started_unix),
            sent: self.shared.sent.load(Ordering::Relaxed),
            unsent: self.shared.unsent.load(Ordering::Relaxed),
            reconnects: self.shared.reconnects.load(Ordering::Relaxed),
            voices: self.voices(),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let _ = self.commands.try_send(Command::Leave);
    }
}

/// A reader of [`CallEvent`]s.
#[derive(Debug)]
pub struct CallEvents(broadcast::Receiver<CallEvent>);

impl CallEvents {
    /// The next event; `None` after the last. A reader that is too slow loses the oldest events.
    pub async fn next(&mut self) -> Option<CallEvent> {
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "events were lost")
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Shared {
    fn lock_voices(&self) -> MutexGuard<'_, Voices> {
        self.voices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_times(&self) -> MutexGuard<'_, JoinTimes> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transport, where sound can be sent through it.
    fn ready_transport(&self) -> Option<Arc<Transport>> {
        let transport = self.transport.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        (*transport.state().borrow() == TransportState::Connected).then_some(transport)
    }

    fn replace_transport(&self, new: Option<Arc<Transport>>) -> Option<Arc<Transport>> {
        std::mem::replace(&mut *self.transport.lock().unwrap_or_else(PoisonError::into_inner), new)
    }

    fn tell(&self, event: CallEvent) {
        // Nobody has to listen.
        let _ = self.events.send(event);
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
