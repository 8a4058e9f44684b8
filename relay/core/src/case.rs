//! Who interpreted for whom in which case: what the conflict wall and continuity are decided by.
//!
//! The relay never learns the number of a case or who a person is: it holds keyed digests of what the officer typed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::MediatorId;
use crate::session_types::IntervieweeLabel;

/// A keyed digest (HMAC-SHA-256, RFC 2104) of a case number or of a person within a case, in 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
#[cfg_attr(feature = "typescript", ts(type = "string"))]
pub struct KeyedDigest(pub [u8; 32]);

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a keyed digest has 64 hexadecimal digits")]
pub struct NotADigest;

impl FromStr for KeyedDigest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotADigest)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for KeyedDigest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeyedDigest> for String {
    fn from(digest: KeyedDigest) -> Self {
        hex::encode(digest.0)
    }
}

impl fmt::Display for KeyedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The case of a session, and who of it is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CaseRef {
    /// Which case.
    pub case: KeyedDigest,
    /// Which person, if the officer said.
    #[serde(default)]
    pub person: Option<KeyedDigest>,
}

/// One assignment of the past.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Served {
    /// For whom.
    pub person: Option<KeyedDigest>,
    /// In which capacity that person was heard.
    pub label: IntervieweeLabel,
    /// Who interpreted.
    pub mediator: MediatorId,
}

/// All assignments of cases that are not closed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CaseBook {
    cases: BTreeMap<KeyedDigest, Vec<Served>>,
}

impl CaseBook {
    /// Notes an assignment, once.
    pub fn note(&mut self, case: KeyedDigest, served: Served) {
        let known = self.cases.entry(case).or_default();
        if !known.contains(&served) {
            known.push(served);
        }
    }

    /// What is known of a case, oldest first.
    pub fn of(&self, case: Option<CaseRef>) -> &[Served] {
        case.and_then(|case| self.cases.get(&case.case)).map(Vec::as_slice).unwrap_or_default()
    }
}

impl IntervieweeLabel {
    /// Whether the two stand against each other in a case: a suspect, and anybody who is not.
    pub fn opposes(self, other: Self) -> bool {
        (self == Self::Suspect) != (other == Self::Suspect)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_case_knows_who_served_it_once_each_and_no_other_case_does() {
        let mut book = CaseBook::default();
        let served = Served {
            person: Some(KeyedDigest([3; 32])),
            label: IntervieweeLabel::Victim,
            mediator: MediatorId(Uuid::from_u128(1)),
        };
        book.note(KeyedDigest([1; 32]), served);
        book.note(KeyedDigest([1; 32]), served);
        let case = |byte| Some(CaseRef { case: KeyedDigest([byte; 32]), person: None });
        assert_eq!(book.of(case(1)), [served]);
        assert!(book.of(case(2)).is_empty() && book.of(None).is_empty());
    }

    #[test]
    fn digests_are_read_as_written_and_nonsense_is_refused() {
        let digest = KeyedDigest([0xab; 32]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("abc".parse::<KeyedDigest>(), Err(NotADigest));
    }
}
