//! Why an input was not carried out: a stable code for programs, a sentence for people.

use crate::wire::Problem;

/// The input was refused and nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such session, or it is over and forgotten.
    #[error("there is no such session, or it is over")]
    NoSuchSession,
    /// The identifier is in use.
    #[error("a session with this identifier exists already")]
    SessionExists,
    /// No such mediator.
    #[error("there is no such mediator on the roster")]
    NoSuchMediator,
    /// Not somebody of this session.
    #[error("you are not a participant of this session; open your link again")]
    NotAParticipant,
    /// The role does not allow it.
    #[error("your role in this session does not allow this")]
    NotYourRole,
    /// Source and target are one language.
    #[error("both languages are the same: choose the language of the interviewee")]
    SameLanguage,
    /// The offer was taken, withdrawn or ran out.
    #[error("this call is not ringing for you any more: somebody else took it, or it ran out")]
    OfferNotRinging,
    /// Rung, but what it takes was lost since: clearance, a loan, the side in a case. It does not say which.
    #[error("this call can not be yours any more: what it takes has changed since it rang")]
    NoLongerSuitable,
    /// A mediator is in one session at a time.
    #[error("you are in another session: end it before you take this one")]
    MediatorBusy,
    /// A mediator has accepted already.
    #[error("a mediator has accepted already; there is nothing to widen")]
    AlreadyAssigned,
    /// A chain of two is the longest.
    #[error("a language between was chosen already; a chain has two mediators at most")]
    PivotChosen,
    /// Rung by hand, and rings.
    #[error("this mediator is being rung already")]
    RingsAlready,
    /// Rung by hand, but not for these languages.
    #[error("this mediator does not speak the languages of this session")]
    DoesNotSpeakPair,
    /// Undertaking, vetting, the wall in a case, another session, a refusal: no exception.
    #[error("what speaks against this mediator can not be lifted by hand: see the reasons beside the name")]
    NotToBeLifted,
    /// Overrides need a reason.
    #[error("say why an exception is made; the reason stands in the record")]
    ReasonMissing,
    /// The session is full.
    #[error("this session is full: at most 8 may take part")]
    SessionFull,
    /// One interviewee, one scribe.
    #[error("somebody with this role is in the session already")]
    RoleTaken,
    /// Officers and mediators do not come by link.
    #[error("an invitation can be for an interviewee, an observer or a scribe only")]
    RoleNotInvited,
    /// No agreement, no scribe.
    #[error("a scribe may join only where a transcript was wished and the interviewee agreed to it")]
    TranscriptionNotAgreed,
    /// Not asked for at the start.
    #[error("a transcript was not wished for this session")]
    TranscriptionNotWished,
    /// The interviewee decides on their own screen.
    #[error("the interviewee has a screen of their own and decides there")]
    IntervieweeDecides,
    /// The means does not fit the role.
    #[error("the interviewee agrees on their own screen; an officer can only note what was said aloud")]
    WrongMeans,
    /// A mode, a channel or a language that the session does not have.
    #[error("this is not a language of this session: choose one of those that are shown")]
    NotALanguageOfTheSession,
    /// Only while people talk.
    #[error("this can be done while the interview goes on, not now")]
    NotLive,
    /// There is no break.
    #[error("there is no break that could be ended")]
    NotPaused,
    /// Nobody speaks aside.
    #[error("nobody speaks aside now")]
    NoAside,
    /// One aside at a time.
    #[error("two speak aside already: wait until they are back")]
    AsideTaken,
    /// Signals come one by one.
    #[error("the signal before was given a moment ago: wait a second")]
    TooSoon,
    /// A place that the session does not have.
    #[error("this session has no such place for a mediator")]
    NoSuchPlace,
    /// Two take turns, not three.
    #[error("a second mediator is in the session already")]
    ReliefIsThere,
    /// Nobody could take over.
    #[error("there is no second mediator: ask for one first")]
    NoRelief,
    /// The second mediator did not say so yet.
    #[error("the second mediator has not said yet that they are ready")]
    ReliefNotReady,
    /// Whoever interprets does not just go.
    #[error("you are interpreting: hand over first, or the officer ends the session")]
    StillOnTurn,
    /// A transcript line is malformed.
    #[error("the line needs 1 to 2000 characters, a speaker of this session, and an end after its start")]
    BadLine,
}

impl Refusal {
    /// Stable code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchSession => "no_such_session",
            Self::SessionExists => "session_exists",
            Self::NoSuchMediator => "no_such_mediator",
            Self::NotAParticipant => "not_a_participant",
            Self::NotYourRole => "not_your_role",
            Self::SameLanguage => "same_language",
            Self::OfferNotRinging => "offer_not_ringing",
            Self::NoLongerSuitable => "no_longer_suitable",
            Self::MediatorBusy => "mediator_busy",
            Self::AlreadyAssigned => "already_assigned",
            Self::PivotChosen => "pivot_chosen",
            Self::RingsAlready => "rings_already",
            Self::DoesNotSpeakPair => "does_not_speak_pair",
            Self::NotToBeLifted => "not_to_be_lifted",
            Self::ReasonMissing => "reason_missing",
            Self::SessionFull => "session_full",
            Self::RoleTaken => "role_taken",
            Self::RoleNotInvited => "role_not_invited",
            Self::TranscriptionNotAgreed => "transcription_not_agreed",
            Self::TranscriptionNotWished => "transcription_not_wished",
            Self::IntervieweeDecides => "interviewee_decides",
            Self::WrongMeans => "wrong_means",
            Self::NotALanguageOfTheSession => "not_a_language_of_the_session",
            Self::NotLive => "not_live",
            Self::NotPaused => "not_paused",
            Self::NoAside => "no_aside",
            Self::AsideTaken => "aside_taken",
            Self::TooSoon => "too_soon",
            Self::NoSuchPlace => "no_such_place",
            Self::ReliefIsThere => "relief_is_there",
            Self::NoRelief => "no_relief",
            Self::ReliefNotReady => "relief_not_ready",
            Self::StillOnTurn => "still_on_turn",
            Self::BadLine => "bad_line",
        }
    }

    /// As it goes over the wire.
    pub fn problem(self) -> Problem {
        Problem { code: self.code().to_owned(), message: self.to_string() }
    }
}

pub(crate) fn require(holds: bool, otherwise: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(otherwise) }
}
