//! Sessions planned ahead: officers plan, mediators answer, coordinators see to it.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dragoman_core::booking::{Booking, BookingAct, BookingBook, BookingOfferState};
use dragoman_core::ids::{BookingId, MediatorId};
use dragoman_core::rest::{AccountRole, SessionCreated};
use dragoman_core::rest_desk::{
    BookingAssignment, BookingForm, BookingGiveBack, BookingReason, BookingView, MyBooking,
};
use dragoman_core::wire::Problem;

use super::auth::{MediatorIn, Officer, RosterKeeper, SignedIn};
use super::problem::ApiError;
use super::sessions::{request_of, request_session};
use super::{App, Body, Id};
use crate::bookings::BookingError;

/// Most bookings of the past in a list; the latest are given.
const MAX_PAST: u32 = 200;

/// Plans a session; mediators are asked at once.
#[utoipa::path(post, path = "/api/v1/bookings", tag = "bookings", request_body = BookingForm,
    responses((status = 201, body = BookingView), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Officer(account): Officer,
    Body(form): Body<BookingForm>,
) -> Result<(StatusCode, Json<BookingView>), ApiError> {
    let request = request_of(&app, &account, form.request).await?;
    let booking = app.bookings.request(account.id, request, form.span).await?;
    Ok((StatusCode::CREATED, Json(view_of(&app, booking, false).await?)))
}

/// An officer's own bookings; for coordinators those of their agency, or all of them where they have none, as for
/// administrators: first what is to come, then the past.
#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings",
    responses((status = 200, body = Vec<BookingView>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
) -> Result<Json<Vec<BookingView>>, ApiError> {
    let (of, whole) = match account.role {
        AccountRole::Officer => (Some(account.id), false),
        AccountRole::Coordinator | AccountRole::Administrator => (None, true),
        AccountRole::Mediator => {
            return Err(ApiError::not_allowed("mediators find theirs at /api/v1/my/bookings"));
        }
    };
    let actor = account.actor();
    let concerns = |booking: &Booking| match of {
        Some(officer) => booking.officer_account == officer,
        None => actor.keeps_for(booking.agency.as_ref()),
    };
    let all: Vec<Booking> = app.bookings.read(|book| book.bookings().cloned().collect()).await;
    let mut bookings: Vec<Booking> = all.into_iter().filter(concerns).collect();
    bookings.sort_by_key(|booking| booking.span);
    let past = app.store.past_bookings(of, actor.limited_to(), MAX_PAST).await?;
    bookings.extend(past.into_iter().filter(concerns));
    shown(&app, bookings, whole).await.map(Json)
}

/// Calls a booking off.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/cancel", tag = "bookings", request_body = BookingReason,
    params(("id" = BookingId, Path)),
    responses((status = 200, body = BookingView), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    Id(id): Id<BookingId>,
    Body(form): Body<BookingReason>,
) -> Result<Json<BookingView>, ApiError> {
    let by = account.actor();
    let booking = app.bookings.act(id, BookingAct::Cancel { by: &by, reason: form.reason }).await?;
    view_of(&app, booking, account.role != AccountRole::Officer).await.map(Json)
}

/// Begins the session of a booking, from 15 minutes before its time; the mediator who said yes is rung first.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/begin", tag = "bookings", params(("id" = BookingId, Path)),
    responses((status = 201, body = SessionCreated), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Officer(account): Officer,
    Id(id): Id<BookingId>,
) -> Result<(StatusCode, Json<SessionCreated>), ApiError> {
    let officer = account.id;
    let ask = async |session, request| request_session(&app, officer, session, request).await;
    let created = app.bookings.begin(id, &account.actor(), ask).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Chooses a mediator by hand. Hard constraints hold all the same: clearance, the wall in a case, other bookings.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/assign", tag = "bookings", request_body = BookingAssignment,
    params(("id" = BookingId, Path)),
    responses((status = 200, body = BookingView), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn assign(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<BookingId>,
    Body(form): Body<BookingAssignment>,
) -> Result<Json<BookingView>, ApiError> {
    let booking = app.bookings.assign(id, form.mediator, &account.actor(), form.reason).await?;
    view_of(&app, booking, true).await.map(Json)
}

/// What a mediator is asked for and has said yes to, soonest first.
#[utoipa::path(get, path = "/api/v1/my/bookings", tag = "bookings",
    responses((status = 200, body = Vec<MyBooking>), (status = 403, body = Problem)))]
pub(super) async fn my_list(
    State(app): State<Arc<App>>,
    MediatorIn(mediator): MediatorIn,
) -> Result<Json<Vec<MyBooking>>, ApiError> {
    let concerns =
        |mine: &MyBooking| matches!(mine.offer, BookingOfferState::Offered | BookingOfferState::Accepted);
    let mut mine: Vec<MyBooking> = app
        .bookings
        .read(|book| book.bookings().filter_map(|b| MyBooking::of(b, mediator)).filter(concerns).collect())
        .await;
    mine.sort_by_key(|booking| booking.span);
    Ok(Json(mine))
}

/// Says yes. Of several who do, the first one counts.
#[utoipa::path(post, path = "/api/v1/my/bookings/{id}/accept", tag = "bookings", params(("id" = BookingId, Path)),
    responses((status = 200, body = MyBooking), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    MediatorIn(mediator): MediatorIn,
    Id(id): Id<BookingId>,
) -> Result<Json<MyBooking>, ApiError> {
    check_asked(&app, id, mediator).await?;
    mine(&app.bookings.accept(id, mediator).await?, mediator)
}

/// Says no.
#[utoipa::path(post, path = "/api/v1/my/bookings/{id}/decline", tag = "bookings", params(("id" = BookingId, Path)),
    responses((status = 200, body = MyBooking), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn decline(
    State(app): State<Arc<App>>,
    MediatorIn(mediator): MediatorIn,
    Id(id): Id<BookingId>,
) -> Result<Json<MyBooking>, ApiError> {
    check_asked(&app, id, mediator).await?;
    mine(&app.bookings.act(id, BookingAct::Decline(mediator)).await?, mediator)
}

/// Gives a booking back after a yes; a replacement is sought at once.
#[utoipa::path(post, path = "/api/v1/my/bookings/{id}/give-back", tag = "bookings", request_body = BookingGiveBack,
    params(("id" = BookingId, Path)),
    responses((status = 200, body = MyBooking), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn give_back(
    State(app): State<Arc<App>>,
    MediatorIn(mediator): MediatorIn,
    Id(id): Id<BookingId>,
    Body(form): Body<BookingGiveBack>,
) -> Result<Json<MyBooking>, ApiError> {
    check_asked(&app, id, mediator).await?;
    mine(&app.bookings.act(id, BookingAct::GiveBack { mediator, reason: form.reason }).await?, mediator)
}

fn mine(booking: &Booking, mediator: MediatorId) -> Result<Json<MyBooking>, ApiError> {
    MyBooking::of(booking, mediator).map(Json).ok_or_else(|| ApiError::no_such("booking"))
}

/// A booking that a mediator was never asked for looks like none.
async fn check_asked(app: &App, id: BookingId, mediator: MediatorId) -> Result<(), ApiError> {
    let asked = |book: &BookingBook| book.get(id).and_then(|b| b.offer_to(mediator));
    app.bookings.read(asked).await.map(|_| ()).ok_or_else(|| ApiError::no_such("booking"))
}

async fn view_of(app: &App, booking: Booking, whole: bool) -> Result<BookingView, ApiError> {
    shown(app, vec![booking], whole).await?.pop().ok_or_else(|| ApiError::no_such("booking"))
}

async fn shown(app: &App, bookings: Vec<Booking>, whole: bool) -> Result<Vec<BookingView>, ApiError> {
    let views = app.engine.read(move |relay| {
        let mut aliases: HashMap<MediatorId, String> = HashMap::new();
        for offer in bookings.iter().flat_map(|booking| &booking.offers) {
            if let Some(entry) = relay.roster().get(offer.mediator) {
                aliases.entry(offer.mediator).or_insert_with(|| entry.mediator.alias.clone());
            }
        }
        let alias = |id| aliases.get(&id).cloned().unwrap_or_default();
        bookings.iter().map(|booking| BookingView::of(booking, alias, whole)).collect()
    });
    Ok(views.await?)
}

impl From<BookingError> for ApiError {
    fn from(error: BookingError) -> Self {
        match error {
            BookingError::Refused(refusal) => Self::refused(refusal.code(), refusal.to_string()),
            BookingError::Store(error) => error.into(),
            BookingError::Engine(error) => error.into(),
        }
    }
}
