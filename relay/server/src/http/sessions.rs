//! Sessions: ask for one, list them, invite into one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dragoman_core::case::CaseRef;
use dragoman_core::ids::{AccountId, ParticipantId, SessionId};
use dragoman_core::language::{LanguageTag, SEED};
use dragoman_core::loan::Actor;
use dragoman_core::relay::Input;
use dragoman_core::rest::{
    AccountRole, CandidateRow, InviteRequest, LanguageChoice, LinkMade, LinkPurpose, RingForm,
    SessionCreated, SessionForm, SessionRow,
};
use dragoman_core::session::Session;
use dragoman_core::session_types::{Role, SessionRequest};
use dragoman_core::views;
use dragoman_core::wire::Problem;
use uuid::Uuid;

use super::auth::{Officer, RosterKeeper, SignedIn};
use super::problem::ApiError;
use super::{App, Body, Id};
use crate::links::{self, JOIN_FOR};
use crate::store::{Account, Link, LinkTarget};

/// Most rows of a list; the newest are given.
const MAX_ROWS: u32 = 200;
/// Longest number of a case, and longest name of a person within it, in characters.
const MAX_CASE_CHARS: usize = 80;

/// What an officer can choose: first what those speak who serve the agency, then what the region may ask for; not their own language.
#[utoipa::path(get, path = "/api/v1/languages", tag = "sessions", responses((status = 200, body = Vec<LanguageChoice>)))]
pub(super) async fn languages(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
) -> Result<Json<Vec<LanguageChoice>>, ApiError> {
    let agency = account.agency.clone();
    let spoken: Vec<LanguageTag> = app
        .engine
        .read(move |relay| {
            let serving = views::serving(relay, agency.as_ref());
            let spoken = serving.flat_map(|entry| entry.mediator.languages.iter());
            spoken.map(|spoken| spoken.tag.clone()).collect()
        })
        .await?;
    let mut choices: Vec<LanguageChoice> = Vec::new();
    for tag in &spoken {
        match choices.iter_mut().find(|choice| choice.tag == *tag) {
            Some(choice) => choice.on_roster += 1,
            None => choices.push(LanguageChoice { tag: tag.clone(), on_roster: 1 }),
        }
    }
    choices.sort_by(|a, b| b.on_roster.cmp(&a.on_roster).then_with(|| a.tag.cmp(&b.tag)));
    choices.retain(|choice| !choice.tag.same_language(&account.language));
    for tag in SEED.iter().filter_map(|tag| tag.parse::<LanguageTag>().ok()) {
        if !tag.same_language(&account.language) && !choices.iter().any(|choice| choice.tag == tag) {
            choices.push(LanguageChoice { tag, on_roster: 0 });
        }
    }
    Ok(Json(choices))
}

/// Asks for an interpreter; ringing begins at once.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "sessions", request_body = SessionForm,
    responses((status = 201, body = SessionCreated), (status = 400, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Officer(account): Officer,
    Body(form): Body<SessionForm>,
) -> Result<(StatusCode, Json<SessionCreated>), ApiError> {
    let request = request_of(&app, &account, form).await?;
    let created = request_session(&app, account.id, SessionId(Uuid::new_v4()), request).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// The one place where a session is requested.
pub(super) async fn request_session(
    app: &App,
    officer_account: AccountId,
    session: SessionId,
    request: SessionRequest,
) -> Result<SessionCreated, ApiError> {
    let participant = ParticipantId(Uuid::new_v4());
    app.engine
        .input(Input::RequestSession { session, officer_account, officer: participant, request })
        .await?;
    Ok(SessionCreated { session, participant })
}

/// What an officer typed, with the digests of the case instead of its number, and with what the relay knows of the
/// officer: the agency, and the country in which it works.
pub(super) async fn request_of(
    app: &App,
    officer: &Account,
    form: SessionForm,
) -> Result<SessionRequest, ApiError> {
    let case = case_of(app, &form)?;
    let request = SessionRequest { case, ..form.into_request() };
    let Some(code) = &officer.agency else { return Ok(request) };
    let agency = app.store.agency(code).await?;
    let country = agency.map(|agency| agency.country);
    Ok(SessionRequest { agency: Some(code.clone()), country, ..request })
}

/// An officer's own sessions, or all that somebody who keeps the roster looks after.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions",
    responses((status = 200, body = Vec<SessionRow>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
) -> Result<Json<Vec<SessionRow>>, ApiError> {
    let of = match account.role {
        AccountRole::Officer => Some(account.id),
        AccountRole::Coordinator | AccountRole::Administrator => None,
        AccountRole::Mediator => {
            return Err(ApiError::not_allowed("mediators see their current session only"));
        }
    };
    let actor = account.actor();
    Ok(Json(app.store.sessions(of, actor.limited_to(), MAX_ROWS).await?))
}

/// Makes a link that lets somebody in, once, within a quarter of an hour.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/links", tag = "sessions", request_body = InviteRequest,
    params(("id" = SessionId, Path)),
    responses((status = 201, body = LinkMade), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    Officer(account): Officer,
    Id(id): Id<SessionId>,
    Body(form): Body<InviteRequest>,
) -> Result<(StatusCode, Json<LinkMade>), ApiError> {
    if matches!(form.role, Role::Officer | Role::Mediator) {
        let message = "an invitation is for an interviewee, an observer or a scribe; mediators are rung";
        return Err(ApiError::bad_request("role_not_invited", message));
    }
    let own = move |relay: &dragoman_core::relay::Relay| {
        let session = relay.session(id).filter(|session| session.officer_account == account.id)?;
        Some(session.request.languages.clone())
    };
    let languages = app.engine.read(own).await?.ok_or_else(|| ApiError::no_such("session"))?;
    let theirs = if form.role == Role::Interviewee { languages.source } else { languages.target };
    let link = Link {
        purpose: LinkPurpose::Join,
        target: LinkTarget::Session(id, form.role),
        language: form.language.unwrap_or(theirs),
        reusable: false,
        expires_at: app.now() + JOIN_FOR,
        used_at: None,
    };
    Ok((StatusCode::CREATED, Json(links::make(&app.store, &app.config.public_url, &link).await?)))
}

/// How the roster was judged for a session, with the reasons.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/candidates", tag = "sessions", params(("id" = SessionId, Path)),
    responses((status = 200, body = Vec<CandidateRow>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn candidates(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<SessionId>,
) -> Result<Json<Vec<CandidateRow>>, ApiError> {
    let (now, actor) = (app.now(), account.actor());
    let judged = app.engine.read(move |relay| {
        let session = relay.session(id).filter(|session| looks_after(&actor, session))?;
        Some(views::candidates(relay, session, &actor, now))
    });
    let judged = judged.await?;
    Ok(Json(judged.ok_or_else(|| ApiError::no_such("session"))?))
}

fn looks_after(actor: &Actor, session: &Session) -> bool {
    actor.sees_session(session.officer_account, session.request.agency.as_ref())
}

/// The digests of what the officer typed, which itself is not kept.
fn case_of(app: &App, form: &SessionForm) -> Result<Option<CaseRef>, ApiError> {
    let message = "a case number, and a person within it, has 1 to 80 characters";
    for text in form.case_number.iter().chain(&form.person) {
        if !(1..=MAX_CASE_CHARS).contains(&text.trim().chars().count()) {
            return Err(ApiError::bad_request("case_malformed", message));
        }
    }
    match (&form.case_number, &form.person) {
        (Some(number), person) => {
            let case = app.vault.digest_case(number)?;
            let person = person.as_ref().map(|person| app.vault.digest_person(case, person)).transpose()?;
            Ok(Some(CaseRef { case, person }))
        }
        (None, Some(_)) => {
            let message = "a person is one of a case: give the number of the case as well";
            Err(ApiError::bad_request("case_malformed", message))
        }
        (None, None) => Ok(None),
    }
}

/// Rings one mediator by hand. What speaks against them is lifted where it may be, and noted with the reason.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/ring", tag = "sessions", request_body = RingForm,
    params(("id" = SessionId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn ring(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(session): Id<SessionId>,
    Body(form): Body<RingForm>,
) -> Result<StatusCode, ApiError> {
    let (actor, mediator) = (account.actor(), form.mediator);
    let seen = app.engine.read(move |relay| {
        let seen = relay.session(session).is_some_and(|session| looks_after(&actor, session));
        (seen, views::counts_on(relay, &actor, mediator))
    });
    match seen.await? {
        (true, true) => {}
        (false, _) => return Err(ApiError::no_such("session")),
        // A stranger is not there, so that nobody asks one by one how they are judged.
        (true, false) => return Err(ApiError::no_such("mediator")),
    }
    let (account, reason) = (account.id, form.reason.trim().to_owned());
    app.engine.input(Input::RingByHand { session, mediator, account, reason }).await?;
    Ok(StatusCode::NO_CONTENT)
}
