//! How the floor stands: mode, channels, the aside, breaks, coughs and signals. Nothing but events, replayed.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Event;
use crate::ids::ParticipantId;
use crate::language::LanguageTag;
use crate::time::UnixMillis;

use super::types::{Mode, Signal};

/// So many signals are kept for the screens.
const SIGNALS_KEPT: usize = 8;

/// See the module's page.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Floor {
    /// How it is interpreted.
    pub mode: Mode,
    /// Who speaks aside with whom, and since when.
    pub aside: Option<Aside>,
    /// Who holds the cough button.
    pub coughing: BTreeSet<ParticipantId>,
    /// The break, if there is one.
    pub pause: Option<Pause>,
    /// The latest signals, the newest last.
    pub signals: Vec<SignalGiven>,
    /// What participants chose to listen to; whoever chose nothing hears the language they speak.
    pub listens: BTreeMap<ParticipantId, Option<LanguageTag>>,
    /// Into which language mediators chose to speak; whoever chose nothing speaks into the one nearer to the officer.
    pub speaks_into: BTreeMap<ParticipantId, LanguageTag>,
}

/// Two who speak aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Aside {
    /// Who began it, and with whom.
    pub between: [ParticipantId; 2],
    /// When.
    pub since: UnixMillis,
}

impl Aside {
    /// Whether this one is one of the two.
    pub fn has(&self, participant: ParticipantId) -> bool {
        self.between.contains(&participant)
    }
}

/// A break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pause {
    /// Who asked for it.
    pub by: ParticipantId,
    /// When.
    pub since: UnixMillis,
}

/// A signal, as it was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignalGiven {
    /// By whom.
    pub by: ParticipantId,
    /// Which.
    pub signal: Signal,
    /// When.
    pub at: UnixMillis,
}

impl Floor {
    /// Takes in what happened.
    pub(crate) fn apply(&mut self, event: &Event, at: UnixMillis) {
        match event {
            Event::ModeChanged { mode, .. } => self.mode = *mode,
            Event::ChannelChosen { by, language } => {
                self.listens.insert(*by, language.clone());
            }
            Event::OutputChosen { by, language } => {
                self.speaks_into.insert(*by, language.clone());
            }
            Event::AsideBegun { by, with } => self.aside = Some(Aside { between: [*by, *with], since: at }),
            Event::AsideEnded { .. } => self.aside = None,
            Event::SignalGiven { by, signal } => {
                if self.signals.len() == SIGNALS_KEPT {
                    self.signals.remove(0);
                }
                self.signals.push(SignalGiven { by: *by, signal: *signal, at });
            }
            Event::CoughSwitched { by, on: true } => drop(self.coughing.insert(*by)),
            Event::CoughSwitched { by, on: false } => drop(self.coughing.remove(by)),
            Event::Paused { by } => self.pause = Some(Pause { by: *by, since: at }),
            Event::Resumed { .. } => self.pause = None,
            // What a stop ends does not come back with a new agreement.
            Event::Stopped { .. } => (self.aside, self.pause) = (None, None),
            // A page that was lost holds no button any more, and nobody shall speak aside to it.
            Event::ParticipantDisconnected { participant } | Event::MediatorReleased { participant } => {
                self.coughing.remove(participant);
                self.aside = self.aside.filter(|aside| !aside.has(*participant));
            }
            _ => {}
        }
    }

    /// When this one gave a signal last.
    pub(crate) fn last_signal_of(&self, participant: ParticipantId) -> Option<UnixMillis> {
        self.signals.iter().rev().find(|given| given.by == participant).map(|given| given.at)
    }
}
