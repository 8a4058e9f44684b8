//! What is said on every rung: sentences of the small model in voices and at speeds that it was never trained with.

use std::ops::Range;

use anyhow::{Context, Result};
use bytes::Bytes;
use dragoman_client::audio::{self, VoiceEncoder, read_wav, resample_all};
use dragoman_speech::WhisperLanguage;

use crate::speech::{Phrases, speak};

/// Held out of `models/trainer/speech.py`.
const VOICES: [&str; 4] = ["+f3", "+m4", "+linda", "+adam"];
const SPEEDS: [u32; 4] = [130, 150, 170, 190];
/// The first so many phrases of each language are sentences, those after them numbers.
pub(super) const SENTENCES: usize = 40;
/// Between two sentences, and at the beginning and the end.
const PAUSE_MS: usize = 600;
/// Samples a millisecond, as it is played and as it is judged.
const PLAYED: usize = audio::SAMPLE_RATE as usize / 1_000;
const JUDGED: usize = dragoman_speech::SAMPLE_RATE as usize / 1_000;

/// A sentence in it.
#[derive(Debug, Clone)]
pub struct Phrase {
    /// What is said.
    pub text: String,
    /// In which language.
    pub language: WhisperLanguage,
    /// Where, in samples at 16 kHz.
    pub at: Range<usize>,
}

/// The whole, spoken and encoded.
#[derive(Debug)]
pub struct Script {
    /// In the order in which they are said.
    pub phrases: Vec<Phrase>,
    /// How it sounds before it is encoded: 16 kHz, mono.
    pub sound: Vec<f32>,
    plain: Vec<Bytes>,
    with_fec: Vec<Bytes>,
}

impl Script {
    /// Speaks `sentences` of each language, one language after the other in turn.
    ///
    /// # Errors
    /// If espeak-ng is not installed.
    pub fn speak(sentences: usize) -> Result<Self> {
        let all = Phrases::read()?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("phrase.wav");
        let pause = || std::iter::repeat_n(0.0, PAUSE_MS * PLAYED);
        let mut played: Vec<f32> = pause().collect();
        let mut phrases = Vec::new();
        for number in 0..sentences.min(SENTENCES) {
            let in_turn = [
                (WhisperLanguage::ENGLISH, &all.en),
                (WhisperLanguage::ALBANIAN, &all.sq),
                (WhisperLanguage::SERBIAN, &all.sr),
            ];
            for (turn, (language, of_language)) in in_turn.into_iter().enumerate() {
                let text = of_language.get(number).context("models/phrases.json has fewer sentences")?;
                let voice = format!("{}{}", language.code(), VOICES[(number + turn) % VOICES.len()]);
                speak(text, &voice, SPEEDS[(number / VOICES.len() + turn) % SPEEDS.len()], &file)?;
                let from = played.len();
                played.extend(read_wav(&file)?);
                let at = from * JUDGED / PLAYED..played.len() * JUDGED / PLAYED;
                phrases.push(Phrase { text: text.clone(), language, at });
                played.extend(pause());
            }
        }
        played.resize(played.len().next_multiple_of(audio::FRAME), 0.0);
        let mut sound = resample_all(played.clone(), audio::SAMPLE_RATE, dragoman_speech::SAMPLE_RATE)?;
        sound.resize(played.len() * JUDGED / PLAYED, 0.0);
        Ok(Self { phrases, sound, plain: encode(&played, false)?, with_fec: encode(&played, true)? })
    }

    /// Opus packets of 20 ms.
    pub fn packets(&self, fec: bool) -> &[Bytes] {
        if fec { &self.with_fec } else { &self.plain }
    }
}

fn encode(samples: &[f32], fec: bool) -> Result<Vec<Bytes>> {
    let mut encoder = VoiceEncoder::with_fec(fec)?;
    let (frames, _) = samples.as_chunks();
    frames.iter().map(|frame| Ok(encoder.encode(frame)?)).collect()
}
