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
    check_model(BufReader::new(file), metadata.len())
}

fn check_model<R: Read + Seek>(file: R, size: u64) -> Result<ModelHeader, ModelFileError> {
    let mut walk = Walk { file, at: 0, size };
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::{Transcriber, TranscriberOptions, WhisperLanguage};

    const SMALL: &[u8] = include_bytes!("../ggml-dragoman-test.bin");
    const ROUNDS: u64 = 3_000;
    /// Of the damaged files that the guard lets through, so many are given to the C loader.
    const LOADED: usize = 40;
    /// Numbers with which lengths are attacked.
    const EXTREMES: [u32; 8] = [0, 1, 2, 0x7f, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

    /// A generator that needs nothing (splitmix64).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }

        fn below(&mut self, end: usize) -> usize {
            usize::try_from(self.next() % end as u64).unwrap()
        }
    }

    /// Every place at which the file has a number that the loader believes.
    fn numbers() -> Vec<usize> {
        let word = |at: usize| u32::from_le_bytes(SMALL[at..at + 4].try_into().unwrap()) as usize;
        let mut places: Vec<usize> = (0..12).map(|field| field * 4).collect();
        let filters = 12 * 4;
        places.extend([filters, filters + 4]);
        let mut at = filters + 8 + word(filters) * word(filters + 4) * 4;
        places.push(at);
        let words = word(at);
        at += 4;
        for _ in 0..words {
            places.push(at);
            at += 4 + word(at);
        }
        while at < SMALL.len() {
            let (dimensions, name, kind) = (word(at), word(at + 4), word(at + 8));
            places.extend((0..3 + dimensions).map(|number| at + number * 4));
            let elements: usize = (0..dimensions).map(|number| word(at + 12 + number * 4)).product();
            let bytes = match kind {
                0 => elements * 4,
                1 => elements * 2,
                // Q8_0: blocks of 32 with a half-precision scale.
                8 => elements / 32 * 34,
                other => panic!("the small model has no tensors of type {other}"),
            };
            at += 12 + dimensions * 4 + name + bytes;
        }
        places
    }

    fn damaged(random: &mut Random, numbers: &[usize]) -> Vec<u8> {
        let mut bytes = SMALL.to_vec();
        for _ in 0..=random.below(3) {
            let at = numbers[random.below(numbers.len())];
            match random.below(8) {
                0 => bytes[at..at + 4].copy_from_slice(&EXTREMES[random.below(8)].to_le_bytes()),
                1 => bytes[at + random.below(4)] ^= 1 << random.below(8),
                // The header is small, and everything follows from it.
                2 => bytes[random.below(56)] = random.next() as u8,
                3 => bytes.truncate(random.below(SMALL.len())),
                4 => bytes.extend((0..random.below(64)).map(|_| random.next() as u8)),
                // Weights, filters, words: nobody can tell that they are wrong.
                5 | 6 => bytes[random.below(SMALL.len())] = random.next() as u8,
                _ => drop(bytes.splice(at..at + random.below(9), (0..random.below(9)).map(|_| 0xff))),
            }
            if bytes.len() < SMALL.len() {
                break;
            }
        }
        bytes
    }

    #[test]
    fn no_damaged_file_gets_past_the_guard_that_the_loader_can_not_bear() {
        let seed = std::env::var("DRAGOMAN_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
        println!("DRAGOMAN_SEED={seed}");
        let mut random = Random(seed);
        let numbers = numbers();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.bin");
        let (mut let_through, mut loaded) = (0, 0);
        for round in 0..ROUNDS {
            let bytes = damaged(&mut random, &numbers);
            let size = bytes.len() as u64;
            let whole = bytes == SMALL;
            if let Err(error) = check_model(Cursor::new(&bytes), size) {
                assert!(!whole && error.to_string().len() > 10, "round {round}: {error}");
                continue;
            }
            let_through += 1;
            // A crash here is a crash of the test: whisper.cpp gives no errors for what it trusts.
            if loaded < LOADED && !whole {
                loaded += 1;
                std::fs::write(&file, &bytes).unwrap();
                if let Ok(mut transcriber) = Transcriber::load(&file, TranscriberOptions::default()) {
                    let noise: Vec<f32> =
                        (0..16_000).map(|_| random.below(2_000) as f32 / 1e4 - 0.1).collect();
                    let _ = transcriber.transcribe(&noise, WhisperLanguage::ENGLISH);
                }
            }
        }
        println!("{ROUNDS} damaged files: {let_through} let through, {loaded} of them loaded and asked");
        assert!(let_through < ROUNDS / 4, "the damage does not damage");
        assert!(check_model(Cursor::new(SMALL), SMALL.len() as u64).is_ok());
    }
}
