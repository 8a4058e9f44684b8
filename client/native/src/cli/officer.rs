//! `officer`: a headless officer. Every step is a line of JSON on standard output.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dragoman_client::call::{Call, CallEvent};
use dragoman_client::net::{ApiClient, Link};
use dragoman_client::{ClientError, Result};
use dragoman_core::ids::SessionId;
use dragoman_core::language::{LanguagePair, LanguageTag};
use dragoman_core::rest::{InviteRequest, SessionForm};
use dragoman_core::session_types::Role;
use dragoman_core::wire::ParticipantMessage;
use serde_json::json;

use super::common::{LengthOptions, SoundOptions, TrustOptions, print_json};

/// How long the record may take to be sealed.
const SEALING: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
pub(crate) struct Officer {
    /// The officer's sign-in link.
    link: Link,
    /// The interviewee's language.
    #[arg(long, value_name = "TAG")]
    language: LanguageTag,
    /// The officer's language; usual is the account's.
    #[arg(long, value_name = "TAG")]
    own: Option<LanguageTag>,
    /// Wish for a machine transcript.
    #[arg(long)]
    transcribe: bool,
    #[command(flatten)]
    trust: TrustOptions,
    #[command(flatten)]
    sound: SoundOptions,
    #[command(flatten)]
    length: LengthOptions,
    /// Download the record to this file after the end.
    #[arg(long, value_name = "FILE", requires = "reason")]
    save: Option<PathBuf>,
    /// Why the record is read; it is logged.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Officer {
    pub(crate) async fn run(self) -> Result<()> {
        let api = self.trust.api(&self.link.relay)?;
        let me = api.sign_in(&self.link).await?;
        let (source, target) = (self.language.clone(), self.own.clone().unwrap_or(me.language));
        let request = SessionForm {
            transcription_wished: self.transcribe,
            ..SessionForm::between(LanguagePair { source, target })
        };
        let session = api.create_session(&request).await?.session;
        print_json(&json!({ "event": "requested", "session": session }))?;
        let invitation =
            api.invite(session, &InviteRequest { role: Role::Interviewee, language: None }).await?;
        print_json(&json!({ "event": "invited", "link": invitation.url }))?;
        let mut call = Call::start(api.clone(), session, self.sound.call_options()?).await?;
        let mut events = call.events();
        let telling = tokio::spawn(async move {
            let mut phase = None;
            while let Some(event) = events.next().await {
                let _ = tell(&event, &mut phase);
            }
        });
        self.length.attend(&call).await?;
        // It may be over already, ended by the relay.
        let _ = call.send(ParticipantMessage::EndSession).await;
        let _ = tokio::time::timeout(Duration::from_secs(5), call.ended()).await;
        let report = call.finish().await?;
        telling.abort();
        let end = report.end.clone();
        if let (Some(path), Some(reason)) = (&self.save, &self.reason) {
            let record = sealed_record(&api, session, reason).await?;
            std::fs::write(path, &record)
                .map_err(|e| ClientError::File { path: path.clone(), reason: e.to_string() })?;
            print_json(&json!({ "event": "saved", "bytes": record.len() }))?;
        }
        print_json(&report)?;
        end.error().map_or(Ok(()), Err)
    }
}

fn tell(event: &CallEvent, phase: &mut Option<dragoman_core::session_types::Phase>) -> Result<()> {
    match event {
        CallEvent::MediaConnected { times, again } => {
            print_json(&json!({ "event": "connected", "again": again, "times": times }))
        }
        CallEvent::View(view) if *phase != Some(view.phase) => {
            *phase = Some(view.phase);
            print_json(&json!({ "event": "phase", "phase": view.phase }))
        }
        CallEvent::MediaLost | CallEvent::SocketLost => print_json(&json!({ "event": "lost" })),
        CallEvent::Refused(problem) => print_json(&json!({ "event": "refused", "problem": problem })),
        _ => Ok(()),
    }
}

async fn sealed_record(api: &ApiClient, session: SessionId, reason: &str) -> Result<Vec<u8>> {
    let give_up = tokio::time::Instant::now() + SEALING;
    loop {
        match api.record(session, reason).await {
            Err(ClientError::Refused(problem))
                if problem.code == "not_sealed" && tokio::time::Instant::now() < give_up =>
            {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            result => return result,
        }
    }
}
