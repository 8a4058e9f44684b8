//! Everybody who is heard: which stream is whose, and a decoder for each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::Role;
use dragoman_core::wire::{SessionView, Slot};

use super::stats::{Hearing, VoiceReport};
use crate::audio::{FRAME_MS, HeardVoice, VoiceCounters, VoiceDecoder};
use crate::media::Arrival;

/// Streams that are kept at most: twice the slots, for the time when one transport replaces another.
const MAX_STREAMS: usize = 16;

/// How loud the original is beneath an interpretation: -18 dB, as in the web app.
const BENEATH: f32 = 0.126;
/// A full change takes three frames.
const GAIN_STEP: f32 = 0.3;

/// See the module's page.
#[derive(Debug)]
pub(super) struct Voices {
    rate: u32,
    streams: BTreeMap<u32, Stream>,
    ssrc_of_mid: BTreeMap<String, u32>,
    slots: Vec<Slot>,
    roles: BTreeMap<ParticipantId, Role>,
    /// Who is to be heard softly, beneath an interpretation.
    ducked: BTreeSet<ParticipantId>,
    past: BTreeMap<ParticipantId, Past>,
}

#[derive(Debug)]
struct Stream {
    decoder: VoiceDecoder,
    speaker: Option<ParticipantId>,
    /// Whoever had the slot before, and how many frames of theirs wait in the buffer still.
    before: Option<(ParticipantId, u64)>,
    /// What had been counted when the speaker changed last.
    counted: VoiceCounters,
    /// How loud it is now; follows what is wished in small steps, without a click.
    gain: f32,
    first_packet: Instant,
    last_packet: Instant,
}

/// What was received of a speaker in streams that have ended.
#[derive(Debug, Default)]
struct Past {
    counters: VoiceCounters,
    first_packet: Option<Instant>,
    last_packet: Option<Instant>,
}

impl Voices {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate,
            streams: BTreeMap::new(),
            ssrc_of_mid: BTreeMap::new(),
            slots: Vec::new(),
            roles: BTreeMap::new(),
            ducked: BTreeSet::new(),
            past: BTreeMap::new(),
        }
    }

    /// Takes a packet. Returns whether it is the first of all.
    pub(super) fn arrive(&mut self, packet: Arrival) -> bool {
        let is_first = self.streams.is_empty() && self.past.is_empty();
        if !self.streams.contains_key(&packet.ssrc) {
            let Ok(decoder) = VoiceDecoder::new(self.rate) else { return false };
            if self.streams.len() >= MAX_STREAMS {
                return false;
            }
            let speaker = self.speaker_of(packet.ssrc);
            self.streams.insert(packet.ssrc, Stream::new(decoder, speaker, packet.at));
        }
        if let Some(stream) = self.streams.get_mut(&packet.ssrc) {
            stream.last_packet = packet.at;
            let Arrival { sequence, timestamp, payload, .. } = packet;
            match packet.recovered {
                true => stream.decoder.recover(sequence, timestamp, payload),
                false => stream.decoder.push(sequence, timestamp, payload),
            }
        }
        is_first
    }

    /// A new transport, with other streams.
    pub(super) fn set_streams(&mut self, ssrc_of_mid: BTreeMap<String, u32>) {
        self.ssrc_of_mid = ssrc_of_mid;
        self.assign();
    }

    /// Signalling says who speaks in which slot.
    pub(super) fn set_slots(&mut self, slots: Vec<Slot>) {
        self.slots = slots;
        self.assign();
    }

    /// Who is who, and how loud.
    pub(super) fn set_view(&mut self, view: &SessionView) {
        self.roles = view.participants.iter().map(|participant| (participant.id, participant.role)).collect();
        let ducked = view.interpreting.hears.iter().filter(|hearing| hearing.ducked);
        self.ducked = ducked.map(|hearing| hearing.speaker).collect();
    }

    /// The next 20 ms of each.
    pub(super) fn pull(&mut self) -> Vec<HeardVoice> {
        let mut heard = Vec::with_capacity(self.streams.len());
        for stream in self.streams.values_mut() {
            let mut samples = Vec::new();
            let from_packet = stream.decoder.pull(&mut samples);
            let speaker = stream.whose_frame();
            let role = speaker.and_then(|speaker| self.roles.get(&speaker).copied());
            let wished = if speaker.is_some_and(|id| self.ducked.contains(&id)) { BENEATH } else { 1.0 };
            stream.gain += (wished - stream.gain).clamp(-GAIN_STEP, GAIN_STEP);
            heard.push(HeardVoice { speaker, role, samples, from_packet, gain: stream.gain });
        }
        heard
    }

    pub(super) fn reports(&self) -> BTreeMap<ParticipantId, VoiceReport> {
        let mut reports: BTreeMap<ParticipantId, VoiceReport> = BTreeMap::new();
        let report = |speaker: ParticipantId, past: &Past, buffer_ms| VoiceReport {
            role: self.roles.get(&speaker).copied(),
            counters: past.counters,
            buffer_ms,
            first_packet: past.first_packet,
            last_packet: past.last_packet,
        };
        for (speaker, past) in &self.past {
            reports.insert(*speaker, report(*speaker, past, 0));
        }
        for stream in self.streams.values() {
            let Some(speaker) = stream.speaker else { continue };
            let entry = reports.entry(speaker).or_insert_with(|| report(speaker, &Past::default(), 0));
            entry.counters.add(&stream.counters());
            entry.buffer_ms = stream.decoder.delay_ms();
            entry.first_packet.get_or_insert(stream.first_packet);
            entry.last_packet = entry.last_packet.max(Some(stream.last_packet));
        }
        reports
    }

    /// What is heard of all, for the quality that is reported.
    pub(super) fn hearing(&self) -> Hearing {
        let mut hearing = Hearing::default();
        self.past.values().for_each(|past| hearing.counters.add(&past.counters));
        for stream in self.streams.values() {
            hearing.counters.add(&stream.counters());
            hearing.buffer_ms = hearing.buffer_ms.max(stream.decoder.delay_ms());
        }
        hearing
    }

    fn speaker_of(&self, ssrc: u32) -> Option<ParticipantId> {
        let mid = self.ssrc_of_mid.iter().find(|(_, of_mid)| **of_mid == ssrc)?.0;
        self.slots.iter().find(|slot| slot.mid == *mid).map(|slot| slot.participant)
    }

    /// Gives every stream its speaker. One that goes over from one speaker to the next goes on, without a gap; what still
    /// waits of the former is theirs. One whose speaker went, or that belongs to no slot any more, has ended.
    fn assign(&mut self) {
        let known: Vec<u32> = self.streams.keys().copied().collect();
        for ssrc in known {
            let speaker = self.speaker_of(ssrc);
            let is_current = self.ssrc_of_mid.values().any(|of_mid| *of_mid == ssrc);
            let Some(stream) = self.streams.get_mut(&ssrc) else { continue };
            match (stream.speaker, speaker) {
                (None, Some(_)) => stream.speaker = speaker,
                (before, now) if before == now && is_current => {}
                (Some(before), Some(now)) if is_current => {
                    let past = self.past.entry(before).or_default();
                    past.take_in(stream);
                    stream.change_speaker(before, now);
                }
                _ => self.retire(ssrc),
            }
        }
    }

    fn retire(&mut self, ssrc: u32) {
        let Some(stream) = self.streams.remove(&ssrc) else { return };
        let Some(speaker) = stream.speaker else { return };
        self.past.entry(speaker).or_default().take_in(&stream);
    }
}

impl Past {
    fn take_in(&mut self, stream: &Stream) {
        self.counters.add(&stream.counters());
        self.first_packet.get_or_insert(stream.first_packet);
        self.last_packet = self.last_packet.max(Some(stream.last_packet));
    }
}

impl Stream {
    fn new(decoder: VoiceDecoder, speaker: Option<ParticipantId>, at: Instant) -> Self {
        let counted = VoiceCounters::default();
        Self { decoder, speaker, before: None, counted, gain: 1.0, first_packet: at, last_packet: at }
    }

    /// What was received of the present speaker.
    fn counters(&self) -> VoiceCounters {
        self.decoder.counters().since(&self.counted)
    }

    fn change_speaker(&mut self, from: ParticipantId, to: ParticipantId) {
        self.before = Some((from, self.decoder.delay_ms() / FRAME_MS));
        self.counted = self.decoder.counters();
        self.speaker = Some(to);
        (self.first_packet, self.last_packet) = (Instant::now(), Instant::now());
    }

    /// Whose the next frame is.
    fn whose_frame(&mut self) -> Option<ParticipantId> {
        match &mut self.before {
            Some((before, frames)) if *frames > 0 => {
                *frames -= 1;
                Some(*before)
            }
            _ => self.speaker,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;

    fn packet(ssrc: u32, sequence: u16) -> Arrival {
        Arrival {
            ssrc,
            sequence,
            timestamp: u32::from(sequence) * 960,
            payload: Bytes::from_static(&[0xf8; 10]),
            recovered: false,
            at: Instant::now(),
        }
    }

    fn slot(mid: &str, participant: u128) -> Slot {
        Slot { mid: mid.to_owned(), participant: ParticipantId(Uuid::from_u128(participant)) }
    }

    #[test]
    fn streams_find_their_speakers_and_counts_outlive_them() {
        let mut voices = Voices::new(48_000);
        voices.set_streams(BTreeMap::from([("1".into(), 11), ("2".into(), 22)]));
        assert!(voices.arrive(packet(11, 1)));
        assert!(!voices.arrive(packet(11, 2)));
        voices.set_slots(vec![slot("1", 7)]);
        let seven = ParticipantId(Uuid::from_u128(7));
        assert_eq!(voices.reports()[&seven].counters.received, 2);
        // Somebody else in the same slot: the stream goes on, and what waits is still the former's.
        voices.pull();
        voices.set_slots(vec![slot("1", 8)]);
        voices.arrive(packet(11, 3));
        let eight = ParticipantId(Uuid::from_u128(8));
        let received = |voices: &Voices, who| voices.reports()[&who].counters.received;
        assert_eq!((received(&voices, seven), received(&voices, eight)), (2, 1));
        let whose: Vec<_> = (0..6).map(|_| voices.pull()[0].speaker).collect();
        assert_eq!(whose.last(), Some(&Some(eight)));
        // Another transport.
        voices.set_streams(BTreeMap::from([("1".into(), 33)]));
        voices.set_slots(vec![slot("1", 7)]);
        voices.arrive(packet(33, 3));
        assert_eq!(voices.reports()[&seven].counters.received, 3);
        assert_eq!((voices.hearing().counters.received, voices.hearing().counters.lost), (4, 0));
        assert_eq!(voices.pull().len(), 1);
    }

    #[test]
    fn streams_are_bounded() {
        let mut voices = Voices::new(16_000);
        for ssrc in 0..100 {
            voices.arrive(packet(ssrc, 1));
        }
        assert_eq!(voices.streams.len(), MAX_STREAMS);
    }
}
