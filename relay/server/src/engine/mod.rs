//! The engine: one task that owns the core. It decides, writes down, makes it so, and only then tells anybody.
//!
//! Order for every input: decide → (what silences cuts the audio here) → one transaction → commit → audio routes → messages.
//! Queues: inputs wait (`INPUT_QUEUE`; the senders wait, nothing is lost); messages to one page or device are bounded
//! (`OUTBOX`; a reader that slow is disconnected, comes again, and gets the whole view).

mod drafts;
mod messages;
mod run;
mod written;

use std::sync::Arc;

use dragoman_core::ids::{MediatorId, ParticipantId, SessionId};
use dragoman_core::loan::Actor;
use dragoman_core::policy::DispatchPolicy;
use dragoman_core::refusal::Refusal;
use dragoman_core::relay::{Act, Input, Relay};
use dragoman_core::roster::Mediator;
use dragoman_core::transcript::CaptionDraft;
use dragoman_core::views::Remark;
use dragoman_core::wire::{DeskRelayMessage, Problem, RelayMessage};
use tokio::sync::{mpsc, oneshot};

use crate::media::Media;
use crate::media::sdp::ClientOffer;
use crate::notify::Notifier;
use crate::store::{AccessNote, SealedDetails, Store};

/// Inputs that wait for the engine.
const INPUT_QUEUE: usize = 1_024;
/// Messages that wait for one page or device.
const OUTBOX: usize = 64;

/// An input was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The core says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed, or the relay is shutting down; nothing was changed.
    #[error("the relay can not do this now; nothing was changed. Try again in a moment")]
    Unavailable,
}

impl EngineError {
    /// As it goes over the wire.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(refusal) => refusal.problem(),
            Self::Unavailable => Problem { code: "relay_unavailable".to_owned(), message: self.to_string() },
        }
    }
}

/// Handle to the engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    commands: mpsc::Sender<Command>,
}

/// Whose desk a socket is.
#[derive(Debug, Clone)]
pub struct DeskOwner {
    /// Which account, what it may do, and for which agency.
    pub actor: Actor,
    /// The roster entry of a mediator.
    pub mediator: Option<MediatorId>,
}

/// One attached socket: what it is sent, and the number to detach it with.
#[derive(Debug)]
pub struct Attached<M> {
    /// Number of this attachment.
    pub number: u64,
    /// What to send. Ends when the engine drops the socket.
    pub outbox: mpsc::Receiver<M>,
}

type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

/// Private details that are written together with a decision.
type PrivateRows = Vec<(SealedDetails, AccessNote)>;

enum Command {
    Input(Box<Input>, Reply<()>),
    InputWith(Box<Input>, PrivateRows, Reply<()>),
    Read(Box<dyn FnOnce(&Relay) + Send>),
    AttachParticipant(SessionId, ParticipantId, Reply<Attached<RelayMessage>>),
    DetachParticipant(SessionId, ParticipantId, u64),
    AttachDesk(DeskOwner, Reply<Attached<DeskRelayMessage>>),
    DetachDesk(u64),
    ReviewReach(MediatorId),
    Remark(SessionId, ParticipantId, Box<dyn FnOnce(&mut Remark) + Send>),
    Draft(SessionId, ParticipantId, Box<CaptionDraft>, Reply<()>),
    SdpOffer(SessionId, ParticipantId, ClientOffer),
    Drain(Problem, oneshot::Sender<()>),
}

impl Engine {
    /// Reads what was going on when the relay ended, and starts. `lost` tells of mediators who may be reachable no more.
    ///
    /// # Errors
    /// If the store can not be read, or a log in it is damaged.
    pub async fn start(
        store: Store,
        media: Arc<Media>,
        policy: DispatchPolicy,
        notifier: Notifier,
        lost: mpsc::Receiver<MediatorId>,
    ) -> anyhow::Result<Self> {
        let (commands, inbox) = mpsc::channel(INPUT_QUEUE);
        let task = run::Task::restore(store, media, policy, notifier).await?;
        tokio::spawn(task.run(inbox, lost));
        Ok(Self { commands })
    }

    /// Carries out an input; when this returns `Ok`, it is on disk.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was changed then.
    pub async fn input(&self, input: Input) -> Result<(), EngineError> {
        self.ask(|reply| Command::Input(Box::new(input), reply)).await
    }

    /// Puts many roster entries and private details in their places: all of them on disk, or none.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was changed then.
    pub async fn put_roster(
        &self,
        mediators: Vec<Mediator>,
        private: PrivateRows,
    ) -> Result<(), EngineError> {
        let input = Box::new(Input::PutRoster(mediators));
        self.ask(|reply| Command::InputWith(input, private, reply)).await
    }

    /// What a participant does in a session.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was changed then.
    pub async fn act(&self, session: SessionId, by: ParticipantId, act: Act) -> Result<(), EngineError> {
        self.input(Input::Act { session, by, act }).await
    }

    /// Looks at the core between two inputs.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] while shutting down.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Relay) -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        let look = Box::new(move |relay: &Relay| {
            let _ = reply.send(look(relay));
        });
        self.commands.send(Command::Read(look)).await.map_err(|_| EngineError::Unavailable)?;
        answer.await.map_err(|_| EngineError::Unavailable)
    }

    /// A participant's page or device connected; an earlier one of theirs is told goodbye.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn attach_participant(
        &self,
        session: SessionId,
        participant: ParticipantId,
    ) -> Result<Attached<RelayMessage>, EngineError> {
        self.ask(|reply| Command::AttachParticipant(session, participant, reply)).await
    }

    /// The page or device is gone.
    pub async fn detach_participant(&self, session: SessionId, participant: ParticipantId, number: u64) {
        let _ = self.commands.send(Command::DetachParticipant(session, participant, number)).await;
    }

    /// An account's page or device connected; it may have several.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn attach_desk(&self, owner: DeskOwner) -> Result<Attached<DeskRelayMessage>, EngineError> {
        self.ask(|reply| Command::AttachDesk(owner, reply)).await
    }

    /// The page or device is gone.
    pub async fn detach_desk(&self, number: u64) {
        let _ = self.commands.send(Command::DetachDesk(number)).await;
    }

    /// A mediator's devices changed: looks anew whether they can be rung without an open page.
    pub async fn review_reach(&self, mediator: MediatorId) {
        let _ = self.commands.send(Command::ReviewReach(mediator)).await;
    }

    /// What a participant says about themselves; shown, not logged.
    pub async fn remark(
        &self,
        session: SessionId,
        participant: ParticipantId,
        change: impl FnOnce(&mut Remark) + Send + 'static,
    ) {
        let _ = self.commands.send(Command::Remark(session, participant, Box::new(change))).await;
    }

    /// What is being said now, as a scribe understands it; shown, not logged.
    ///
    /// # Errors
    /// [`EngineError`], as for a line.
    pub async fn draft(
        &self,
        session: SessionId,
        by: ParticipantId,
        draft: CaptionDraft,
    ) -> Result<(), EngineError> {
        self.ask(|reply| Command::Draft(session, by, Box::new(draft), reply)).await
    }

    /// Makes or replaces a participant's transport; the answer comes through the outbox.
    pub async fn sdp_offer(&self, session: SessionId, participant: ParticipantId, offer: ClientOffer) {
        let _ = self.commands.send(Command::SdpOffer(session, participant, offer)).await;
    }

    /// Says goodbye to everybody; they will come back when the relay does.
    pub async fn drain(&self, why: Problem) {
        let (done, finished) = oneshot::channel();
        if self.commands.send(Command::Drain(why, done)).await.is_ok() {
            let _ = finished.await;
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| EngineError::Unavailable)?;
        answer.await.map_err(|_| EngineError::Unavailable)?
    }
}
