//! A scribe that writes whatever a test wants written.

use anyhow::Result;
use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::Role;
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{LineStatus, TranscriptLine};
use dragoman_core::wire::{ParticipantMessage, RelayMessage};
use serde_json::json;

use crate::call::Call;
use crate::client::{Client, Socket};

/// In a session that is transcribed.
pub struct Scribe {
    /// Its cookies.
    pub client: Client,
    /// The session's socket.
    pub socket: Socket,
}

impl Scribe {
    /// Has the interviewee agree to a transcript, and comes in.
    pub async fn join(url: &str, call: &mut Call) -> Result<Self> {
        let agreed = json!({ "type": "state_consent", "kind": "transcription", "agreed": true, "means": "own_screen" });
        call.interviewee.socket.send_text(agreed.to_string()).await?;
        call.officer
            .socket
            .find(|m| matches!(&m, RelayMessage::Session { view } if view.consents.len() == 2).then_some(()))
            .await?;
        let link = call.officer.client.invite(call.session, Role::Scribe).await?;
        let (client, _) = Client::joined(url, &link).await?;
        let socket = client.session_socket(call.session).await?;
        let mut scribe = Self { client, socket };
        scribe.is_transcribing().await?;
        Ok(scribe)
    }

    /// Waits until what is said may be written.
    pub async fn is_transcribing(&mut self) -> Result<()> {
        let transcribing = |message: RelayMessage| match message {
            RelayMessage::Session { view } if view.transcribing => Some(()),
            _ => None,
        };
        self.socket.find(transcribing).await
    }

    /// Writes a line, and waits until the officer sees it: then it is in the log.
    pub async fn write(&mut self, call: &mut Call, line: TranscriptLine) -> Result<()> {
        let text = line.text.clone();
        self.socket.send(&ParticipantMessage::AddTranscriptLine { line }).await?;
        let shown = |message: RelayMessage| match message {
            RelayMessage::Caption { line } if line.text == text => Some(()),
            _ => None,
        };
        call.officer.socket.find(shown).await
    }
}

/// A line of two seconds.
pub fn line(
    speaker: ParticipantId,
    language: &str,
    text: &str,
    started_at: UnixMillis,
) -> Result<TranscriptLine> {
    Ok(TranscriptLine {
        speaker,
        language: language.parse()?,
        text: text.to_owned(),
        started_at,
        ended_at: UnixMillis(started_at.0 + 2_000),
        model: "test".to_owned(),
        status: LineStatus::MachineDraft,
        words: Vec::new(),
        doubtful: false,
        broken_off: false,
    })
}
