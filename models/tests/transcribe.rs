//! The small test model through the real whisper.cpp, on voices, speeds and noises that its trainer never used.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests, which may panic")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;

use dragoman_speech::{
    Catalogue, SAMPLE_RATE, SegmenterOptions, SpeechSegmenter, Transcriber, TranscriberOptions,
    Transcription, WhisperLanguage, WordErrors, word_errors,
};
use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Fft, FixedSync, Resampler};

/// None of these is in `models/trainer/speech.py`.
const VOICES: [&str; 4] = ["+f3", "+m4", "+linda", "+adam"];
const SPEEDS: [u32; 4] = [130, 150, 170, 190];
const LANGUAGES: [WhisperLanguage; 3] =
    [WhisperLanguage::ENGLISH, WhisperLanguage::ALBANIAN, WhisperLanguage::SERBIAN];
const HIGHEST_ERROR_RATE: f64 = 0.10;
/// Renderings of each phrase; each has another voice, speed and condition.
const TURNS: usize = 2;
const RATE: usize = SAMPLE_RATE as usize;

#[derive(Clone, Copy, Debug)]
enum Condition {
    Clean,
    /// Hiss 20 dB below the voice, which is quiet.
    QuietWithHiss,
    /// Passing traffic 10 dB below the voice.
    Traffic,
}

const CONDITIONS: [Condition; 3] = [Condition::Clean, Condition::QuietWithHiss, Condition::Traffic];

// A test for each language, so that they run beside each other.
#[test]
fn held_out_english_is_transcribed_with_few_word_errors() {
    examine(WhisperLanguage::ENGLISH);
}

#[test]
fn held_out_albanian_is_transcribed_with_few_word_errors() {
    examine(WhisperLanguage::ALBANIAN);
}

#[test]
fn held_out_serbian_is_transcribed_with_few_word_errors() {
    examine(WhisperLanguage::SERBIAN);
}

fn examine(language: WhisperLanguage) {
    let mut transcriber = load();
    let phrases = phrases(language);
    let spoken = phrases.iter().map(|phrase| (phrase, phrase));
    examine_answers(language, spoken, |clip| text(&mut transcriber, clip, language));
}

/// Says the first of each pair in voices, speeds and conditions that were held out, and compares the answer with the second.
fn examine_answers<'a>(
    language: WhisperLanguage,
    phrases: impl Iterator<Item = (&'a String, &'a String)>,
    mut answer: impl FnMut(&[f32]) -> String,
) {
    let mut of_condition = CONDITIONS.map(|condition| (condition, WordErrors::default()));
    let mut all = WordErrors::default();
    let clips = phrases.flat_map(|pair| (0..TURNS).map(move |turn| (pair, turn)));
    for (number, ((said, expected), turn)) in clips.enumerate() {
        let voice = VOICES[(number / 2 + turn) % VOICES.len()];
        let speed = SPEEDS[(number / 3 + turn) % SPEEDS.len()];
        let (condition, of_condition) = &mut of_condition[number % CONDITIONS.len()];
        let clip = in_condition(&say(language, said, voice, speed), *condition, number as u64);
        let heard = answer(&clip);
        let errors = word_errors(expected, &heard);
        if errors.errors > 0 {
            println!("{} {voice} {speed} {condition:?}: '{expected}' -> '{heard}'", language.code());
        }
        all += errors;
        *of_condition += errors;
    }
    let mut report = format!("{}: {} of {} words wrong", language.code(), all.errors, all.words);
    for (condition, errors) in of_condition {
        report += &format!("; {condition:?} {:.1} %", errors.rate() * 100.0);
    }
    println!("{report}");
    assert!(all.rate() <= HIGHEST_ERROR_RATE, "{report}");
}

#[test]
fn terms_of_the_trade_that_are_not_said_spoil_nothing() {
    let mut transcriber = load();
    let terms =
        "trafficking in human beings, residence permit, Palermo Protocol, prosecutor, detention centre";
    let phrases = phrases(WhisperLanguage::ENGLISH);
    examine_answers(WhisperLanguage::ENGLISH, phrases.iter().map(|phrase| (phrase, phrase)), |clip| {
        joined(transcriber.transcribe_expecting(clip, WhisperLanguage::ENGLISH, terms).unwrap())
    });
}

#[test]
fn a_name_is_spelled_as_the_terms_have_it() {
    let mut transcriber = load();
    for (language, usual, told) in [
        (WhisperLanguage::ENGLISH, "My name is Anna.", "My name is Ana."),
        (WhisperLanguage::ALBANIAN, "Unë quhem Ana.", "Unë quhem Anna."),
        (WhisperLanguage::SERBIAN, "Ja se zovem Ana.", "Ja se zovem Anna."),
    ] {
        let name = told.trim_end_matches('.').rsplit(' ').next().unwrap();
        for voice in VOICES {
            let clip = in_condition(&say(language, usual, voice, 150), Condition::Clean, 0);
            for (terms, expected) in [
                (String::new(), usual),
                ("Palermo Protocol, residence permit".to_owned(), usual),
                (name.to_owned(), told),
                (format!("Palermo Protocol, {name}, residence permit"), told),
            ] {
                let heard = joined(transcriber.transcribe_expecting(&clip, language, &terms).unwrap());
                assert_eq!(heard, expected, "{voice} with '{terms}'");
            }
        }
    }
}

#[test]
fn the_gist_of_albanian_is_said_in_english() {
    examine_gist(WhisperLanguage::ALBANIAN);
}

#[test]
fn the_gist_of_serbian_is_said_in_english() {
    examine_gist(WhisperLanguage::SERBIAN);
}

fn examine_gist(language: WhisperLanguage) {
    let mut transcriber = load();
    let (said, english) = (phrases(language), phrases(WhisperLanguage::ENGLISH));
    examine_answers(language, said.iter().zip(&english), |clip| {
        joined(transcriber.gist(clip, language).unwrap())
    });
}

#[test]
fn a_language_is_told_by_its_sound() {
    /// What the speech worker takes for certain.
    const CERTAIN: f32 = 0.8;
    let mut transcriber = load();
    let (mut right, mut certainly_wrong, mut clips) = (0, 0, 0);
    for language in LANGUAGES {
        // Two phrases each, about as long as the shortest that the worker asks for.
        for (number, pair) in phrases(language)[..44].chunks_exact(2).enumerate() {
            let voice = VOICES[number % VOICES.len()];
            let condition = CONDITIONS[number % CONDITIONS.len()];
            let both = say(language, &pair.join(" "), voice, SPEEDS[number % SPEEDS.len()]);
            let heard = transcriber.identify(&in_condition(&both, condition, number as u64)).unwrap();
            let (heard, likely) = heard.unwrap();
            clips += 1;
            if heard == language {
                right += 1;
            } else {
                println!(
                    "{} {voice} {condition:?}: {pair:?} -> {} {likely:.2}",
                    language.code(),
                    heard.code()
                );
                certainly_wrong += u32::from(likely >= CERTAIN);
            }
        }
    }
    println!("{right} of {clips} right, {certainly_wrong} certainly wrong");
    assert!(right * 100 >= clips * 95 && certainly_wrong * 50 <= clips, "{right} {certainly_wrong} {clips}");
}

#[test]
fn silence_and_noise_have_no_words() {
    let mut transcriber = load();
    let mut random = Random(7);
    for language in LANGUAGES {
        assert_eq!(transcriber.transcribe(&vec![0.0; 2 * RATE], language).unwrap(), []);
        for level in [0.001, 0.02, 0.3] {
            for seconds in [1, 3, 9] {
                for (kind, sound) in
                    [("hiss", random.hiss(seconds * RATE)), ("traffic", random.traffic(seconds * RATE))]
                {
                    let sound: Vec<f32> = sound.iter().map(|sample| sample * level).collect();
                    let heard = text(&mut transcriber, &sound, language);
                    assert_eq!(heard, "", "{seconds} s of {kind} at {level} in {}", language.code());
                }
            }
        }
    }
}

#[test]
fn a_stream_is_cut_into_segments_and_each_is_transcribed() {
    let mut transcriber = load();
    let said = ["Where were you born?", "I want to speak to a lawyer.", "Thank you."];
    let mut stream = vec![0.0; RATE];
    for phrase in said {
        stream.extend(say(WhisperLanguage::ENGLISH, phrase, "+m4", 150));
        stream.extend(vec![0.0; RATE]);
    }
    let options = SegmenterOptions::for_context(transcriber.max_clip_ms());
    let mut segmenter = SpeechSegmenter::new(options).unwrap();
    let mut segments = segmenter.push(0, &stream);
    segments.extend(segmenter.finish());
    let heard: Vec<String> = segments
        .iter()
        .map(|segment| text(&mut transcriber, &segment.samples, WhisperLanguage::ENGLISH))
        .collect();
    assert_eq!(word_errors(&said.join(" "), &heard.join(" ")).errors, 0, "{heard:?}");
    assert_eq!(heard.len(), said.len(), "{heard:?}");
}

/// The file that is committed, as the catalogue describes it. One thread: tests run beside each other.
fn load() -> Transcriber {
    let catalogue = Catalogue::built_in().unwrap();
    let entry = catalogue.find("test").unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&entry.file);
    let threads = NonZeroU16::MIN;
    Transcriber::load(path, TranscriberOptions { threads, ..TranscriberOptions::for_entry(entry) }).unwrap()
}

fn phrases(language: WhisperLanguage) -> Vec<String> {
    let mut all: BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("../phrases.json")).unwrap();
    all.remove(language.code()).unwrap()
}

fn text(transcriber: &mut Transcriber, samples: &[f32], language: WhisperLanguage) -> String {
    joined(transcriber.transcribe(samples, language).unwrap())
}

fn joined(parts: Vec<Transcription>) -> String {
    parts.into_iter().map(|part| part.text).collect::<Vec<_>>().join(" ")
}

/// espeak-ng's rendering at 16 kHz.
fn say(language: WhisperLanguage, phrase: &str, voice: &str, speed: u32) -> Vec<f32> {
    let output = Command::new("espeak-ng")
        .args(["-v", &format!("{}{voice}", language.code()), "-s", &speed.to_string(), "--stdout", phrase])
        .output()
        .expect("espeak-ng must be installed: the tests speak with it");
    assert!(output.status.success(), "espeak-ng: {}", String::from_utf8_lossy(&output.stderr));
    let header = hound::WavReader::new(Cursor::new(&output.stdout)).unwrap().spec();
    // To a pipe espeak-ng cannot write the length, so the header's is wrong: take what follows its 44 bytes.
    let samples: Vec<f32> = output.stdout[44..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
        .collect();
    let rate = header.sample_rate as usize;
    let mut resampler = Fft::<f32>::new(rate, RATE, 1024, 1, FixedSync::Input).unwrap();
    let frames = samples.len();
    let input = InterleavedOwned::new_from(samples, 1, frames).unwrap();
    resampler.process_all(&input, frames, None).unwrap().take_data()
}

/// The voice with a little quiet around it, as the segmenter delivers it, and what else is heard.
fn in_condition(voice: &[f32], condition: Condition, seed: u64) -> Vec<f32> {
    let mut clip = vec![0.0; RATE * 3 / 10];
    clip.extend(voice);
    clip.extend(vec![0.0; RATE / 2]);
    let mut random = Random(seed + 1);
    let (level, noise, below_voice) = match condition {
        Condition::Clean => return clip,
        Condition::QuietWithHiss => (0.1, random.hiss(clip.len()), 0.1),
        Condition::Traffic => (0.7, random.traffic(clip.len()), 0.316),
    };
    let power: f32 = voice.iter().map(|sample| sample * sample).sum();
    let loudness = (power / voice.len() as f32).sqrt();
    clip.iter().zip(noise).map(|(sample, noise)| level * (sample + noise * loudness * below_voice)).collect()
}

/// Repeatable noises at a level of about 1.
struct Random(u64);

impl Random {
    /// Even in -1.7 to 1.7.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32 / (1_u32 << 23) as f32 - 1.0) * 1.732
    }

    fn hiss(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| self.next()).collect()
    }

    /// A low rumble that comes and goes.
    fn traffic(&mut self, length: usize) -> Vec<f32> {
        let mut rumble = 0.0;
        (0..length)
            .map(|index| {
                rumble = 0.97 * rumble + 0.24 * self.next();
                let swell = (index as f32 / RATE as f32 * std::f32::consts::TAU * 0.7).sin();
                rumble * (1.0 + 0.5 * swell)
            })
            .collect()
    }
}
