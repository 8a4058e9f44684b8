//! Who hears whom, written by hand: the test holds every case against these rows.
//!
//! A session with a pivot has everybody: officer, first mediator (interviewee's language ↔ the one between), second
//! mediator (the one between ↔ officer's), a relief for the first, interviewee, observer, scribe. A row is one speaker; its
//! seven letters are the listeners in that order:
//!
//! `F` hears on the floor, `C` hears on a channel, `A` hears aside, `.` does not hear.

pub(crate) const O: usize = 0;
pub(crate) const M1: usize = 1;
pub(crate) const M2: usize = 2;
pub(crate) const I: usize = 4;
pub(crate) const B: usize = 5;
pub(crate) const S: usize = 6;

/// Columns: officer, first mediator, second mediator, relief, interviewee, observer, scribe.
pub(crate) type Row = &'static str;

/// Ringing, unanswered, stopped, sealed, abandoned.
pub(crate) const NOBODY: [Row; 7] =
    [".......", ".......", ".......", ".......", ".......", ".......", "......."];

/// Briefing and paused.
pub(crate) const STAFF: [Row; 7] = [
    ".FFF...", // officer
    "F.FF...", // first mediator
    "FF.F...", // second mediator
    "FFF....", // relief
    ".......", // interviewee
    ".......", // observer
    ".......", // scribe
];

/// Live, consecutive, while it is transcribed.
pub(crate) const CONSECUTIVE: [Row; 7] = [
    ".FFFFFF", // officer
    "F.FFFFF", // first mediator
    "FF.FFFF", // second mediator
    ".......", // relief
    "FFFF.FF", // interviewee
    "FFFFF.F", // observer
    ".......", // scribe
];

/// Live, simultaneous: the mediators' rows, by the language that they speak into. The others speak on the floor as above.
/// The interviewee follows the interviewee's language, the officer and the observer the officer's.
pub(crate) const M1_TO_INTERVIEWEE: Row = "...CC.C";
pub(crate) const M1_TO_BETWEEN: Row = "..CC..C";
pub(crate) const M2_TO_BETWEEN: Row = ".C.C..C";
pub(crate) const M2_TO_OFFICER: Row = "C..C.CC";
/// The same where the observer chose the channel of the language between, …
pub(crate) const M1_TO_BETWEEN_OBSERVED: Row = "..CC.CC";
pub(crate) const M2_TO_BETWEEN_OBSERVED: Row = ".C.C.CC";
/// … and so does not hear the officer's channel.
pub(crate) const M2_TO_OFFICER_UNOBSERVED: Row = "C..C..C";
/// Whispered: into the officer's language on the floor.
pub(crate) const M2_TO_OFFICER_WHISPERED: Row = "FF.FFFF";

/// An aside of the officer with the first mediator: their rows. All others as without it.
pub(crate) const OFFICER_ASIDE_WITH_M1: [Row; 2] = [".A.....", "A......"];
/// An aside of the observer with the officer: the officer's row and the observer's.
pub(crate) const OBSERVER_ASIDE_WITH_OFFICER: [Row; 2] = [".....A.", "A......"];
