//! Keeps a call's socket and transport: opens, answers, watches, and makes anew what is lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragoman_core::ids::SessionId;
use dragoman_core::red::Redundancy;
use dragoman_core::session_types::{ConsentKind, ConsentMeans, Role};
use dragoman_core::transcript::TranscriptEntry;
use dragoman_core::wire::{ParticipantMessage, Quality, RelayMessage, SessionView};
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, sleep, sleep_until};

use super::already_told::{AlreadyTold, event_of};
use super::stats::{Hearing, milliseconds};
use super::{CallEvent, CallOptions, Command, End, Shared};
use crate::error::{ClientError, Result};
use crate::media::{Transport, TransportState, Ways};
use crate::net::{ApiClient, SessionSocket, TurnBridges};

const BACKOFF_FIRST: Duration = Duration::from_millis(200);
const BACKOFF_MOST: Duration = Duration::from_secs(2);
/// An offer that has not led to a connection after so long is made again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
const QUALITY_EVERY: Duration = Duration::from_secs(5);

/// See the module's page.
pub(super) struct Signalling {
    shared: Arc<Shared>,
    api: ApiClient,
    session: SessionId,
    commands: mpsc::Receiver<Command>,
    speaks: bool,
    redundancy: Redundancy,
    reconnect_for: Duration,
    agree: Vec<ConsentKind>,
    agreed: BTreeSet<ConsentKind>,
    ways: Ways,
    bridges: TurnBridges,
    /// Offered, and perhaps answered; it becomes the current one when it is answered.
    newest: Option<Attempt>,
    over: bool,
    quality: Option<Quality>,
    heard: Hearing,
    told: AlreadyTold,
}

struct Attempt {
    transport: Arc<Transport>,
    state: watch::Receiver<TransportState>,
    offered: Instant,
    answered: Option<Instant>,
    signalling_ms: f64,
    connected: bool,
}

/// Why one socket is not used any more.
enum Parting {
    End(End),
    Lost(String),
}

impl Signalling {
    pub(super) fn new(
        shared: Arc<Shared>,
        api: ApiClient,
        session: SessionId,
        options: &CallOptions,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        Self {
            shared,
            api,
            session,
            commands,
            speaks: options.speaks,
            redundancy: options.protection.red,
            reconnect_for: options.reconnect_for,
            agree: options.agree.clone(),
            agreed: BTreeSet::new(),
            ways: Ways { only_servers: options.only_by_turn, ..Ways::default() },
            bridges: TurnBridges::default(),
            newest: None,
            over: false,
            quality: None,
            heard: Hearing::default(),
            told: AlreadyTold::default(),
        }
    }

    /// Until the call is over.
    pub(super) async fn run(mut self, socket: SessionSocket) -> End {
        let mut socket = socket;
        let end = loop {
            match self.attend(socket).await {
                Parting::End(end) => break end,
                Parting::Lost(_) if self.over => break End::SessionOver,
                Parting::Lost(reason) => {
                    tracing::warn!(%reason, "the relay is lost; trying again");
                    self.shared.tell(CallEvent::SocketLost);
                    match self.reopen(reason).await {
                        Ok(again) => socket = again,
                        Err(end) => break end,
                    }
                }
            }
        };
        if let Some(attempt) = self.newest.take() {
            attempt.transport.close().await;
        }
        if let Some(transport) = self.shared.replace_transport(None) {
            transport.close().await;
        }
        self.shared.tell(CallEvent::Ended(end.clone()));
        end
    }

    /// Opens the socket again, with growing pauses.
    async fn reopen(&mut self, mut reason: String) -> std::result::Result<SessionSocket, End> {
        let give_up = Instant::now() + self.reconnect_for;
        let mut pause = BACKOFF_FIRST;
        while Instant::now() < give_up {
            self.pause(pause).await?;
            pause = (pause * 2).min(BACKOFF_MOST);
            match self.api.session_socket(self.session).await {
                Ok(socket) => {
                    self.shared.reconnects.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    return Ok(socket);
                }
                // The relay is back and knows this client no more; a busy or starting one says 429 or 503.
                Err(ClientError::Refused(problem)) if !is_passing(&problem.code) => {
                    return Err(End::Goodbye { problem });
                }
                Err(error) => reason = error.to_string(),
            }
        }
        Err(End::Lost { seconds: self.reconnect_for.as_secs(), reason })
    }

    /// Waits; what is sent meanwhile is dropped, for the relay answers with the whole view anyway.
    async fn pause(&mut self, pause: Duration) -> std::result::Result<(), End> {
        let over = sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return Ok(()),
                command = self.commands.recv() => match command {
                    None | Some(Command::Leave) => return Err(End::Left),
                    Some(Command::Send(_) | Command::Renew) => tracing::debug!("nothing can be sent now"),
                },
            }
        }
    }

    /// One socket, from the first offer to its end. The transport outlives it: sound goes on while the socket is
    /// opened again, until another transport takes over.
    async fn attend(&mut self, mut socket: SessionSocket) -> Parting {
        // The relay says first by which ways it is reached; an older one says something else.
        let mut offered = false;
        let mut quality = interval(QUALITY_EVERY);
        loop {
            let step = tokio::select! {
                message = socket.next() => match message {
                    None => return Parting::Lost("the connection was closed".to_owned()),
                    Some(RelayMessage::Goodbye { problem, reconnect: true }) => return Parting::Lost(problem.message),
                    Some(RelayMessage::Goodbye { .. }) if self.over => return Parting::End(End::SessionOver),
                    Some(RelayMessage::Goodbye { problem, .. }) => return Parting::End(End::Goodbye { problem }),
                    Some(message) => match self.take(message, &mut socket).await {
                        Ok(()) if !std::mem::replace(&mut offered, true) => self.offer(&mut socket).await,
                        taken => taken,
                    },
                },
                command = self.commands.recv() => match command {
                    Some(Command::Send(message)) => socket.send(&message).await,
                    Some(Command::Renew) => self.offer(&mut socket).await,
                    None | Some(Command::Leave) => {
                        socket.close().await;
                        return Parting::End(if self.over { End::SessionOver } else { End::Left });
                    }
                },
                lost = watch_over(&mut self.newest) => self.transport_changed(lost, &mut socket).await,
                _ = quality.tick() => self.report_quality(&mut socket).await,
            };
            if let Err(error) = step {
                return Parting::Lost(error.to_string());
            }
            if self.over {
                socket.close().await;
                return Parting::End(End::SessionOver);
            }
        }
    }

    async fn offer(&mut self, socket: &mut SessionSocket) -> Result<()> {
        let offered = Instant::now();
        let shared = self.shared.clone();
        let (transport, sdp) =
            Transport::offer(self.speaks, self.redundancy, self.ways.clone(), move |packet| {
                if shared.lock_voices().arrive(packet) {
                    let passed = milliseconds(shared.begun.elapsed());
                    shared.lock_times().first_audio_ms.get_or_insert(passed);
                }
            })
            .await?;
        let state = transport.state();
        let attempt = Attempt {
            transport: Arc::new(transport),
            state,
            offered,
            answered: None,
            signalling_ms: 0.0,
            connected: false,
        };
        if let Some(unused) = self.newest.replace(attempt).filter(|attempt| attempt.answered.is_none()) {
            unused.transport.close().await;
        }
        socket.send(&ParticipantMessage::SdpOffer { sdp }).await
    }

    async fn take(&mut self, message: RelayMessage, socket: &mut SessionSocket) -> Result<()> {
        match message {
            RelayMessage::Session { view } => {
                self.over = view.phase.is_over();
                self.shared.lock_voices().set_view(&view);
                self.shared.view.send_replace(Some(view.clone()));
                let statements = self.agree_in(&view);
                self.shared.tell(CallEvent::View(Box::new(view)));
                for statement in statements {
                    socket.send(&statement).await?;
                }
            }
            RelayMessage::IceServers { servers } => {
                self.ways.servers = self.bridges.servers(servers, self.api.trust()).await;
            }
            RelayMessage::SdpAnswer { sdp } => self.answered(sdp).await,
            RelayMessage::Slots { slots } => {
                self.shared.lock_voices().set_slots(slots.clone());
                self.shared.tell(CallEvent::Slots(slots));
            }
            RelayMessage::Draft { draft } => self.shared.tell(CallEvent::Draft(Box::new(draft))),
            RelayMessage::Gap { gap } => self.tell_text(TranscriptEntry::Gap(gap)),
            RelayMessage::Caption { line } => self.tell_text(TranscriptEntry::Line(line)),
            RelayMessage::Gist { gist } => {
                self.told.note_gist(&gist);
                self.shared.tell(CallEvent::Gist(gist));
            }
            RelayMessage::Written { entries, gists } => {
                self.told.missed(entries, gists).into_iter().for_each(|event| self.shared.tell(event));
            }
            RelayMessage::Refused { problem } => {
                tracing::warn!(code = %problem.code, "the relay refused a message");
                self.shared.tell(CallEvent::Refused(problem));
            }
            // Handled where the socket is read.
            RelayMessage::Goodbye { .. } => {}
        }
        Ok(())
    }

    fn tell_text(&mut self, entry: TranscriptEntry) {
        self.told.note(&entry);
        self.shared.tell(event_of(entry));
    }

    async fn answered(&mut self, sdp: String) {
        let Some(attempt) = self.newest.as_mut().filter(|attempt| attempt.answered.is_none()) else { return };
        match attempt.transport.accept(sdp).await {
            Ok(streams) => {
                attempt.answered = Some(Instant::now());
                attempt.signalling_ms = milliseconds(attempt.offered.elapsed());
                self.shared.lock_voices().set_streams(streams);
                if let Some(former) = self.shared.replace_transport(Some(attempt.transport.clone())) {
                    // Closing waits for its last packets; nobody has to wait for that.
                    tokio::spawn(async move { former.close().await });
                }
            }
            // It will run into its timeout and be made anew.
            Err(error) => tracing::warn!(%error, "the relay's answer can not be used"),
        }
    }

    async fn transport_changed(&mut self, change: Change, socket: &mut SessionSocket) -> Result<()> {
        match change {
            Change::Connected => {
                let again = self.shared.connected.send_replace(true);
                let mut times = self.shared.lock_times().clone();
                if let Some(attempt) = &mut self.newest {
                    attempt.connected = true;
                    let since = attempt.answered.unwrap_or(attempt.offered);
                    times.signalling_ms = attempt.signalling_ms;
                    times.connect_ms = milliseconds(since.elapsed());
                }
                if !again {
                    // Sound may have arrived since the copy was made.
                    let mut joined = self.shared.lock_times();
                    (joined.signalling_ms, joined.connect_ms) = (times.signalling_ms, times.connect_ms);
                }
                self.shared.tell(CallEvent::MediaConnected { times, again });
                Ok(())
            }
            Change::Failed => {
                tracing::warn!("the audio connection is lost; making a new one");
                self.shared.tell(CallEvent::MediaLost);
                self.shared.reconnects.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                // A pause, so that a relay that refuses at once is not flooded.
                sleep(BACKOFF_FIRST).await;
                self.offer(socket).await
            }
        }
    }

    /// What this interviewee agrees to by itself and has not been asked about before.
    fn agree_in(&mut self, view: &SessionView) -> Vec<ParticipantMessage> {
        if view.role != Role::Interviewee {
            return Vec::new();
        }
        let wished = |kind: &ConsentKind| *kind != ConsentKind::Transcription || view.transcription_wished;
        let asked = |kind: &ConsentKind| view.consents.iter().any(|consent| consent.kind == *kind);
        let now: Vec<ConsentKind> = self
            .agree
            .iter()
            .copied()
            .filter(|kind| wished(kind) && !asked(kind) && !self.agreed.contains(kind))
            .collect();
        self.agreed.extend(&now);
        let means = ConsentMeans::OwnScreen;
        now.into_iter().map(|kind| ParticipantMessage::StateConsent { kind, agreed: true, means }).collect()
    }

    async fn report_quality(&mut self, socket: &mut SessionSocket) -> Result<()> {
        let missed = self.shared.ready_transport().map_or(0.0, |transport| transport.missed());
        let now = Hearing { missed, ..self.shared.lock_voices().hearing() };
        let before = std::mem::replace(&mut self.heard, now);
        let Some(quality) = now.quality_since(&before) else { return Ok(()) };
        if self.quality == Some(quality) {
            return Ok(());
        }
        self.quality = Some(quality);
        socket.send(&ParticipantMessage::ReportQuality { quality }).await
    }
}

enum Change {
    Connected,
    Failed,
}

/// Waits for a change of the newest transport that matters.
async fn watch_over(newest: &mut Option<Attempt>) -> Change {
    let Some(attempt) = newest else { return std::future::pending().await };
    loop {
        let state = *attempt.state.borrow_and_update();
        match state {
            TransportState::Connected if !attempt.connected => return Change::Connected,
            TransportState::Failed => return Change::Failed,
            TransportState::Connected => {
                if attempt.state.changed().await.is_err() {
                    return Change::Failed;
                }
            }
            TransportState::Connecting => tokio::select! {
                changed = attempt.state.changed() => if changed.is_err() { return Change::Failed },
                () = sleep_until((attempt.offered + CONNECT_TIMEOUT).into()) => return Change::Failed,
            },
        }
    }
}

/// Refusals that pass by themselves.
fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "relay_unavailable" | "relay_failed" | "too_many_requests" | "http_429" | "http_502" | "http_503"
    )
}
