//! Native clients in a session of a test relay: real Opus, real jitter buffers, and what each of them heard.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_client::audio::{AudioSink, AudioSource, FRAME};
use dragoman_client::call::{Call, CallOptions};
use dragoman_client::net::{ApiClient, DeskSocket, Link, Trust};
use dragoman_core::ids::SessionId;
use dragoman_core::interpreting::FloorAct;
use dragoman_core::rest::{InviteRequest, SessionForm};
use dragoman_core::session_types::{ConsentKind, Role};
use dragoman_core::wire::{DeskMessage, DeskRelayMessage, ParticipantMessage};
use serde_json::json;

/// A participant that plays one clip again and again, and remembers everything it hears.
pub struct Native {
    /// The call.
    pub call: Call,
    heard: Arc<Mutex<Vec<f32>>>,
}

impl Native {
    /// Enters a session that the login belongs to.
    pub async fn enter(api: ApiClient, session: SessionId, voice: Arc<[f32]>) -> Result<Self> {
        let (options, heard) = options(voice);
        Ok(Self { call: Call::start(api, session, options).await?, heard })
    }

    /// Joins as a guest who agrees to be interpreted.
    pub async fn join(link: &Link, voice: Arc<[f32]>) -> Result<Self> {
        let (options, heard) = options(voice);
        let options = CallOptions { agree: vec![ConsentKind::Interpreting], ..options };
        Ok(Self {
            call: Call::join(ApiClient::new(link.relay.clone(), Trust::new(None)?)?, link, options).await?,
            heard,
        })
    }

    /// What was heard in the time since `from`, in samples at 48 kHz; all voices together.
    pub fn heard_since(&self, from: usize) -> Vec<f32> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(from..).unwrap_or_default().to_vec()
    }

    /// How many samples were heard so far.
    pub fn position(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Listens for so long, and returns what was heard in that time.
    pub async fn listen(&self, time: Duration) -> Vec<f32> {
        let from = self.position();
        tokio::time::sleep(time).await;
        self.heard_since(from)
    }

    /// Does something on the floor.
    pub async fn act(&self, act: FloorAct) -> Result<()> {
        Ok(self.call.send(ParticipantMessage::Floor { act }).await?)
    }
}

/// What plays a clip again and again, and where it remembers what it hears.
pub fn options(voice: Arc<[f32]>) -> (CallOptions, Arc<Mutex<Vec<f32>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keep = heard.clone();
    let sink = AudioSink::callback(move |now| {
        let mut heard = keep.lock().unwrap_or_else(PoisonError::into_inner);
        // Frames that the clock had to leave out are silence, so that time stays time.
        let at = usize::try_from(now.index).unwrap_or(0).saturating_sub(1) * FRAME;
        if heard.len() < at {
            heard.resize(at, 0.0);
        }
        heard.extend_from_slice(now.mixed);
    });
    let source = AudioSource::clip(voice, true);
    (CallOptions { source, sinks: vec![sink], ..CallOptions::default() }, heard)
}

/// Signed in by a demonstration's link.
pub async fn signed_in(link: &str) -> Result<ApiClient> {
    let link: Link = link.parse()?;
    let api = ApiClient::new(link.relay.clone(), Trust::new(None)?)?;
    api.sign_in(&link).await?;
    Ok(api)
}

/// A mediator's desk, ready to be rung.
pub async fn ready_desk(api: &ApiClient) -> Result<DeskSocket> {
    let mut desk = api.desk_socket().await?;
    desk.send(&DeskMessage::SetReady { ready: true }).await?;
    Ok(desk)
}

/// Waits for a ring, takes it, and waits until it is this mediator's.
pub async fn accept(desk: &mut DeskSocket) -> Result<SessionId> {
    loop {
        match desk.next().await.context("the desk was closed")? {
            DeskRelayMessage::Desk { view } => {
                if let Some(offer) = view.mediator.and_then(|desk| desk.offers.into_iter().next()) {
                    desk.send(&DeskMessage::AcceptOffer { session: offer.session, offer: offer.offer })
                        .await?;
                }
            }
            DeskRelayMessage::Assigned { session } => return Ok(session),
            DeskRelayMessage::Refused { problem } | DeskRelayMessage::Goodbye { problem, .. } => {
                anyhow::bail!("{}: {}", problem.code, problem.message)
            }
        }
    }
}

/// Asks for an interpreter from a language into English.
pub async fn request(officer: &ApiClient, source: &str) -> Result<SessionId> {
    ask(officer, source, false).await
}

/// The same, and wishes a transcript.
pub async fn request_written(officer: &ApiClient, source: &str) -> Result<SessionId> {
    ask(officer, source, true).await
}

async fn ask(officer: &ApiClient, source: &str, transcription_wished: bool) -> Result<SessionId> {
    let form: SessionForm = serde_json::from_value(json!({
        "languages": { "source": source, "target": "en" }, "transcription_wished": transcription_wished
    }))?;
    Ok(officer.create_session(&form).await?.session)
}

/// A link for a guest.
pub async fn invite(officer: &ApiClient, session: SessionId, role: Role) -> Result<Link> {
    Ok(invitation(officer, session, role).await?.parse()?)
}

/// The same, as a person would type it.
pub async fn invitation(officer: &ApiClient, session: SessionId, role: Role) -> Result<String> {
    let request: InviteRequest = serde_json::from_value(json!({ "role": role }))?;
    Ok(officer.invite(session, &request).await?.url)
}
