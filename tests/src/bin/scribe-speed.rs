//! The scribe's real-time factor on five minutes of speech, against plain whisper.cpp (`whisper-peer`, see
//! `tests/peer/whisper.c`): the same library, model, threads and pieces of speech, in turns in the same run.
//!
//! Of the scribe all is counted: finding speech, transcribing, judging, word times. The last line of standard output is one
//! JSON object.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use dragoman_client::audio::{read_wav, resample_all};
use dragoman_speech::{
    Catalogue, SAMPLE_RATE, Segment, SegmenterOptions, SpeechSegmenter, Transcriber, TranscriberOptions,
    WhisperLanguage, WordErrors, word_errors,
};
use dragoman_tests::speech::{Phrases, speak};
use serde_json::json;

const SECONDS: usize = 300;
/// Runs of each; the median counts.
const RUNS: usize = 5;
const THREADS: u16 = 2;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let catalogue = Catalogue::built_in()?;
    let entry = catalogue.find("test").context("the small model is not in the catalogue")?;
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(&entry.file);
    let threads = NonZeroU16::new(THREADS).context("threads")?;
    let options = TranscriberOptions { threads, ..TranscriberOptions::for_entry(entry) };
    let mut transcriber = Transcriber::load(&model, options)?;
    let (speech, said) = speech(folder.path())?;
    let clips = clips(&transcriber, &speech, folder.path())?;

    let mut ours = Vec::new();
    let mut plain = Vec::new();
    let mut as_ours = Vec::new();
    let (mut heard, mut heard_by_peer) = (String::new(), String::new());
    for _ in 0..RUNS {
        let (took, text) = scribe(&mut transcriber, &speech)?;
        ours.push(took);
        heard = text;
        // As the program is by default, with flash attention, and as the scribe has to run it to know when words were said.
        let (took, text) = peer(&model, true, false, &clips)?;
        plain.push(took);
        heard_by_peer = text;
        as_ours.push(peer(&model, false, true, &clips)?.0);
    }
    let seconds = speech.len() as f64 / f64::from(SAMPLE_RATE);
    let factor = |took: &mut Vec<f64>| {
        took.sort_by(f64::total_cmp);
        took[took.len() / 2] / seconds
    };
    let (ours, plain, as_ours) = (factor(&mut ours), factor(&mut plain), factor(&mut as_ours));
    let rounded = |number: f64| (number * 1e4).round() / 1e4;
    let percent = |errors: WordErrors| rounded(errors.rate() * 100.0);
    println!(
        "{}",
        json!({
            "model": entry.name,
            "threads": THREADS,
            "seconds_of_audio": seconds.round(),
            "clips": clips.len(),
            "real_time_factor": { "scribe": rounded(ours), "whisper_cpp": rounded(plain), "whisper_cpp_with_word_times": rounded(as_ours) },
            "ratio": { "to_whisper_cpp": rounded(ours / plain), "to_whisper_cpp_with_word_times": rounded(ours / as_ours) },
            "word_errors_percent": { "scribe": percent(word_errors(&said, &heard)), "whisper_cpp": percent(word_errors(&said, &heard_by_peer)) },
        })
    );
    Ok(())
}

/// Five minutes of phrases, most of it speech, and what they say.
fn speech(folder: &Path) -> Result<(Vec<f32>, String)> {
    let phrases = Phrases::read()?.en;
    let voices = ["en+f2", "en+m4", "en+f3", "en+adam"];
    let (mut speech, mut said) = (Vec::new(), String::new());
    for (number, text) in phrases.iter().cycle().enumerate() {
        let file = folder.join("phrase.wav");
        speak(text, voices[number % voices.len()], 150, &file)?;
        speech.extend(resample_all(read_wav(&file)?, dragoman_client::audio::SAMPLE_RATE, SAMPLE_RATE)?);
        speech.resize(speech.len() + SAMPLE_RATE as usize * 7 / 10, 0.0);
        said = said + text + " ";
        if speech.len() >= SECONDS * SAMPLE_RATE as usize {
            break;
        }
    }
    Ok((speech, said))
}

/// The pieces that the scribe finds in it, each as a file.
fn clips(transcriber: &Transcriber, speech: &[f32], folder: &Path) -> Result<Vec<PathBuf>> {
    let mut segmenter = SpeechSegmenter::new(SegmenterOptions::for_context(transcriber.max_clip_ms()))?;
    let mut clips = Vec::new();
    let mut segments = segmenter.push(0, speech);
    segments.extend(segmenter.finish());
    for (number, segment) in segments.iter().enumerate() {
        let file = folder.join(format!("clip-{number:04}"));
        let bytes: Vec<u8> = segment.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        std::fs::write(&file, bytes)?;
        clips.push(file);
    }
    Ok(clips)
}

fn scribe(transcriber: &mut Transcriber, speech: &[f32]) -> Result<(f64, String)> {
    let mut segmenter = SpeechSegmenter::new(SegmenterOptions::for_context(transcriber.max_clip_ms()))?;
    let began = Instant::now();
    let mut text = String::new();
    let mut write = |segment: &Segment| -> Result<()> {
        for line in transcriber.transcribe(&segment.samples, WhisperLanguage::ENGLISH)? {
            text = std::mem::take(&mut text) + &line.text + " ";
        }
        Ok(())
    };
    for (frame, samples) in (0_u64..).zip(speech.chunks(SAMPLE_RATE as usize / 50)) {
        segmenter.push(frame * 20, samples).iter().try_for_each(&mut write)?;
    }
    segmenter.finish().iter().try_for_each(&mut write)?;
    Ok((began.elapsed().as_secs_f64(), text))
}

fn peer(model: &Path, flash: bool, word_times: bool, clips: &[PathBuf]) -> Result<(f64, String)> {
    let program = std::env::current_exe()?.with_file_name("whisper-peer");
    let number = |switch: bool| if switch { "1" } else { "0" };
    let output = Command::new(&program)
        .env("OMP_THREAD_LIMIT", THREADS.to_string())
        .arg(model)
        .args(["en", &THREADS.to_string(), number(flash), number(word_times)])
        .args(clips)
        .output()
        .with_context(|| format!("{} is not there: run scripts/whisper-peer", program.display()))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let (lines, took) = text.trim_end().rsplit_once('\n').context("no time was printed")?;
    Ok((took.parse()?, lines.replace('\n', " ")))
}
