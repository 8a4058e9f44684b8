//! The nouns of a session: request, roles, phases, consents, offers, transcript lines.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::case::CaseRef;
use crate::codes::{AgencyCode, Circumstance, CountryCode};
use crate::ids::{MediatorId, ParticipantId};
use crate::language::{LanguagePair, LanguageTag};
use crate::roster::{Gender, Specialism};
use crate::time::UnixMillis;

/// Most participants in one session; the audio of a receiver has one slot fewer.
pub const MAX_PARTICIPANTS: usize = 8;

/// What a participant is in a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Leads the interview.
    Officer,
    /// Victim, witness or suspect; see [`IntervieweeLabel`].
    Interviewee,
    /// Cultural mediator or interpreter.
    Mediator,
    /// Lawyer, guardian or prosecutor: listens, and speaks.
    Observer,
    /// A device that transcribes.
    Scribe,
}

/// In which capacity the interviewee is heard.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IntervieweeLabel {
    /// A possible victim; the cautious default.
    #[default]
    Victim,
    /// A witness.
    Witness,
    /// A suspect.
    Suspect,
}

/// What the officer asks for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionRequest {
    /// From the interviewee's language into the officer's.
    pub languages: LanguagePair,
    /// A hard constraint when given.
    #[serde(default)]
    pub gender_wish: Option<Gender>,
    /// Capacity of the interviewee.
    #[serde(default)]
    pub label: IntervieweeLabel,
    /// The interviewee is a child: only mediators trained for that are rung.
    #[serde(default)]
    pub minor: bool,
    /// The officer wishes a machine transcript; it still needs the interviewee's agreement.
    #[serde(default)]
    pub transcription_wished: bool,
    /// The case, for the conflict wall and for continuity.
    #[serde(default)]
    pub case: Option<CaseRef>,
    /// What a mediator may have a tie to; whoever declared one is not rung.
    #[serde(default)]
    pub circumstances: BTreeSet<Circumstance>,
    /// Training that would help; preferred, not demanded.
    #[serde(default)]
    pub specialisms: BTreeSet<Specialism>,
    /// The officer's agency.
    #[serde(default)]
    pub agency: Option<AgencyCode>,
    /// The country in which the officer works.
    #[serde(default)]
    pub country: Option<CountryCode>,
    /// Who agreed beforehand to this session, where it was booked.
    #[serde(default)]
    pub booked: Option<MediatorId>,
}

impl SessionRequest {
    /// A request for nothing but an interpreter between two languages.
    pub fn between(languages: LanguagePair) -> Self {
        Self {
            languages,
            gender_wish: None,
            label: IntervieweeLabel::default(),
            minor: false,
            transcription_wished: false,
            case: None,
            circumstances: BTreeSet::new(),
            specialisms: BTreeSet::new(),
            agency: None,
            country: None,
            booked: None,
        }
    }
}

/// In which circle around a request a mediator stands. The inner circles ring first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Circle {
    /// Agreed to this very session beforehand, interpreted for this very person before, or is a favourite of the agency.
    Familiar,
    /// Ready, or on shift.
    #[default]
    Pool,
    /// Not ready, but on call.
    OnCall,
    /// Lent by another agency.
    Loan,
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Mediators are being rung.
    Ringing,
    /// Everyone suitable was rung, or nobody is suitable: the officer decides what next.
    Unanswered,
    /// A mediator accepted; the interviewee has not agreed yet. Officer and mediator hear each other.
    Briefing,
    /// All hear all.
    Live,
    /// A break: officer and mediators hear each other, and nobody hears the interviewee, nor they anybody.
    Paused,
    /// The interviewee (or the officer) stopped it: nothing is forwarded until the interviewee agrees again.
    Stopped,
    /// Over, and the record is sealed.
    Sealed,
    /// Over before anybody was interviewed.
    Abandoned,
}

impl Phase {
    /// Every mediator that it takes is there.
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Briefing | Self::Live | Self::Paused | Self::Stopped)
    }

    /// Nothing can happen any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Sealed | Self::Abandoned)
    }
}

/// What can be agreed to. Each is asked and stored separately.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// To be interviewed through a remote interpreter. Without it nothing of the interviewee is forwarded.
    Interpreting,
    /// To a machine transcript. Withdrawing it stops transcription at once.
    Transcription,
}

/// How an agreement was given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConsentMeans {
    /// Touched on the interviewee's own screen.
    OwnScreen,
    /// Said aloud, and noted by the officer.
    NotedByOfficer,
}

/// One agreement or refusal as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Consent {
    /// What was asked.
    pub kind: ConsentKind,
    /// The answer; absence of a [`Consent`] means not asked yet.
    pub agreed: bool,
    /// How it was given.
    pub means: ConsentMeans,
    /// When.
    pub at: UnixMillis,
}

/// Number of an offer within its session, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct OfferNumber(pub u32);

/// A mediator's place in a session, from 0. One place serves a language pair; a pivot has two: the first between the
/// interviewee's language and the one between, the second from there to the officer's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Place(pub u8);

impl Place {
    /// The place as it was at first, whoever takes turns at it: places of second mediators count on from it by twos.
    pub fn of_turns(self) -> Self {
        Self(self.0 % 2)
    }

    /// Left out of the log where it is the only one, so that entries of before read as they were written.
    pub(crate) fn is_first(&self) -> bool {
        self.0 == 0
    }
}

/// Why nobody answered, and so what helps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NoAnswer {
    /// Somebody suitable is in a session or rests: the call waits in line and rings them by itself.
    AllBusy,
    /// All suitable ones were rung.
    NobodyAnswered,
    /// Nobody suitable is there at all.
    NobodySuitable,
}

/// What became of one ring to one mediator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OfferState {
    /// Ringing now.
    Ringing,
    /// This one took it.
    Accepted,
    /// Said no.
    Declined,
    /// Did not answer in time.
    Expired,
    /// Somebody else took it, or the officer gave up, or the mediator could no longer take it.
    Withdrawn,
}

/// How the officer may relax a request that nobody answered. Each is an override that stands in the record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Widening {
    /// Ring the same people once more, and whoever became ready since.
    RingAgain,
    /// Accept a mediator who speaks an adjacent language; shown to all.
    AllowAdjacentLanguage,
    /// Use two mediators in a row, through a language between.
    Pivot {
        /// The language between.
        via: LanguageTag,
    },
    /// Give up the wish for a gender; needs the reason why.
    DropGenderWish {
        /// Why, in the officer's words; kept in the record.
        reason: String,
    },
}

/// Why a candidate stands where it stands, or why it is excluded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum MatchReason {
    /// Speaks both languages; levels of the interviewee's and the officer's.
    SpeaksPair,
    /// The very variety or script that was asked for.
    ExactVariety,
    /// Speaks a neighbour of the interviewee's language, by an explicit rule.
    AdjacentLanguage {
        /// The language that is spoken instead.
        spoken: LanguageTag,
    },
    /// Grew up with the interviewee's language.
    NativeLevel,
    /// Sworn by a court.
    Sworn,
    /// Trained for children, where that is needed.
    TrainedForMinors,
    /// Of the wished gender.
    GenderAsWished,
    /// Longest without a session, so the load is spread.
    LongestIdle,
    /// Agreed beforehand to this very session.
    Booked,
    /// Interpreted for this very person before.
    KnowsThePerson,
    /// The agency asks for this one first.
    Favourite,
    /// Trained for what the case needs.
    Specialised {
        /// For this.
        specialism: Specialism,
    },
    /// Kept by the officer's own agency.
    OwnAgency,
    /// On shift now.
    OnShift,
    /// On call now: rings after those who are ready.
    OnCall,
    /// Lent by another agency: rings last.
    OnLoan,
    /// Excluded: does not speak one of the languages.
    DoesNotSpeakPair,
    /// Excluded: not of the wished gender.
    NotTheWishedGender,
    /// Excluded: not trained for children.
    NotTrainedForMinors,
    /// Excluded: no signed confidentiality undertaking.
    NoUndertaking,
    /// Excluded: not vetted, or the vetting ran out.
    NotVetted,
    /// Excluded: not on the roster any more.
    NotActive,
    /// Excluded now: the ready switch is off.
    NotReady,
    /// Excluded now: no open page or device that could ring.
    NotReachable,
    /// Excluded now: in another session.
    InAnotherSession,
    /// Excluded now: rests after a session.
    Resting {
        /// Until then.
        until: UnixMillis,
    },
    /// Excluded now: has worked as much as is bearable in 24 hours.
    LoadLimitReached,
    /// Excluded now: a booked session begins soon.
    BookedSoon {
        /// Then.
        at: UnixMillis,
    },
    /// Excluded: interpreted for the other side in this case.
    ServedTheOtherSide,
    /// Excluded: declared a tie to a circumstance of the case.
    TieDeclared,
    /// Excluded: of another agency, and not on loan to this one.
    OtherAgency,
    /// Excluded: may not serve in this country.
    OtherCountry,
    /// An exclusion was lifted by hand, by a role that may, with a reason that stands in the record.
    Overridden,
    /// Excluded for this session: said no to it.
    DeclinedBefore,
}

impl MatchReason {
    /// Whether it speaks against.
    pub fn excludes(&self) -> bool {
        match self {
            Self::SpeaksPair
            | Self::ExactVariety
            | Self::AdjacentLanguage { .. }
            | Self::NativeLevel
            | Self::Sworn
            | Self::TrainedForMinors
            | Self::GenderAsWished
            | Self::LongestIdle
            | Self::Booked
            | Self::KnowsThePerson
            | Self::Favourite
            | Self::Specialised { .. }
            | Self::OwnAgency
            | Self::OnShift
            | Self::OnCall
            | Self::OnLoan
            | Self::Overridden => false,
            Self::DoesNotSpeakPair
            | Self::NotTheWishedGender
            | Self::NotTrainedForMinors
            | Self::NoUndertaking
            | Self::NotVetted
            | Self::NotActive
            | Self::NotReady
            | Self::NotReachable
            | Self::InAnotherSession
            | Self::Resting { .. }
            | Self::LoadLimitReached
            | Self::BookedSoon { .. }
            | Self::ServedTheOtherSide
            | Self::TieDeclared
            | Self::OtherAgency
            | Self::OtherCountry
            | Self::DeclinedBefore => true,
        }
    }
}

/// One mediator as matching judged them for one request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Candidate {
    /// Who.
    pub mediator: MediatorId,
    /// Whether they may be rung.
    pub eligible: bool,
    /// In which circle they stand; decides the wave in which they ring.
    #[serde(default)]
    pub circle: Circle,
    /// Higher is better; 0 where not eligible. Unit-less.
    pub score: u32,
    /// All reasons, for or against.
    pub reasons: Vec<MatchReason>,
}

/// Who may hear whom: `from` is heard by each in `to`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// The speaker.
    pub from: ParticipantId,
    /// The listeners, in the order in which they joined.
    pub to: Vec<ParticipantId>,
}
