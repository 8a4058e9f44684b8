//! What people do with a transcript after the session: correct it, certify it, comment on it. The log of the session stays
//! as it is; what is done to its transcript is a log of its own, whose chain begins at the end of the session's.

mod certificate;
mod decide;
mod document;
mod log;
mod refusal;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use certificate::CertificateClock;
pub use certificate::{Certificate, CertifiedInterpreter, ModeSpan};
pub use decide::Reviewer;
pub use document::{
    Comment, DocumentEntry, DocumentGap, DocumentLine, LineVersionText, RecordHash, Speaker,
    TranscriptDocument, TranscriptView,
};
pub use log::{Review, verify_review};
pub use refusal::ReviewRefusal;
pub use types::{
    Check, Correction, LineVersion, MyCheck, ReviewAct, Reviser, Revision, RevisionLine, SignedAt,
};
