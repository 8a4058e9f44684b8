//! Against invention: what speaks against a text that a model gave.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Whisper's own thresholds (OpenAI's `transcribe.py`): beyond both, a text is silence.
pub(crate) const NO_SPEECH_THRESHOLD: f32 = 0.6;
pub(crate) const LOG_PROBABILITY_THRESHOLD: f32 = -1.0;
/// A text that can be packed into so many times fewer bytes says the same again and again (OpenAI's `transcribe.py`).
const COMPRESSION_RATIO_THRESHOLD: f32 = 2.4;

/// Why a text is doubtful.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// The model was caught in a loop and repeats itself.
    Repetition,
    /// The model guessed: the average log probability is below -1.0.
    LowProbability,
    /// The model thinks it more likely than not that nobody spoke.
    PerhapsNoSpeech,
}

/// What a text is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) tokens: &'a [i32],
    pub(crate) text: &'a str,
    /// Mean natural logarithm.
    pub(crate) average_log_probability: f32,
    pub(crate) no_speech_probability: f32,
}

impl Evidence<'_> {
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        if repeats_itself(self.tokens) || compression_ratio(self.text) > COMPRESSION_RATIO_THRESHOLD {
            Some(Doubt::Repetition)
        } else if self.average_log_probability < LOG_PROBABILITY_THRESHOLD {
            Some(Doubt::LowProbability)
        } else if self.no_speech_probability > NO_SPEECH_THRESHOLD {
            Some(Doubt::PerhapsNoSpeech)
        } else {
            None
        }
    }
}

/// whisper.cpp's own test for a loop: low entropy of the last 32 tokens. It would decode again, hotter; here
/// (no fallback) the loop comes through and must be marked.
fn repeats_itself(tokens: &[i32]) -> bool {
    const WINDOW: usize = 32;
    const LEAST_ENTROPY: f32 = 2.4;
    if tokens.len() <= WINDOW {
        return false;
    }
    let mut counts = BTreeMap::new();
    for token in &tokens[tokens.len() - WINDOW..] {
        *counts.entry(token).or_insert(0_u8) += 1;
    }
    let entropy: f32 = counts
        .values()
        .map(|count| {
            let share = f32::from(*count) / WINDOW as f32;
            -share * share.ln()
        })
        .sum();
    entropy < LEAST_ENTROPY
}

fn compression_ratio(text: &str) -> f32 {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail.
    let _ = packed.write_all(text.as_bytes());
    let packed = packed.finish().unwrap_or_default();
    text.len() as f32 / packed.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt_about(
        tokens: &[i32],
        average_log_probability: f32,
        no_speech_probability: f32,
    ) -> Option<Doubt> {
        Evidence { tokens, text: "Where did you sleep?", average_log_probability, no_speech_probability }
            .doubt()
    }

    #[test]
    fn loops_guesses_and_likely_silence_are_doubtful() {
        let different: Vec<i32> = (0..40).collect();
        let looping: Vec<i32> = (0..40).map(|index| index % 4).collect();
        assert_eq!(doubt_about(&different, -0.2, 0.0), None);
        assert_eq!(doubt_about(&looping, -0.2, 0.0), Some(Doubt::Repetition));
        assert_eq!(doubt_about(&different, -1.2, 0.0), Some(Doubt::LowProbability));
        assert_eq!(doubt_about(&different, -0.2, 0.7), Some(Doubt::PerhapsNoSpeech));
        assert_eq!(doubt_about(&looping[..8], -0.2, 0.0), None, "short answers repeat words: yes, yes");
    }

    #[test]
    fn a_text_that_packs_well_is_a_loop() {
        let of =
            |text| Evidence { tokens: &[], text, average_log_probability: 0.0, no_speech_probability: 0.0 };
        let loops = "and then we went to the border ".repeat(8);
        assert_eq!(of(&loops).doubt(), Some(Doubt::Repetition));
        let says = "They took our papers at the border and we walked for three nights until we saw the lights of a town.";
        assert_eq!(of(says).doubt(), None);
        assert_eq!(of("yes yes yes").doubt(), None);
    }
}
