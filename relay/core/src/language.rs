//! Language tags (BCP 47) and the explicit rules for neighbours that many people understand.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

/// A well-formed BCP 47 tag in canonical case, such as `sq`, `sr-Latn` or `prs`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
#[cfg_attr(feature = "typescript", ts(type = "string"))]
pub struct LanguageTag(String);

/// The text is not a BCP 47 language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a language tag: use BCP 47, for example 'sq', 'sr-Latn' or 'prs'")]
pub struct NotALanguageTag(String);

impl LanguageTag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary language subtag: `sr` of `sr-Latn`.
    pub fn primary(&self) -> &str {
        // Matching asks this of every language of thousands: a loop over two or three bytes beats a search for text.
        let end = self.0.bytes().position(|byte| byte == b'-').unwrap_or(self.0.len());
        self.0.get(..end).unwrap_or_default()
    }

    /// Whether somebody who speaks `self` speaks `other`: the same language in any script or region.
    pub fn same_language(&self, other: &Self) -> bool {
        self.primary() == other.primary()
    }

    /// Languages close enough that an interview is possible, best first. Used only where the officer allowed it.
    ///
    /// Source: the project's policy (sr/bs/hr/cnr and fa/prs are standard varieties of one dialect continuum each).
    pub fn adjacent(&self) -> &'static [&'static str] {
        match self.primary() {
            "sr" => &["bs", "cnr", "hr"],
            "bs" => &["sr", "hr", "cnr"],
            "hr" => &["bs", "sr", "cnr"],
            "cnr" => &["sr", "bs", "hr"],
            "fa" => &["prs"],
            "prs" => &["fa"],
            _ => &[],
        }
    }
}

impl FromStr for LanguageTag {
    type Err = NotALanguageTag;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || NotALanguageTag(text.chars().take(40).collect());
        if text.len() > 35 {
            return Err(refuse());
        }
        let identifier: LanguageIdentifier = text.parse().map_err(|_| refuse())?;
        if identifier.language.as_str() == "und" {
            return Err(refuse());
        }
        Ok(Self(identifier.to_string()))
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = NotALanguageTag;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<LanguageTag> for String {
    fn from(tag: LanguageTag) -> Self {
        tag.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Languages that a relay offers from the start, host languages first, then those of the route (project policy).
pub const SEED: &[&str] = &[
    "sq", "aln", "als", "sr-Cyrl", "sr-Latn", "bs", "hr", "cnr", "mk", "en", "rmn", "rmy", "ar", "apc",
    "acm", "arz", "ary", "arq", "aeb", "ayl", "fa", "prs", "haz", "ps", "kmr", "ckb", "tr", "ur", "pa",
    "pnb", "bn", "syl", "hi", "ne", "sd", "so", "ti", "am", "om", "fr", "es", "ru", "uk", "kab", "rif",
    "shi", "tzm", "bho", "mai", "cmn", "rn", "ln", "sw", "uz", "apd", "vi", "tl",
];

/// What is interpreted: from the interviewee's language into the officer's, and back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguagePair {
    /// The interviewee's language.
    pub source: LanguageTag,
    /// The officer's language.
    pub target: LanguageTag,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_canonical_and_nonsense_is_refused() {
        assert_eq!("SR-latn".parse::<LanguageTag>().unwrap().as_str(), "sr-Latn");
        assert_eq!("cnr".parse::<LanguageTag>().unwrap().primary(), "cnr");
        for nonsense in ["", "und", "x", "albanian language", "sq_!", "é", &"a".repeat(5000)] {
            assert!(nonsense.parse::<LanguageTag>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn scripts_are_one_language_and_neighbours_are_not() {
        let tag = |t: &str| t.parse::<LanguageTag>().unwrap();
        assert!(tag("sr-Cyrl").same_language(&tag("sr-Latn")));
        assert!(!tag("sr").same_language(&tag("bs")));
        assert!(tag("sr").adjacent().contains(&"bs"));
        assert!(tag("sq").adjacent().is_empty());
    }
}
