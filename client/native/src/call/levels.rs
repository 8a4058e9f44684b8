//! How loud everybody is at the moment, to be shown, and whether one's own microphone is silenced.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use dragoman_core::ids::ParticipantId;

use crate::audio::HeardVoice;

/// A level that is not fed falls by this factor in 20 ms: 26 dB a second, so that the eye can follow.
const FALL: f32 = 0.942;

/// See the module's page. Levels are peaks, from 0 to 1.
#[derive(Debug, Default)]
pub(super) struct Levels {
    own: AtomicU32,
    voices: Mutex<BTreeMap<ParticipantId, f32>>,
    muted: AtomicBool,
    coughing: AtomicBool,
}

impl Levels {
    /// What the microphone brought, before it is silenced: who is muted must see that the microphone works.
    pub(super) fn spoken(&self, frame: &[f32]) {
        let level = peak(frame).max(self.own() * FALL);
        self.own.store(level.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn heard(&self, heard: &[HeardVoice]) {
        let mut voices = self.voices.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |speaker: &ParticipantId| heard.iter().any(|voice| voice.speaker == Some(*speaker));
        voices.retain(|speaker, _| known(speaker));
        for voice in heard {
            let Some(speaker) = voice.speaker else { continue };
            let level = voices.entry(speaker).or_default();
            *level = peak(&voice.samples).max(*level * FALL);
        }
    }

    pub(super) fn own(&self) -> f32 {
        f32::from_bits(self.own.load(Ordering::Relaxed))
    }

    pub(super) fn voices(&self) -> BTreeMap<ParticipantId, f32> {
        self.voices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn mute(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    pub(super) fn cough(&self, coughing: bool) {
        self.coughing.store(coughing, Ordering::Relaxed);
    }

    /// Nothing of the microphone is sent.
    pub(super) fn is_silenced(&self) -> bool {
        self.muted.load(Ordering::Relaxed) || self.coughing.load(Ordering::Relaxed)
    }
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak)).min(1.0)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn levels_jump_up_fall_slowly_and_go_with_their_speaker() {
        let levels = Levels::default();
        levels.spoken(&[0.1, -0.5]);
        levels.spoken(&[0.0; 2]);
        assert!((levels.own() - 0.5 * FALL).abs() < 1e-6);
        let speaker = ParticipantId(Uuid::from_u128(7));
        let voice = |sample: f32| HeardVoice {
            speaker: Some(speaker),
            role: None,
            samples: vec![sample; 4],
            gain: 1.0,
            from_packet: true,
        };
        levels.heard(&[voice(-0.3)]);
        levels.heard(&[voice(0.0)]);
        assert!((levels.voices()[&speaker] - 0.3 * FALL).abs() < 1e-6);
        levels.heard(&[]);
        assert!(levels.voices().is_empty());
    }

    #[test]
    fn a_cough_does_not_end_a_mute() {
        let levels = Levels::default();
        levels.mute(true);
        levels.cough(true);
        levels.cough(false);
        assert!(levels.is_silenced());
        levels.mute(false);
        assert!(!levels.is_silenced());
    }
}
