//! Coverage: who is on duty for each language in the next weeks, and who could fill a gap.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use dragoman_core::availability::calendar::duties;
use dragoman_core::availability::coverage::{self, MAX_HOURS};
use dragoman_core::availability::fill::who_could_fill;
use dragoman_core::availability::shift::zone_of;
use dragoman_core::availability::wall::hour_of_week;
use dragoman_core::availability::{DutySpan, Span};
use dragoman_core::ids::MediatorId;
use dragoman_core::language::LanguageTag;
use dragoman_core::rest_shifts::{CoverageView, FillView};
use dragoman_core::roster::Mediator;
use dragoman_core::time::{HOUR_MILLIS, UnixMillis};
use dragoman_core::wire::Problem;
use serde::Deserialize;

use super::auth::RosterKeeper;
use super::keeping::sight;
use super::problem::ApiError;
use super::{App, Asked};
use crate::store::Account;

/// What of the past says how often a language is asked for, in milliseconds: eight weeks.
const DEMAND: i64 = 8 * 7 * 24 * HOUR_MILLIS;
/// A day, on each side of an hour that is to be filled.
const A_DAY: i64 = 24 * HOUR_MILLIS;

/// Which hours.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CoverageQuery {
    /// Within the first hour; Unix milliseconds.
    from: UnixMillis,
    /// How many hours, 1 to 1,344; two weeks are 336.
    hours: u32,
    /// IANA name of the zone in which they are told.
    zone: String,
    /// How many are needed at any hour for each language that is spoken or was asked for; 1 if absent. With 0 only
    /// hours count in whose hour of the week the language was asked for within the last eight weeks.
    #[serde(default)]
    minimum: Option<u32>,
}

/// Which gap.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FillQuery {
    /// A language tag; its primary language counts.
    language: String,
    /// When the hour begins; Unix milliseconds.
    hour: UnixMillis,
    /// IANA name of the zone by whose day the minutes on shift are told; UTC if absent.
    #[serde(default)]
    zone: Option<String>,
}

/// Languages by hours: how many are on duty and where nobody is.
#[utoipa::path(get, path = "/api/v1/coverage", tag = "shifts", params(CoverageQuery),
    responses((status = 200, body = CoverageView), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Asked(query): Asked<CoverageQuery>,
) -> Result<Json<CoverageView>, ApiError> {
    let (window, zone) = (window(query.from, query.hours)?, zone_of(&query.zone)?);
    let mut demand: HashMap<(String, u32), u32> = HashMap::new();
    let since = UnixMillis(app.now().0 - DEMAND);
    for (tag, at) in app.store.requests_since(since, account.actor().limited_to()).await? {
        *demand.entry((tag.primary().to_owned(), hour_of_week(zone, at))).or_default() += 1;
    }
    let wanted: BTreeSet<String> = demand.keys().map(|(language, _)| language.clone()).collect();
    let minimum = query.minimum.unwrap_or(1);
    let needed = move |language: &str, at: UnixMillis| {
        let asked = demand.contains_key(&(language.to_owned(), hour_of_week(zone, at)));
        minimum.max(u32::from(asked))
    };
    let (roster, duties) = people_and_duties(&app, &account, window).await?;
    let hours = (window.from, query.hours, zone);
    let view = tokio::task::spawn_blocking(move || {
        coverage::coverage(&roster.iter().collect::<Vec<_>>(), &duties, &wanted, hours, needed)
    });
    Ok(Json(view.await.map_err(anyhow::Error::from)?))
}

/// Who is on duty in one hour for a language, who else could be, and why not.
#[utoipa::path(get, path = "/api/v1/coverage/fill", tag = "shifts", params(FillQuery),
    responses((status = 200, body = FillView), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn fill(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Asked(query): Asked<FillQuery>,
) -> Result<Json<FillView>, ApiError> {
    let malformed = |e| ApiError::bad_request("language_malformed", format!("{e}"));
    let language: LanguageTag = query.language.parse().map_err(malformed)?;
    let zone = zone_of(query.zone.as_deref().unwrap_or("UTC"))?;
    let hour = UnixMillis(query.hour.0.div_euclid(HOUR_MILLIS).saturating_mul(HOUR_MILLIS));
    let around = Span {
        from: UnixMillis(hour.0.saturating_sub(A_DAY)),
        until: UnixMillis(hour.0.saturating_add(A_DAY + HOUR_MILLIS)),
    };
    let (roster, duties) = people_and_duties(&app, &account, around).await?;
    let people: Vec<&Mediator> = roster.iter().collect();
    let mut view = who_could_fill(&people, &duties, language.primary(), hour, zone);
    // Whoever is lent is planned by the agency that lends them.
    let actor = account.actor();
    let kept: BTreeSet<MediatorId> =
        people.iter().filter(|mediator| actor.keeps(mediator)).map(|mediator| mediator.id).collect();
    view.others.retain(|filler| kept.contains(&filler.mediator));
    Ok(Json(view))
}

/// The whole hours that are asked for.
pub(super) fn window(from: UnixMillis, hours: u32) -> Result<Span, ApiError> {
    if !(1..=MAX_HOURS).contains(&hours) || from.0.checked_abs().is_none_or(|at| at > i64::MAX / 2) {
        let message = "`hours` is 1 to 1344, `from` is Unix milliseconds";
        return Err(ApiError::bad_request("window_malformed", message));
    }
    let from = UnixMillis(from.0.div_euclid(HOUR_MILLIS) * HOUR_MILLIS);
    Ok(Span { from, until: UnixMillis(from.0 + i64::from(hours) * HOUR_MILLIS) })
}

pub(super) type PeopleAndDuties = (Vec<Mediator>, BTreeMap<MediatorId, Vec<DutySpan>>);

/// The mediators whom the account sees, and the duties that its agency may count on.
pub(super) async fn people_and_duties(
    app: &App,
    account: &Account,
    window: Span,
) -> Result<PeopleAndDuties, ApiError> {
    let sight = sight(app, account).await;
    let everybody = app.store.mediators().await?.into_iter().map(|(mediator, ..)| mediator);
    let roster: Vec<Mediator> = everybody.filter_map(|mediator| sight.shown(mediator, window)).collect();
    let shifts = app.store.shifts().await?;
    // Thousands of rules are some hundred milliseconds of work, which no other request should wait for.
    let worked_out = tokio::task::spawn_blocking(move || {
        let mut duties = duties(&shifts, window);
        for mediator in &roster {
            if let Some(own) = duties.get_mut(&mediator.id) {
                *own = sight.duties(mediator, own);
            }
        }
        (roster, duties)
    });
    Ok(worked_out.await.map_err(anyhow::Error::from)?)
}
