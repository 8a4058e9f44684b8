//! The way of one's own voice to the relay: packets, with as many earlier frames as the relay's reports call for.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use dragoman_core::red::{Level, Redundancy};
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtp;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};

use super::transport::{OPUS, RED};
use crate::audio::RedEncoder;

/// Sends one voice over one transport.
pub(super) struct VoiceSender {
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    state: Mutex<State>,
}

struct State {
    sequence: u16,
    encoder: RedEncoder,
    level: Level,
    /// Whether the relay takes redundancy; known with its answer.
    takes_red: bool,
    reported: Option<Reported>,
}

/// The relay's last report, as far as it is compared with the next.
#[derive(Clone, Copy)]
struct Reported {
    highest: u32,
    lost: u32,
}

impl VoiceSender {
    pub(super) fn new(track: Arc<TrackLocalStaticRTP>, ssrc: u32, redundancy: Redundancy) -> Self {
        let state = State {
            // RFC 3550 §5.1: the first number is random.
            sequence: rand::random(),
            encoder: RedEncoder::default(),
            level: Level::new(redundancy),
            takes_red: false,
            reported: None,
        };
        Self { track, ssrc, state: Mutex::new(state) }
    }

    /// The answer says whether the relay takes redundancy.
    pub(super) fn set_takes_red(&self, takes_red: bool) {
        self.lock().takes_red = takes_red;
    }

    /// Sends a frame. Returns whether the transport took it.
    pub(super) async fn send(&self, timestamp: u32, frame: Bytes) -> bool {
        let packet = self.packet(timestamp, frame);
        self.track.write_rtp(packet).await.is_ok()
    }

    /// Share of the frames that the relay misses.
    pub(super) fn missed(&self) -> f64 {
        let state = self.lock();
        let lost = state.level.loss().unwrap_or(0.0);
        // Sent twice, both have to be lost; losses come together, so that is likelier than by chance alone.
        if state.takes_red && state.level.earlier() > 0 { 2.0 * lost * lost } else { lost }
    }

    /// Takes the relay's reports until the transport ends.
    pub(super) async fn read_reports(self: Arc<Self>) {
        while let Some(TrackLocalEvent::OnRtcpPacket(packets)) = self.track.poll().await {
            for packet in packets {
                let any = packet.as_any();
                let of_receiver = any.downcast_ref::<ReceiverReport>().map(|report| &report.reports);
                let of_sender = any.downcast_ref::<SenderReport>().map(|report| &report.reports);
                let blocks = of_receiver.or(of_sender).into_iter().flatten();
                blocks.filter(|block| block.ssrc == self.ssrc).for_each(|block| self.note(block));
            }
        }
    }

    fn note(&self, block: &ReceptionReport) {
        let now = Reported { highest: block.last_sequence_number, lost: block.total_lost };
        let mut state = self.lock();
        let Some(before) = state.reported.replace(now) else { return };
        let sent = now.highest.wrapping_sub(before.highest);
        let lost = now.lost.saturating_sub(before.lost);
        // A report that came out of order says nothing new.
        if sent < 0x8000_0000 {
            state.level.note(sent, sent.saturating_sub(lost));
        }
    }

    fn packet(&self, timestamp: u32, frame: Bytes) -> rtp::Packet {
        let mut state = self.lock();
        let earlier = if state.takes_red { state.level.earlier() } else { 0 };
        let redundant = state.encoder.payload(OPUS, timestamp, &frame, earlier);
        state.sequence = state.sequence.wrapping_add(1);
        let header = rtp::header::Header {
            version: 2,
            payload_type: if redundant.is_some() { RED } else { OPUS },
            sequence_number: state.sequence,
            timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        rtp::Packet { header, payload: redundant.unwrap_or(frame) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
