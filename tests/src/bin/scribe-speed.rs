//! The scribe's real-time factor: how long the small model takes for a minute of speech, voice activity included.
//!
//! The last line of standard output is one JSON object.

use std::num::NonZeroU16;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use dragoman_client::audio::{read_wav, resample_all};
use dragoman_speech::{
    Catalogue, SAMPLE_RATE, SegmenterOptions, SpeechSegmenter, Transcriber, TranscriberOptions,
    WhisperLanguage,
};
use dragoman_tests::speech::{Phrases, speak};
use serde_json::json;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let catalogue = Catalogue::built_in()?;
    let entry = catalogue.find("test").context("the small model is not in the catalogue")?;
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(&entry.file);
    let mut speech = Vec::new();
    for (number, text) in Phrases::read()?.en.iter().take(30).enumerate() {
        let file = folder.path().join(format!("{number}.wav"));
        speak(text, "en+f2", 150, &file)?;
        speech.extend(resample_all(read_wav(&file)?, dragoman_client::audio::SAMPLE_RATE, SAMPLE_RATE)?);
        speech.resize(speech.len() + SAMPLE_RATE as usize, 0.0);
    }
    let seconds = speech.len() as f64 / f64::from(SAMPLE_RATE);
    let mut results = Vec::new();
    for threads in [1, 2] {
        let threads = NonZeroU16::new(threads).context("threads")?;
        let mut transcriber = Transcriber::load(
            &model,
            TranscriberOptions { threads, ..TranscriberOptions::for_entry(entry) },
        )?;
        let mut segmenter = SpeechSegmenter::new(SegmenterOptions::for_context(transcriber.max_clip_ms()))?;
        let began = Instant::now();
        let mut lines = 0;
        for (frame, samples) in (0_u64..).zip(speech.chunks(SAMPLE_RATE as usize / 50)) {
            for segment in segmenter.push(frame * 20, samples) {
                lines += transcriber.transcribe(&segment.samples, WhisperLanguage::ENGLISH)?.len();
            }
        }
        let factor = began.elapsed().as_secs_f64() / seconds;
        results.push(json!({ "threads": threads.get(), "real_time_factor": (factor * 1e4).round() / 1e4, "lines": lines }));
    }
    println!("{}", json!({ "model": entry.name, "seconds_of_audio": seconds.round(), "scribe": results }));
    Ok(())
}
