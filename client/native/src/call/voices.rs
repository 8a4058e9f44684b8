//! Everybody who is heard: which stream is whose, and a decoder for each.

use std::collections::BTreeMap;
use std::time::Instant;

use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::Role;
use dragoman_core::wire::{SessionView, Slot};

use super::stats::{Hearing, VoiceReport};
use crate::audio::{HeardVoice, VoiceCounters, VoiceDecoder};
use crate::media::Arrival;

/// Streams that are kept at most: twice the slots, for the time when one transport replaces another.
const MAX_STREAMS: usize = 16;

/// See the module's page.
#[derive(Debug)]
pub(super) struct Voices {
    rate: u32,
    streams: BTreeMap<u32, Stream>,
    ssrc_of_mid: BTreeMap<String, u32>,
    slots: Vec<Slot>,
    roles: BTreeMap<ParticipantId, Role>,
    past: BTreeMap<ParticipantId, Past>,
}

#[derive(Debug)]
struct Stream {
    decoder: VoiceDecoder,
    speaker: Option<ParticipantId>,
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
            let stream = Stream { decoder, speaker, first_packet: packet.at, last_packet: packet.at };
            self.streams.insert(packet.ssrc, stream);
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

    pub(super) fn set_roles(&mut self, view: &SessionView) {
        self.roles = view.participants.iter().map(|participant| (participant.id, participant.role)).collect();
    }

    /// The next 20 ms of each.
    pub(super) fn pull(&mut self) -> Vec<HeardVoice> {
        let mut heard = Vec::with_capacity(self.streams.len());
        for stream in self.streams.values_mut() {
            let mut samples = Vec::new();
            let from_packet = stream.decoder.pull(&mut samples);
            let role = stream.speaker.and_then(|speaker| self.roles.get(&speaker).copied());
            heard.push(HeardVoice { speaker: stream.speaker, role, samples, from_packet });
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
            entry.counters.add(&stream.decoder.counters());
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
            hearing.counters.add(&stream.decoder.counters());
            hearing.buffer_ms = hearing.buffer_ms.max(stream.decoder.delay_ms());
        }
        hearing
    }

    fn speaker_of(&self, ssrc: u32) -> Option<ParticipantId> {
        let mid = self.ssrc_of_mid.iter().find(|(_, of_mid)| **of_mid == ssrc)?.0;
        self.slots.iter().find(|slot| slot.mid == *mid).map(|slot| slot.participant)
    }

    /// Gives every stream its speaker. A stream whose speaker changed begins afresh, so that nobody's words are played
    /// as somebody else's; one that belongs to no slot any more has ended.
    fn assign(&mut self) {
        let known: Vec<u32> = self.streams.keys().copied().collect();
        for ssrc in known {
            let speaker = self.speaker_of(ssrc);
            let is_current = self.ssrc_of_mid.values().any(|of_mid| *of_mid == ssrc);
            let Some(stream) = self.streams.get_mut(&ssrc) else { continue };
            match (stream.speaker, speaker) {
                (None, Some(_)) => stream.speaker = speaker,
                (before, now) if before == now && is_current => {}
                _ => self.retire(ssrc),
            }
        }
    }

    fn retire(&mut self, ssrc: u32) {
        let Some(stream) = self.streams.remove(&ssrc) else { return };
        let Some(speaker) = stream.speaker else { return };
        let past = self.past.entry(speaker).or_default();
        past.counters.add(&stream.decoder.counters());
        past.first_packet.get_or_insert(stream.first_packet);
        past.last_packet = past.last_packet.max(Some(stream.last_packet));
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
        // Somebody else in the same slot.
        voices.set_slots(vec![slot("1", 8)]);
        voices.arrive(packet(11, 3));
        assert_eq!(voices.reports().len(), 2);
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
