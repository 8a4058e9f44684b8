//! Voice activity first: cuts a stream of samples into segments in which somebody speaks. Pure: time comes in.
//!
//! Memory is bounded: what is kept is at most the pre-roll or one segment of the maximum length, plus one frame.

use std::collections::VecDeque;
use std::fmt;

use earshot::Detector;

use crate::SAMPLE_RATE;
use crate::error::SpeechError;

/// When a segment begins and ends. All lengths in milliseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SegmenterOptions {
    /// A frame with at least this score (0.0 to 1.0) is speech.
    pub threshold: f32,
    /// Kept from before the first frame with speech, so that its soft beginning is not lost.
    pub pre_roll_ms: u32,
    /// How long it must be quiet before a segment ends; shorter pauses stay inside of it.
    pub hang_over_ms: u32,
    /// Segments with less speech than this are thrown away (clicks, coughs).
    pub min_speech_ms: u32,
    /// Longer segments are cut at the quietest place of their last quarter.
    pub max_segment_ms: u32,
}

impl Default for SegmenterOptions {
    /// For a model that hears ten seconds, as the small test model does.
    fn default() -> Self {
        Self {
            threshold: 0.5,
            pre_roll_ms: 256,
            hang_over_ms: 512,
            min_speech_ms: 128,
            max_segment_ms: 10_000,
        }
    }
}

impl SegmenterOptions {
    /// The default with segments as long as the model hears at once ([`crate::Transcriber::max_clip_ms`]), at most 30 s.
    pub fn for_context(max_clip_ms: u64) -> Self {
        let max_segment_ms = u32::try_from(max_clip_ms.min(30_000)).unwrap_or(30_000);
        Self { max_segment_ms, ..Self::default() }
    }
}

/// A stretch in which somebody spoke.
#[derive(Clone, PartialEq)]
pub struct Segment {
    /// When its first sample was heard, on the clock of [`SpeechSegmenter::push`], in milliseconds.
    pub start_ms: u64,
    /// When its last sample ended, in milliseconds.
    pub end_ms: u64,
    /// 16 kHz, mono.
    pub samples: Vec<f32>,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({}..{} ms, {} samples)", self.start_ms, self.end_ms, self.samples.len())
    }
}

/// Finds the segments of one speaker's stream; use one for each stream.
pub struct SpeechSegmenter {
    options: SegmenterOptions,
    detector: Box<Detector>,
    /// Time of the first sample since the last break in the stream, and how many came since then.
    origin_ms: u64,
    received: u64,
    /// Samples not yet a whole frame.
    partial: Vec<f32>,
    /// The last frames, while nobody speaks.
    pre_roll: VecDeque<f32>,
    open: Option<Open>,
}

/// A segment that has begun.
struct Open {
    samples: Vec<f32>,
    /// The detector's score of each frame in `samples`; the pre-roll counts as 0.
    scores: Vec<f32>,
    speech_frames: usize,
    quiet_frames: usize,
}

/// earshot takes frames of exactly this many samples (16 ms).
const FRAME: usize = 256;
const FRAME_MS: u32 = 16;
/// Once somebody speaks, a frame may score this much lower and still count.
const HYSTERESIS: f32 = 0.15;
/// Timestamps may jitter by this much before it is a break in the stream.
const JITTER_MS: u64 = 60;

impl fmt::Debug for SpeechSegmenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpeechSegmenter").field("speaking", &self.is_speaking()).finish_non_exhaustive()
    }
}

impl SpeechSegmenter {
    /// A segmenter that has heard nothing yet.
    ///
    /// # Errors
    /// [`SpeechError::Setting`] names the option that makes no sense.
    pub fn new(options: SegmenterOptions) -> Result<Self, SpeechError> {
        let refuse = |setting, problem| Err(SpeechError::Setting { setting, problem });
        if !(0.0..=1.0).contains(&options.threshold) {
            return refuse("threshold", "must be from 0 to 1");
        }
        if !(1_000..=30_000).contains(&options.max_segment_ms) {
            return refuse("max_segment_ms", "must be from 1000 to 30000");
        }
        if options.pre_roll_ms.max(options.hang_over_ms).max(options.min_speech_ms)
            > options.max_segment_ms / 4
        {
            return refuse(
                "max_segment_ms",
                "must be four times the pre-roll, hang-over and minimum, or more",
            );
        }
        Ok(Self {
            options,
            detector: Detector::default_boxed(),
            origin_ms: 0,
            received: 0,
            partial: Vec::with_capacity(FRAME),
            pre_roll: VecDeque::new(),
            open: None,
        })
    }

    /// Takes the next samples (16 kHz, mono, any number) whose first was heard at `at_ms`; returns what has ended.
    ///
    /// Small differences to the expected time are jitter. A gap (lost packets, a muted microphone) or a jump back
    /// ends the segment, and listening starts afresh.
    pub fn push(&mut self, at_ms: u64, samples: &[f32]) -> Vec<Segment> {
        let mut ended = Vec::new();
        if self.received == 0 {
            self.origin_ms = at_ms;
        } else if at_ms.abs_diff(self.time_ms(self.received)) > JITTER_MS {
            ended.extend(self.finish());
            self.origin_ms = at_ms;
        } else if self.open.is_none() {
            // Two clocks drift apart; follow while it cannot move a segment that has begun.
            self.origin_ms = at_ms.saturating_sub(self.time_ms(self.received) - self.origin_ms);
        }
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(FRAME - self.partial.len()));
            self.partial.extend(now.iter().map(|sample| if sample.is_finite() { *sample } else { 0.0 }));
            self.received += now.len() as u64;
            rest = later;
            if self.partial.len() == FRAME {
                ended.extend(self.take_frame());
            }
        }
        ended
    }

    /// Ends the stream: returns the segment that was still open, and forgets everything.
    pub fn finish(&mut self) -> Option<Segment> {
        let whole_frames = self.received - self.partial.len() as u64;
        let last = self.open.take().and_then(|open| self.close(open, whole_frames));
        self.detector.reset();
        self.partial.clear();
        self.pre_roll.clear();
        self.received = 0;
        last
    }

    /// Whether somebody is speaking now, or paused for less than the hang-over.
    pub fn is_speaking(&self) -> bool {
        self.open.is_some()
    }

    /// From when until when somebody has been speaking who has not finished, in milliseconds; `None` too before it is
    /// enough to be speech.
    pub fn open_span(&self) -> Option<(u64, u64)> {
        let open =
            self.open.as_ref().filter(|open| open.speech_frames >= frames(self.options.min_speech_ms))?;
        let end = self.received - self.partial.len() as u64;
        Some((self.time_ms(end - open.samples.len() as u64), self.time_ms(end)))
    }

    /// What they have said so far.
    pub fn open_segment(&self) -> Option<Segment> {
        let (start_ms, end_ms) = self.open_span()?;
        let samples = self.open.as_ref()?.samples.clone();
        Some(Segment { start_ms, end_ms, samples })
    }

    fn take_frame(&mut self) -> Option<Segment> {
        let score = self.score_partial();
        let frame = std::mem::replace(&mut self.partial, Vec::with_capacity(FRAME));
        let Some(mut open) = self.open.take() else {
            self.listen(&frame, score);
            return None;
        };
        open.push(&frame, score, self.options.threshold - HYSTERESIS);
        if open.quiet_frames >= frames(self.options.hang_over_ms) {
            return self.close(open, self.received);
        }
        if open.scores.len() >= frames(self.options.max_segment_ms) {
            return self.cut(open);
        }
        self.open = Some(open);
        None
    }

    /// Nobody was speaking until now.
    fn listen(&mut self, frame: &[f32], score: f32) {
        if score >= self.options.threshold {
            let samples: Vec<f32> = self.pre_roll.drain(..).collect();
            let mut open =
                Open { scores: vec![0.0; samples.len() / FRAME], samples, speech_frames: 0, quiet_frames: 0 };
            open.push(frame, score, self.options.threshold - HYSTERESIS);
            self.open = Some(open);
        } else {
            self.pre_roll.extend(frame);
            let excess = self.pre_roll.len().saturating_sub(frames(self.options.pre_roll_ms) * FRAME);
            self.pre_roll.drain(..excess);
        }
    }

    /// earshot's score of the frame in `partial`, as 16-bit samples, which cannot be out of its range.
    fn score_partial(&mut self) -> f32 {
        let mut frame = [0_i16; FRAME];
        for (to, from) in frame.iter_mut().zip(&self.partial) {
            // A cast from float saturates.
            *to = (from * 32_768.0) as i16;
        }
        self.detector.predict_i16(&frame)
    }

    /// The maximum length is reached: ends the segment at the quietest frame of its last quarter and goes on after it.
    fn cut(&mut self, mut open: Open) -> Option<Segment> {
        let length = open.scores.len();
        let from = length - length / 4;
        let quietest =
            (from..length).min_by(|a, b| open.scores[*a].total_cmp(&open.scores[*b])).unwrap_or(length - 1);
        let kept = quietest + 1;
        let samples = open.samples.split_off(kept * FRAME);
        let scores = open.scores.split_off(kept);
        let release = self.options.threshold - HYSTERESIS;
        let rest = Open {
            speech_frames: scores.iter().filter(|score| **score >= release).count(),
            quiet_frames: scores.iter().rev().take_while(|score| **score < release).count(),
            samples,
            scores,
        };
        let end = self.received - rest.samples.len() as u64;
        self.open = Some(rest);
        self.close(open, end)
    }

    /// Makes a segment that ends before sample number `end`, unless there is too little speech in it.
    fn close(&self, open: Open, end: u64) -> Option<Segment> {
        if open.speech_frames < frames(self.options.min_speech_ms) {
            return None;
        }
        let start = end - open.samples.len() as u64;
        Some(Segment { start_ms: self.time_ms(start), end_ms: self.time_ms(end), samples: open.samples })
    }

    /// When the sample with this number was heard.
    fn time_ms(&self, sample: u64) -> u64 {
        self.origin_ms + sample * 1000 / u64::from(SAMPLE_RATE)
    }
}

impl Open {
    fn push(&mut self, frame: &[f32], score: f32, release: f32) {
        self.samples.extend_from_slice(frame);
        self.scores.push(score);
        if score >= release {
            self.speech_frames += 1;
            self.quiet_frames = 0;
        } else {
            self.quiet_frames += 1;
        }
    }
}

fn frames(ms: u32) -> usize {
    (ms / FRAME_MS) as usize
}
