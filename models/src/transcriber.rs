//! One clip of speech in, its words out: whisper.cpp, greedy and without memory of earlier clips.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::Path;

use whisper_rs::{
    DtwParameters, FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
};

use crate::alignment::alignment_of;
use crate::catalogue::KnownLanguages;
use crate::doubt::{Doubt, Evidence, LOG_PROBABILITY_THRESHOLD, NO_SPEECH_THRESHOLD};
use crate::error::SpeechError;
use crate::language::WhisperLanguage;
use crate::model_file::{ModelHeader, check_model_file};
use crate::tones::is_tones;
use crate::word::{Piece, Word, words_of};
use crate::{ModelEntry, SAMPLE_RATE};

/// How to run a model.
#[derive(Clone, Debug)]
pub struct TranscriberOptions {
    /// Threads that compute; more than the machine has cores makes it slower.
    pub threads: NonZeroU16,
    /// What the model was trained for; other languages are refused.
    pub languages: KnownLanguages,
    /// It was trained to be told beforehand what may be said.
    pub takes_terms: bool,
    /// It was trained to say in English what it hears.
    pub translates: bool,
}

impl Default for TranscriberOptions {
    /// All cores but at most four, all of Whisper's languages.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let threads = u16::try_from(cores).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN);
        Self { threads, languages: KnownLanguages::Multilingual, takes_terms: true, translates: true }
    }
}

impl TranscriberOptions {
    /// The default, restricted to what the catalogue says of the model.
    pub fn for_entry(entry: &ModelEntry) -> Self {
        Self {
            languages: entry.languages.clone(),
            takes_terms: entry.takes_terms,
            translates: entry.translates,
            ..Self::default()
        }
    }
}

/// A machine's draft of what was said in one clip.
#[derive(Clone, PartialEq, Debug)]
pub struct Transcription {
    /// The text, without blanks at the ends; never empty.
    pub text: String,
    /// Its words with their times, by the attention of the decoder to the sound (dynamic time warping).
    pub words: Vec<Word>,
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

impl Transcription {
    /// Whether it may be read: a guess may, and is marked as one. A loop, or words where perhaps nobody spoke, would mislead.
    pub fn is_shown(&self) -> bool {
        matches!(self.doubt, None | Some(Doubt::LowProbability))
    }
}

/// A loaded model with its working memory. One per thread that transcribes; a call blocks until the text is there.
pub struct Transcriber {
    context: WhisperContext,
    state: WhisperState,
    header: ModelHeader,
    options: TranscriberOptions,
    /// By language and whether it is translated. Kept because whisper-rs never frees the language's name that it makes for
    /// each set of parameters.
    parameters: BTreeMap<(WhisperLanguage, bool), FullParams<'static, 'static>>,
}

impl std::fmt::Debug for Transcriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcriber").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Built for a graphics processor; where there is none at run time, whisper.cpp takes the processor.
const HAS_GPU: bool = cfg!(any(
    feature = "cuda",
    feature = "hipblas",
    feature = "intel-sycl",
    feature = "metal",
    feature = "vulkan"
));
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
        parameters.use_gpu(HAS_GPU);
        parameters.dtw_parameters(DtwParameters { mode: alignment_of(&header), ..DtwParameters::default() });
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
    /// The language is taken as given and never guessed. Silence and tones (music, a telephone that rings) give an empty list.
    ///
    /// # Errors
    /// [`SpeechError::LanguageNotKnown`], [`SpeechError::ClipTooLong`], [`SpeechError::NotFinite`], or
    /// [`SpeechError::Transcribe`] if whisper.cpp fails. After any of them the next clip may be given.
    pub fn transcribe(
        &mut self,
        samples: &[f32],
        language: WhisperLanguage,
    ) -> Result<Vec<Transcription>, SpeechError> {
        self.run(samples, language, false, &[])
    }

    /// The same, where `terms` may be said: names and words of the trade, separated by commas. What may only have been read
    /// off them is heard again without. Models that were not trained for it are not told.
    ///
    /// # Errors
    /// As for [`Self::transcribe`].
    pub fn transcribe_expecting(
        &mut self,
        samples: &[f32],
        language: WhisperLanguage,
        terms: &str,
    ) -> Result<Vec<Transcription>, SpeechError> {
        let tokens = if self.options.takes_terms { self.terms(terms) } else { Vec::new() };
        let heard = self.run(samples, language, false, &tokens)?;
        let is_echo = !tokens.is_empty() && heard.iter().any(|one| echoes(terms, &one.text));
        if is_echo { self.transcribe(samples, language) } else { Ok(heard) }
    }

    /// Whether [`Self::gist`] gives anything in this language.
    pub fn translates(&self, language: WhisperLanguage) -> bool {
        self.options.translates && self.header.language_count() > 0 && language != WhisperLanguage::ENGLISH
    }

    /// Roughly what was said, in English: a machine's translation, never an interpretation. Empty where the model can not.
    ///
    /// # Errors
    /// As for [`Self::transcribe`].
    pub fn gist(
        &mut self,
        samples: &[f32],
        language: WhisperLanguage,
    ) -> Result<Vec<Transcription>, SpeechError> {
        if self.translates(language) { self.run(samples, language, true, &[]) } else { Ok(Vec::new()) }
    }

    /// Terms as the model reads them, at most half of what it can hold before it: whole terms, the first ones first.
    fn terms(&self, terms: &str) -> Vec<i32> {
        let most = self.header.n_text_ctx as usize / 2 - 1;
        let mut tokens = Vec::new();
        for term in terms.split(", ").filter(|term| !term.is_empty()) {
            let text = if tokens.is_empty() { format!(" {term}") } else { format!(", {term}") };
            match self.context.tokenize(&text, most) {
                Ok(more) if tokens.len() + more.len() <= most => tokens.extend(more),
                _ => break,
            }
        }
        tokens
    }

    fn run(
        &mut self,
        samples: &[f32],
        language: WhisperLanguage,
        translate: bool,
        prompt: &[i32],
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
        if samples.iter().all(|sample| sample.abs() < SILENCE_PEAK) || is_tones(samples) {
            return Ok(Vec::new());
        }
        let threads = self.options.threads;
        let parameters = self.parameters.entry((language, translate));
        let parameters = parameters.or_insert_with(|| decoding(language, translate, threads));
        let mut parameters: FullParams<'_, '_> = parameters.clone();
        parameters.set_tokens(prompt);
        let outcome = if samples.len() < SHORTEST {
            let mut padded = samples.to_vec();
            padded.resize(SHORTEST, 0.0);
            self.state.full(parameters, &padded)
        } else {
            self.state.full(parameters, samples)
        };
        outcome.map_err(|error| SpeechError::Transcribe { reason: error.to_string() })?;
        self.read_segments(clip_ms)
    }

    /// The language that a clip sounds most like, and how likely (0 to 1); `None` where the model can not tell, because it
    /// knows one only.
    ///
    /// # Errors
    /// As for [`Self::transcribe`].
    pub fn identify(&mut self, samples: &[f32]) -> Result<Option<(WhisperLanguage, f32)>, SpeechError> {
        if self.header.language_count() == 0 {
            return Ok(None);
        }
        let failed = |error: whisper_rs::WhisperError| SpeechError::Transcribe { reason: error.to_string() };
        let threads = usize::from(self.options.threads.get());
        self.state.pcm_to_mel(samples, threads).map_err(failed)?;
        let (_, likely) = self.state.lang_detect(0, threads).map_err(failed)?;
        let known = likely.iter().enumerate().filter_map(|(id, likely)| {
            let language = WhisperLanguage::from_code(whisper_rs::get_lang_str(i32::try_from(id).ok()?)?)?;
            self.knows(language).then_some((language, *likely))
        });
        Ok(known.max_by(|(_, one), (_, other)| one.total_cmp(other)))
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
                .filter(|token| token.token_id() < end_of_text)
                .collect();
            let data: Vec<_> = tokens.iter().map(|token| token.token_data()).collect();
            let sum: f32 = data.iter().map(|token| token.plog).sum();
            let average = sum / data.len().max(1) as f32;
            let ids: Vec<i32> = data.iter().map(|token| token.id).collect();
            let no_speech = segment.no_speech_probability();
            let begins: Vec<u64> = data.iter().map(|token| milliseconds(token.t_dtw).min(clip_ms)).collect();
            let pieces = tokens.iter().zip(&data).enumerate().map(|(index, (token, data))| Piece {
                bytes: token.to_bytes().unwrap_or_default().to_vec(),
                start_ms: begins[index],
                end_ms: begins.get(index + 1).copied().unwrap_or(clip_ms),
                probability: data.p,
            });
            let evidence = Evidence {
                tokens: &ids,
                text,
                average_log_probability: average,
                no_speech_probability: no_speech,
            };
            transcriptions.push(Transcription {
                text: text.to_owned(),
                words: words_of(pieces),
                average_log_probability: average,
                no_speech_probability: no_speech,
                // Without time tokens whisper.cpp's own times are meaningless: the text is that of the whole clip.
                start_ms: 0,
                end_ms: clip_ms,
                doubt: evidence.doubt(),
            });
        }
        Ok(transcriptions)
    }
}

/// Whether three words in a row of a text, or all of a shorter one, stand in the terms as they are: then the model may have
/// read and not heard them.
fn echoes(terms: &str, text: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (terms, said) = (words(terms), words(text));
    let together = said.len().clamp(1, 3);
    said.windows(together).any(|said| terms.windows(together).any(|read| read == said))
}

fn decoding(language: WhisperLanguage, translate: bool, threads: NonZeroU16) -> FullParams<'static, 'static> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(i32::from(threads.get()));
    parameters.set_language(Some(language.code()));
    parameters.set_detect_language(false);
    parameters.set_translate(translate);
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

/// whisper.cpp counts hundredths of a second; -1 stands for unknown.
fn milliseconds(hundredths: i64) -> u64 {
    u64::try_from(hundredths).unwrap_or(0) * 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcriber_can_move_to_another_thread() {
        fn can_move<T: Send>() {}
        can_move::<Transcriber>();
    }

    #[test]
    fn a_missing_or_wrong_file_is_a_clear_error() {
        let missing = Transcriber::load("/nowhere/model.bin", TranscriberOptions::default()).unwrap_err();
        assert!(missing.to_string().contains("models fetch"), "{missing}");
        let folder =
            Transcriber::load(env!("CARGO_MANIFEST_DIR"), TranscriberOptions::default()).unwrap_err();
        assert!(folder.to_string().contains("not a regular file"), "{folder}");
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let text = Transcriber::load(text, TranscriberOptions::default()).unwrap_err();
        assert!(text.to_string().contains("not a whisper.cpp"), "{text}");
    }
}
