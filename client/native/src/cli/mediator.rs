//! `mediator`: one simulated mediator, or many in one process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use dragoman_client::net::Link;
use dragoman_client::roles::{MediatorEvent, PhraseBook, SimulatedMediator};
use dragoman_client::{ClientError, Result};
use tokio::task::JoinSet;

use super::common::{TrustOptions, told_to_end};

#[derive(Debug, Args)]
pub(crate) struct Mediator {
    /// The mediator's sign-in link.
    #[arg(required_unless_present = "accounts", requires = "phrases")]
    link: Option<Link>,
    /// Folder with greeting.wav and the phrases to answer with, in the order of their names.
    #[arg(long, value_name = "DIR")]
    phrases: Option<PathBuf>,
    /// Run many: a file with one `LINK DIR` a line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["link", "phrases"])]
    accounts: Option<PathBuf>,
    /// Let ring this long before answering.
    #[arg(long, value_name = "MS", default_value_t = 1_500)]
    answer_after: u64,
    #[command(flatten)]
    trust: TrustOptions,
    /// Print every event as a line of JSON.
    #[arg(long)]
    json: bool,
}

impl Mediator {
    pub(crate) async fn run(self) -> Result<()> {
        let accounts = match (&self.accounts, self.link.clone(), self.phrases.clone()) {
            (Some(file), ..) => read_accounts(file)?,
            (None, Some(link), Some(folder)) => vec![(link, folder)],
            _ => {
                return Err(ClientError::Link("give a mediator's sign-in link and --phrases, or --accounts"));
            }
        };
        let mut mediators = JoinSet::new();
        for (number, (link, folder)) in accounts.into_iter().enumerate() {
            let mediator = SimulatedMediator {
                api: self.trust.api(&link.relay)?,
                link,
                phrases: PhraseBook::read(&folder)?,
                answer_after: Duration::from_millis(self.answer_after),
            };
            let json = self.json;
            mediators.spawn(mediator.run(move |event| tell(number, &event, json)));
        }
        tokio::select! {
            ended = async {
                while let Some(ended) = mediators.join_next().await {
                    ended.map_err(|e| ClientError::Protocol(e.to_string()))??;
                }
                Ok(())
            } => ended,
            () = told_to_end() => Ok(()),
        }
    }
}

fn tell(number: usize, event: &MediatorEvent, json: bool) {
    if json {
        if let Ok(mut value) = serde_json::to_value(event) {
            value["mediator"] = number.into();
            println!("{value}");
        }
    } else {
        match event {
            MediatorEvent::Ready => tracing::info!(number, "ready"),
            MediatorEvent::Rang { session } => tracing::info!(number, session = %session.loggable(), "rings"),
            MediatorEvent::Assigned { session } => {
                tracing::info!(number, session = %session.loggable(), "answered")
            }
            MediatorEvent::Speaks { .. } => {}
            MediatorEvent::Ended { .. } => tracing::info!(number, "the session is over"),
            MediatorEvent::Failed { reason } => tracing::warn!(number, %reason, "the session was lost"),
        }
    }
}

fn read_accounts(file: &Path) -> Result<Vec<(Link, PathBuf)>> {
    let wrong = |reason: String| ClientError::File { path: file.to_owned(), reason };
    let text = std::fs::read_to_string(file).map_err(|e| wrong(e.to_string()))?;
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let accounts: Vec<_> = lines
        .map(|(number, line)| {
            let (link, folder) = line
                .trim()
                .split_once(char::is_whitespace)
                .ok_or_else(|| wrong(format!("line {} must be: LINK DIR", number + 1)))?;
            let link = link.parse().map_err(|error| wrong(format!("line {}: {error}", number + 1)))?;
            Ok((link, PathBuf::from(folder.trim())))
        })
        .collect::<Result<_>>()?;
    if accounts.is_empty() {
        return Err(wrong("there is no mediator in it".to_owned()));
    }
    Ok(accounts)
}
