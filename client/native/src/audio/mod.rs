//! Sound in and out of a call: files, devices, queues; Opus, and the telephone's G.711; the jitter buffer.

pub mod check;
mod choice;
mod delay;
pub mod device;
mod g711;
mod jitter;
mod keeper;
mod playout;
mod processing;
mod red;
mod resample;
mod ring;
mod sink;
mod source;
mod stretch;
mod voice;
mod wav;

pub use g711::{G711Decoder, G711Encoder, Law};
pub use jitter::{JitterBuffer, Playout};
pub use processing::{Processing, ProcessingOptions};
pub use red::RedEncoder;
pub use resample::{StreamResampler, resample_all};
pub use sink::{AudioSink, Heard, HeardVoice};
pub use source::{AudioSource, ClipQueue, SourceFunction};
pub use voice::{VoiceCounters, VoiceDecoder, VoiceEncoder};
pub use wav::{WavRecorder, read_wav};

/// Samples a second on the wire and in every file and queue here: mono, `f32` in [-1, 1].
pub const SAMPLE_RATE: u32 = 48_000;
/// Length of one frame.
pub const FRAME_MS: u64 = 20;
/// Samples of one frame at [`SAMPLE_RATE`].
pub const FRAME: usize = 960;
