//! What can go wrong, typed, each saying what to do about it. No error carries anything that was said.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Finding or transcribing speech failed.
#[derive(Debug, Error)]
pub enum SpeechError {
    /// The model file cannot be read, or is not a model that whisper.cpp can load safely.
    #[error("the model {path} was refused: {reason}. Fetch it again with `dragoman-client models fetch`")]
    Model {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        reason: ModelFileError,
    },
    /// whisper.cpp itself refused the model or could not get its memory.
    #[error("whisper.cpp could not load {path}: {reason}. Is there memory enough for this model?")]
    Load {
        /// The file.
        path: PathBuf,
        /// whisper.cpp's reason.
        reason: String,
    },
    /// The loaded model was not made for this language.
    #[error(
        "the loaded model does not know '{language}': choose a model that does, or go on without transcript"
    )]
    LanguageNotKnown {
        /// Whisper's code.
        language: &'static str,
    },
    /// The clip is longer than what the model hears at once.
    #[error("a clip of {clip_ms} ms is longer than the {max_ms} ms which this model hears: split it first")]
    ClipTooLong {
        /// Length of the clip, in milliseconds.
        clip_ms: u64,
        /// The model's context, in milliseconds.
        max_ms: u64,
    },
    /// The samples contain infinities or what is not a number.
    #[error("the samples are not finite numbers: check the decoder that made them")]
    NotFinite,
    /// whisper.cpp failed while transcribing.
    #[error("whisper.cpp failed: {reason}. The clip gets no text; the next one may be tried")]
    Transcribe {
        /// whisper.cpp's reason.
        reason: String,
    },
    /// A setting is outside of its range.
    #[error("{setting} {problem}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Why a file is not a whisper.cpp model that may be handed to its C loader.
#[derive(Debug, Error)]
pub enum ModelFileError {
    /// The file cannot be opened or read.
    #[error("it cannot be read ({0})")]
    Read(#[from] io::Error),
    /// It is a folder, a device or a pipe.
    #[error("it is not a regular file")]
    NotAFile,
    /// The first four bytes are not ggml's.
    #[error("it is not a whisper.cpp (ggml) model: it begins with {found:#010x} instead of {expected:#010x}")]
    Magic {
        /// What was there, little endian.
        found: u32,
        /// What should be.
        expected: u32,
    },
    /// The file ends too early.
    #[error("it is cut off: byte {needed} was needed and it has {size}")]
    Truncated {
        /// Bytes needed to go on.
        needed: u64,
        /// Bytes in the file.
        size: u64,
    },
    /// A number in the header is outside of what any Whisper model has.
    #[error("its header says {field} = {value}, which no Whisper model has")]
    Header {
        /// The field, named as in whisper.cpp.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// The vocabulary is damaged.
    #[error("its vocabulary is damaged at word {word}")]
    Vocabulary {
        /// Index of the word.
        word: u32,
    },
    /// A weight tensor is unknown, doubled, of another shape or of another type than the header calls for.
    #[error("tensor {index} is damaged ({problem})")]
    Tensor {
        /// Position in the file, from 0.
        index: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// Not all weights are in the file.
    #[error("it has {found} tensors and needs {expected}")]
    MissingTensors {
        /// Tensors found.
        found: usize,
        /// Tensors that its header calls for.
        expected: usize,
    },
}

/// Fetching a model failed. What was received stays as a `.part` file and is continued by the next call,
/// except after [`FetchError::WrongDigest`] and [`FetchError::WrongSize`].
#[derive(Debug, Error)]
pub enum FetchError {
    /// The entry has no address: it comes with the source tree.
    #[error("{name} comes with the source tree ({path}): there is nothing to fetch")]
    InTree {
        /// The model's name.
        name: String,
        /// Where it lies, relative to the folder of the catalogue.
        path: String,
    },
    /// The folder or a file in it cannot be made, opened or written.
    #[error("cannot write {path}: {source}. Choose another folder with --dir, or change its permissions")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The disk is full.
    #[error(
        "the disk is full: {path} needs {needed} bytes more. Free some and start again: it will be continued"
    )]
    DiskFull {
        /// The file being written.
        path: PathBuf,
        /// Bytes still to come.
        needed: u64,
    },
    /// A copy can not be read.
    #[error("cannot read {path}: {source}. Is the stick still there, and is it the folder with the models?")]
    Source {
        /// The copy.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Somebody else is fetching the same model into the same folder.
    #[error("{path} is being fetched by another process: wait for it")]
    Busy {
        /// The partial file.
        path: PathBuf,
    },
    /// The server answered with an error.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection failed, several times without any progress.
    #[error("{url}: {reason} ({received} of {total} bytes are kept: start again to go on)")]
    Connection {
        /// The address.
        url: String,
        /// What the HTTP client says.
        reason: String,
        /// Bytes received and kept.
        received: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The server sent more or fewer bytes than the catalogue says. What was received is deleted.
    #[error("{url} is {actual} bytes and should be {expected}: deleted. Is a proxy answering in its place?")]
    WrongSize {
        /// The address.
        url: String,
        /// Bytes in the catalogue.
        expected: u64,
        /// Bytes received or announced.
        actual: u64,
    },
    /// The file is not the one in the catalogue. It is deleted.
    #[error("{url} has SHA-256 {actual} and should have {expected}: deleted, it was never used")]
    WrongDigest {
        /// The address.
        url: String,
        /// SHA-256 in the catalogue.
        expected: String,
        /// SHA-256 of what came.
        actual: String,
    },
}
