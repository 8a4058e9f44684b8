//! `models bench`: how fast models are on this machine, and how many words they get wrong of recordings that a person has.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use dragoman_client::audio::{SAMPLE_RATE, read_wav, resample_all};
use dragoman_client::{ClientError, Result};
use dragoman_speech::{
    Measured, ModelEntry, SegmenterOptions, Shelf, SpeechSegmenter, Transcriber, TranscriberOptions,
    Transcription, WhisperLanguage, WordErrors, word_errors,
};
use serde_json::json;

use super::list::verdict;
use super::{catalogue, failed, file_of, found};
use crate::cli::common::print_json;

/// Twelve seconds of English by a synthetic voice: enough to see how fast a model is, and not how good.
const CLIP: &[u8] = include_bytes!("../../../../../models/bench.wav");
/// A draft of so much speech; whisper.cpp computes as long for less.
const DRAFT_SAMPLES: usize = 2 * dragoman_speech::SAMPLE_RATE as usize;
const FRAME: usize = dragoman_speech::SAMPLE_RATE as usize / 50;

#[derive(Debug, Args)]
pub(super) struct Bench {
    /// Names of models; without any, all that are on this machine.
    names: Vec<String>,
    /// Recordings (WAV) and, beside each, what is said in it (`.txt` of the same name). In folders that are named by
    /// Whisper's codes (`sq/one.wav`), or all in --language.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Language of recordings that are not in such a folder (Whisper's code).
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// One recording and what is said in it.
struct Recording {
    samples: Vec<f32>,
    language: WhisperLanguage,
    said: Option<String>,
}

/// What a model did.
#[derive(Default)]
struct Done {
    computed: Duration,
    audio: Duration,
    errors: BTreeMap<WhisperLanguage, WordErrors>,
    refused: Vec<WhisperLanguage>,
}

impl Bench {
    pub(super) fn run(self, shelf: &Shelf) -> Result<()> {
        let catalogue = catalogue()?;
        let entries: Vec<&ModelEntry> = if self.names.is_empty() {
            catalogue.models.iter().filter(|entry| file_of(entry, shelf).is_some()).collect()
        } else {
            self.names.iter().map(|name| found(&catalogue, name)).collect::<Result<_>>()?
        };
        if entries.is_empty() {
            return Err(failed("no model is on this machine: run `dragoman-client models fetch NAME`"));
        }
        let recordings = self.recordings()?;
        let mut report = Vec::new();
        for entry in entries {
            let path = file_of(entry, shelf).ok_or_else(|| {
                failed(format!(
                    "{} is not on this machine: run `dragoman-client models fetch {}`",
                    entry.name, entry.name
                ))
            })?;
            let options = TranscriberOptions::for_entry(entry);
            let threads = options.threads.get();
            let mut transcriber = Transcriber::load(&path, options)?;
            let done = listen(&mut transcriber, &recordings)?;
            let draft = time_of_draft(&mut transcriber, &recordings)?;
            let measured = Measured {
                real_time_factor: done.computed.as_secs_f64() / done.audio.as_secs_f64().max(1e-3),
                draft_ms: u64::try_from(draft.as_millis()).unwrap_or(u64::MAX),
                threads,
            };
            if let Err(error) = shelf.note_measured(&entry.name, measured) {
                tracing::warn!(%error, "what was measured is not remembered");
            }
            let of_languages = done.errors.iter().map(|(language, errors)| {
                (language.code(), json!({ "words": errors.words, "wrong": errors.errors, "word_error_rate": errors.rate() }))
            });
            report.push(json!({
                "model": entry.name, "threads": threads, "seconds_of_audio": done.audio.as_secs_f64(),
                "real_time_factor": measured.real_time_factor, "draft_ms": measured.draft_ms,
                "live": measured.is_live(), "keeps_up": measured.keeps_up(),
                "languages": of_languages.collect::<BTreeMap<_, _>>(),
                "not_known": done.refused.iter().map(WhisperLanguage::code).collect::<Vec<_>>(),
            }));
            if !self.json {
                println!("{}: {} ({threads} threads)", entry.name, verdict(&measured));
                for (language, errors) in &done.errors {
                    println!(
                        "    {language}: {:.1} % of {} words wrong",
                        errors.rate() * 100.0,
                        errors.words
                    );
                }
                for language in &done.refused {
                    println!("    {language}: not known to this model");
                }
            }
        }
        if self.json {
            print_json(&json!({ "models": report }))?;
        }
        Ok(())
    }

    fn recordings(&self) -> Result<Vec<Recording>> {
        let Some(folder) = &self.folder else {
            return Ok(vec![Recording { samples: clip()?, language: WhisperLanguage::ENGLISH, said: None }]);
        };
        let language = self.language.as_deref().map(language).transpose()?;
        let mut recordings = Vec::new();
        collect(folder, language, &mut recordings)?;
        if recordings.is_empty() {
            return Err(failed(format!("there is no .wav with a .txt beside it in {}", folder.display())));
        }
        Ok(recordings)
    }
}

/// Those of a folder, and of its folders that are named by a language.
fn collect(folder: &Path, language: Option<WhisperLanguage>, into: &mut Vec<Recording>) -> Result<()> {
    let unreadable = |error: std::io::Error| failed(format!("cannot read {}: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(unreadable)?;
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(language) = WhisperLanguage::from_code(name).filter(|_| path.is_dir()) {
            collect(&path, Some(language), into)?;
        }
        let text = path.with_extension("txt");
        if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("wav")) || !text.is_file()
        {
            continue;
        }
        let language = language.ok_or_else(|| {
            failed(format!(
                "in which language is {}? Give --language, or put it into a folder such as sq",
                path.display()
            ))
        })?;
        let said = std::fs::read_to_string(&text)
            .map_err(|error| failed(format!("cannot read {}: {error}", text.display())))?;
        let samples = resample_all(read_wav(&path)?, SAMPLE_RATE, dragoman_speech::SAMPLE_RATE)?;
        into.push(Recording { samples, language, said: Some(said) });
    }
    Ok(())
}

/// As a scribe would: speech is found first, and each segment written down.
fn listen(transcriber: &mut Transcriber, recordings: &[Recording]) -> Result<Done> {
    let mut done = Done::default();
    for recording in recordings {
        if !transcriber.knows(recording.language) {
            if !done.refused.contains(&recording.language) {
                done.refused.push(recording.language);
            }
            continue;
        }
        let began = Instant::now();
        let mut segmenter = SpeechSegmenter::new(SegmenterOptions::for_context(transcriber.max_clip_ms()))?;
        let mut segments = Vec::new();
        for (number, frame) in (0_u64..).zip(recording.samples.chunks(FRAME)) {
            segments.extend(segmenter.push(number * 20, frame));
        }
        segments.extend(segmenter.finish());
        let mut heard = Vec::new();
        for segment in segments {
            let lines = transcriber.transcribe(&segment.samples, recording.language)?;
            heard.extend(lines.into_iter().filter(Transcription::is_shown).map(|line| line.text));
        }
        done.computed += began.elapsed();
        done.audio +=
            Duration::from_secs_f64(recording.samples.len() as f64 / f64::from(dragoman_speech::SAMPLE_RATE));
        if let Some(said) = &recording.said {
            *done.errors.entry(recording.language).or_default() += word_errors(said, &heard.join(" "));
        }
    }
    Ok(done)
}

/// The median of three.
fn time_of_draft(transcriber: &mut Transcriber, recordings: &[Recording]) -> Result<Duration> {
    let known = recordings.iter().find(|recording| transcriber.knows(recording.language));
    let Some(Recording { samples, language, .. }) = known else {
        return Err(failed("the model knows none of the languages of the recordings"));
    };
    let draft = &samples[..samples.len().min(DRAFT_SAMPLES)];
    let mut times = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        transcriber.transcribe(draft, *language)?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[1])
}

fn language(code: &str) -> Result<WhisperLanguage> {
    WhisperLanguage::from_code(code)
        .ok_or_else(|| failed(format!("'{code}' is no language that Whisper writes")))
}

fn clip() -> Result<Vec<f32>> {
    let broken =
        |error: hound::Error| ClientError::Model(format!("the clip in this program is broken: {error}"));
    let mut wav = hound::WavReader::new(Cursor::new(CLIP)).map_err(broken)?;
    wav.samples::<i8>().map(|sample| sample.map(|sample| f32::from(sample) / 128.0).map_err(broken)).collect()
}
