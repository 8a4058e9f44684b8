//! Links with a name: one table, for tests, for benchmarks and for people.
//!
//! Where nobody publishes figures for a place, they are our own assumption and called so; then they are meant to be
//! worse than what one usually has there, so that who gets along with the profile gets along with the place.

use std::time::Duration;

use super::impairment::{Impairment, Outage, Rate};
use super::loss::Loss;
use super::proxy::{Moves, Passage};

/// A link with a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Lower-case words and hyphens.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    /// Where its figures are from.
    pub source: &'static str,
    /// What it does.
    pub passage: Passage,
}

impl Profile {
    /// The one of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }
}

const CLEAR: Impairment = Impairment::CLEAR;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn kbps(kilobits_per_second: u64, queue_bytes: u64) -> Option<Rate> {
    Some(Rate { bits_per_second: kilobits_per_second * 1_000, queue_bytes })
}

/// For loss of which only the share is meant.
const LADDER: &str = "a rung of the loss ladder (docs/weak-links.md)";

/// All profiles.
pub const PROFILES: &[Profile] = &[
    Profile {
        name: "clear",
        about: "a network that does nothing to packets",
        source: "to compare with",
        passage: Passage::CLEAR,
    },
    Profile {
        name: "balkan-4g",
        about: "a tablet at a border post, in a weak and busy 4G cell",
        source: "delay and jitter up: 4G of wiki.loadero.com/test-creation/participant-configuration/network-conditions; loss, rates and the handover of 0.3 s every 25 s: assumption",
        passage: Passage {
            up: Impairment {
                loss: Loss::GilbertElliott {
                    worsens: 0.01,
                    recovers: 0.15,
                    loss_when_good: 0.005,
                    loss_when_bad: 0.5,
                },
                delay: ms(45),
                jitter: ms(15),
                rate: kbps(1_000, 64_000),
                outage: Some(Outage { from: ms(15_000), length: ms(300), every: Some(ms(25_000)) }),
                ..CLEAR
            },
            down: Impairment {
                loss: Loss::GilbertElliott {
                    worsens: 0.008,
                    recovers: 0.2,
                    loss_when_good: 0.002,
                    loss_when_bad: 0.5,
                },
                delay: ms(45),
                jitter: ms(10),
                rate: kbps(4_000, 128_000),
                outage: Some(Outage { from: ms(15_000), length: ms(300), every: Some(ms(25_000)) }),
                ..CLEAR
            },
            moves: None,
        },
    },
    Profile {
        name: "border-edge",
        about: "the last bar of 2G (EDGE): slow, late, narrow",
        source: "rates and 1 % loss: Edge of the same Loadero table (its 650 ms taken as the round trip); jitter and the length of the queue: assumption",
        passage: Passage {
            up: Impairment {
                loss: Loss::in_bursts(0.01, 2.0),
                delay: ms(325),
                jitter: ms(60),
                rate: kbps(260, 32_000),
                ..CLEAR
            },
            down: Impairment {
                loss: Loss::in_bursts(0.01, 2.0),
                delay: ms(325),
                jitter: ms(60),
                rate: kbps(200, 32_000),
                ..CLEAR
            },
            moves: None,
        },
    },
    Profile {
        name: "satellite",
        about: "a geostationary satellite, for a ship or a camp without a mast",
        source: "260 ms one way: ITU-T G.114, table of planning values; rates: Satellite phone of the same Loadero table; loss and jitter: assumption",
        passage: Passage {
            up: Impairment {
                loss: Loss::in_bursts(0.005, 4.0),
                delay: ms(260),
                jitter: ms(8),
                rate: kbps(256, 32_000),
                ..CLEAR
            },
            down: Impairment {
                loss: Loss::in_bursts(0.005, 4.0),
                delay: ms(260),
                jitter: ms(8),
                rate: kbps(1_000, 64_000),
                ..CLEAR
            },
            moves: None,
        },
    },
    Profile {
        name: "crowded-wifi",
        about: "the wireless network of a full reception centre: bursts, copies, packets that overtake each other",
        source: "assumption",
        passage: Passage::both_ways(Impairment {
            loss: Loss::GilbertElliott {
                worsens: 0.02,
                recovers: 0.2,
                loss_when_good: 0.01,
                loss_when_bad: 0.5,
            },
            delay: ms(5),
            jitter: ms(20),
            reorder: true,
            duplicate: 0.005,
            ..CLEAR
        }),
    },
    Profile {
        name: "tunnel",
        about: "4G on the road: every minute nothing for 5 s, and then another address",
        source: "delay and jitter: 4G of the same Loadero table; outage and change of address: the goal that a call must be back within a second",
        passage: Passage {
            moves: Some(Moves { first: ms(22_000), every: ms(60_000) }),
            ..Passage::both_ways(Impairment {
                loss: Loss::Random(0.002),
                delay: ms(45),
                jitter: ms(5),
                outage: Some(Outage { from: ms(20_000), length: ms(5_000), every: Some(ms(60_000)) }),
                ..CLEAR
            })
        },
    },
    Profile {
        name: "lossy-10",
        about: "every tenth packet is lost in each direction, nothing else",
        source: LADDER,
        passage: Passage::both_ways(Impairment { loss: Loss::Random(0.1), ..CLEAR }),
    },
    Profile {
        name: "lossy-30",
        about: "three of ten packets are lost in each direction, nothing else",
        source: LADDER,
        passage: Passage::both_ways(Impairment { loss: Loss::Random(0.3), ..CLEAR }),
    },
    Profile {
        name: "bursts-10",
        about: "one packet of ten is lost in each direction, three in a row in the mean",
        source: LADDER,
        passage: Passage::both_ways(Impairment { loss: Loss::in_bursts(0.1, 3.0), ..CLEAR }),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for profile in PROFILES {
            assert_eq!(Profile::find(profile.name), Some(profile));
            assert!(profile.name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')));
        }
        assert_eq!(Profile::find("carrier-pigeon"), None);
    }

    /// Where the rate is limited, a voice with a second copy of each frame still fits, or the profile would only show
    /// that: 2 × 80 bytes of Opus, 5 of RED, 12 of RTP, 16 of SRTP, 28 of headers, 50 times a second.
    #[test]
    fn a_voice_with_a_copy_fits_through_every_profile() {
        let bits = (2 * 80 + 5 + 12 + 16 + 28) * 8 * 50;
        for Profile { name, passage, .. } in PROFILES {
            for rate in [passage.up.rate, passage.down.rate].into_iter().flatten() {
                assert!(rate.bits_per_second > bits, "{name}");
            }
        }
    }
}
