//! A scribe on standby: joins every session of an officer in which transcription is agreed, and leaves with its end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dragoman_core::ids::SessionId;
use dragoman_core::rest::InviteRequest;
use dragoman_core::session_types::Role;
use dragoman_core::wire::{DeskRelayMessage, DeskView};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Scribe;
use super::desk::{DESK_PAUSE, SignIn, open_desk};
use crate::error::{ClientError, Result};
use crate::net::{ApiClient, Link};
use crate::speech::SpeechEngine;

/// A session that could not be joined is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Signs in by an officer's `link` and stands by until it is dropped, or the relay does not want this account any more.
/// `on_join` is told of every session that was joined.
///
/// # Errors
/// [`ClientError::Refused`] if the account may not do this.
pub async fn stand_by(
    api: ApiClient,
    link: &Link,
    engine: &SpeechEngine,
    on_join: impl Fn(SessionId) + Send + Sync,
) -> Result<()> {
    let account = SignIn::Link(link.clone());
    account.sign_in(&api).await?;
    let mut attending = Attending::default();
    loop {
        let mut desk = open_desk(&api, &account).await?;
        let mut again = tokio::time::interval(TRY_AGAIN);
        let mut view: Option<DeskView> = None;
        loop {
            tokio::select! {
                message = desk.next() => match message {
                    Some(DeskRelayMessage::Desk { view: now }) => view = Some(now),
                    Some(DeskRelayMessage::Goodbye { problem, reconnect: false }) => {
                        return Err(ClientError::Goodbye(problem));
                    }
                    Some(_) => {}
                    None => break,
                },
                Some(_) = attending.tasks.join_next() => {}
                _ = again.tick() => {}
            }
            if let Some(view) = &view {
                attending.join_where_agreed(view, &api, engine, &on_join).await;
            }
        }
        sleep(DESK_PAUSE).await;
    }
}

#[derive(Default)]
struct Attending {
    tasks: JoinSet<()>,
    /// Sessions that were joined or tried, and when.
    tried: BTreeMap<SessionId, Instant>,
}

impl Attending {
    async fn join_where_agreed(
        &mut self,
        view: &DeskView,
        api: &ApiClient,
        engine: &SpeechEngine,
        on_join: &(impl Fn(SessionId) + Send + Sync),
    ) {
        self.tried.retain(|session, _| view.sessions.iter().any(|summary| summary.id == *session));
        for summary in
            view.sessions.iter().filter(|summary| summary.transcription_agreed && !summary.phase.is_over())
        {
            let session = summary.id;
            if self.tried.get(&session).is_some_and(|tried| tried.elapsed() < TRY_AGAIN) {
                continue;
            }
            self.tried.insert(session, Instant::now());
            match enter(api, session, engine).await {
                Ok(scribe) => {
                    tracing::info!(session = %session.loggable(), "writing");
                    on_join(session);
                    self.tasks.spawn(async move {
                        scribe.call().ended().await;
                        if let Err(error) = scribe.finish().await {
                            tracing::warn!(%error, "leaving");
                        }
                    });
                }
                // Most often: another scribe is there already, and perhaps it is this one.
                Err(error) => tracing::debug!(%error, session = %session.loggable(), "not joined"),
            }
        }
    }
}

async fn enter(api: &ApiClient, session: SessionId, engine: &SpeechEngine) -> Result<Scribe> {
    let link = api.invite(session, &InviteRequest { role: Role::Scribe, language: None }).await?;
    let link: Link = link.url.parse()?;
    // A guest's cookie is for one session at a time, so every session has a client of its own.
    let relay = api.relay().clone();
    let guest = ApiClient::new(relay, api.trust().clone())?;
    Scribe::join(guest, &link, engine).await
}
