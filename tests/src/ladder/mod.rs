//! The loss ladder: real speech from one native client through a relay, ours or Janus, and a link that loses packets to another one, with
//! more and more loss and with more and more protection, and how many words are understood at the other end.

mod janus;
mod path;
mod score;
mod script;
mod session;

use std::time::Duration;

use dragoman_core::red::Redundancy;
use serde::Serialize;

pub use janus::Janus;
pub use score::{Score, Scorer, pieces};
pub use script::Script;
pub use session::{Recording, Servers, Session};

use crate::weak::{Impairment, Loss, Passage};

/// Length of a frame, and of a packet.
pub const FRAME: Duration = Duration::from_millis(20);

/// What helps against loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Only the concealment of libopus.
    Nothing,
    /// Opus's in-band copy of the frame before.
    Fec,
    /// In-band FEC, and each packet has the frame before (RFC 2198).
    #[serde(rename = "red-1")]
    Red1,
    /// In-band FEC, and each packet has the two frames before.
    #[serde(rename = "red-2")]
    Red2,
    /// In-band FEC, and as many earlier frames as a call chooses by the loss that is reported, where the server takes
    /// them.
    Chosen,
}

impl Protection {
    /// The columns, from least to most.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Fec, Self::Red1, Self::Red2, Self::Chosen];

    /// Earlier frames in a packet, of the speaker to the relay and of the relay to the listener.
    pub fn redundancy(self) -> Redundancy {
        match self {
            Self::Nothing | Self::Fec => Redundancy::Fixed(0),
            Self::Red1 => Redundancy::Fixed(1),
            Self::Red2 => Redundancy::Fixed(2),
            Self::Chosen => Redundancy::Adaptive,
        }
    }

    /// Whether Opus adds its copy of the frame before.
    pub fn fec(self) -> bool {
        self != Self::Nothing
    }
}

/// What speaker and listener are connected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Through {
    /// Ours.
    Relay,
    /// Debian's Janus.
    Janus,
}

/// Which way is weak; another one loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weak {
    /// From the speaker to the relay.
    Up,
    /// From the relay to the listener.
    Down,
    /// Each of them, so that as much is lost twice.
    Both,
}

impl Weak {
    /// Whether the speaker's way is.
    pub fn is_up(self) -> bool {
        self != Self::Down
    }

    /// Whether the listener's way is.
    pub fn is_down(self) -> bool {
        self != Self::Up
    }
}

/// A step of the ladder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    /// As it stands in tables.
    pub name: &'static str,
    /// What is lost.
    pub loss: Loss,
}

/// From no loss to half, and two kinds of bursts (Gilbert–Elliott): in the first everything in a bad time is lost; in
/// the second bad times are long, and lose half.
pub const RUNGS: [Rung; 8] = [
    Rung { name: "0 %", loss: Loss::None },
    Rung { name: "5 %", loss: Loss::Random(0.05) },
    Rung { name: "10 %", loss: Loss::Random(0.10) },
    Rung { name: "20 %", loss: Loss::Random(0.20) },
    Rung { name: "30 %", loss: Loss::Random(0.30) },
    Rung { name: "50 %", loss: Loss::Random(0.50) },
    Rung { name: "10 %, runs of 3", loss: Loss::in_bursts(0.10, 3.0) },
    Rung {
        name: "20 %, long bad times",
        loss: Loss::GilbertElliott {
            worsens: 0.04,
            recovers: 0.08,
            loss_when_good: 0.05,
            loss_when_bad: 0.5,
        },
    },
];

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Whose relay.
    pub through: Through,
    /// How much is lost.
    pub rung: Rung,
    /// Where.
    pub weak: Weak,
    /// What helps.
    pub protection: Protection,
}

impl Cell {
    /// All of them; those of one rung are next to each other, so that they are measured at the same time. What libopus
    /// does alone is measured once for each way.
    pub fn all() -> Vec<Self> {
        let of_way = |rung, weak| {
            let both = Protection::ALL
                .into_iter()
                .flat_map(|protection| [Through::Relay, Through::Janus].map(|through| (through, protection)));
            let wanted = both.filter(move |(through, protection)| {
                *protection != Protection::Nothing || (*through == Through::Relay && weak != Weak::Both)
            });
            wanted.map(move |(through, protection)| Self { through, rung, weak, protection })
        };
        let of_rung =
            |rung| [Weak::Up, Weak::Down, Weak::Both].into_iter().flat_map(move |weak| of_way(rung, weak));
        RUNGS.into_iter().flat_map(of_rung).collect()
    }

    /// What is measured beside every group, to see whether the machine kept up: nothing is lost.
    pub fn control() -> Self {
        Self { through: Through::Relay, rung: RUNGS[0], weak: Weak::Up, protection: Protection::Fec }
    }

    /// The link of a client that has a weak one.
    pub fn passage(&self) -> Passage {
        let lossy = Impairment { loss: self.rung.loss, ..Impairment::CLEAR };
        match self.weak {
            Weak::Up => Passage { up: lossy, ..Passage::CLEAR },
            Weak::Down => Passage { down: lossy, ..Passage::CLEAR },
            Weak::Both => Passage::both_ways(lossy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rungs_ways_and_protections_are_there_once_and_lose_what_their_names_say() {
        let cells = Cell::all();
        assert_eq!(cells.len(), RUNGS.len() * (2 * 5 + 4 + 3 * 4));
        for (at, cell) in cells.iter().enumerate() {
            assert!(!cells[..at].contains(cell));
            let passage = cell.passage();
            let (weak, other) = match cell.weak {
                Weak::Up => (passage.up, passage.down),
                Weak::Down | Weak::Both => (passage.down, passage.up),
            };
            assert_eq!(other, if cell.weak == Weak::Both { weak } else { Impairment::CLEAR });
            let percent = cell.rung.name.split(' ').next().and_then(|p| p.parse::<f64>().ok()).unwrap();
            assert!((weak.loss.mean() * 100.0 - percent).abs() < 1e-9, "{}", cell.rung.name);
        }
    }
}
