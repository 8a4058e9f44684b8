//! What a call measures of itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::session_types::Role;
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::{Problem, Quality};
use serde::Serialize;

use crate::audio::VoiceCounters;
use crate::error::ClientError;

/// How long joining took, in milliseconds, part after part.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct JoinTimes {
    /// Entering by the link, where there was one.
    pub link_ms: f64,
    /// Opening the socket (TCP, TLS, WebSocket).
    pub socket_ms: f64,
    /// From the making of the SDP offer to the relay's answer.
    pub signalling_ms: f64,
    /// From the answer to SRTP in both directions: ICE and DTLS.
    pub connect_ms: f64,
    /// From the beginning of joining to the first voice packet of anybody.
    pub first_audio_ms: Option<f64>,
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum End {
    /// This client left.
    Left,
    /// The session is over.
    SessionOver,
    /// The relay does not want this client any more.
    Goodbye {
        /// The relay's reason.
        problem: Problem,
    },
    /// The relay did not come back.
    Lost {
        /// How long it was waited for.
        seconds: u64,
        /// The last failure.
        reason: String,
    },
}

impl End {
    /// The error in it, if it is one.
    pub fn error(&self) -> Option<ClientError> {
        match self {
            Self::Left | Self::SessionOver => None,
            Self::Goodbye { problem } => Some(ClientError::Goodbye(problem.clone())),
            Self::Lost { seconds, reason } => {
                Some(ClientError::Lost { seconds: *seconds, reason: reason.clone() })
            }
        }
    }
}

/// What was received of one speaker.
#[derive(Clone, Debug, Serialize)]
pub struct VoiceReport {
    /// As what they take part, where the view told it.
    pub role: Option<Role>,
    /// Packets and frames.
    #[serde(flatten)]
    pub counters: VoiceCounters,
    /// The jitter buffer's delay now, in milliseconds.
    pub buffer_ms: u64,
    /// When the first packet came.
    #[serde(skip)]
    pub first_packet: Option<Instant>,
    /// When the newest packet came.
    #[serde(skip)]
    pub last_packet: Option<Instant>,
}

/// What is heard of all, and how the voice fares on its way to the relay, for the quality that the others are shown.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Hearing {
    /// Packets and frames of all speakers, from the beginning.
    pub(super) counters: VoiceCounters,
    /// The longest of the jitter buffers, in milliseconds.
    pub(super) buffer_ms: u64,
    /// Share of one's own frames that the relay misses.
    pub(super) missed: f64,
}

/// Shares of sound that is missing, and milliseconds that it waits, up to which it is good, and weak; the web app's
/// `levels.ts` has the same.
const MISSING: [f64; 2] = [0.02, 0.08];
const WAITING_MS: [u64; 2] = [200, 400];

impl Hearing {
    /// From what came since `before`; `None` where that was nothing, for silence says nothing. Counts what is really
    /// missing when it is played, not what the network lost and was repaired.
    pub(super) fn quality_since(&self, before: &Self) -> Option<Quality> {
        let (now, then) = (&self.counters, &before.counters);
        let made_up = |of: &VoiceCounters| of.concealed.saturating_sub(of.repaired);
        let came = (now.received + now.recovered).saturating_sub(then.received + then.recovered);
        if came == 0 {
            return None;
        }
        let missing = made_up(now).saturating_sub(made_up(then));
        let missing = (missing as f64 / (missing + came) as f64).max(self.missed);
        let grade = |good: bool, weak: bool| match (good, weak) {
            (true, _) => Quality::Good,
            (_, true) => Quality::Weak,
            _ => Quality::Bad,
        };
        let waiting = self.buffer_ms;
        let both = [
            grade(missing < MISSING[0], missing < MISSING[1]),
            grade(waiting < WAITING_MS[0], waiting < WAITING_MS[1]),
        ];
        let worst = [Quality::Bad, Quality::Weak].into_iter().find(|quality| both.contains(quality));
        Some(worst.unwrap_or(Quality::Good))
    }
}

/// What was measured in a whole call.
#[derive(Clone, Debug, Serialize)]
pub struct CallReport {
    /// Which session.
    pub session: Option<SessionId>,
    /// Who this client was in it.
    pub participant: Option<ParticipantId>,
    /// As what.
    pub role: Option<Role>,
    /// How it ended.
    pub end: End,
    /// How long joining took.
    pub times: JoinTimes,
    /// Length of the timeline.
    pub seconds: f64,
    /// When the timeline began.
    pub timeline_started_at: Option<UnixMillis>,
    /// Packets sent.
    pub sent: u64,
    /// Frames that could not be sent because there was no connection.
    pub unsent: u64,
    /// How often the socket or the transport was made anew.
    pub reconnects: u64,
    /// Each speaker.
    pub voices: BTreeMap<ParticipantId, VoiceReport>,
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_is_what_is_missing_after_all_repair_and_how_long_it_waits() {
        let before = Hearing::default();
        let after = |lost, recovered, concealed, repaired| {
            let received = 100 - lost;
            Hearing {
                counters: VoiceCounters {
                    received,
                    lost,
                    recovered,
                    concealed,
                    repaired,
                    ..Default::default()
                },
                ..before
            }
        };
        assert_eq!(before.quality_since(&before), None);
        assert_eq!(after(20, 20, 0, 0).quality_since(&before), Some(Quality::Good), "all came again");
        assert_eq!(after(20, 0, 20, 20).quality_since(&before), Some(Quality::Good), "all were in the next");
        assert_eq!(after(5, 0, 5, 0).quality_since(&before), Some(Quality::Weak));
        assert_eq!(after(20, 0, 20, 5).quality_since(&before), Some(Quality::Bad));
        let clear = after(0, 0, 0, 0);
        assert_eq!(Hearing { buffer_ms: 300, ..clear }.quality_since(&before), Some(Quality::Weak));
        assert_eq!(Hearing { missed: 0.2, ..clear }.quality_since(&before), Some(Quality::Bad));
        assert_eq!(clear.quality_since(&before), Some(Quality::Good));
    }
}
