//! Where one's own voice comes from: a file, a microphone, a queue of clips, or nowhere.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::device::Microphone;
use super::{FRAME, read_wav};
use crate::error::Result;

/// What is sent, frame by frame.
#[derive(Debug)]
pub enum AudioSource {
    /// Silence, which is sent like everything else.
    Silence,
    /// A recording from its beginning, then silence.
    Clip {
        /// 48 kHz mono.
        samples: Arc<[f32]>,
        /// The next sample.
        position: usize,
        /// Begin again at the end.
        looped: bool,
    },
    /// Clips that are handed over while the call goes on; silence between them.
    Queue(ClipQueue),
    /// A device.
    Microphone(Microphone),
    /// The caller's function.
    Callback(SourceFunction),
}

/// What [`AudioSource::callback`] was given.
pub struct SourceFunction(Box<FillFrame>);

type FillFrame = dyn FnMut(&mut [f32; FRAME]) + Send;

impl std::fmt::Debug for SourceFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SourceFunction")
    }
}

impl AudioSource {
    /// Plays a WAV file.
    ///
    /// # Errors
    /// If the file can not be read.
    pub fn wav(path: &Path, looped: bool) -> Result<Self> {
        Ok(Self::clip(read_wav(path)?.into(), looped))
    }

    /// Plays a recording from memory (48 kHz, mono).
    pub fn clip(samples: Arc<[f32]>, looped: bool) -> Self {
        Self::Clip { samples, position: 0, looped }
    }

    /// Takes every frame (silence when it is handed over) from a function, which is called in the middle of the audio path
    /// and must not wait.
    pub fn callback(function: impl FnMut(&mut [f32; FRAME]) + Send + 'static) -> Self {
        Self::Callback(SourceFunction(Box::new(function)))
    }

    /// Milliseconds from being heard in the room to being taken with [`Self::fill`], as far as is known.
    pub(crate) fn waiting_ms(&self) -> u64 {
        match self {
            Self::Microphone(microphone) => microphone.waiting_ms(),
            Self::Silence | Self::Clip { .. } | Self::Queue(_) | Self::Callback(_) => 0,
        }
    }

    /// Fills `frame`, whose first sample is number `at` of the timeline.
    pub fn fill(&mut self, at: u64, frame: &mut [f32; FRAME]) {
        frame.fill(0.0);
        match self {
            Self::Silence => {}
            Self::Clip { samples, position, looped } => {
                for to in frame.iter_mut() {
                    if *looped && *position >= samples.len() {
                        *position = 0;
                    }
                    let Some(sample) = samples.get(*position) else { break };
                    *to = *sample;
                    *position += 1;
                }
            }
            Self::Queue(queue) => queue.fill(at, frame),
            Self::Microphone(microphone) => microphone.fill(frame),
            Self::Callback(SourceFunction(function)) => function(frame),
        }
    }
}

/// A queue of clips; clones are the same queue.
#[derive(Clone, Debug, Default)]
pub struct ClipQueue(Arc<Mutex<Clips>>);

#[derive(Debug, Default)]
struct Clips {
    waiting: VecDeque<Arc<[f32]>>,
    position: usize,
    starts: Vec<u64>,
}

/// Clips that wait at most. A clip beyond is refused.
const MAX_CLIPS: usize = 64;

impl ClipQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a clip (48 kHz, mono) that begins with the next frame, or after those before it. `false`: the queue is
    /// full and the clip is not taken.
    pub fn push(&self, clip: Arc<[f32]>) -> bool {
        let mut clips = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let takes = clips.waiting.len() < MAX_CLIPS && !clip.is_empty();
        if takes {
            clips.waiting.push_back(clip);
        }
        takes
    }

    /// Whether nothing is being played.
    pub fn is_idle(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waiting.is_empty()
    }

    /// Throws away what waits and cuts off what plays.
    pub fn clear(&self) {
        let mut clips = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        clips.waiting.clear();
        clips.position = 0;
    }

    /// At which sample of the play timeline each clip so far began, in order.
    pub fn starts(&self) -> Vec<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).starts.clone()
    }

    fn fill(&self, at: u64, frame: &mut [f32; FRAME]) {
        let mut clips = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Clips { waiting, position, starts } = &mut *clips;
        let mut filled = 0;
        while let Some(clip) = waiting.front()
            && filled < FRAME
        {
            if *position == 0 {
                starts.push(at + filled as u64);
            }
            let count = (clip.len() - *position).min(FRAME - filled);
            frame[filled..filled + count].copy_from_slice(&clip[*position..*position + count]);
            filled += count;
            *position += count;
            if *position == clip.len() {
                *position = 0;
                waiting.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_ends_in_silence_or_begins_again() {
        let clip: Arc<[f32]> = vec![1.0; FRAME + 10].into();
        let mut frame = [0.5; FRAME];
        let mut once = AudioSource::clip(clip.clone(), false);
        let mut looped = AudioSource::clip(clip, true);
        for source in [&mut once, &mut looped] {
            source.fill(0, &mut frame);
            assert!(frame.iter().all(|s| *s == 1.0));
        }
        once.fill(960, &mut frame);
        assert_eq!((frame[9], frame[10]), (1.0, 0.0));
        looped.fill(960, &mut frame);
        assert_eq!((frame[9], frame[10]), (1.0, 1.0));
    }

    #[test]
    fn queued_clips_follow_each_other_and_say_when_they_began() {
        let queue = ClipQueue::new();
        let mut source = AudioSource::Queue(queue.clone());
        let mut frame = [0.0; FRAME];
        source.fill(0, &mut frame);
        assert!(queue.push(vec![0.1; 100].into()) && queue.push(vec![0.2; FRAME].into()));
        source.fill(960, &mut frame);
        assert_eq!((frame[99], frame[100]), (0.1, 0.2));
        assert!(!queue.is_idle());
        source.fill(1_920, &mut frame);
        assert_eq!((frame[99], frame[100]), (0.2, 0.0));
        assert!(queue.is_idle());
        assert_eq!(queue.starts(), vec![960, 1_060]);
        assert!(!queue.push(Vec::new().into()));
    }
}
