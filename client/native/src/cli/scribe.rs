//! `scribe`: transcribe one session, or stand by for all of an officer.

use clap::Args;
use dragoman_client::net::{ApiClient, Link};
use dragoman_client::roles::{Scribe as Writer, stand_by};
use dragoman_client::speech::{EngineOptions, SpeechEngine};
use dragoman_client::{ClientError, Result};
use dragoman_core::rest::LinkPurpose;

use super::common::{TrustOptions, print_json, told_to_end};
use super::models;

#[derive(Debug, Args)]
pub(crate) struct Scribe {
    /// A scribe's invitation, or an officer's sign-in link to stand by.
    link: Link,
    /// The speech model: a name of `models list`, or a file (ggml). Without it, the one of `models use`.
    #[arg(long, value_name = "NAME|PATH")]
    model: Option<String>,
    /// Also say in English what each line says, for the officer: a machine's gist, shown apart.
    #[arg(long)]
    gist: bool,
    #[command(flatten)]
    trust: TrustOptions,
    /// Print what was done as one JSON object at the end.
    #[arg(long)]
    json: bool,
}

impl Scribe {
    pub(crate) async fn run(self) -> Result<()> {
        let model = models::resolve(self.model.as_deref())?;
        let options = EngineOptions { gist: self.gist, ..EngineOptions::new(model)? };
        let loading = tokio::task::spawn_blocking(move || SpeechEngine::start(options));
        let engine = loading.await.map_err(|e| ClientError::Protocol(e.to_string()))??;
        if self.gist && !engine.translates() {
            return Err(ClientError::SpeechWorker(format!(
                "the model '{}' was not trained to translate: leave --gist out, or choose one that was, such as small or medium",
                engine.model()
            )));
        }
        tracing::info!(model = engine.model(), "the model is loaded");
        let api = self.trust.api(&self.link.relay)?;
        if api.inspect(&self.link).await?.purpose == LinkPurpose::SignIn {
            return tokio::select! {
                ended = stand_by(api, &self.link, &engine, |_| {}) => ended,
                () = told_to_end() => Ok(()),
            };
        }
        self.write(api, &engine).await
    }

    async fn write(&self, api: ApiClient, engine: &SpeechEngine) -> Result<()> {
        let writer = Writer::join(api, &self.link, engine).await?;
        tokio::select! {
            _ = writer.call().ended() => {}
            () = told_to_end() => {}
        }
        let (report, counters) = writer.finish().await?;
        if self.json {
            print_json(&serde_json::json!({ "call": report, "scribe": counters }))?;
        } else {
            println!("{} lines written", counters.lines);
        }
        report.and_then(|report| report.end.error()).map_or(Ok(()), Err)
    }
}
