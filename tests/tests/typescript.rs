//! Writes the TypeScript declarations of the wire, for `client/web`. Run through `scripts/wire-types`.
//!
//! Where they go is said by `WIRE_TYPES_DIR`; without it they go to a temporary folder, so that a plain test run only
//! shows that every type can be written.

use std::path::PathBuf;

use dragoman_core::glossary::{GlossaryForm, GlossaryRow, Term};
use dragoman_core::rest::{
    AccountForm, AccountRow, CandidateRow, EnrolRequest, InviteRequest, Joined, LanguageChoice, LinkInfo,
    LinkMade, LinkSecret, LoginRequest, Me, MediatorRow, RingForm, SessionCreated, SessionForm, SessionRow,
};
use dragoman_core::rest_desk::{
    AccountAgency, Agency, AgencyForm, BookingAssignment, BookingForm, BookingGiveBack, BookingReason,
    BookingView, Lendable, LoanApproval, LoanForm, LoanNote, LoanView, MyBooking,
};
use dragoman_core::rest_directory::{ImportForm, ImportReport, PrivateAccess, PrivateDetails};
use dragoman_core::rest_push::{PushKey, PushSubscriptionEnd, PushSubscriptionForm};
use dragoman_core::rest_reports::{ForecastView, ReportView};
use dragoman_core::rest_shifts::{
    CoverageView, FeedMade, FeedOf, FeedRow, FillView, ShiftForm, ShiftImportForm, ShiftImportReport,
    ShiftOrder, ShiftRow, SkipForm,
};
use dragoman_core::review::{MyCheck, ReviewAct, TranscriptView};
use dragoman_core::roster::Profile;
use dragoman_core::wire::{DeskMessage, DeskRelayMessage, IceServer, ParticipantMessage, RelayMessage};
use ts_rs::{Config, TS};

#[test]
fn every_type_of_the_wire_is_written() {
    let folder = std::env::var_os("WIRE_TYPES_DIR").map_or_else(
        || std::env::temp_dir().join(format!("wire-types-{}", std::process::id())),
        PathBuf::from,
    );
    let config = Config::new().with_out_dir(&folder).with_large_int("number");

    macro_rules! write_all {
        ($($ty:ty),+ $(,)?) => { $(<$ty>::export_all(&config).expect(stringify!($ty));)+ };
    }
    write_all!(
        // The two sockets.
        ParticipantMessage,
        RelayMessage,
        IceServer,
        DeskMessage,
        DeskRelayMessage,
        // The bodies of the REST calls; what they hold is written with them.
        AccountForm,
        AccountRow,
        CandidateRow,
        CoverageView,
        EnrolRequest,
        FeedMade,
        FeedOf,
        FeedRow,
        FillView,
        ForecastView,
        GlossaryForm,
        GlossaryRow,
        ImportForm,
        ImportReport,
        InviteRequest,
        Joined,
        LanguageChoice,
        LinkInfo,
        LinkMade,
        LinkSecret,
        LoginRequest,
        Me,
        MediatorRow,
        MyCheck,
        PrivateAccess,
        PrivateDetails,
        Profile,
        PushKey,
        PushSubscriptionEnd,
        PushSubscriptionForm,
        ReportView,
        ReviewAct,
        RingForm,
        SessionCreated,
        SessionForm,
        SessionRow,
        Term,
        TranscriptView,
        // Agencies, loans and bookings.
        AccountAgency,
        Agency,
        AgencyForm,
        BookingAssignment,
        BookingForm,
        BookingGiveBack,
        BookingReason,
        BookingView,
        Lendable,
        LoanApproval,
        LoanForm,
        LoanNote,
        LoanView,
        MyBooking,
        ShiftForm,
        ShiftImportForm,
        ShiftImportReport,
        ShiftOrder,
        ShiftRow,
        SkipForm,
    );
    assert!(folder.join("SessionView.ts").exists(), "types that are only mentioned are written too");
}
