//! Earlier frames sent along once more, so that a lost packet is not a lost sound (RTP payload for redundant audio data,
//! RFC 2198). The relay and the native client share it: the format, how many earlier frames a link needs, and which
//! packets of a stream were taken already. Payloads are opaque.

mod level;
mod payload;
mod window;

pub use level::{Level, MOST, Redundancy, UnknownRedundancy};
pub use payload::{Block, Blocks, MAX_EARLIER, write};
pub use window::Window;
