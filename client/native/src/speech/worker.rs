//! The worker: one model, all speakers. Sound comes in on standard input, what was understood goes out on standard output.
//!
//! Lines come before drafts, the speaker whose draft is oldest before others, and the model computes only in its share of
//! the time; see [`Pacer`] for what is left out where that is not enough.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufReader, Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dragoman_core::ids::ParticipantId;
use dragoman_speech::{
    BUDGET, Pace, Pacer, Segment, SegmenterOptions, SpeechError, Transcriber, TranscriberOptions,
    Transcription, WhisperLanguage,
};

use super::engine::options_for;
use super::protocol::{Asked, Told, ToldLine, read_asked, write_line};
use super::queue::DropOldest;
use super::stream::Stream;

/// Frames of 20 ms that wait while the model computes: one minute of three speakers.
const CAPACITY: usize = 9_000;
/// Where there is no policy for what may wait (see [`step_back`]).
const NICENESS: i32 = 10;
/// Most lines that wait for their gist; the oldest go without.
const GISTS: usize = 8;
/// The pace is looked at so often, also while nobody speaks.
const IDLE: Duration = Duration::from_millis(200);
/// A segment must be so long for its language to be told.
const IDENTIFY_FROM_MS: u64 = 2_500;
/// What sounds so likely like another language, twice without having sounded right in between, is worth a word.
const SOUNDS_LIKE: f32 = 0.8;

/// Loads the model and writes until `input` ends. For a process that does nothing else.
///
/// # Errors
/// If `output` is closed. What is wrong with the model is told there.
pub fn run_worker(
    model: &Path,
    threads: Option<NonZeroU16>,
    gist: bool,
    input: impl Read + Send + 'static,
    mut output: impl Write,
) -> std::io::Result<()> {
    step_back();
    let transcriber = match load(model, threads) {
        Ok(transcriber) => transcriber,
        Err(error) => {
            write_line(&mut output, &Told::Failed { message: error.to_string() })?;
            return output.flush();
        }
    };
    let waiting = Arc::new(Waiting { queue: DropOldest::new(CAPACITY), lost: Mutex::default() });
    let inbox = waiting.clone();
    std::thread::Builder::new().name("sound".into()).spawn(move || inbox.fill(input))?;
    write_line(&mut output, &Told::Ready)?;
    output.flush()?;
    Worker::new(transcriber, gist, waiting, output).run()
}

/// Everything else on this machine comes first: late captions are better than late sound. Under Linux a thread of the policy
/// `SCHED_IDLE` gives way at once to any other that wakes up, which a nice one does not; the model's threads inherit it.
fn step_back() {
    // Where it is not allowed, the model computes beside the others.
    let _ = rustix::process::nice(NICENESS);
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
    }
}

fn load(model: &Path, threads: Option<NonZeroU16>) -> Result<Transcriber, SpeechError> {
    let mut options: TranscriberOptions = options_for(model);
    options.threads = threads.unwrap_or(options.threads);
    Transcriber::load(model, options)
}

/// What was read and is not yet listened to.
struct Waiting {
    queue: DropOldest<(Asked, Vec<f32>)>,
    /// What there was no room for, from when until when.
    lost: Mutex<BTreeMap<ParticipantId, (u64, u64)>>,
}

impl Waiting {
    /// Reads until the end: the call's process must never wait for the model.
    fn fill(&self, input: impl Read) {
        let mut input = BufReader::new(input);
        while let Ok(Some(asked)) = read_asked(&mut input) {
            if let Some((Asked::Sound { speaker, at_ms, samples, .. }, _)) = self.queue.push(asked) {
                let until_ms = at_ms + samples as u64 * 1_000 / u64::from(dragoman_speech::SAMPLE_RATE);
                let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
                lost.entry(speaker).and_modify(|(_, until)| *until = until_ms).or_insert((at_ms, until_ms));
            }
        }
        self.queue.close();
    }
}

/// A segment that has ended and waits for its text.
struct Ended {
    speaker: ParticipantId,
    language: WhisperLanguage,
    segment: Segment,
}

struct Worker<O> {
    transcriber: Transcriber,
    segmenting: SegmenterOptions,
    waiting: Arc<Waiting>,
    output: O,
    streams: BTreeMap<ParticipantId, Stream>,
    ended: VecDeque<Ended>,
    /// Whether gists are wished.
    gist: bool,
    /// Lines that wait for theirs.
    gists: VecDeque<Ended>,
    /// What each may say.
    expected: BTreeMap<ParticipantId, BTreeMap<String, String>>,
    pacer: Pacer,
    /// Who sounded like what, when they were last listened to for it, and whether that was told.
    sounded_like: BTreeMap<ParticipantId, (WhisperLanguage, bool)>,
    began: Instant,
}

impl<O: Write> Worker<O> {
    fn new(transcriber: Transcriber, gist: bool, waiting: Arc<Waiting>, output: O) -> Self {
        Self {
            segmenting: SegmenterOptions::for_context(transcriber.max_clip_ms()),
            transcriber,
            waiting,
            output,
            streams: BTreeMap::new(),
            ended: VecDeque::new(),
            gist,
            gists: VecDeque::new(),
            expected: BTreeMap::new(),
            pacer: Pacer::new(BUDGET),
            sounded_like: BTreeMap::new(),
            began: Instant::now(),
        }
    }

    fn run(mut self) -> std::io::Result<()> {
        let mut patience = IDLE;
        loop {
            // All that is there is listened to before the model computes again: finding speech costs next to nothing.
            let mut next = self.waiting.queue.pop_within(patience);
            while let Ok(Some((asked, samples))) = next {
                self.take(asked, &samples)?;
                next = self.waiting.queue.pop_within(Duration::ZERO);
            }
            self.tell_lost()?;
            let is_over = next.is_err();
            patience = if self.compute()? { Duration::ZERO } else { IDLE };
            self.decide_pace()?;
            self.output.flush()?;
            if is_over && self.ended.is_empty() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, asked: Asked, samples: &[f32]) -> std::io::Result<()> {
        match asked {
            Asked::Forget { speaker } => {
                self.streams.remove(&speaker);
                self.sounded_like.remove(&speaker);
                self.expected.remove(&speaker);
                self.ended.retain(|ended| ended.speaker != speaker);
                self.gists.retain(|ended| ended.speaker != speaker);
                Ok(())
            }
            Asked::Expect { speaker, terms } => {
                self.expected.insert(speaker, terms);
                Ok(())
            }
            Asked::Sound { speaker, language, at_ms, .. } => match WhisperLanguage::from_code(&language) {
                Some(language) => self.listen(speaker, language, at_ms, samples),
                None => Ok(()),
            },
        }
    }

    fn listen(
        &mut self,
        speaker: ParticipantId,
        language: WhisperLanguage,
        at_ms: u64,
        samples: &[f32],
    ) -> std::io::Result<()> {
        if !self.streams.contains_key(&speaker) {
            match Stream::new(language, self.segmenting) {
                Ok(stream) => drop(self.streams.insert(speaker, stream)),
                Err(error) => {
                    tracing::error!(%error, "no speech can be found");
                    return Ok(());
                }
            }
        }
        let Some(stream) = self.streams.get_mut(&speaker) else { return Ok(()) };
        let segments = stream.push(at_ms, samples);
        let (began, fell_silent) = (stream.newly_open(), stream.fell_silent());
        // A mediator's language is that of whom they render: known when they begin.
        if began.is_some() {
            stream.language = language;
        }
        let language = stream.language;
        for segment in segments {
            if self.pacer.pace() == Pace::Paused {
                let gap =
                    Told::Gap { speaker, start_ms: segment.start_ms, end_ms: segment.end_ms, failed: false };
                write_line(&mut self.output, &gap)?;
            } else {
                self.ended.push_back(Ended { speaker, language, segment });
            }
        }
        if let Some(start_ms) = fell_silent {
            write_line(&mut self.output, &Told::Nothing { speaker, start_ms })?;
        }
        match began {
            Some(start_ms) => write_line(&mut self.output, &Told::Began { speaker, start_ms }),
            None => Ok(()),
        }
    }

    fn tell_lost(&mut self) -> std::io::Result<()> {
        let lost = std::mem::take(&mut *self.waiting.lost.lock().unwrap_or_else(PoisonError::into_inner));
        for (speaker, (start_ms, end_ms)) in lost {
            write_line(&mut self.output, &Told::Gap { speaker, start_ms, end_ms, failed: false })?;
        }
        Ok(())
    }

    /// Has the model do what is most urgent; whether there was anything.
    fn compute(&mut self) -> std::io::Result<bool> {
        if let Some(ended) = self.ended.pop_front() {
            self.write_line_of(ended)?;
            return Ok(true);
        }
        let Pace::Steps { every_ms } = self.pacer.pace() else { return Ok(false) };
        let due = self.streams.iter().filter_map(|(speaker, stream)| {
            stream.due(every_ms).map(|segment| (stream.drafted_at, *speaker, stream.language, segment))
        });
        let Some((_, speaker, language, segment)) = due.min_by_key(|(at, ..)| *at) else {
            return self.write_gist();
        };
        let drafted = self.transcribe(speaker, &segment, language);
        let words = match drafted {
            Ok(transcriptions) => {
                let trusted = transcriptions.into_iter().filter(Transcription::is_shown);
                trusted.flat_map(|one| one.words).collect()
            }
            // The line will tell.
            Err(_) => Vec::new(),
        };
        let now = self.began.elapsed();
        let Some(stream) = self.streams.get_mut(&speaker) else { return Ok(true) };
        let (settled, open) = stream.note_draft(&segment, words, now);
        let draft = Told::Draft {
            speaker,
            language: language.code().to_owned(),
            settled,
            open,
            start_ms: segment.start_ms,
            end_ms: segment.end_ms,
        };
        write_line(&mut self.output, &draft)?;
        Ok(true)
    }

    fn write_line_of(&mut self, ended: Ended) -> std::io::Result<()> {
        let Ended { speaker, language, segment } = &ended;
        let (speaker, language) = (*speaker, *language);
        match self.transcribe(speaker, segment, language) {
            Ok(transcriptions) => {
                let lines: Vec<Told> = transcriptions
                    .into_iter()
                    .filter(Transcription::is_shown)
                    .map(|one| line_of(speaker, language, segment, one))
                    .collect();
                if lines.is_empty() {
                    write_line(&mut self.output, &Told::Nothing { speaker, start_ms: segment.start_ms })?;
                }
                lines.iter().try_for_each(|line| write_line(&mut self.output, line))?;
                self.listen_for_language(speaker, language, segment)?;
                if self.gist && !lines.is_empty() && self.transcriber.translates(language) {
                    self.gists.truncate(GISTS - 1);
                    self.gists.push_front(ended);
                }
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "a segment gets no text");
                let gap =
                    Told::Gap { speaker, start_ms: segment.start_ms, end_ms: segment.end_ms, failed: true };
                write_line(&mut self.output, &gap)
            }
        }
    }

    /// When nothing else is to be done: roughly what the last line says, in English.
    fn write_gist(&mut self) -> std::io::Result<bool> {
        let Some(Ended { speaker, language, segment }) = self.gists.pop_front() else { return Ok(false) };
        let began = self.began.elapsed();
        let heard = self.transcriber.gist(&segment.samples, language);
        self.note_computed(began);
        let shown = heard.into_iter().flatten().filter(Transcription::is_shown).map(|one| one.text);
        let text = shown.collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            write_line(&mut self.output, &Told::Gist { speaker, start_ms: segment.start_ms, text })?;
        }
        Ok(true)
    }

    /// The language is set by the session and never guessed; but if somebody sounds as if they spoke another one, that is told.
    fn listen_for_language(
        &mut self,
        speaker: ParticipantId,
        language: WhisperLanguage,
        segment: &Segment,
    ) -> std::io::Result<()> {
        let is_asked =
            segment.end_ms - segment.start_ms >= IDENTIFY_FROM_MS && self.pacer.pace() < Pace::FinalsOnly;
        if !is_asked {
            return Ok(());
        }
        let began = self.began.elapsed();
        let heard = self.transcriber.identify(&segment.samples);
        self.note_computed(began);
        // What can not be told, or not surely, changes nothing.
        let Ok(Some((heard, likely))) = heard else { return Ok(()) };
        if heard.is_near(language) {
            let was_told = self.sounded_like.remove(&speaker).is_some_and(|(_, told)| told);
            let no_more = Told::SoundsLike { speaker, language: None };
            return if was_told { write_line(&mut self.output, &no_more) } else { Ok(()) };
        }
        if likely < SOUNDS_LIKE {
            return Ok(());
        }
        let before = self.sounded_like.get(&speaker);
        let again = before.is_some_and(|(before, _)| *before == heard);
        let was_told = before.is_some_and(|(_, told)| *told);
        self.sounded_like.insert(speaker, (heard, was_told || again));
        if again {
            let language = Some(heard.code().to_owned());
            write_line(&mut self.output, &Told::SoundsLike { speaker, language })?;
        }
        Ok(())
    }

    fn transcribe(
        &mut self,
        speaker: ParticipantId,
        segment: &Segment,
        language: WhisperLanguage,
    ) -> Result<Vec<Transcription>, SpeechError> {
        let began = self.began.elapsed();
        let terms = self.expected.get(&speaker).and_then(|terms| terms.get(language.code()));
        let terms = terms.map(String::as_str).unwrap_or_default();
        let transcriptions = self.transcriber.transcribe_expecting(&segment.samples, language, terms);
        self.note_computed(began);
        transcriptions
    }

    fn note_computed(&mut self, began: Duration) {
        self.pacer.note_computed(milliseconds(began), milliseconds(self.began.elapsed()));
    }

    fn decide_pace(&mut self) -> std::io::Result<()> {
        let waiting_ms = self.ended.iter().map(|ended| ended.segment.end_ms - ended.segment.start_ms).sum();
        match self.pacer.decide(milliseconds(self.began.elapsed()), waiting_ms) {
            Some(pace) => write_line(&mut self.output, &Told::Pace { pace: pace.into() }),
            None => Ok(()),
        }
    }
}

fn line_of(
    speaker: ParticipantId,
    language: WhisperLanguage,
    segment: &Segment,
    transcription: Transcription,
) -> Told {
    let until = segment.end_ms;
    let words = transcription.words.into_iter().map(|word| {
        let at = |ms: u64| (segment.start_ms + ms).min(until);
        (word.text, at(word.start_ms), at(word.end_ms), word.probability)
    });
    Told::Line(ToldLine {
        speaker,
        language: language.code().to_owned(),
        text: transcription.text,
        words: words.collect(),
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
        doubtful: transcription.doubt.is_some(),
        broken_off: false,
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
