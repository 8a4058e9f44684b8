//! One speaker's stream within the worker: the segment that is open, and what was drafted of it.

use std::time::Duration;

use dragoman_speech::{
    Agreement, Segment, SegmenterOptions, SpeechError, SpeechSegmenter, WhisperLanguage, Word,
};

/// See the module's page.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) language: WhisperLanguage,
    segmenter: SpeechSegmenter,
    agreement: Agreement,
    /// Length of the open segment when it was last drafted, in milliseconds.
    drafted_ms: u64,
    /// When it was last drafted, on the worker's clock: whoever waited longest is next.
    pub(super) drafted_at: Duration,
    /// When what the others know of began, where they know that somebody speaks here.
    announced: Option<u64>,
}

impl Stream {
    pub(super) fn new(language: WhisperLanguage, options: SegmenterOptions) -> Result<Self, SpeechError> {
        Ok(Self {
            language,
            segmenter: SpeechSegmenter::new(options)?,
            agreement: Agreement::default(),
            drafted_ms: 0,
            drafted_at: Duration::ZERO,
            announced: None,
        })
    }

    /// Takes sound; what has ended by it.
    pub(super) fn push(&mut self, at_ms: u64, samples: &[f32]) -> Vec<Segment> {
        let ended = self.segmenter.push(at_ms, samples);
        if !ended.is_empty() {
            self.begin_anew();
        }
        ended
    }

    /// When speech began that nobody was told of yet.
    pub(super) fn newly_open(&mut self) -> Option<u64> {
        let (start_ms, _) = self.segmenter.open_span()?;
        self.announced.replace(start_ms).is_none().then_some(start_ms)
    }

    /// When what was announced began, if it turned out that nobody spoke.
    pub(super) fn fell_silent(&mut self) -> Option<u64> {
        let start_ms = self.announced.filter(|_| self.segmenter.open_span().is_none())?;
        self.begin_anew();
        Some(start_ms)
    }

    /// The open segment, if so much more of it was heard since its last draft.
    pub(super) fn due(&self, every_ms: u64) -> Option<Segment> {
        let (start_ms, end_ms) = self.segmenter.open_span()?;
        (end_ms - start_ms >= self.drafted_ms + every_ms).then(|| self.segmenter.open_segment())?
    }

    /// What was understood of the open segment.
    pub(super) fn note_draft(
        &mut self,
        segment: &Segment,
        words: Vec<Word>,
        now: Duration,
    ) -> (String, String) {
        self.drafted_ms = segment.end_ms - segment.start_ms;
        self.drafted_at = now;
        self.agreement.take(words);
        (joined(self.agreement.settled()), joined(self.agreement.open()))
    }

    fn begin_anew(&mut self) {
        self.agreement = Agreement::default();
        self.drafted_ms = 0;
        self.announced = None;
    }
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
