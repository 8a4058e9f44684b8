//! What the phone is told without words, which would need a language: like the tones of a telephone exchange.

use std::sync::Arc;

use crate::audio::SAMPLE_RATE;

/// Loud enough for a phone's earpiece, far below speech that is shouted: -14 dBFS.
const LEVEL: f32 = 0.2;
/// Against clicks: 5 ms.
const EDGE: usize = SAMPLE_RATE as usize / 200;

/// (Hz, ms); 0 Hz is silence.
type Tone = (f32, u32);

/// Enter the PIN: three short tones that rise, twice.
const ENTER: [Tone; 13] = [
    (0.0, 300),
    (440.0, 150),
    (0.0, 80),
    (554.0, 150),
    (0.0, 80),
    (659.0, 150),
    (0.0, 600),
    (440.0, 150),
    (0.0, 80),
    (554.0, 150),
    (0.0, 80),
    (659.0, 150),
    (0.0, 100),
];
/// The PIN was right: one long, high tone.
const RIGHT: [Tone; 1] = [(880.0, 400)];
/// The PIN was wrong: two low tones.
const WRONG: [Tone; 3] = [(260.0, 250), (0.0, 100), (260.0, 250)];

/// The PIN is to be entered.
pub(super) fn enter() -> Arc<[f32]> {
    sound(&ENTER)
}

/// It was right; the call begins.
pub(super) fn right() -> Arc<[f32]> {
    sound(&RIGHT)
}

/// It was wrong.
pub(super) fn wrong() -> Arc<[f32]> {
    sound(&WRONG)
}

fn sound(tones: &[Tone]) -> Arc<[f32]> {
    tones.iter().flat_map(|(hertz, ms)| tone(*hertz, SAMPLE_RATE as usize * *ms as usize / 1_000)).collect()
}

fn tone(hertz: f32, length: usize) -> impl Iterator<Item = f32> {
    let step = hertz / SAMPLE_RATE as f32 * std::f32::consts::TAU;
    (0..length).map(move |n| {
        let edge = n.min(length - 1 - n).min(EDGE) as f32 / EDGE as f32;
        LEVEL * edge * (n as f32 * step).sin()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_heard_and_do_not_click() {
        for (sound, ms) in [(enter(), 2_220), (right(), 400), (wrong(), 600)] {
            assert_eq!(sound.len(), 48 * ms);
            let most = sound.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
            assert!((0.19..=0.2).contains(&most));
            assert!(sound.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.03));
            assert_eq!((sound[0], sound[sound.len() - 1].abs() < 0.01), (0.0, true));
        }
    }
}
