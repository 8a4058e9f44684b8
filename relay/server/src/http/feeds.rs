//! Calendar feeds: secret addresses at which calendar programs read shifts without signing in.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dragoman_core::availability::feed;
use dragoman_core::ids::{FeedId, MediatorId};
use dragoman_core::rest_shifts::{FeedMade, FeedOf, FeedRow};
use dragoman_core::roster::Mediator;
use dragoman_core::wire::Problem;
use uuid::Uuid;

use super::auth::RosterKeeper;
use super::keeping::{entries, kept};
use super::problem::ApiError;
use super::{App, Body, Id};
use crate::secrets::{hash_secret, new_secret};
use crate::store::Account;

/// Most feeds of a relay.
const MAX_FEEDS: usize = 10_000;
/// Characters of a secret (256 bits, base64url).
const SECRET_CHARS: usize = 43;
/// By so much of a secret wrong ones are counted: whoever saw an address half can not try out the rest.
const COUNTED_CHARS: usize = 6;

/// All feeds; of a coordinator of an agency, those of its mediators and its own.
#[utoipa::path(get, path = "/api/v1/feeds", tag = "shifts",
    responses((status = 200, body = Vec<FeedRow>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
) -> Result<Json<Vec<FeedRow>>, ApiError> {
    own_feeds(&app, &account).await.map(Json)
}

/// Makes a feed of one mediator's or one agency's shifts. Its address is shown this once.
#[utoipa::path(post, path = "/api/v1/feeds", tag = "shifts", request_body = FeedOf,
    responses((status = 201, body = FeedMade), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    RosterKeeper(maker): RosterKeeper,
    Body(of): Body<FeedOf>,
) -> Result<(StatusCode, Json<FeedMade>), ApiError> {
    match &of {
        FeedOf::Mediator(id) => kept(&app, &maker, *id).await.map(|_| ())?,
        FeedOf::Agency(agency) if maker.actor().keeps_for(Some(agency)) => {}
        FeedOf::Agency(_) => return Err(ApiError::other_agency()),
    }
    if of_feed(&app, &of).await?.is_empty() {
        return Err(ApiError::no_such("mediator, or no mediator of such an agency"));
    }
    if app.store.feeds().await?.len() >= MAX_FEEDS {
        let message = "there are 10000 feeds already: revoke those that nobody reads";
        return Err(ApiError::bad_request("too_many_feeds", message));
    }
    let (secret, hash) = new_secret();
    let feed = FeedRow { id: FeedId(Uuid::new_v4()), of, created_at: app.now(), read_at: None };
    app.store.add_feed(&hash, &feed, maker.id).await?;
    let url = format!("{}/feeds/{secret}.ics", app.config.public_url);
    Ok((StatusCode::CREATED, Json(FeedMade { id: feed.id, url })))
}

/// Revokes a feed: its address leads nowhere from now on.
#[utoipa::path(delete, path = "/api/v1/feeds/{id}", tag = "shifts", params(("id" = FeedId, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<FeedId>,
) -> Result<StatusCode, ApiError> {
    let is_own = own_feeds(&app, &account).await?.iter().any(|feed| feed.id == id);
    if !is_own || !app.store.remove_feed(id).await? {
        return Err(ApiError::no_such("feed"));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /feeds/{secret}.ics`: the calendar. Wrong, revoked and too often tried addresses look the same.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
) -> Result<Response, ApiError> {
    let secret = file.strip_suffix(".ics").filter(|secret| is_secret(secret)).ok_or_else(unknown)?;
    let counted: String = secret.chars().take(COUNTED_CHARS).collect();
    if !app.feed_throttle.may_try(&counted, app.now()) {
        return Err(unknown());
    }
    let Some(found) = app.store.read_feed(&hash_secret(secret), app.now()).await? else {
        app.feed_throttle.note_failure(&counted, app.now());
        return Err(unknown());
    };
    let people = of_feed(&app, &found.of).await?;
    let (name, shifts) = match &found.of {
        FeedOf::Mediator(id) => {
            let alias = people.values().next().map_or("", |mediator| &mediator.alias);
            (format!("Dragoman: {alias}"), app.store.shifts_of(*id).await?)
        }
        FeedOf::Agency(agency) => (format!("Dragoman: {agency}"), app.store.shifts().await?),
    };
    let now = app.now();
    let text = tokio::task::spawn_blocking(move || {
        let own =
            shifts.iter().filter_map(|shift| Some((shift, people.get(&shift.mediator)?.alias.as_str())));
        feed::calendar(&name, own, now)
    });
    let text = text.await.map_err(anyhow::Error::from)?;
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}

async fn own_feeds(app: &App, account: &Account) -> Result<Vec<FeedRow>, ApiError> {
    let (feeds, actor) = (app.store.feeds().await?, account.actor());
    let whose = |feed: &FeedRow| if let FeedOf::Mediator(id) = feed.of { Some(id) } else { None };
    let people = entries(app, feeds.iter().filter_map(whose).collect()).await?;
    let is_own = |feed: &FeedRow| match &feed.of {
        FeedOf::Mediator(id) => people.get(id).is_some_and(|mediator| actor.keeps(mediator)),
        FeedOf::Agency(agency) => actor.keeps_for(Some(agency)),
    };
    Ok(feeds.into_iter().filter(is_own).collect())
}

/// The mediators whose shifts a feed has.
async fn of_feed(app: &App, of: &FeedOf) -> Result<BTreeMap<MediatorId, Mediator>, ApiError> {
    let belongs = |mediator: &Mediator| match of {
        FeedOf::Mediator(id) => mediator.id == *id,
        FeedOf::Agency(agency) => mediator.active && mediator.agency.as_ref() == Some(agency),
    };
    let roster = app.store.mediators().await?.into_iter().map(|(mediator, ..)| mediator);
    Ok(roster.filter(belongs).map(|mediator| (mediator.id, mediator)).collect())
}

fn is_secret(text: &str) -> bool {
    text.len() == SECRET_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn unknown() -> ApiError {
    let message = "there is no such calendar: ask the coordinator for a new address";
    ApiError::new(StatusCode::NOT_FOUND, "feed_unknown", message)
}
