//! The socket of one participant in one session.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use dragoman_core::event::ConsentStatement;
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::refusal::Refusal;
use dragoman_core::relay::Act;
use dragoman_core::session::Assigned;
use dragoman_core::wire::{ParticipantMessage, Problem, RelayMessage};

use super::auth::{LOGIN_COOKIE, PARTICIPANT_COOKIE, cookie_of};
use super::problem::ApiError;
use super::socket::{MAX_FRAME_BYTES, Next, Socket, turn_away};
use super::{App, Id};
use crate::engine::EngineError;
use crate::media::sdp::ClientOffer;
use crate::secrets::hash_secret;

/// Opens a participant's WebSocket: the officer and the mediator by their login, guests by their link's cookie.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/socket", tag = "sessions", params(("id" = SessionId, Path)),
    responses((status = 101, description = "JSON messages both ways"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    Id(session): Id<SessionId>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let participant = participant_of(&app, session, &headers).await?;
    let upgrade = upgrade.max_message_size(MAX_FRAME_BYTES).max_frame_size(MAX_FRAME_BYTES);
    Ok(upgrade.on_upgrade(move |socket| carry(app, session, participant, socket)))
}

/// Who the asker is in this session. A browser may hold both cookies: a tablet is handed over in an interview.
pub(super) async fn participant_of(
    app: &App,
    session: SessionId,
    headers: &HeaderMap,
) -> Result<ParticipantId, ApiError> {
    let mut known = false;
    if let Some(token) = cookie_of(headers, PARTICIPANT_COOKIE)
        && let Some(guest) = app.store.guest(&hash_secret(&token)).await?
    {
        known = true;
        if guest.session == session {
            return Ok(guest.participant);
        }
    }
    if let Some(token) = cookie_of(headers, LOGIN_COOKIE)
        && let Some(account) = app.store.login_account(&hash_secret(&token), app.now()).await?
    {
        known = true;
        let staff = move |relay: &dragoman_core::relay::Relay| {
            let session = relay.session(session)?;
            if session.officer_account == account.id {
                return session.officer().map(|officer| officer.id);
            }
            let own = |taken: &Assigned| Some(taken.mediator) == account.mediator && taken.released.is_none();
            session.participants.iter().find(|p| p.assigned.as_ref().is_some_and(own)).map(|p| p.id)
        };
        if let Some(participant) = app.engine.read(staff).await? {
            return Ok(participant);
        }
    }
    Err(if known { ApiError::no_such("session") } else { ApiError::not_signed_in() })
}

async fn carry(app: Arc<App>, session: SessionId, participant: ParticipantId, socket: WebSocket) {
    let attached = match app.engine.attach_participant(session, participant).await {
        Ok(attached) => attached,
        Err(error) => {
            let reconnect = matches!(error, EngineError::Unavailable);
            return turn_away(socket, &RelayMessage::Goodbye { problem: error.problem(), reconnect }).await;
        }
    };
    let number = attached.number;
    let mut socket = Socket::new(socket, attached.outbox);
    // Before anything else, so that the first offer is made with it. If it can not be sent, the socket is closed.
    let servers = app.turn.servers(participant, app.now());
    let _ = socket.send(&RelayMessage::IceServers { servers }).await;
    loop {
        let answer = match socket.next::<ParticipantMessage>().await {
            Next::Received(message) => handle(&app, session, participant, message).await,
            Next::Malformed(problem) => Some(problem),
            Next::ToSend(message) => {
                if !socket.send(&message).await {
                    break;
                }
                None
            }
            Next::Closed => break,
        };
        if let Some(problem) = answer
            && !socket.send(&RelayMessage::Refused { problem }).await
        {
            break;
        }
    }
    app.engine.detach_participant(session, participant, number).await;
    socket.close().await;
}

/// Carries out one message; a problem if it was refused.
async fn handle(
    app: &App,
    session: SessionId,
    by: ParticipantId,
    message: ParticipantMessage,
) -> Option<Problem> {
    let act = match message {
        ParticipantMessage::SdpOffer { sdp } => {
            return match ClientOffer::parse(&sdp) {
                Ok(offer) => {
                    app.engine.sdp_offer(session, by, offer).await;
                    None
                }
                Err(error) => Some(Problem { code: "sdp_malformed".to_owned(), message: error.to_string() }),
            };
        }
        ParticipantMessage::SetMuted { muted } => {
            app.engine.remark(session, by, move |remark| remark.muted = muted).await;
            return None;
        }
        ParticipantMessage::ReportQuality { quality } => {
            app.engine.remark(session, by, move |remark| remark.quality = Some(quality)).await;
            return None;
        }
        ParticipantMessage::StateConsent { kind, agreed, means } => {
            Act::StateConsent(ConsentStatement { kind, agreed, means })
        }
        ParticipantMessage::Stop => Act::Stop,
        ParticipantMessage::Floor { act } => Act::Floor(act),
        ParticipantMessage::Widen { widening } => Act::Widen(widening),
        ParticipantMessage::EndSession => Act::End,
        ParticipantMessage::AddTranscriptLine { line } => Act::AddLine(line),
        ParticipantMessage::AddTranscriptGap { gap } => Act::AddGap(gap),
        ParticipantMessage::AddGist { gist } => Act::AddGist(gist),
        ParticipantMessage::DraftCaption { draft } => {
            return app.engine.draft(session, by, draft).await.err().map(|error| error.problem());
        }
        ParticipantMessage::ReportScribe { state } if state.is_whole() => {
            app.engine.remark(session, by, move |remark| remark.scribe = Some(state)).await;
            return None;
        }
        ParticipantMessage::ReportScribe { .. } => {
            return Some(EngineError::Refused(Refusal::BadLine).problem());
        }
    };
    app.engine.act(session, by, act).await.err().map(|error| error.problem())
}
