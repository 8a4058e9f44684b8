//! The commands.

mod common;
mod join;
pub(crate) mod log;
mod mediator;
mod models;
mod officer;
mod phone;
mod screen;
mod scribe;
mod sound_check;
mod speech_worker;

use clap::{Parser, Subcommand};
use dragoman_client::{Result, audio};

/// Takes part in Dragoman's sessions: with microphone and loudspeaker, with sound files, or as a scribe.
#[derive(Debug, Parser)]
#[command(name = "dragoman-client", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enter a session by a link, and talk.
    Join(join::Join),
    /// List microphones and loudspeakers.
    Devices,
    /// Try microphone and loudspeaker before a call.
    SoundCheck(sound_check::SoundCheck),
    /// Transcribe a session, or with an officer's sign-in link every session where it is agreed.
    Scribe(scribe::Scribe),
    /// Speech models: list, fetch, use, measure.
    Models(models::Models),
    /// Simulate a mediator (or many) who answers every ring and speaks recorded phrases.
    Mediator(mediator::Mediator),
    /// Ring a mediator who has only a telephone, and let the phone take part.
    Phone(phone::Phone),
    /// Run the speech model for a scribe.
    #[command(hide = true)]
    SpeechWorker(speech_worker::SpeechWorker),
    /// Simulate an officer who starts a session, takes part, ends it and downloads the record.
    Officer(officer::Officer),
}

pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Join(join) => join.run().await,
        Command::Devices => devices(),
        Command::SoundCheck(check) => check.run().await,
        Command::Scribe(scribe) => scribe.run().await,
        Command::Models(models) => models.run().await,
        Command::Mediator(mediator) => mediator.run().await,
        Command::Phone(phone) => phone.run().await,
        Command::SpeechWorker(worker) => worker.run().await,
        Command::Officer(officer) => officer.run().await,
    }
}

fn devices() -> Result<()> {
    for device in audio::device::list()? {
        let kind = match (device.input, device.output) {
            (true, true) => "microphone and loudspeaker",
            (true, false) => "microphone",
            _ => "loudspeaker",
        };
        println!("{}{} ({kind})", device.name, if device.is_default { " [usual]" } else { "" });
    }
    Ok(())
}
