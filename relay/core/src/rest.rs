//! Request and answer bodies of `/api/v1`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::codes::{AgencyCode, Circumstance};
use crate::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use crate::language::{LanguagePair, LanguageTag};
use crate::roster::{Gender, Mediator, Specialism};
use crate::session_types::{Candidate, IntervieweeLabel, Phase, Role, SessionRequest};
use crate::time::UnixMillis;

/// What an account may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    /// Starts sessions.
    Officer,
    /// Interprets.
    Mediator,
    /// Keeps the roster.
    Coordinator,
    /// Installs, and makes accounts.
    Administrator,
}

/// `POST /api/v1/login`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
}

/// `GET /api/v1/me`, and the answer to every way of signing in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Me {
    /// Which account.
    pub account: AccountId,
    /// Login name.
    pub login: String,
    /// What it may do.
    pub role: AccountRole,
    /// The officer's own language; also the default of the screens.
    pub language: LanguageTag,
    /// For which agency the account works.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub agency: Option<AgencyCode>,
}

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// Choose a password for a new account.
    Enrol,
    /// Sign in without a password (only made by `--demo`).
    SignIn,
    /// Take part in a session.
    Join,
}

/// Body of every call that uses a link: the part of its address after `#/link/`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LinkSecret {
    /// 43 characters, base64url.
    pub secret: String,
}

/// `POST /api/v1/links/inspect`: what the link is for, without using it up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LinkInfo {
    /// Enrol, sign in, or join.
    pub purpose: LinkPurpose,
    /// Language in which to greet.
    pub language: LanguageTag,
    /// Login name of the account, for `enrol`.
    pub login: Option<String>,
    /// Role in the session, for `join`.
    pub role: Option<Role>,
}

/// `POST /api/v1/links/enrol`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The link's secret.
    pub secret: String,
    /// At least 12 characters.
    pub password: String,
}

/// Answer to `POST /api/v1/links/join`; a cookie for this session comes with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Joined {
    /// The session to open.
    pub session: SessionId,
    /// Who you are in it.
    pub participant: ParticipantId,
    /// As what.
    pub role: Role,
    /// In which language.
    pub language: LanguageTag,
}

/// `POST /api/v1/sessions` (officer): what is looked for. The relay adds what it knows of the account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SessionForm {
    /// From the interviewee's language into the officer's.
    pub languages: LanguagePair,
    /// A hard constraint when given.
    #[serde(default)]
    pub gender_wish: Option<Gender>,
    /// Capacity of the interviewee.
    #[serde(default)]
    pub label: IntervieweeLabel,
    /// The interviewee is a child.
    #[serde(default)]
    pub minor: bool,
    /// A machine transcript is wished.
    #[serde(default)]
    pub transcription_wished: bool,
    /// What a mediator may have a tie to.
    #[serde(default)]
    pub circumstances: BTreeSet<Circumstance>,
    /// Training that would help.
    #[serde(default)]
    pub specialisms: BTreeSet<Specialism>,
    /// The case, as the officer's agency writes it; 1 to 80 characters. Only a keyed digest is kept.
    #[serde(default)]
    pub case_number: Option<String>,
    /// The person within the case, such as `V1`; 1 to 80 characters. Only a keyed digest is kept.
    #[serde(default)]
    pub person: Option<String>,
}

impl SessionForm {
    /// Nothing but an interpreter between two languages.
    pub fn between(languages: LanguagePair) -> Self {
        Self {
            languages,
            gender_wish: None,
            label: IntervieweeLabel::default(),
            minor: false,
            transcription_wished: false,
            circumstances: BTreeSet::new(),
            specialisms: BTreeSet::new(),
            case_number: None,
            person: None,
        }
    }

    /// As the core takes it, without what only the relay knows: whose it is, and the digests of the case.
    pub fn into_request(self) -> SessionRequest {
        SessionRequest {
            gender_wish: self.gender_wish,
            label: self.label,
            minor: self.minor,
            transcription_wished: self.transcription_wished,
            circumstances: self.circumstances,
            specialisms: self.specialisms,
            ..SessionRequest::between(self.languages)
        }
    }
}

/// `POST /api/v1/sessions/{id}/ring` (coordinator): ring one mediator by hand, beside the waves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RingForm {
    /// Whom.
    pub mediator: MediatorId,
    /// Why what speaks against them is lifted, 1 to 500 characters; stands in the record. Not needed where nothing does.
    #[serde(default)]
    pub reason: String,
}

/// One row of `GET /api/v1/sessions/{id}/candidates` (coordinator): how a mediator is judged for a place of the session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CandidateRow {
    /// The judgement.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// What ringing them by hand would take.
    pub by_hand: ByHand,
}

/// What it takes to ring a mediator by hand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ByHand {
    /// Nothing speaks against it.
    Free,
    /// What speaks against it may be lifted, and why is written down.
    WithReason,
    /// Something that speaks against it can not be lifted.
    Never,
    /// They are being rung already.
    Rings,
}

/// Answer to `POST /api/v1/sessions`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionCreated {
    /// The session to open.
    pub session: SessionId,
    /// The officer in it.
    pub participant: ParticipantId,
}

/// `POST /api/v1/sessions/{id}/links` (officer of the session): let somebody in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// `interviewee`, `observer` or `scribe`.
    pub role: Role,
    /// Their language; absent: the interviewee's of the session, or the officer's for others.
    #[serde(default)]
    pub language: Option<LanguageTag>,
}

/// A link, as made. It works once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LinkMade {
    /// The whole address.
    pub url: String,
    /// The same as a QR code: an SVG document.
    pub qr_svg: String,
    /// It ends then.
    pub expires_at: UnixMillis,
}

/// One row of `GET /api/v1/sessions`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionRow {
    /// Which.
    pub id: SessionId,
    /// Where it stands.
    pub phase: Phase,
    /// The interviewee's language.
    pub source: LanguageTag,
    /// The officer's language.
    pub target: LanguageTag,
    /// When it was requested.
    pub requested_at: UnixMillis,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
}

/// One row of `GET /api/v1/mediators`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MediatorRow {
    /// The roster entry.
    pub mediator: Mediator,
    /// Login name of the mediator's account, once one was made.
    pub login: Option<String>,
}

/// `POST /api/v1/accounts` (administrator; a coordinator for mediators): the answer is an enrolment link.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AccountForm {
    /// 2 to 64 letters, digits, dots, dashes.
    pub login: String,
    /// What it may do.
    pub role: AccountRole,
    /// Language of the screens; an officer's own language.
    pub language: LanguageTag,
    /// The roster entry, for role `mediator`.
    #[serde(default)]
    pub mediator: Option<MediatorId>,
    /// For which agency the account works.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub agency: Option<AgencyCode>,
}

/// One row of `GET /api/v1/accounts`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AccountRow {
    /// Which.
    pub id: AccountId,
    /// Login name.
    pub login: String,
    /// What it may do.
    pub role: AccountRole,
    /// A password was chosen.
    pub enrolled: bool,
    /// For which agency the account works.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub agency: Option<AgencyCode>,
}

/// `GET /api/v1/languages`: what an officer can choose, most asked for first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguageChoice {
    /// BCP 47.
    pub tag: LanguageTag,
    /// Active mediators who speak it.
    pub on_roster: u32,
}
