//! The loss ladder: real speech from one native client through a relay and a link that loses packets to another one, with
//! more and more loss and with more and more protection, and how many words are understood at the other end.

mod score;
mod script;
mod session;

use std::time::Duration;

use dragoman_core::red::Redundancy;
use serde::Serialize;

pub use score::{Score, Scorer, pieces};
pub use script::Script;
pub use session::{Recording, Session};

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
}

impl Protection {
    /// The columns, from least to most.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Fec, Self::Red1, Self::Red2];

    /// Earlier frames in a packet, of the speaker to the relay and of the relay to the listener.
    pub fn redundancy(self) -> Redundancy {
        Redundancy::Fixed(match self {
            Self::Nothing | Self::Fec => 0,
            Self::Red1 => 1,
            Self::Red2 => 2,
        })
    }

    /// Whether Opus adds its copy of the frame before.
    pub fn fec(self) -> bool {
        self != Self::Nothing
    }
}

/// Which way is weak; the other one loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weak {
    /// From the speaker to the relay.
    Up,
    /// From the relay to the listener.
    Down,
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
    /// How much is lost.
    pub rung: Rung,
    /// Where.
    pub weak: Weak,
    /// What helps.
    pub protection: Protection,
}

impl Cell {
    /// All of them; those of one rung and way are next to each other, so that they are measured at the same time.
    pub fn all() -> Vec<Self> {
        let of_rung = |rung| {
            let ways = [Weak::Up, Weak::Down].into_iter();
            ways.flat_map(move |weak| Protection::ALL.map(|protection| Self { rung, weak, protection }))
        };
        RUNGS.into_iter().flat_map(of_rung).collect()
    }

    /// What is measured beside every group, to see whether the machine kept up: nothing is lost.
    pub fn control() -> Self {
        Self { rung: RUNGS[0], weak: Weak::Up, protection: Protection::Fec }
    }

    /// The link of the client that has the weak one.
    pub fn passage(&self) -> Passage {
        let lossy = Impairment { loss: self.rung.loss, ..Impairment::CLEAR };
        match self.weak {
            Weak::Up => Passage { up: lossy, ..Passage::CLEAR },
            Weak::Down => Passage { down: lossy, ..Passage::CLEAR },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rungs_ways_and_protections_are_there_once_and_lose_what_their_names_say() {
        let cells = Cell::all();
        assert_eq!(cells.len(), RUNGS.len() * 2 * Protection::ALL.len());
        for (at, cell) in cells.iter().enumerate() {
            assert!(!cells[..at].contains(cell));
            let passage = cell.passage();
            let (weak, clear) = match cell.weak {
                Weak::Up => (passage.up, passage.down),
                Weak::Down => (passage.down, passage.up),
            };
            assert_eq!(clear, Impairment::CLEAR);
            let percent = cell.rung.name.split(' ').next().and_then(|p| p.parse::<f64>().ok()).unwrap();
            assert!((weak.loss.mean() * 100.0 - percent).abs() < 1e-9, "{}", cell.rung.name);
        }
    }
}
