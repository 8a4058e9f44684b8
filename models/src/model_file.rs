//! The guard before whisper.cpp's C loader, which trusts every length in a file: this one trusts none.
//!
//! It walks the whole file (header, mel filters, vocabulary, every tensor's header; the weights are skipped over)
//! and lets through only what the loader reads without surprise. Layout: whisper.cpp, `whisper_model_load`.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::ModelFileError;
use crate::model_tensors::{TensorType, tensors_of};

/// The dimensions of a model, named as in whisper.cpp.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModelHeader {
    /// Tokens: 51,864 (English only), 51,865 or 51,866 (large-v3: one language more).
    pub n_vocab: u32,
    /// What the encoder hears at once, in steps of 20 ms.
    pub n_audio_ctx: u32,
    /// Width of the encoder.
    pub n_audio_state: u32,
    /// Attention heads of the encoder.
    pub n_audio_head: u32,
    /// Layers of the encoder.
    pub n_audio_layer: u32,
    /// Tokens that the decoder sees at once; half of them may be text.
    pub n_text_ctx: u32,
    /// Width of the decoder, equal to the encoder's.
    pub n_text_state: u32,
    /// Attention heads of the decoder.
    pub n_text_head: u32,
    /// Layers of the decoder.
    pub n_text_layer: u32,
    /// Mel bands: 80, or 128 in large-v3.
    pub n_mels: u32,
    /// How the weights are stored (ggml's file type, 1 = half precision), without the quantiser's version.
    pub ftype: u32,
}

impl ModelHeader {
    /// The longest clip that the model hears, in milliseconds.
    pub fn max_clip_ms(&self) -> u64 {
        u64::from(self.n_audio_ctx) * 20
    }

    /// How many of Whisper's languages have a token: 0 for an English-only model.
    pub fn language_count(&self) -> u32 {
        if self.n_vocab < MULTILINGUAL_VOCAB { 0 } else { self.n_vocab - 51_766 }
    }
}

const MAGIC: u32 = 0x6767_6d6c;
const ENGLISH_VOCAB: u32 = 51_864;
const MULTILINGUAL_VOCAB: u32 = 51_865;
const LARGE_V3_VOCAB: u32 = 51_866;
/// Bins of whisper.cpp's 400-point Fourier transform; it reads this many floats a band, whatever the file says.
const FOURIER_BINS: u32 = 201;
/// No word of Whisper's vocabulary is nearly as long.
const MAX_WORD_BYTES: u32 = 512;
const MAX_NAME_BYTES: u32 = 128;
/// ggml's block formats changed meaning with this number; whisper.cpp does not look at it.
const QUANTISER_VERSION: i32 = 2;

/// Checks that the file is a whole and sane whisper.cpp model, and returns its dimensions.
///
/// # Errors
/// [`ModelFileError`] says what is wrong with the file.
pub fn check_model_file(path: &Path) -> Result<ModelHeader, ModelFileError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(ModelFileError::NotAFile);
    }
    let mut walk = Walk { file: BufReader::new(file), at: 0, size: metadata.len() };
    let magic = walk.u32()?;
    if magic != MAGIC {
        return Err(ModelFileError::Magic { found: magic, expected: MAGIC });
    }
    let (header, matrix) = read_header(&mut walk)?;
    skip_mel_filters(&mut walk, &header)?;
    check_vocabulary(&mut walk, &header)?;
    check_tensors(&mut walk, &header, matrix)?;
    Ok(header)
}

fn read_header<R: Read + Seek>(walk: &mut Walk<R>) -> Result<(ModelHeader, TensorType), ModelFileError> {
    let mut field = |field: &'static str, allowed: std::ops::RangeInclusive<i32>, step: i32| {
        let value = walk.i32()?;
        let sane = allowed.contains(&value) && value % step == 0;
        let unsigned = u32::try_from(value).ok().filter(|_| sane);
        unsigned.ok_or(ModelFileError::Header { field, value: value.into() })
    };
    let n_vocab = field("n_vocab", ENGLISH_VOCAB as i32..=LARGE_V3_VOCAB as i32, 1)?;
    let n_audio_ctx = field("n_audio_ctx", 50..=1500, 1)?;
    // Widths are multiples of 32, the block of the quantised types.
    let n_audio_state = field("n_audio_state", 32..=2048, 32)?;
    let n_audio_head = field("n_audio_head", 1..=64, 1)?;
    let n_audio_layer = field("n_audio_layer", 1..=64, 1)?;
    let n_text_ctx = field("n_text_ctx", 32..=448, 1)?;
    let n_text_state = field("n_text_state", 32..=2048, 32)?;
    let n_text_head = field("n_text_head", 1..=64, 1)?;
    let n_text_layer = field("n_text_layer", 1..=64, 1)?;
    let n_mels = field("n_mels", 80..=128, 16)?;
    let ftype = field("ftype", 0..=QUANTISER_VERSION * 1000 + 999, 1)?;
    let refuse = |field, value: u32| Err(ModelFileError::Header { field, value: value.into() });
    if n_text_state != n_audio_state {
        return refuse("n_text_state", n_text_state);
    }
    // The heads share the width in equal parts, wide enough for ggml's vector code.
    for (field, heads) in [("n_audio_head", n_audio_head), ("n_text_head", n_text_head)] {
        if n_audio_state % heads != 0 || (n_audio_state / heads) % 8 != 0 {
            return refuse(field, heads);
        }
    }
    let (version, kind) = (ftype as i32 / 1000, ftype % 1000);
    let Some(matrix) = TensorType::of_file_type(kind as i32) else { return refuse("ftype", ftype) };
    if matrix.is_quantised() && version != QUANTISER_VERSION {
        return refuse("ftype", ftype);
    }
    let header = ModelHeader {
        n_vocab,
        n_audio_ctx,
        n_audio_state,
        n_audio_head,
        n_audio_layer,
        n_text_ctx,
        n_text_state,
        n_text_head,
        n_text_layer,
        n_mels,
        ftype: kind,
    };
    Ok((header, matrix))
}

fn skip_mel_filters<R: Read + Seek>(walk: &mut Walk<R>, header: &ModelHeader) -> Result<(), ModelFileError> {
    for (field, expected) in [("filters.n_mel", header.n_mels), ("filters.n_fft", FOURIER_BINS)] {
        let value = walk.i32()?;
        if i64::from(value) != i64::from(expected) {
            return Err(ModelFileError::Header { field, value: value.into() });
        }
    }
    walk.skip(u64::from(header.n_mels) * u64::from(FOURIER_BINS) * 4)
}

fn check_vocabulary<R: Read + Seek>(walk: &mut Walk<R>, header: &ModelHeader) -> Result<(), ModelFileError> {
    let words = walk.u32()?;
    if words == 0 || words > header.n_vocab {
        return Err(ModelFileError::Header { field: "vocabulary", value: words.into() });
    }
    let mut has_space = false;
    for word in 0..words {
        let length = walk.u32()?;
        if length > MAX_WORD_BYTES {
            return Err(ModelFileError::Vocabulary { word });
        }
        has_space |= walk.bytes(u64::from(length))? == b" ";
    }
    // whisper.cpp looks this word up to suppress it, and ends the process if it is not there.
    if has_space { Ok(()) } else { Err(ModelFileError::Vocabulary { word: words }) }
}

fn check_tensors<R: Read + Seek>(
    walk: &mut Walk<R>,
    header: &ModelHeader,
    matrix: TensorType,
) -> Result<(), ModelFileError> {
    let mut missing = tensors_of(header, matrix);
    let expected = missing.len();
    let mut index = 0;
    while walk.at < walk.size {
        let damaged = |problem| ModelFileError::Tensor { index, problem };
        let (dimensions, name_length, kind) = (walk.u32()?, walk.u32()?, walk.i32()?);
        if !(1..=3).contains(&dimensions) || name_length > MAX_NAME_BYTES {
            return Err(damaged("impossible header"));
        }
        let mut shape = [1_u64; 3];
        for dimension in shape.iter_mut().take(dimensions as usize) {
            *dimension = u64::from(walk.u32()?);
        }
        let name = String::from_utf8(walk.bytes(u64::from(name_length))?)
            .map_err(|_| damaged("name is not text"))?;
        let tensor = missing.remove(&name).ok_or_else(|| damaged("unknown or doubled name"))?;
        if shape != tensor.dimensions {
            return Err(damaged("wrong shape"));
        }
        if kind != tensor.kind.ggml {
            return Err(damaged("wrong type"));
        }
        walk.skip(tensor.bytes())?;
        index += 1;
    }
    if missing.is_empty() { Ok(()) } else { Err(ModelFileError::MissingTensors { found: index, expected }) }
}

/// A reader that never goes beyond the file's size.
struct Walk<R> {
    file: R,
    at: u64,
    size: u64,
}

impl<R: Read + Seek> Walk<R> {
    fn u32(&mut self) -> Result<u32, ModelFileError> {
        let mut bytes = [0; 4];
        self.advance(4)?;
        self.file.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn i32(&mut self) -> Result<i32, ModelFileError> {
        Ok(self.u32()?.cast_signed())
    }

    /// Only for small counts: they are read into memory.
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>, ModelFileError> {
        self.advance(count)?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn skip(&mut self, count: u64) -> Result<(), ModelFileError> {
        self.advance(count)?;
        self.file.seek(SeekFrom::Start(self.at))?;
        Ok(())
    }

    fn advance(&mut self, count: u64) -> Result<(), ModelFileError> {
        let needed = self.at.saturating_add(count);
        if needed > self.size {
            return Err(ModelFileError::Truncated { needed, size: self.size });
        }
        self.at = needed;
        Ok(())
    }
}
