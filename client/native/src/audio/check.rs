//! The sound check before a call: a tone to hear, three seconds to speak, and what is to be said about them.

use std::time::{Duration, Instant};

use super::device::{Loudspeaker, Microphone};
use super::{FRAME, FRAME_MS, SAMPLE_RATE};

/// Below this peak there is not even a room: -70 dBFS.
const NOTHING: f32 = 3e-4;
/// The loud parts of speech should be above this: -40 dBFS. What is between, the gain control can still lift.
const QUIET: f32 = 0.01;
/// From here on a sample counts as clipped.
const CLIPPED: f32 = 0.985;
/// This part of all samples may be.
const MAY_CLIP: f32 = 2e-4;
/// The loudest tenth of the frames is speech, if there was any.
const SPEECH: usize = 10;

/// What is wrong with a recording of somebody who spoke, if anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The microphone brings nothing at all.
    NoSound,
    /// Something is there, but no voice that could be understood.
    TooQuiet,
    /// So loud that it is cut off.
    Clipping,
    /// Fine.
    Good,
}

impl Verdict {
    /// In one sentence, with what to do.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::NoSound => "There is no sound. Is the microphone switched on, and is it the right one?",
            Self::TooQuiet => {
                "This is too quiet. Come nearer to the microphone, or raise its level in the system's settings."
            }
            Self::Clipping => {
                "This is too loud and distorted. Move away from the microphone, or lower its level in the system's settings."
            }
            Self::Good => "The level is good.",
        }
    }
}

/// Judges a recording (48 kHz, mono) of somebody who was asked to speak.
pub fn judge(samples: &[f32]) -> Verdict {
    let clipped = samples.iter().filter(|sample| sample.abs() >= CLIPPED).count();
    if samples.iter().all(|sample| sample.abs() < NOTHING) {
        Verdict::NoSound
    } else if clipped as f32 > samples.len() as f32 * MAY_CLIP {
        Verdict::Clipping
    } else if loudness(samples) < QUIET {
        Verdict::TooQuiet
    } else {
        Verdict::Good
    }
}

/// Root mean square of the loud frames, from 0 to 1.
pub fn loudness(samples: &[f32]) -> f32 {
    let mut frames: Vec<f32> = samples
        .chunks(FRAME)
        .map(|frame| (frame.iter().map(|sample| sample * sample).sum::<f32>() / frame.len() as f32).sqrt())
        .collect();
    frames.sort_by(|a, b| b.total_cmp(a));
    let loud = &frames[..frames.len().div_ceil(SPEECH)];
    if loud.is_empty() { 0.0 } else { loud.iter().sum::<f32>() / loud.len() as f32 }
}

/// Two soft notes.
pub fn tone() -> Vec<f32> {
    [523.25_f32, 659.25].iter().flat_map(|hertz| note(*hertz)).collect()
}

fn note(hertz: f32) -> impl Iterator<Item = f32> {
    let length = SAMPLE_RATE / 2;
    (0..length).map(move |n| {
        let part = n as f32 / length as f32;
        let swell = (part * 20.0).min(1.0) * (1.0 - part);
        0.25 * swell * (n as f32 / SAMPLE_RATE as f32 * hertz * std::f32::consts::TAU).sin()
    })
}

/// Plays sound (48 kHz, mono). Waits until it has been played.
pub fn play(loudspeaker: &mut Loudspeaker, samples: &[f32]) {
    let mut frames = samples.chunks(FRAME);
    each_frame(samples.len().div_ceil(FRAME), || {
        frames.next().into_iter().for_each(|frame| loudspeaker.play(frame))
    });
    std::thread::sleep(Duration::from_millis(loudspeaker.waiting_ms()));
}

/// Records for `length`, and waits as long. `level`: told the loudness of each frame, from 0 to 1.
pub fn listen(microphone: &mut Microphone, length: Duration, mut level: impl FnMut(f32)) -> Vec<f32> {
    let frames = usize::try_from(length.as_millis()).unwrap_or(usize::MAX) / FRAME_MS as usize;
    let mut samples = Vec::with_capacity(frames * FRAME);
    each_frame(frames, || {
        let mut frame = [0.0; FRAME];
        microphone.fill(&mut frame);
        level(loudness(&frame));
        samples.extend(frame);
    });
    samples
}

fn each_frame(frames: usize, mut act: impl FnMut()) {
    let start = Instant::now();
    for number in 1..=u32::try_from(frames).unwrap_or(u32::MAX) {
        act();
        let due = start + Duration::from_millis(FRAME_MS) * number;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something like a voice, with pauses, in a room with a little noise.
    fn voice(loudness: f32) -> Vec<f32> {
        (0..3 * SAMPLE_RATE)
            .map(|n| {
                let t = n as f32 / SAMPLE_RATE as f32;
                let syllable = (t * 2.0 * std::f32::consts::TAU).sin().max(0.0);
                let noise = ((n * 7_919 % 1_000) as f32 / 1_000.0 - 0.5) * 2e-3;
                (loudness * syllable * (t * 150.0 * std::f32::consts::TAU).sin() + noise).clamp(-1.0, 1.0)
            })
            .collect()
    }

    #[test]
    fn recordings_are_judged_as_a_person_would() {
        for (recording, verdict) in [
            (vec![0.0; 144_000], Verdict::NoSound),
            (voice(0.0), Verdict::TooQuiet),
            (voice(0.008), Verdict::TooQuiet),
            (voice(0.05), Verdict::Good),
            (voice(0.9), Verdict::Good),
            (voice(3.0), Verdict::Clipping),
            (Vec::new(), Verdict::NoSound),
        ] {
            assert_eq!(judge(&recording), verdict, "loudness {}", loudness(&recording));
        }
    }

    #[test]
    fn the_tone_is_good_to_hear() {
        let tone = tone();
        assert_eq!(judge(&tone), Verdict::Good);
        assert!(tone.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.03), "no click");
    }
}
