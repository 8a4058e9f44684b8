//! Agencies, and for which of them an account works.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::AccountId;
use dragoman_core::rest::AccountRole;
use dragoman_core::rest_desk::{AccountAgency, Agency, AgencyForm};
use dragoman_core::wire::Problem;

use super::auth::{Administrator, SignedIn};
use super::problem::ApiError;
use super::{App, Body, Id};

/// Longest name of an agency, in characters.
const MAX_NAME_CHARS: usize = 120;

/// All agencies.
#[utoipa::path(get, path = "/api/v1/agencies", tag = "agencies",
    responses((status = 200, body = Vec<Agency>), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
) -> Result<Json<Vec<Agency>>, ApiError> {
    if account.role == AccountRole::Mediator {
        return Err(ApiError::not_allowed("agencies are shown to officers, coordinators and administrators"));
    }
    Ok(Json(app.store.agencies().await?))
}

/// Adds an agency.
#[utoipa::path(post, path = "/api/v1/agencies", tag = "agencies", request_body = Agency,
    responses((status = 201, body = Agency), (status = 400, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    _administrator: Administrator,
    Body(agency): Body<Agency>,
) -> Result<(StatusCode, Json<Agency>), ApiError> {
    let agency = checked(agency)?;
    if !app.store.add_agency(&agency).await? {
        let message = "there is an agency of this code already: choose another code, or change that agency";
        return Err(ApiError::new(StatusCode::CONFLICT, "agency_exists", message));
    }
    Ok((StatusCode::CREATED, Json(agency)))
}

/// Changes an agency; its code stays.
#[utoipa::path(put, path = "/api/v1/agencies/{code}", tag = "agencies", request_body = AgencyForm,
    params(("code" = AgencyCode, Path)),
    responses((status = 200, body = Agency), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn update(
    State(app): State<Arc<App>>,
    _administrator: Administrator,
    Path(code): Path<String>,
    Body(form): Body<AgencyForm>,
) -> Result<Json<Agency>, ApiError> {
    let code = parsed_code(&code)?;
    let agency = checked(Agency { code, name: form.name, country: form.country, zone: form.zone })?;
    if !app.store.change_agency(&agency).await? {
        return Err(ApiError::no_such("agency"));
    }
    Ok(Json(agency))
}

/// Sets for which agency an account works.
#[utoipa::path(put, path = "/api/v1/accounts/{id}/agency", tag = "agencies", request_body = AccountAgency,
    params(("id" = AccountId, Path)),
    responses((status = 204), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn set_of_account(
    State(app): State<Arc<App>>,
    _administrator: Administrator,
    Id(id): Id<AccountId>,
    Body(form): Body<AccountAgency>,
) -> Result<StatusCode, ApiError> {
    let account = app.store.account(id).await?.ok_or_else(|| ApiError::no_such("account"))?;
    check_account_agency(&app, account.role, form.agency.as_ref()).await?;
    app.store.set_account_agency(id, form.agency.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether an account of this role may work for this agency.
pub(super) async fn check_account_agency(
    app: &App,
    role: AccountRole,
    agency: Option<&AgencyCode>,
) -> Result<(), ApiError> {
    let Some(code) = agency else { return Ok(()) };
    if role == AccountRole::Mediator {
        let message = "a mediator's agency stands in the roster entry, not in the account";
        return Err(ApiError::bad_request("agency_of_mediator", message));
    }
    app.store.agency(code).await?.map(|_| ()).ok_or_else(|| ApiError::no_such("agency"))
}

/// A code in an address.
pub(super) fn parsed_code(text: &str) -> Result<AgencyCode, ApiError> {
    text.parse().map_err(|error| ApiError::bad_request("agency_malformed", format!("{error}")))
}

fn checked(mut agency: Agency) -> Result<Agency, ApiError> {
    agency.name = agency.name.trim().to_owned();
    if !(1..=MAX_NAME_CHARS).contains(&agency.name.chars().count()) {
        return Err(ApiError::bad_request("name_malformed", "an agency's name has 1 to 120 characters"));
    }
    if !is_zone_name(&agency.zone) {
        let message = "a time zone is named as the IANA does, such as Europe/Tirane";
        return Err(ApiError::bad_request("zone_malformed", message));
    }
    Ok(agency)
}

/// The form of a name in the IANA's database: parts of letters, digits, `_`, `+` and `-` between slashes.
fn is_zone_name(zone: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-'))
    };
    zone.len() <= 64 && zone.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_the_form_of_the_database() {
        for zone in ["Europe/Tirane", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "UTC"] {
            assert!(is_zone_name(zone), "{zone}");
        }
        for zone in ["", "/", "Europe/", "europe/tirane", "../etc", "Europe/Tirana!", &"A".repeat(65)] {
            assert!(!is_zone_name(zone), "{zone}");
        }
    }
}
