//! The socket of an account's home: mediators ring here.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::response::Response;
use dragoman_core::ids::{MediatorId, ParticipantId, SessionId};
use dragoman_core::refusal::Refusal;
use dragoman_core::relay::Input;
use dragoman_core::wire::{DeskMessage, DeskRelayMessage, Problem};
use uuid::Uuid;

use super::App;
use super::auth::SignedIn;
use super::socket::{MAX_FRAME_BYTES, Next, Socket, turn_away};
use crate::engine::{DeskOwner, EngineError};
use crate::store::Account;

/// Opens the WebSocket of an account's home.
#[utoipa::path(get, path = "/api/v1/desk", tag = "accounts",
    responses((status = 101, description = "JSON messages both ways"), (status = 401, body = Problem)))]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.max_message_size(MAX_FRAME_BYTES).max_frame_size(MAX_FRAME_BYTES);
    upgrade.on_upgrade(move |socket| carry(app, account, socket))
}

async fn carry(app: Arc<App>, account: Account, socket: WebSocket) {
    let owner = DeskOwner { actor: account.actor(), mediator: account.mediator };
    let attached = match app.engine.attach_desk(owner).await {
        Ok(attached) => attached,
        Err(error) => {
            let goodbye = DeskRelayMessage::Goodbye { problem: error.problem(), reconnect: true };
            return turn_away(socket, &goodbye).await;
        }
    };
    let number = attached.number;
    let mut socket = Socket::new(socket, attached.outbox);
    loop {
        let answer = match socket.next::<DeskMessage>().await {
            Next::Received(message) => match handle(&app, account.mediator, message).await {
                Ok(answer) => answer,
                Err(error) => Some(DeskRelayMessage::Refused { problem: error.problem() }),
            },
            Next::Malformed(problem) => Some(DeskRelayMessage::Refused { problem }),
            Next::ToSend(message) => Some(message),
            Next::Closed => break,
        };
        if let Some(message) = answer
            && !socket.send(&message).await
        {
            break;
        }
    }
    app.engine.detach_desk(number).await;
    socket.close().await;
}

/// Carries out one message of a mediator; what to answer, if anything.
async fn handle(
    app: &App,
    mediator: Option<MediatorId>,
    message: DeskMessage,
) -> Result<Option<DeskRelayMessage>, EngineError> {
    let mediator = mediator.ok_or(Refusal::NotYourRole)?;
    match message {
        DeskMessage::SetReady { ready } => {
            app.engine.input(Input::SetReady(mediator, ready)).await.map(|()| None)
        }
        DeskMessage::AcceptOffer { session, offer } => {
            let participant = ParticipantId(Uuid::new_v4());
            app.engine.input(Input::AcceptOffer { session, offer, mediator, participant }).await?;
            Ok(Some(assigned(session)))
        }
        DeskMessage::DeclineOffer { session, offer } => {
            app.engine.input(Input::DeclineOffer { session, offer, mediator }).await.map(|()| None)
        }
    }
}

fn assigned(session: SessionId) -> DeskRelayMessage {
    DeskRelayMessage::Assigned { session }
}
