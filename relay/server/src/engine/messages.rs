//! Who is attached, and what each is sent: whole views, captions, answers. Nothing here decides anything.

use std::collections::{BTreeMap, HashMap};

use dragoman_core::event::Event;
use dragoman_core::ids::{MediatorId, ParticipantId, SessionId};
use dragoman_core::relay::Relay;
use dragoman_core::session::Session;
use dragoman_core::session_types::Role;
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::TranscriptGist;
use dragoman_core::views::{Remark, desk_view, session_view};
use dragoman_core::wire::{DeskRelayMessage, DeskView, Problem, RelayMessage};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::written::reads_gists;
use super::{Attached, DeskOwner, OUTBOX};

/// Way to one page or device; `None` once it was too slow: its socket ends, and says so by detaching.
type Outbox<M> = Option<Sender<M>>;

/// All attached pages and devices.
#[derive(Default)]
pub(super) struct Messages {
    next_number: u64,
    participants: HashMap<(SessionId, ParticipantId), (u64, Outbox<RelayMessage>)>,
    desks: BTreeMap<u64, Desk>,
    remarks: HashMap<SessionId, BTreeMap<ParticipantId, Remark>>,
}

struct Desk {
    owner: DeskOwner,
    outbox: Outbox<DeskRelayMessage>,
    last: Option<DeskView>,
}

impl Messages {
    pub(super) fn attach_participant(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
    ) -> Attached<RelayMessage> {
        let (number, sender, outbox) = self.outbox();
        if let Some((_, earlier)) = self.participants.insert((session, participant), (number, Some(sender)))
            && let Some(earlier) = earlier
        {
            let message = "this session was opened on another page or device of yours; it goes on there";
            let _ = earlier.try_send(goodbye(problem("opened_elsewhere", message), false));
        }
        Attached { number, outbox }
    }

    /// Whether this attachment was the participant's current one.
    pub(super) fn detach_participant(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
        number: u64,
    ) -> bool {
        let key = (session, participant);
        let current = self.participants.get(&key).is_some_and(|(attached, _)| *attached == number);
        if current {
            self.participants.remove(&key);
        }
        current
    }

    pub(super) fn attach_desk(&mut self, owner: DeskOwner) -> Attached<DeskRelayMessage> {
        let (number, sender, outbox) = self.outbox();
        self.desks.insert(number, Desk { owner, outbox: Some(sender), last: None });
        Attached { number, outbox }
    }

    /// The owner, if this was the last desk of that account.
    pub(super) fn detach_desk(&mut self, number: u64) -> Option<DeskOwner> {
        let gone = self.desks.remove(&number)?;
        let others = self.desks.values().any(|desk| desk.owner.actor.account == gone.owner.actor.account);
        (!others).then_some(gone.owner)
    }

    /// Whether a page or device of the mediator is open.
    pub(super) fn has_desk(&self, mediator: MediatorId) -> bool {
        self.desks.values().any(|desk| desk.owner.mediator == Some(mediator))
    }

    pub(super) fn remark(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
        change: impl FnOnce(&mut Remark),
    ) {
        change(self.remarks.entry(session).or_default().entry(participant).or_default());
    }

    pub(super) fn send(&mut self, session: SessionId, participant: ParticipantId, message: RelayMessage) {
        if let Some((_, outbox)) = self.participants.get_mut(&(session, participant)) {
            send_or_drop(outbox, message);
        }
    }

    /// Tells everybody in a session how it stands now.
    pub(super) fn show_session(&mut self, relay: &Relay, session: &Session, now: UnixMillis) {
        let none = BTreeMap::new();
        let remarks = self.remarks.get(&session.id).unwrap_or(&none);
        let view = |participant| session_view(relay, session, remarks, participant, now);
        let views: Vec<_> = session.participants.iter().filter_map(|p| Some((p.id, view(p.id)?))).collect();
        for (participant, view) in views {
            self.send(session.id, participant, RelayMessage::Session { view });
        }
    }

    /// Tells one participant how the session stands.
    pub(super) fn show_participant(
        &mut self,
        relay: &Relay,
        session: &Session,
        participant: ParticipantId,
        now: UnixMillis,
    ) {
        let none = BTreeMap::new();
        let remarks = self.remarks.get(&session.id).unwrap_or(&none);
        if let Some(view) = session_view(relay, session, remarks, participant, now) {
            self.send(session.id, participant, RelayMessage::Session { view });
        }
    }

    /// Captions go to everybody; the scribe wrote them.
    pub(super) fn show_captions(&mut self, session: &Session, events: &[Event]) {
        for event in events {
            match event {
                Event::LineTranscribed { line, .. } => {
                    self.show_text(session, &RelayMessage::Caption { line: line.clone() });
                }
                Event::TextMissing { gap, .. } => {
                    self.show_text(session, &RelayMessage::Gap { gap: gap.clone() });
                }
                Event::GistWritten { gist, .. } => self.show_gist(session, gist),
                _ => {}
            }
        }
    }

    fn show_gist(&mut self, session: &Session, gist: &TranscriptGist) {
        for reader in session.participants.iter().filter(|participant| reads_gists(participant.role)) {
            self.send(session.id, reader.id, RelayMessage::Gist { gist: gist.clone() });
        }
    }

    /// To all but the scribes, who write it.
    pub(super) fn show_text(&mut self, session: &Session, message: &RelayMessage) {
        for reader in session.participants.iter().filter(|participant| participant.role != Role::Scribe) {
            self.send(session.id, reader.id, message.clone());
        }
    }

    /// Tells every desk what changed for it; those for whom nothing did are left alone.
    pub(super) fn show_desks(&mut self, relay: &Relay, now: UnixMillis) {
        for desk in self.desks.values_mut() {
            let view = desk_view(relay, &desk.owner.actor, desk.owner.mediator, now);
            if desk.last.as_ref() != Some(&view) {
                desk.last = Some(view.clone());
                send_or_drop(&mut desk.outbox, DeskRelayMessage::Desk { view });
            }
        }
    }

    /// Somebody left for good: their socket sends what waits and the last word, and closes, whatever the page does. Nothing
    /// of the session reaches them from now on.
    pub(super) fn dismiss(&mut self, session: SessionId, participant: ParticipantId) {
        self.send(session, participant, over());
        self.participants.remove(&(session, participant));
    }

    /// The session is over: its sockets send what waits, and close.
    pub(super) fn forget_session(&mut self, session: SessionId) {
        self.remarks.remove(&session);
        self.participants.retain(|(of, _), _| *of != session);
    }

    /// Says goodbye to all; they may come back.
    pub(super) fn say_goodbye(&mut self, why: &Problem) {
        for (_, (_, mut outbox)) in self.participants.drain() {
            send_or_drop(&mut outbox, goodbye(why.clone(), true));
        }
        for mut desk in std::mem::take(&mut self.desks).into_values() {
            let message = DeskRelayMessage::Goodbye { problem: why.clone(), reconnect: true };
            send_or_drop(&mut desk.outbox, message);
        }
    }

    fn outbox<M>(&mut self) -> (u64, Sender<M>, Receiver<M>) {
        self.next_number += 1;
        let (sender, outbox) = mpsc::channel(OUTBOX);
        (self.next_number, sender, outbox)
    }
}

/// Sends, or gives the reader up: dropping the sender ends the socket, and its page comes back and gets everything.
fn send_or_drop<M>(outbox: &mut Outbox<M>, message: M) {
    if outbox.as_ref().is_some_and(|sender| sender.try_send(message).is_err()) {
        *outbox = None;
    }
}

fn goodbye(problem: Problem, reconnect: bool) -> RelayMessage {
    RelayMessage::Goodbye { problem, reconnect }
}

pub(super) fn problem(code: &str, message: &str) -> Problem {
    Problem { code: code.to_owned(), message: message.to_owned() }
}

/// The last word of a session that is over.
pub(super) fn over() -> RelayMessage {
    goodbye(problem("session_over", "the session is over"), false)
}
