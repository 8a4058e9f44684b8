//! What a call measures of itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::session_types::Role;
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::Problem;
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
