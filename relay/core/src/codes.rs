//! Short codes of the roster: agencies, countries, and the circumstances that make a conflict.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not such a code; says which and how one looks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {expected}")]
pub struct NotACode {
    text: String,
    expected: &'static str,
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $is_valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        pub struct $name(String);

        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotACode;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is_valid: fn(&str) -> bool = $is_valid;
                let code = text.trim().to_ascii_uppercase();
                let refuse = || NotACode { text: text.chars().take(40).collect(), expected: $expected };
                if is_valid(&code) { Ok(Self(code)) } else { Err(refuse()) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotACode;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

code!(
    /// An agency: a police unit, a prosecutor's office, an aid organisation. Upper case, such as `AL-BORDER`.
    AgencyCode,
    "an agency's code: 2 to 24 letters, digits and dashes, such as AL-BORDER",
    |code| {
        (2..=24).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !code.starts_with('-')
    }
);
code!(
    /// A country, ISO 3166-1 alpha-2; `XK` stands for Kosovo* as CLDR has it.
    CountryCode,
    "a country's code: two letters by ISO 3166-1, such as AL",
    |code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic())
);

/// What kind of tie makes somebody unfit to interpret for somebody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// A people, clan or congregation.
    Community,
    /// A family.
    Family,
    /// A town, a village or a camp.
    Place,
}

/// A circumstance of a case that a mediator may have a tie to, such as a place. Compared without regard to case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(try_from = "RawCircumstance")]
pub struct Circumstance {
    /// Which kind.
    pub tie: Tie,
    /// 1 to 60 characters, lower case.
    pub name: String,
}

#[derive(Deserialize)]
struct RawCircumstance {
    tie: Tie,
    name: String,
}

impl Circumstance {
    /// In the form in which they are compared: lower case, no space around, single spaces within.
    ///
    /// # Errors
    /// [`NotACode`] if it is empty or longer than 60 characters.
    pub fn new(tie: Tie, name: &str) -> Result<Self, NotACode> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if !(1..=60).contains(&name.chars().count()) {
            let expected = "a circumstance: 1 to 60 characters, such as the name of a town";
            return Err(NotACode { text: name.chars().take(40).collect(), expected });
        }
        Ok(Self { tie, name })
    }
}

impl TryFrom<RawCircumstance> for Circumstance {
    type Error = NotACode;
    fn try_from(raw: RawCircumstance) -> Result<Self, Self::Error> {
        Self::new(raw.tie, &raw.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_canonical_and_nonsense_is_refused_in_words() {
        assert_eq!(" al-border ".parse::<AgencyCode>().unwrap().as_str(), "AL-BORDER");
        assert_eq!("xk".parse::<CountryCode>().unwrap().as_str(), "XK");
        for nonsense in ["", "A", "-AL", "AL BORDER", "ALÉ", &"A".repeat(25)] {
            let error = nonsense.parse::<AgencyCode>().unwrap_err().to_string();
            assert!(error.contains("AL-BORDER"), "{error}");
        }
        for nonsense in ["", "ALB", "A1", "é"] {
            assert!(nonsense.parse::<CountryCode>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn circumstances_are_compared_without_regard_to_case_and_space() {
        let typed = Circumstance::new(Tie::Place, "  Novi   Pazar ").unwrap();
        let json = r#"{"tie":"place","name":"NOVI PAZAR"}"#;
        assert_eq!(typed, serde_json::from_str(json).unwrap());
        assert!(Circumstance::new(Tie::Place, " ").is_err());
        assert!(serde_json::from_str::<Circumstance>(r#"{"tie":"place","name":""}"#).is_err());
    }
}
