//! What one input decides for one session: its state afterwards, and the entries that make it so.
//!
//! A draft is thrown away if the store says no; only a written one replaces the session.

use crate::event::Event;
use crate::evidence::{Chain, Entry};
use crate::ids::SessionId;
use crate::session::Session;
use crate::time::UnixMillis;

/// A session's next state with the entries that lead there, not yet written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The state after the entries.
    pub session: Session,
    /// New entries, in order.
    pub entries: Vec<Entry>,
    /// The same as events.
    pub events: Vec<Event>,
}

impl Draft {
    /// Nothing decided yet.
    pub(crate) fn of(session: &Session) -> Self {
        Self { session: session.clone(), entries: Vec::new(), events: Vec::new() }
    }

    /// The first event of a session; `None` for any other event.
    pub(crate) fn begin(id: SessionId, event: Event, now: UnixMillis) -> Option<Self> {
        let mut session = Session::begin(id, &event, now)?;
        session.chain = Chain::of(id);
        let entry = session.chain.append(id, &event, now);
        Some(Self { session, entries: vec![entry], events: vec![event] })
    }

    /// Decides that this happens now.
    pub(crate) fn record(&mut self, event: Event, now: UnixMillis) {
        self.session.apply(&event, now);
        self.entries.push(self.session.chain.append(self.session.id, &event, now));
        self.events.push(event);
    }
}
