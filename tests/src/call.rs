//! A three-way call between the lightest possible peers, brought to life through the real API.

use anyhow::Result;
use dragoman_core::ids::SessionId;
use dragoman_core::session_types::{Phase, Role};
use serde_json::json;

use crate::client::{Client, Socket};
use crate::peer::Peer;

/// One participant: signalling and audio.
pub struct Party {
    /// HTTP, with the cookies.
    pub client: Client,
    /// The session's socket.
    pub socket: Socket,
    /// The audio.
    pub peer: Peer,
}

/// Officer, mediator and interviewee, live.
pub struct Call {
    /// Which session.
    pub session: SessionId,
    /// Leads.
    pub officer: Party,
    /// Interprets.
    pub mediator: Party,
    /// Agreed.
    pub interviewee: Party,
}

impl Call {
    /// Requests, rings, accepts, invites, agrees and connects all three.
    pub async fn establish(
        url: &str,
        officer_link: &str,
        mediator_link: &str,
        language: &str,
    ) -> Result<Self> {
        let officer = Client::signed_in(url, officer_link).await?;
        Self::establish_as(officer, Client::signed_in(url, mediator_link).await?, language).await
    }

    /// The same for clients that are signed in already.
    pub async fn establish_as(officer: Client, mediator: Client, language: &str) -> Result<Self> {
        let mut desk = mediator.socket("/api/v1/desk").await?;
        desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
        let session = officer.request_session(language).await?.session;
        desk.accept_next().await?;
        let link = officer.invite(session, Role::Interviewee).await?;
        let (interviewee, _) = Client::joined(officer.url(), &link).await?;
        let mut call = Self {
            session,
            officer: Party::enter(officer, session).await?,
            mediator: Party::enter(mediator, session).await?,
            interviewee: Party::enter(interviewee, session).await?,
        };
        call.agree().await?;
        Ok(call)
    }

    /// The interviewee agrees to the interpreted interview; all see it live.
    pub async fn agree(&mut self) -> Result<()> {
        let agreed =
            json!({ "type": "state_consent", "kind": "interpreting", "agreed": true, "means": "own_screen" });
        self.interviewee.socket.send_text(agreed.to_string()).await?;
        for party in [&mut self.officer, &mut self.mediator, &mut self.interviewee] {
            party.socket.phase(Phase::Live).await?;
        }
        Ok(())
    }
}

impl Party {
    /// Opens the session's socket and connects the audio.
    pub async fn enter(client: Client, session: SessionId) -> Result<Self> {
        let mut socket = client.session_socket(session).await?;
        let peer = Peer::connect(&mut socket).await?;
        Ok(Self { client, socket, peer })
    }
}
