//! The models that may be fetched and used: where they are, what they weigh, and what each is honestly good for.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::language::{LanguagePlan, WhisperLanguage, plan_for};

/// All models of `models/catalogue.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Catalogue {
    /// Where the figures come from.
    pub about: String,
    /// The models, smallest first within a family.
    pub models: Vec<ModelEntry>,
}

/// One model file.
#[derive(Clone, Debug, Deserialize)]
pub struct ModelEntry {
    /// What a person types, such as `small-q5_1`.
    pub name: String,
    /// Name of the file.
    pub file: String,
    /// Where the file comes from.
    #[serde(flatten)]
    pub source: ModelSource,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Memory needed to run it, in megabytes, roughly.
    pub memory_mb: u32,
    /// What it was trained for: anything else is refused.
    pub languages: KnownLanguages,
    /// What it is good enough for: anything else deserves a warning where the model is chosen.
    pub usable: KnownLanguages,
    /// It was trained to be told beforehand what may be said.
    #[serde(default = "yes")]
    pub takes_terms: bool,
    /// It was trained to say in English what it hears.
    #[serde(default)]
    pub translates: bool,
    /// SPDX licence of the weights.
    pub licence: String,
    /// What a person should know before choosing it.
    pub notes: String,
    /// Published word error rates, where there are any.
    #[serde(default)]
    pub error_rates: Vec<ErrorRate>,
}

fn yes() -> bool {
    true
}

/// Where a model's file comes from.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelSource {
    /// An address, pinned to a revision.
    Url(String),
    /// A file of the source tree, relative to the folder `models`.
    Path(String),
}

/// A published word error rate.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct ErrorRate {
    /// Whisper's codes.
    pub languages: Vec<String>,
    /// Lowest and highest, in percent.
    pub percent: [u8; 2],
}

/// A set of languages.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "LanguagesInJson")]
pub enum KnownLanguages {
    /// All that Whisper has a code for (and that is not blocked).
    Multilingual,
    /// These only.
    Only(Vec<WhisperLanguage>),
}

impl KnownLanguages {
    /// Whether the language is in the set.
    pub fn contains(&self, language: WhisperLanguage) -> bool {
        match self {
            Self::Multilingual => true,
            Self::Only(languages) => languages.contains(&language),
        }
    }
}

impl Catalogue {
    /// The catalogue that is compiled in.
    ///
    /// # Errors
    /// If `models/catalogue.json` is malformed, which a test excludes.
    pub fn built_in() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("../catalogue.json"))
    }

    /// The model with this name.
    pub fn find(&self, name: &str) -> Option<&ModelEntry> {
        self.models.iter().find(|entry| entry.name == name)
    }
}

impl ModelEntry {
    /// Decides how this model may transcribe a language (BCP 47): [`plan_for`], further refused where it was not
    /// trained for the language.
    pub fn plan_for(&self, tag: &str) -> LanguagePlan {
        let plan = plan_for(tag);
        match (plan.code(), &self.languages) {
            (Some(code), KnownLanguages::Only(known)) if !known.contains(&code) => {
                let known: Vec<&str> = known.iter().map(WhisperLanguage::code).collect();
                let why = format!(
                    "No transcript for {tag}: the model '{}' knows only {}.",
                    self.name,
                    known.join(", ")
                );
                LanguagePlan::Refused { why }
            }
            _ => plan,
        }
    }

    /// A warning to show where somebody chooses this model for this language: too small, or known to err much.
    pub fn caution_for(&self, language: WhisperLanguage) -> Option<String> {
        if !self.usable.contains(language) {
            return Some(format!("Not usable for '{language}': {}", self.notes));
        }
        let rate =
            self.error_rates.iter().find(|rate| rate.languages.iter().any(|code| code == language.code()))?;
        let [low, high] = rate.percent;
        let range = if low == high { format!("{low}") } else { format!("{low} to {high}") };
        Some(format!("Published word error rate for '{language}': {range} %."))
    }

    /// Whether the file is this model, byte for byte.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn matches_file(&self, path: &Path) -> io::Result<bool> {
        Ok(path.metadata()?.len() == self.bytes && sha256_of_file(path)? == self.sha256)
    }
}

/// SHA-256 of a file, lower-case hexadecimal.
///
/// # Errors
/// If it cannot be read.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    feed(&mut digest, &mut File::open(path)?)?;
    Ok(hex::encode(digest.finalize()))
}

/// Feeds the rest of a reader into a digest.
pub(crate) fn feed(digest: &mut Sha256, reader: &mut impl Read) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(()),
            count => digest.update(&buffer[..count]),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LanguagesInJson {
    Word(String),
    Codes(Vec<String>),
}

impl TryFrom<LanguagesInJson> for KnownLanguages {
    type Error = String;

    fn try_from(json: LanguagesInJson) -> Result<Self, String> {
        match json {
            LanguagesInJson::Word(word) if word == "multilingual" => Ok(Self::Multilingual),
            LanguagesInJson::Word(word) => Err(format!("'{word}' is neither 'multilingual' nor a list")),
            LanguagesInJson::Codes(codes) => {
                let language = |code: &String| {
                    WhisperLanguage::from_code(code)
                        .ok_or_else(|| format!("'{code}' is no language of Whisper's"))
                };
                Ok(Self::Only(codes.iter().map(language).collect::<Result<_, _>>()?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const PINNED: &str =
        "https://huggingface.co/ggerganov/whisper.cpp/resolve/5359861c739e955e79d9a303bcbc70fb988958b1/";

    #[test]
    fn every_entry_is_whole_pinned_and_unique() {
        let catalogue = Catalogue::built_in().unwrap();
        let mut seen = HashSet::new();
        for entry in &catalogue.models {
            assert!(seen.insert(entry.name.clone()) && seen.insert(entry.sha256.clone()), "{}", entry.name);
            let is_digest = entry.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            assert!(is_digest && entry.sha256.len() == 64, "{}", entry.name);
            assert!(u64::from(entry.memory_mb) * 1_000_000 > entry.bytes, "{}", entry.name);
            assert!(!entry.notes.is_empty() && !entry.licence.is_empty(), "{}", entry.name);
            match &entry.source {
                ModelSource::Url(url) => {
                    assert_eq!(*url, format!("{PINNED}{}", entry.file));
                    assert_eq!(entry.file, format!("ggml-{}.bin", entry.name));
                }
                ModelSource::Path(_) => assert_eq!(entry.name, "test"),
            }
        }
    }

    #[test]
    fn the_test_model_is_the_committed_file() {
        let catalogue = Catalogue::built_in().unwrap();
        let entry = catalogue.find("test").expect("the test model is in the catalogue");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&entry.file);
        let bytes = path.metadata().expect("models/ggml-dragoman-test.bin is committed").len();
        let actual = (bytes, sha256_of_file(&path).unwrap());
        assert_eq!((entry.bytes, entry.sha256.clone()), actual, "write these into models/catalogue.json");
    }

    #[test]
    fn the_test_model_knows_three_languages_and_says_so() {
        let catalogue = Catalogue::built_in().unwrap();
        let entry = catalogue.find("test").unwrap();
        for tag in ["en", "sq", "sr-Latn", "sr-Cyrl"] {
            assert!(matches!(entry.plan_for(tag), LanguagePlan::Exact { .. }), "{tag}");
        }
        assert!(matches!(entry.plan_for("aln"), LanguagePlan::Fallback { .. }));
        let LanguagePlan::Refused { why } = entry.plan_for("apc") else { panic!("Arabic must be refused") };
        assert!(why.contains("en, sq, sr"), "{why}");
        let ps = entry.plan_for("ps");
        assert!(ps.why().unwrap().contains("blocked"), "{ps:?}");
    }

    #[test]
    fn small_models_and_high_error_rates_are_cautioned_against() {
        let catalogue = Catalogue::built_in().unwrap();
        let caution = |model: &str, language| catalogue.find(model).unwrap().caution_for(language);
        let sq = WhisperLanguage::ALBANIAN;
        assert!(caution("tiny", sq).unwrap().contains("English only"));
        assert!(caution("base-q5_1", sq).unwrap().contains("English only"));
        assert_eq!(caution("tiny", WhisperLanguage::ENGLISH), None);
        assert!(caution("large-v3", sq).unwrap().contains("56 %"));
        assert!(caution("large-v3", WhisperLanguage::SERBIAN).unwrap().contains("7 to 15 %"));
    }

    #[test]
    fn malformed_language_sets_are_refused() {
        for json in [r#""all""#, r#"["xx"]"#, r#"["ps"]"#, "3"] {
            assert!(serde_json::from_str::<KnownLanguages>(json).is_err(), "{json}");
        }
    }
}
