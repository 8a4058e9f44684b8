//! From the product's languages (BCP 47) to Whisper's codes: exact, by a labelled fallback, or refused with the reason.

use std::fmt;

/// A language that Whisper has a token for and that this product transcribes. Pashto is not among them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WhisperLanguage(&'static str);

impl WhisperLanguage {
    /// English.
    pub const ENGLISH: Self = Self("en");
    /// Albanian.
    pub const ALBANIAN: Self = Self("sq");
    /// Serbian.
    pub const SERBIAN: Self = Self("sr");

    /// The language with Whisper's code, such as `sq`. None where Whisper has no such code or it is blocked.
    pub fn from_code(code: &str) -> Option<Self> {
        if BLOCKED.iter().any(|(blocked, _)| *blocked == code) {
            return None;
        }
        CODES.split_ascii_whitespace().find(|known| *known == code).map(Self)
    }

    /// Whisper's code.
    pub fn code(&self) -> &'static str {
        self.0
    }

    /// Whether the two are so near that a model takes one for the other.
    pub fn is_near(&self, other: Self) -> bool {
        let kin = |code: &str| KIN.iter().position(|kin| kin.split_ascii_whitespace().any(|one| one == code));
        *self == other || (kin(self.0).is_some() && kin(self.0) == kin(other.0))
    }

    /// Position of its token after the start token, which tells whether a vocabulary has it.
    pub(crate) fn token_index(&self) -> u32 {
        let position = CODES.split_ascii_whitespace().position(|known| known == self.0);
        position.and_then(|index| u32::try_from(index).ok()).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for WhisperLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What to do with speech in a language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LanguagePlan {
    /// Whisper knows this language.
    Exact {
        /// Whisper's code to set.
        code: WhisperLanguage,
    },
    /// Whisper knows only a neighbour. The transcript must show the label.
    Fallback {
        /// Whisper's code to set.
        code: WhisperLanguage,
        /// The label: one sentence for the person who reads the transcript.
        why: String,
    },
    /// No transcript is made.
    Refused {
        /// One sentence for the person who asked.
        why: String,
    },
}

impl LanguagePlan {
    /// Whisper's code to set, unless refused.
    pub fn code(&self) -> Option<WhisperLanguage> {
        match self {
            Self::Exact { code } | Self::Fallback { code, .. } => Some(*code),
            Self::Refused { .. } => None,
        }
    }

    /// The label or reason to show, if there is one.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Exact { .. } => None,
            Self::Fallback { why, .. } | Self::Refused { why } => Some(why),
        }
    }
}

/// Decides how a language (a BCP 47 tag such as `sr-Latn`, `prs`, `apc`) may be transcribed by a full Whisper model.
///
/// Script and region are ignored, but for `fa-AF`, which is Dari. Whisper chooses the script of its text itself:
/// Serbian may come in either. Whether a given model knows the language: [`crate::ModelEntry::plan_for`].
pub fn plan_for(tag: &str) -> LanguagePlan {
    let tag = tag.to_ascii_lowercase().replace('_', "-");
    let language = tag.split('-').next().unwrap_or_default();
    let refused = |why: &str| LanguagePlan::Refused { why: format!("No transcript for {tag}: {why}.") };
    let fallback = |code, why: &str| match WhisperLanguage::from_code(code) {
        Some(code) => LanguagePlan::Fallback { code, why: why.to_owned() },
        None => refused("Whisper has no code for it"),
    };
    if let Some((_, why)) = BLOCKED.iter().find(|(code, _)| *code == language) {
        return refused(why);
    }
    if language == "prs" || tag.starts_with("fa-af") {
        return fallback("fa", "Dari, transcribed as Persian (fa): Whisper has no code for Dari.");
    }
    if ARABIC_DIALECTS.split_ascii_whitespace().any(|dialect| dialect == language) {
        return fallback(
            "ar",
            "An Arabic dialect, transcribed as Arabic (ar): Whisper has one code for all Arabic.",
        );
    }
    if let Some((_, code)) = SAME.iter().find(|(from, _)| *from == language)
        && let Some(code) = WhisperLanguage::from_code(code)
    {
        return LanguagePlan::Exact { code };
    }
    if let Some((_, code, why)) = FALLBACKS.iter().find(|(from, ..)| *from == language) {
        return fallback(code, why);
    }
    match WhisperLanguage::from_code(language) {
        Some(code) => LanguagePlan::Exact { code },
        None => refused("Whisper has no code for it"),
    }
}

/// Whisper's languages in the order of their tokens (whisper.cpp's `g_lang`), without `yue`, which only large-v3 has.
const CODES: &str = "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr \
    bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka \
    be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su";

/// Languages that sound so alike that being taken for each other says nothing.
const KIN: [&str; 5] = ["sr hr bs sl mk", "fa tg", "ur hi", "ru uk be", "ar he"];

/// Whisper's code exists, or another would be tempting, but the text is of no use.
const BLOCKED: [(&str, &str); 4] = [
    ("ps", "Whisper's Pashto is unusable, so it is blocked"),
    ("pbt", "Whisper's Pashto is unusable, so it is blocked"),
    ("pbu", "Whisper's Pashto is unusable, so it is blocked"),
    ("pst", "Whisper's Pashto is unusable, so it is blocked"),
];

/// Other tags of what a Whisper code stands for.
const SAME: [(&str, &str); 11] = [
    ("arb", "ar"),
    ("pes", "fa"),
    ("cmn", "zh"),
    ("als", "sq"), // Tosk, which standard Albanian rests upon
    ("fil", "tl"),
    ("jv", "jw"),
    ("nb", "no"),
    ("npi", "ne"),
    ("swh", "sw"),
    ("uzn", "uz"),
    ("iw", "he"),
];

const FALLBACKS: [(&str, &str, &str); 4] = [
    ("cnr", "sr", "Montenegrin, transcribed as Serbian (sr): Whisper has no code for Montenegrin."),
    ("aln", "sq", "Gheg, transcribed as Albanian (sq): Whisper has one code for all Albanian."),
    ("haz", "fa", "Hazaragi, transcribed as Persian (fa): Whisper has no code for Hazaragi."),
    ("pnb", "pa", "Western Punjabi, transcribed as Punjabi (pa): Whisper has one code and writes Gurmukhi."),
];

/// The languages of the macrolanguage Arabic in ISO 639-3, without the standard one (`arb`), and retired `ajp`.
const ARABIC_DIALECTS: &str = "aao abh abv acm acq acw acx acy adf aeb aec afb ajp apc apd arq ars ary arz auz avl \
    ayh ayl ayn ayp pga shu ssh";

#[cfg(test)]
mod tests {
    use super::*;

    fn code(tag: &str) -> Option<&'static str> {
        plan_for(tag).code().map(|language| language.code())
    }

    #[test]
    fn the_table_is_whisper_cpps() {
        for (index, code) in CODES.split_ascii_whitespace().enumerate() {
            assert_eq!(whisper_rs::get_lang_id(code), i32::try_from(index).ok(), "{code}");
        }
        assert_eq!(
            whisper_rs::get_lang_max_id() as usize,
            CODES.split_ascii_whitespace().count(),
            "yue is last"
        );
    }

    #[test]
    fn known_languages_are_exact_in_any_script_region_and_case() {
        for tag in ["sr", "sr-Latn", "sr-Cyrl", "SR-cyrl-RS", "sr_Latn"] {
            assert_eq!(plan_for(tag), LanguagePlan::Exact { code: WhisperLanguage::SERBIAN }, "{tag}");
        }
        let exact =
            "sq als bs hr mk en ar fa tr ur pa bn hi ne sd so am fr es ru uk ln sw uz vi tl".split(' ');
        for tag in exact {
            assert!(matches!(plan_for(tag), LanguagePlan::Exact { .. }), "{tag}");
        }
        assert_eq!(code("cmn"), Some("zh"));
        assert_eq!(code("fil"), Some("tl"));
    }

    #[test]
    fn fallbacks_are_labelled() {
        for (tag, expected) in [
            ("cnr", "sr"),
            ("cnr-Latn", "sr"),
            ("prs", "fa"),
            ("fa-AF", "fa"),
            ("haz", "fa"),
            ("apc", "ar"),
            ("acm", "ar"),
            ("arz", "ar"),
            ("ary", "ar"),
            ("arq", "ar"),
            ("aeb", "ar"),
            ("ayl", "ar"),
            ("apd", "ar"),
            ("aln", "sq"),
            ("pnb", "pa"),
        ] {
            let LanguagePlan::Fallback { code, why } = plan_for(tag) else {
                panic!("{tag} is not a fallback")
            };
            assert_eq!(code.code(), expected, "{tag}");
            assert!(why.contains(&format!("({expected})")), "{tag}: {why}");
        }
    }

    #[test]
    fn what_whisper_cannot_do_is_refused_with_a_reason() {
        for tag in "ps ckb kmr ku ti rmn rmy rom om rn kab rif shi tzm zgh syl bho mai und x".split(' ') {
            let LanguagePlan::Refused { why } = plan_for(tag) else { panic!("{tag} is not refused") };
            assert!(why.contains(tag), "{why}");
        }
        assert!(plan_for("ps-AF").why().unwrap().contains("blocked"));
        assert!(matches!(plan_for(""), LanguagePlan::Refused { .. }));
        assert_eq!(WhisperLanguage::from_code("ps"), None);
    }
}
