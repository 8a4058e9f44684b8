//! The engine's loop.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use dragoman_core::draft::Draft;
use dragoman_core::event::Event;
use dragoman_core::evidence::verify;
use dragoman_core::ids::{MediatorId, ParticipantId, SessionId};
use dragoman_core::may_write;
use dragoman_core::policy::DispatchPolicy;
use dragoman_core::refusal::Refusal;
use dragoman_core::relay::{Act, Decision, Input, Memory, Relay};
use dragoman_core::routing::routes;
use dragoman_core::session::Session;
use dragoman_core::session_types::{Phase, Route};
use dragoman_core::standing::Change;
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::CaptionDraft;
use dragoman_core::wire::RelayMessage;
use tokio::sync::mpsc;

use super::drafts::Drafts;
use super::messages::{Messages, over};
use super::written::Written;
use super::{Attached, Command, EngineError, PrivateRows};
use crate::clock;
use crate::media::Media;
use crate::media::forwarder::SlotChanges;
use crate::media::sdp::ClientOffer;
use crate::notify::Notifier;
use crate::store::{Batch, EntryRow, NewSession, PhaseRow, Store, StoreError};

/// How often the core's timers are looked at; offers and waves are counted in seconds.
const TICK: Duration = Duration::from_millis(100);
/// Homes are shown at most this often: a busy evening must not become a storm of views.
const DESKS_EVERY: Duration = Duration::from_millis(100);

pub(super) struct Task {
    relay: Relay,
    store: Store,
    media: Arc<Media>,
    notifier: Notifier,
    messages: Messages,
    drafts: Drafts,
    written: Written,
    /// Mediators whom the notifier reaches although no page of theirs is open.
    reached: HashSet<MediatorId>,
    desks_changed: bool,
    desks_shown: Instant,
}

impl Task {
    /// The state as the store has it, with routes set and everybody disconnected.
    pub(super) async fn restore(
        store: Store,
        media: Arc<Media>,
        policy: DispatchPolicy,
        notifier: Notifier,
    ) -> anyhow::Result<Self> {
        let mut task = Self {
            relay: Relay::with_policy(policy),
            store,
            media,
            notifier,
            messages: Messages::default(),
            drafts: Drafts::default(),
            written: Written::default(),
            reached: HashSet::new(),
            desks_changed: true,
            desks_shown: Instant::now(),
        };
        let now = clock::now();
        let mut mediators = Vec::new();
        for (mediator, ready, switched_at) in task.store.mediators().await? {
            let id = mediator.id;
            mediators.push(id);
            let _ = task.relay.handle_input(Input::PutMediator(mediator), now);
            task.relay.recall(Memory::Switched(id, ready, switched_at));
        }
        for memory in task.store.memories(now).await? {
            task.relay.recall(memory);
        }
        for saved in task.store.unfinished_sessions().await? {
            let entries = saved.entries.iter().map(EntryRow::hashed);
            let log = verify(saved.id, entries).with_context(|| {
                format!(
                    "the log of session {} in the database was changed by other hands",
                    saved.id.loggable()
                )
            })?;
            let decision = task.relay.restore(log.session, now);
            task.carry_out(decision, now).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        }
        let restored: Vec<SessionId> = task.relay.sessions().map(|session| session.id).collect();
        for session in restored {
            task.route(session).await;
        }
        task.relay.sessions().for_each(|session| task.notifier.ring_again(session));
        for mediator in mediators {
            task.review_reach(mediator).await;
        }
        Ok(task)
    }

    /// Until all handles are gone.
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Command>,
        mut lost: mpsc::Receiver<MediatorId>,
    ) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Drain(why, done)) => {
                        // Requests that are under way are still carried out; the process ends when they are.
                        self.messages.say_goodbye(&why);
                        let _ = done.send(());
                    }
                    Some(command) => self.handle(command).await,
                    None => return,
                },
                Some(mediator) = lost.recv() => self.review_reach(mediator).await,
                _ = tick.tick() => self.tick().await,
            }
            if self.desks_changed && self.desks_shown.elapsed() >= DESKS_EVERY {
                (self.desks_changed, self.desks_shown) = (false, Instant::now());
                self.messages.show_desks(&self.relay, clock::now());
            }
        }
    }

    async fn tick(&mut self) {
        let now = clock::now();
        if self.relay.poll_timeout(now).is_some_and(|due| due <= now) {
            let decision = self.relay.decide_timeout(now);
            if let Err(error) = self.carry_out(decision, now).await {
                tracing::error!(%error, "a timer could not be carried out; it will be tried again");
            }
        }
    }

    async fn handle(&mut self, command: Command) {
        // A caller that went away does not need its answer.
        match command {
            Command::Input(input, reply) => {
                let _ = reply.send(self.input(*input).await);
            }
            Command::InputWith(input, private, reply) => {
                let _ = reply.send(self.input_with(*input, private).await);
            }
            Command::Read(look) => look(&self.relay),
            Command::AttachParticipant(session, participant, reply) => {
                let _ = reply.send(self.attach_participant(session, participant).await);
            }
            Command::DetachParticipant(session, by, number) => {
                if self.messages.detach_participant(session, by, number) {
                    for line in self.drafts.of_lost_scribe(session, by) {
                        let _ = self.input(Input::Act { session, by, act: Act::AddLine(line) }).await;
                    }
                    let _ = self.input(Input::Act { session, by, act: Act::Disconnect }).await;
                }
            }
            Command::AttachDesk(owner, reply) => {
                let mediator = owner.mediator;
                let attached = self.messages.attach_desk(owner);
                self.desks_changed = true;
                if let Some(mediator) = mediator {
                    let _ = self.input(Input::SetReachable(mediator, true)).await;
                }
                let _ = reply.send(Ok(attached));
            }
            Command::DetachDesk(number) => {
                if let Some(mediator) = self.messages.detach_desk(number).and_then(|owner| owner.mediator) {
                    let reached = self.reached.contains(&mediator);
                    let _ = self.input(Input::SetReachable(mediator, reached)).await;
                }
            }
            Command::ReviewReach(mediator) => self.review_reach(mediator).await,
            Command::Remark(session, participant, change) => {
                // Of a session that is over nothing is kept.
                if let Some(state) = self.relay.session(session) {
                    self.messages.remark(session, participant, change);
                    self.messages.show_session(&self.relay, state, clock::now());
                }
            }
            Command::Draft(session, by, draft, reply) => {
                let _ = reply.send(self.draft(session, by, *draft));
            }
            Command::SdpOffer(session, participant, offer) => {
                self.connect_audio(session, participant, offer).await
            }
            Command::Drain(..) => {}
        }
    }

    /// Asks the notifier anew whom it reaches, and what follows for somebody without an open page.
    async fn review_reach(&mut self, mediator: MediatorId) {
        match self.notifier.reaches(mediator).await {
            Ok(true) => drop(self.reached.insert(mediator)),
            Ok(false) => drop(self.reached.remove(&mediator)),
            Err(error) => return tracing::error!(%error, "a mediator's devices could not be read"),
        }
        if !self.messages.has_desk(mediator) {
            let _ = self.input(Input::SetReachable(mediator, self.reached.contains(&mediator))).await;
        }
    }

    async fn input(&mut self, input: Input) -> Result<(), EngineError> {
        self.input_with(input, Vec::new()).await
    }

    async fn input_with(&mut self, input: Input, private: PrivateRows) -> Result<(), EngineError> {
        let now = clock::now();
        let decision = self.relay.decide(input, now)?;
        self.carry_out_with(decision, private, now).await
    }

    async fn carry_out(&mut self, decision: Decision, now: UnixMillis) -> Result<(), EngineError> {
        self.carry_out_with(decision, Vec::new(), now).await
    }

    /// Writes a decision and what belongs to it, makes it so, and tells those it concerns.
    async fn carry_out_with(
        &mut self,
        decision: Decision,
        private: PrivateRows,
        now: UnixMillis,
    ) -> Result<(), EngineError> {
        for draft in &decision.drafts {
            // Silence must not wait for the disk. Were the write to fail, it would be the right state all the same.
            if let Some(left) = self.relay.session(draft.session.id).and_then(|before| cut(before, draft)) {
                self.set_routes(draft.session.id, left).await;
            }
        }
        let batch = Batch { private, ..batch_of(&decision, now) };
        if !batch.is_empty() {
            self.store.write(&batch).await.map_err(|error| {
                if let StoreError::PlaceTaken = error {
                    return EngineError::Refused(Refusal::OfferNotRinging);
                }
                tracing::error!(%error, "the store refused a decision; nothing was changed");
                EngineError::Unavailable
            })?;
        }
        let changed: Vec<(SessionId, Vec<Event>)> =
            decision.drafts.iter().map(|draft| (draft.session.id, draft.events.clone())).collect();
        // It is written, so it is true; and a session that ends is gone after the next line.
        for Draft { session, events, .. } in &decision.drafts {
            self.notifier.note(session.id, events);
            if events.contains(&Event::CoordinatorCalled) {
                self.notifier.call_coordinators(session, now);
            }
        }
        let ended = self.relay.commit(decision);
        for (id, events) in changed.iter().filter(|(_, events)| !events.is_empty()) {
            if let Some(session) = self.relay.session(*id).cloned() {
                self.drafts.note(*id, events);
                self.written.note(&session, events);
                let is_text = |event: &Event| {
                    matches!(
                        event,
                        Event::LineTranscribed { .. } | Event::TextMissing { .. } | Event::GistWritten { .. }
                    )
                };
                if !events.iter().all(is_text) {
                    self.route(*id).await;
                    self.messages.show_session(&self.relay, &session, now);
                }
                self.messages.show_captions(&session, events);
                for event in events {
                    if let Event::MediatorReleased { participant } = event {
                        self.messages.dismiss(*id, *participant);
                    }
                }
            }
        }
        for session in &ended {
            self.drafts.end(session.id);
            self.written.end(session.id);
            self.say_over(session, now).await;
        }
        self.desks_changed = true;
        Ok(())
    }

    async fn attach_participant(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
    ) -> Result<Attached<RelayMessage>, EngineError> {
        let known = self.relay.session(session).ok_or(Refusal::NoSuchSession)?;
        known.participant(participant).ok_or(Refusal::NotAParticipant)?;
        let attached = self.messages.attach_participant(session, participant);
        self.input(Input::Act { session, by: participant, act: Act::Connect }).await?;
        // Whoever was connected already (on another page) changed nothing by this, and still needs the view.
        if let Some(state) = self.relay.session(session) {
            self.messages.show_participant(&self.relay, state, participant, clock::now());
            if let Some(written) = self.written.before(state, participant) {
                self.messages.send(session, participant, written);
            }
        }
        Ok(attached)
    }

    fn draft(
        &mut self,
        session: SessionId,
        by: ParticipantId,
        draft: CaptionDraft,
    ) -> Result<(), EngineError> {
        let known = self.relay.session(session).ok_or(Refusal::NoSuchSession)?;
        let role = known.participant(by).filter(|one| !one.has_left()).ok_or(Refusal::NotAParticipant)?.role;
        may_write(known, role, draft.speaker)?;
        if !draft.is_whole() {
            return Err(Refusal::BadLine.into());
        }
        self.messages.show_text(known, &RelayMessage::Draft { draft: draft.clone() });
        self.drafts.keep(session, by, draft);
        Ok(())
    }

    async fn connect_audio(&mut self, session: SessionId, participant: ParticipantId, offer: ClientOffer) {
        let known = self.relay.session(session).and_then(|state| state.participant(participant));
        if known.is_none_or(|known| known.has_left()) {
            return;
        }
        match self.media.accept(session, participant, offer).await {
            Ok((sdp, changes)) => {
                self.messages.send(session, participant, RelayMessage::SdpAnswer { sdp });
                self.show_slots(session, changes);
            }
            Err(error) => tracing::error!(%error, "a transport could not be made"),
        }
    }

    async fn route(&mut self, session: SessionId) {
        if let Some(state) = self.relay.session(session) {
            self.set_routes(session, routes(state)).await;
        }
    }

    async fn set_routes(&mut self, session: SessionId, routes: Vec<Route>) {
        match self.media.set_routes(session, routes).await {
            Ok(changes) => self.show_slots(session, changes),
            Err(error) => tracing::error!(%error, "routes could not be set"),
        }
    }

    fn show_slots(&mut self, session: SessionId, changes: SlotChanges) {
        for (participant, slots) in changes {
            self.messages.send(session, participant, RelayMessage::Slots { slots });
        }
    }

    async fn say_over(&mut self, session: &Session, now: UnixMillis) {
        self.media.remove_session(session.id).await;
        self.messages.show_session(&self.relay, session, now);
        for participant in &session.participants {
            self.messages.send(session.id, participant.id, over());
        }
        self.messages.forget_session(session.id);
    }
}

/// What is left of the routes where somebody is heard no more by somebody: after a stop, at a break, for an aside. `None`:
/// nobody falls silent, or the turn changes, which is made so in one step, with neither a gap nor two voices.
fn cut(before: &Session, draft: &Draft) -> Option<Vec<Route>> {
    if draft.events.iter().any(|event| matches!(event, Event::HandedOver { .. })) {
        return None;
    }
    let (before, after) = (routes(before), routes(&draft.session));
    let stays = |from: ParticipantId, to: &ParticipantId| {
        after.iter().any(|route| route.from == from && route.to.contains(to))
    };
    let left = |Route { from, to }: &Route| Route {
        from: *from,
        to: to.iter().filter(|to| stays(*from, to)).copied().collect(),
    };
    let left: Vec<Route> = before.iter().map(left).collect();
    (left != before).then(|| left.into_iter().filter(|route| !route.to.is_empty()).collect())
}

/// What of a decision must be on disk before it is true.
fn batch_of(decision: &Decision, now: UnixMillis) -> Batch {
    let mut batch = Batch::default();
    for Draft { session, entries, events } in &decision.drafts {
        for event in events {
            match event {
                Event::SessionRequested { officer_account, .. } => {
                    batch.created.push(NewSession {
                        id: session.id,
                        officer_account: *officer_account,
                        requested_at: session.requested_at,
                        request: session.request.clone(),
                    });
                }
                Event::OfferAccepted { mediator, place, .. } => {
                    batch.assigned.push((session.id, *place, *mediator, now));
                }
                Event::MediatorReleased { participant } => {
                    let left = session.participant(*participant).and_then(|left| left.assigned.as_ref());
                    batch.released.extend(left.map(|taken| (session.id, taken.place, now)));
                }
                _ => {}
            }
        }
        if !events.is_empty() {
            let phase: Phase = session.phase();
            let (session, ended_at) = (session.id, session.ended_at);
            batch.phases.push(PhaseRow { session, phase, at: now, ended_at });
        }
        let row = |entry: &dragoman_core::evidence::Entry| EntryRow {
            session: session.id,
            seq: entry.seq,
            line: entry.line.clone(),
            hash: entry.hash,
        };
        batch.entries.extend(entries.iter().map(row));
    }
    for (mediator, change) in &decision.standings {
        if let Change::Switched(ready, at) = change {
            batch.ready.push((*mediator, *ready, *at));
        }
    }
    batch.mediators.extend(decision.roster.iter().cloned());
    batch
}
