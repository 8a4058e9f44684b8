//! One clip of speech in, its text out: whisper.cpp, greedy and without memory of earlier clips.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::Path;

use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

use crate::catalogue::KnownLanguages;
use crate::error::SpeechError;
use crate::language::WhisperLanguage;
use crate::model_file::{ModelHeader, check_model_file};
use crate::{ModelEntry, SAMPLE_RATE};

/// How to run a model.
#[derive(Clone, Debug)]
pub struct TranscriberOptions {
    /// Threads that compute; more than the machine has cores makes it slower.
    pub threads: NonZeroU16,
    /// What the model was trained for; other languages are refused.
    pub languages: KnownLanguages,
}

impl Default for TranscriberOptions {
    /// All cores but at most four, all of Whisper's languages.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let threads = u16::try_from(cores).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN);
        Self { threads, languages: KnownLanguages::Multilingual }
    }
}

impl TranscriberOptions {
    /// The default, restricted to what the catalogue says of the model.
    pub fn for_entry(entry: &ModelEntry) -> Self {
        Self { languages: entry.languages.clone(), ..Self::default() }
    }
}

/// A machine's draft of what was said in one clip.
#[derive(Clone, PartialEq, Debug)]
pub struct Transcription {
    /// The words, without blanks at the ends; never empty.
    pub text: String,
    /// Mean natural logarithm of the probability of the text's tokens: 0.0 is certain, below -1.0 is guessing.
    pub average_log_probability: f32,
    /// How likely the model thinks it that nobody spoke, 0.0 to 1.0.
    pub no_speech_probability: f32,
    /// Start relative to the first sample given, in milliseconds.
    pub start_ms: u64,
    /// End relative to the first sample given, in milliseconds.
    pub end_ms: u64,
    /// Why the text should be shown as doubtful, if it should.
    pub doubt: Option<Doubt>,
}

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

/// A loaded model with its working memory. One per thread that transcribes; a call blocks until the text is there.
pub struct Transcriber {
    context: WhisperContext,
    state: WhisperState,
    header: ModelHeader,
    options: TranscriberOptions,
    /// Kept because whisper-rs never frees the language's name that it makes for each set of parameters.
    parameters: BTreeMap<WhisperLanguage, FullParams<'static, 'static>>,
}

impl std::fmt::Debug for Transcriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcriber").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Whisper's own thresholds (OpenAI's `transcribe.py`): beyond both, a text is silence.
const NO_SPEECH_THRESHOLD: f32 = 0.6;
const LOG_PROBABILITY_THRESHOLD: f32 = -1.0;
/// Below this peak (-70 dBFS) a clip is silence, and the model is not even asked.
const SILENCE_PEAK: f32 = 3e-4;
/// whisper.cpp ignores clips under 0.1 s and is unreliable under 1 s, so shorter ones get silence at the end.
const SHORTEST: usize = SAMPLE_RATE as usize;

impl Transcriber {
    /// Checks the file, loads it into memory and makes whisper.cpp quiet for the whole process.
    ///
    /// # Errors
    /// [`SpeechError::Model`] for a file that is not a whole and sane model, [`SpeechError::Load`] if whisper.cpp refuses it.
    pub fn load(path: impl AsRef<Path>, options: TranscriberOptions) -> Result<Self, SpeechError> {
        let path = path.as_ref();
        let header = check_model_file(path)
            .map_err(|reason| SpeechError::Model { path: path.to_path_buf(), reason })?;
        // Without a log backend compiled in, this throws all of whisper.cpp's messages away.
        whisper_rs::install_logging_hooks();
        let failed = |error: whisper_rs::WhisperError| SpeechError::Load {
            path: path.to_path_buf(),
            reason: error.to_string(),
        };
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(false);
        let context = WhisperContext::new_with_params(path, parameters).map_err(failed)?;
        let state = context.create_state().map_err(failed)?;
        Ok(Self { context, state, header, options, parameters: BTreeMap::new() })
    }

    /// The model's dimensions.
    pub fn header(&self) -> &ModelHeader {
        &self.header
    }

    /// The longest clip that [`Self::transcribe`] takes, in milliseconds.
    pub fn max_clip_ms(&self) -> u64 {
        self.header.max_clip_ms()
    }

    /// Whether the loaded model knows the language.
    pub fn knows(&self, language: WhisperLanguage) -> bool {
        let has_token = match self.header.language_count() {
            0 => language == WhisperLanguage::ENGLISH,
            count => language.token_index() < count,
        };
        has_token && self.options.languages.contains(language)
    }

    /// Transcribes one clip: 16 kHz, mono, `f32` in [-1, 1], at most [`Self::max_clip_ms`] long.
    /// The language is taken as given and never guessed. Silence gives an empty list.
    ///
    /// # Errors
    /// [`SpeechError::LanguageNotKnown`], [`SpeechError::ClipTooLong`], [`SpeechError::NotFinite`], or
    /// [`SpeechError::Transcribe`] if whisper.cpp fails. After any of them the next clip may be given.
    pub fn transcribe(
        &mut self,
        samples: &[f32],
        language: WhisperLanguage,
    ) -> Result<Vec<Transcription>, SpeechError> {
        if !self.knows(language) {
            return Err(SpeechError::LanguageNotKnown { language: language.code() });
        }
        let clip_ms = samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE);
        if clip_ms > self.max_clip_ms() {
            return Err(SpeechError::ClipTooLong { clip_ms, max_ms: self.max_clip_ms() });
        }
        if samples.iter().any(|sample| !sample.is_finite()) {
            return Err(SpeechError::NotFinite);
        }
        if samples.iter().all(|sample| sample.abs() < SILENCE_PEAK) {
            return Ok(Vec::new());
        }
        let parameters =
            self.parameters.entry(language).or_insert_with(|| decoding(language, self.options.threads));
        let outcome = if samples.len() < SHORTEST {
            let mut padded = samples.to_vec();
            padded.resize(SHORTEST, 0.0);
            self.state.full(parameters.clone(), &padded)
        } else {
            self.state.full(parameters.clone(), samples)
        };
        outcome.map_err(|error| SpeechError::Transcribe { reason: error.to_string() })?;
        self.read_segments(clip_ms)
    }

    fn read_segments(&self, clip_ms: u64) -> Result<Vec<Transcription>, SpeechError> {
        let end_of_text = self.context.token_eot();
        let mut transcriptions = Vec::new();
        for segment in self.state.as_iter() {
            let text = segment
                .to_str_lossy()
                .map_err(|error| SpeechError::Transcribe { reason: error.to_string() })?;
            let text = text.trim();
            // Dots alone, or a mark such as "♪", are not words.
            if !text.chars().any(char::is_alphanumeric) {
                continue;
            }
            let tokens: Vec<_> = (0..segment.n_tokens())
                .filter_map(|index| segment.get_token(index))
                .map(|token| token.token_data())
                .filter(|token| token.id < end_of_text)
                .collect();
            let sum: f32 = tokens.iter().map(|token| token.plog).sum();
            let average = sum / tokens.len().max(1) as f32;
            let ids: Vec<i32> = tokens.iter().map(|token| token.id).collect();
            let no_speech = segment.no_speech_probability();
            transcriptions.push(Transcription {
                text: text.to_owned(),
                average_log_probability: average,
                no_speech_probability: no_speech,
                // Without time tokens whisper.cpp's own times are meaningless: the text is that of the whole clip.
                start_ms: 0,
                end_ms: clip_ms,
                doubt: doubt_about(&ids, average, no_speech),
            });
        }
        Ok(transcriptions)
    }
}

fn decoding(language: WhisperLanguage, threads: NonZeroU16) -> FullParams<'static, 'static> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(i32::from(threads.get()));
    parameters.set_language(Some(language.code()));
    parameters.set_detect_language(false);
    parameters.set_translate(false);
    parameters.set_no_context(true);
    parameters.set_no_timestamps(true);
    parameters.set_single_segment(true);
    parameters.set_temperature(0.0);
    parameters.set_temperature_inc(0.0);
    parameters.set_suppress_blank(true);
    parameters.set_suppress_nst(true);
    parameters.set_no_speech_thold(NO_SPEECH_THRESHOLD);
    parameters.set_logprob_thold(LOG_PROBABILITY_THRESHOLD);
    parameters.set_print_special(false);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    parameters
}

fn doubt_about(tokens: &[i32], average_log_probability: f32, no_speech_probability: f32) -> Option<Doubt> {
    if repeats_itself(tokens) {
        Some(Doubt::Repetition)
    } else if average_log_probability < LOG_PROBABILITY_THRESHOLD {
        Some(Doubt::LowProbability)
    } else if no_speech_probability > NO_SPEECH_THRESHOLD {
        Some(Doubt::PerhapsNoSpeech)
    } else {
        None
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_transcriber_can_move_to_another_thread() {
        fn can_move<T: Send>() {}
        can_move::<Transcriber>();
    }

    #[test]
    fn a_missing_or_wrong_file_is_a_clear_error() {
        let missing = Transcriber::load("/nowhere/model.bin", TranscriberOptions::default()).unwrap_err();
        assert!(missing.to_string().contains("fetch-model"), "{missing}");
        let folder =
            Transcriber::load(env!("CARGO_MANIFEST_DIR"), TranscriberOptions::default()).unwrap_err();
        assert!(folder.to_string().contains("not a regular file"), "{folder}");
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let text = Transcriber::load(text, TranscriberOptions::default()).unwrap_err();
        assert!(text.to_string().contains("not a whisper.cpp"), "{text}");
    }
}
