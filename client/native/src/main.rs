//! `dragoman-client`: reads the command line, runs one command, and says what went wrong in one sentence.
#![forbid(unsafe_code)]

mod cli;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    // WebRTC libraries are talkative; what they warn of is handled by making a new connection.
    let wished = std::env::var("DRAGOMAN_LOG").ok();
    let wished = wished.unwrap_or_else(|| "error,dragoman_client=info,dragoman_speech=info".to_owned());
    // The SIP library logs whole messages, with numbers and keys in them: never, whatever is wished.
    let filter = EnvFilter::new(format!("{wished},rsipstack=off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(cli::log::Log::default)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("dragoman-client: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(cli::run(arguments));
    // A thread that reads a device or a model must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dragoman-client: {error}");
            ExitCode::FAILURE
        }
    }
}
