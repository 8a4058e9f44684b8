//! `speech-worker`: the process that runs the speech model for a scribe; nobody types this.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::Args;
use dragoman_client::speech::run_worker;
use dragoman_client::{ClientError, Result};

#[derive(Debug, Args)]
pub(crate) struct SpeechWorker {
    #[arg(long)]
    model: PathBuf,
    #[arg(long)]
    threads: Option<NonZeroU16>,
    #[arg(long)]
    gist: bool,
}

impl SpeechWorker {
    pub(crate) async fn run(self) -> Result<()> {
        let work = move || {
            run_worker(&self.model, self.threads, self.gist, std::io::stdin(), std::io::stdout().lock())
        };
        let worked = tokio::task::spawn_blocking(work).await;
        let ended = worked.map_err(|error| ClientError::SpeechWorker(error.to_string()))?;
        // Most often the scribe is gone, and nobody is left to be told.
        ended.map_err(|error| {
            ClientError::SpeechWorker(format!("the scribe can not be told anything: {error}"))
        })
    }
}
