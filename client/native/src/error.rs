//! What can go wrong in a client, typed by what the person in front of it can do about it.

use std::path::PathBuf;

use dragoman_core::wire::Problem;
use thiserror::Error;

/// A call, or something around it, failed. No variant carries a link's secret, a cookie, a name or anything said.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The text is not a link of a relay.
    #[error("this is not a link of a relay: {0}")]
    Link(&'static str),
    /// The certificate given by `--ca` can not be used, or the system has none.
    #[error("{path}: {reason}. Give the relay's certificate (tls-cert.pem in its data folder) with --ca")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The relay can not be reached.
    #[error(
        "the relay at {relay} does not answer: {reason}. Is it running? If its certificate is its own, give it with --ca"
    )]
    Unreachable {
        /// Scheme, host and port.
        relay: String,
        /// What the network library said.
        reason: String,
    },
    /// The relay said no.
    #[error("the relay refuses ({code}): {message}", code = .0.code, message = .0.message)]
    Refused(Problem),
    /// The relay said goodbye for good.
    #[error("the relay ended the connection ({code}): {message}", code = .0.code, message = .0.message)]
    Goodbye(Problem),
    /// The relay did not come back in time.
    #[error("the relay has not come back within {seconds} s: {reason}")]
    Lost {
        /// How long it was tried.
        seconds: u64,
        /// The last failure.
        reason: String,
    },
    /// The relay sent what this client does not understand.
    #[error("the relay's answer is not understood: {0}. Is the client as old as the relay?")]
    Protocol(String),
    /// The WebRTC library refused.
    #[error("the audio connection can not be made: {0}")]
    Media(String),
    /// The Opus library refused.
    #[error("Opus: {0}")]
    Opus(#[from] opus::Error),
    /// A sound file can not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Microphone or loudspeaker.
    #[error("{0}")]
    Device(String),
    /// A telephone, or the way to it.
    #[error("{0}")]
    Phone(String),
    /// A speech model, or what was asked of it.
    #[error("{0}")]
    Model(String),
    /// The speech worker can not do its work.
    #[error("the speech worker: {0}")]
    SpeechWorker(String),
    /// Speech recognition.
    #[error(transparent)]
    Speech(#[from] dragoman_speech::SpeechError),
    /// The call is over; nothing more can be sent.
    #[error("the call is over")]
    Over,
}

/// What everything here returns.
pub type Result<T, E = ClientError> = std::result::Result<T, E>;
