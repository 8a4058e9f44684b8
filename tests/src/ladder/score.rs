//! How much of it was understood, and the recording in step with what was said.

use std::num::NonZeroU16;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use dragoman_speech::{Catalogue, SAMPLE_RATE, Transcriber, TranscriberOptions, WordErrors, word_errors};

use super::script::Phrase;
use super::{Recording, Script};
use crate::correlation::align;

/// Kept around a sentence, before it and after.
const AROUND: (usize, usize) = (SAMPLE_RATE as usize / 5, SAMPLE_RATE as usize * 2 / 5);
/// The jitter buffer holds at most 200 ms; what seems later is a likeness by chance.
const LATEST: i64 = SAMPLE_RATE as i64 * 3 / 10;
/// Sentences that are aligned together, and scored together: P.862 wants about 8 to 12 s.
const TOGETHER: usize = 5;

/// Transcribes with the shipped small model.
#[derive(Debug)]
pub struct Scorer {
    transcriber: Transcriber,
}

/// A recording, judged.
#[derive(Debug, Clone)]
pub struct Score {
    /// Of all sentences.
    pub errors: WordErrors,
    /// The recording, shifted piece by piece to where the script has it; as long as the script.
    pub aligned: Vec<f32>,
    /// How much later than sent it was heard in the mean, in milliseconds.
    pub delay_ms: f64,
}

impl Scorer {
    /// Loads the model.
    ///
    /// # Errors
    /// If the file is not there or not whole.
    pub fn load() -> Result<Self> {
        let catalogue = Catalogue::built_in()?;
        let entry = catalogue.find("test").context("the catalogue has no test model")?;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(&entry.file);
        let threads = NonZeroU16::MIN;
        let options = TranscriberOptions { threads, ..TranscriberOptions::for_entry(entry) };
        Ok(Self { transcriber: Transcriber::load(path, options)? })
    }

    /// Word errors in what was said itself, before any codec or network.
    ///
    /// # Errors
    /// If whisper.cpp fails.
    pub fn before_the_network(&mut self, script: &Script) -> Result<WordErrors> {
        self.words(script, &script.sound)
    }

    /// Judges a recording.
    ///
    /// # Errors
    /// If whisper.cpp fails.
    pub fn score(&mut self, script: &Script, recording: &Recording) -> Result<Score> {
        let mut aligned = vec![0.0; script.sound.len()];
        let mut lag = 0;
        let mut lags = Vec::new();
        for piece in pieces(script) {
            let until = (piece.end + LATEST as usize).min(recording.sound.len());
            let heard = recording.sound.get(piece.start..until).unwrap_or_default();
            let found = align(&script.sound[piece.clone()], heard).lag;
            // A piece of which hardly anything came keeps the lag of the one before.
            if (0..LATEST).contains(&found) {
                lag = usize::try_from(found)?;
                lags.push(found as f64);
            }
            let from = recording.sound.get(piece.start + lag..).unwrap_or_default();
            aligned[piece].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
        let delay_ms = lags.iter().sum::<f64>() / lags.len().max(1) as f64 * 1_000.0 / f64::from(SAMPLE_RATE);
        Ok(Score { errors: self.words(script, &aligned)?, aligned, delay_ms })
    }

    fn words(&mut self, script: &Script, sound: &[f32]) -> Result<WordErrors> {
        let mut errors = WordErrors::default();
        for Phrase { text, language, at } in &script.phrases {
            let (from, until) = (at.start.saturating_sub(AROUND.0), (at.end + AROUND.1).min(sound.len()));
            let heard = self.transcriber.transcribe(&sound[from..until], *language)?;
            let heard: Vec<String> = heard.into_iter().map(|line| line.text).collect();
            errors += word_errors(text, &heard.join(" "));
        }
        Ok(errors)
    }
}

/// The script in pieces of some sentences, without a gap between them.
pub fn pieces(script: &Script) -> Vec<Range<usize>> {
    // The end of the pause before a sentence belongs to it.
    let starts = script.phrases.chunks(TOGETHER).map(|some| some[0].at.start.saturating_sub(AROUND.0));
    let ends: Vec<usize> = starts.chain([script.sound.len()]).collect();
    ends.windows(2).map(|pair| pair[0]..pair[1]).collect()
}
