//! What the call's process and the speech worker say to each other: JSON, one object a line; sound follows its line as
//! 32-bit floats, little-endian.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use dragoman_core::ids::ParticipantId;
use dragoman_speech::Pace;
use serde::{Deserialize, Serialize};

/// Longest line either side takes, in bytes.
const MAX_LINE_BYTES: u64 = 256 * 1024;
/// Most samples that follow a line: a second.
const MAX_SAMPLES: usize = dragoman_speech::SAMPLE_RATE as usize;

/// To the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(super) enum Asked {
    /// So many samples follow.
    Sound {
        speaker: ParticipantId,
        /// Whisper's code.
        language: String,
        /// Of the first sample, on any clock that runs in milliseconds.
        at_ms: u64,
        samples: usize,
    },
    /// Nothing of this speaker may be written any more.
    Forget { speaker: ParticipantId },
    /// Words that this speaker may say: by Whisper's code, terms with commas between them.
    Expect { speaker: ParticipantId, terms: BTreeMap<String, String> },
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    /// The model is loaded. The first line.
    Ready,
    /// It can not be. The first line, and the last.
    Failed {
        /// What was wrong and what to do.
        message: String,
    },
    /// Captions come so often from now on.
    Pace {
        /// See [`Pace`].
        pace: ToldPace,
    },
    /// Somebody began to speak.
    Began {
        /// Who.
        speaker: ParticipantId,
        /// When.
        start_ms: u64,
    },
    /// They were not understood, or did not really speak.
    Nothing {
        /// Who.
        speaker: ParticipantId,
        /// When it seemed to begin.
        start_ms: u64,
    },
    /// What was understood so far.
    Draft {
        /// Who.
        speaker: ParticipantId,
        /// Whisper's code.
        language: String,
        /// Words that stay.
        settled: String,
        /// Words that may change.
        open: String,
        /// When the speech began.
        start_ms: u64,
        /// Until when it is in the draft.
        end_ms: u64,
    },
    /// What was said.
    Line(ToldLine),
    /// Speech without a text.
    Gap {
        /// Who.
        speaker: ParticipantId,
        /// From when.
        start_ms: u64,
        /// Until when.
        end_ms: u64,
        /// The model failed; else the machine was too slow.
        failed: bool,
    },
    /// Roughly what a line says, in English.
    Gist {
        /// Who.
        speaker: ParticipantId,
        /// When the speech of the line began.
        start_ms: u64,
        /// The gist.
        text: String,
    },
    /// Somebody seems to speak another language than was said, or does so no more.
    SoundsLike {
        /// Who.
        speaker: ParticipantId,
        /// Whisper's code; none: what was said fits again.
        language: Option<String>,
    },
}

/// A final text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldLine {
    /// Who.
    pub speaker: ParticipantId,
    /// Whisper's code.
    pub language: String,
    /// The text.
    pub text: String,
    /// Its words: text, begin and end on the same clock as the sound, probability.
    pub words: Vec<(String, u64, u64, f32)>,
    /// When the speech began.
    pub start_ms: u64,
    /// When it ended.
    pub end_ms: u64,
    /// The model guessed.
    pub doubtful: bool,
    /// The worker was lost in the middle of it.
    #[serde(default)]
    pub broken_off: bool,
}

/// [`Pace`], written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldPace {
    /// The shortest steps.
    Live,
    /// Longer ones.
    Slower,
    /// Lines only.
    FinalsOnly,
    /// Nothing.
    Paused,
}

impl From<Pace> for ToldPace {
    fn from(pace: Pace) -> Self {
        match pace {
            Pace::Steps { every_ms } if every_ms <= Pace::BEST_EVERY_MS => Self::Live,
            Pace::Steps { .. } => Self::Slower,
            Pace::FinalsOnly => Self::FinalsOnly,
            Pace::Paused => Self::Paused,
        }
    }
}

/// Writes a line, and the sound that belongs to it.
pub(super) fn write_asked(to: &mut impl Write, asked: &Asked, samples: &[f32]) -> io::Result<()> {
    write_line(to, asked)?;
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads what [`write_asked`] wrote; `None` at the end.
pub(super) fn read_asked(from: &mut impl BufRead) -> io::Result<Option<(Asked, Vec<f32>)>> {
    let Some(asked) = read_line(from)? else { return Ok(None) };
    let Asked::Sound { samples: count, .. } = &asked else { return Ok(Some((asked, Vec::new()))) };
    if *count > MAX_SAMPLES {
        return Err(io::Error::other("more samples than a second has"));
    }
    let mut bytes = vec![0; count * size_of::<f32>()];
    from.read_exact(&mut bytes)?;
    let (samples, _) = bytes.as_chunks();
    let samples = samples.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Some((asked, samples)))
}

/// Writes an object as a line.
pub(super) fn write_line(to: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(object)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads an object from a line; `None` at the end.
pub(super) fn read_line<T: for<'de> Deserialize<'de>>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    let length = io::Read::take(&mut *from, MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    if length == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_written_is_read_and_nonsense_is_an_error() {
        let speaker = ParticipantId(Uuid::from_u128(1));
        let sound = Asked::Sound { speaker, language: "sq".into(), at_ms: 40, samples: 3 };
        let mut wire = Vec::new();
        write_asked(&mut wire, &sound, &[0.5, -1.0, 0.0]).unwrap();
        let terms = BTreeMap::from([("sq".to_owned(), "leje qëndrimi, azil".to_owned())]);
        let expect = Asked::Expect { speaker, terms };
        write_asked(&mut wire, &expect, &[]).unwrap();
        write_asked(&mut wire, &Asked::Forget { speaker }, &[]).unwrap();
        let mut from = wire.as_slice();
        assert_eq!(read_asked(&mut from).unwrap(), Some((sound, vec![0.5, -1.0, 0.0])));
        assert_eq!(read_asked(&mut from).unwrap(), Some((expect, Vec::new())));
        assert_eq!(read_asked(&mut from).unwrap(), Some((Asked::Forget { speaker }, Vec::new())));
        assert_eq!(read_asked(&mut from).unwrap(), None);
        let too_much = r#"{"ask":"sound","speaker":"00000000-0000-0000-0000-000000000001","language":"sq","at_ms":0,"samples":99999999}"#;
        for nonsense in ["x\n", "{}\n", too_much, &wire_cut(&wire)] {
            assert!(read_asked(&mut nonsense.as_bytes()).is_err(), "{nonsense}");
        }
    }

    /// A line whose sound is missing.
    fn wire_cut(wire: &[u8]) -> String {
        let end = wire.iter().position(|byte| *byte == b'\n').unwrap();
        String::from_utf8_lossy(&wire[..=end]).into_owned()
    }
}
