//! Text from outside made harmless: no characters that act instead of being read, and a direction of its own.

use dragoman_core::language::LanguageTag;
use icu_properties::CodePointMapData;
use icu_properties::props::{BidiClass, GeneralCategory};

/// First strong isolate, right-to-left isolate, left-to-right isolate, and their end (UAX #9, 2.5).
const ISOLATE: char = '\u{2068}';
const ISOLATE_RTL: char = '\u{2067}';
const ISOLATE_LTR: char = '\u{2066}';
const END_ISOLATE: char = '\u{2069}';

/// Languages that are written from right to left, where their tag names no script.
const RIGHT_TO_LEFT: &[&str] = &[
    "acm", "aeb", "apc", "apd", "ar", "arb", "arq", "ars", "ary", "arz", "ayl", "azb", "bal", "bgn", "ckb",
    "dv", "fa", "glk", "haz", "he", "ks", "lrc", "mzn", "pes", "pnb", "prs", "ps", "sd", "sdh", "skr", "syr",
    "ug", "ur", "yi",
];
/// Scripts that are.
const RIGHT_TO_LEFT_SCRIPTS: &[&str] = &["Adlm", "Arab", "Aran", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"];

/// Where lines begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    LeftToRight,
    RightToLeft,
}

/// Words of somebody, not of the paper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Speech {
    /// One line, without control characters.
    pub(crate) text: String,
    /// Where it begins.
    pub(crate) direction: Direction,
    /// In which language, where that is known.
    pub(crate) language: Option<LanguageTag>,
}

impl Speech {
    pub(crate) fn of(text: &str, language: Option<&LanguageTag>) -> Self {
        let text = clean(text);
        let direction = direction(&text, language);
        Self { text, direction, language: language.cloned() }
    }

    /// For text in which other words stand around it: neither reorders the other.
    pub(crate) fn isolated(&self) -> String {
        let open = match self.direction {
            Direction::RightToLeft if first_strong(&self.text) != Some(Direction::RightToLeft) => ISOLATE_RTL,
            Direction::LeftToRight if first_strong(&self.text) == Some(Direction::RightToLeft) => ISOLATE_LTR,
            _ => ISOLATE,
        };
        format!("{open}{}{END_ISOLATE}", self.text)
    }
}

/// A name or number from outside as it may stand in a sentence of the paper.
pub(crate) fn name(text: &str) -> String {
    let speech = Speech::of(text, None);
    if has_right_to_left(&speech.text) { speech.isolated() } else { speech.text }
}

/// Where a text without a paragraph direction of its own would begin.
pub(crate) fn first_strong(text: &str) -> Option<Direction> {
    text.chars().find_map(strong)
}

/// Whether any of its letters is written from right to left.
pub(crate) fn has_right_to_left(text: &str) -> bool {
    text.chars().any(|char| strong(char) == Some(Direction::RightToLeft))
}

/// One line of what can be read. Line ends and tabs become spaces; controls, bidi overrides, isolates (all of them, so that
/// none is left open), tags and non-characters are left out. Joiners and directional marks stay: Persian is misspelt
/// without them.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for char in text.chars() {
        let gap = char.is_whitespace() || char.is_control();
        let acts = matches!(
            char,
            '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        );
        let never = (u32::from(char) & 0xFFFE) == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&char);
        match (gap, acts || never) {
            (true, _) if clean.is_empty() || clean.ends_with(' ') => {}
            (true, _) => clean.push(' '),
            (false, true) => {}
            (false, false) => clean.push(char),
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// Of words in a language from right to left, a letter of its own is enough; of others the letters decide, by their number:
/// a note may well begin with a word that it explains.
fn direction(text: &str, language: Option<&LanguageTag>) -> Direction {
    let letters = text.chars().filter_map(strong);
    let (rtl, ltr): (Vec<Direction>, Vec<Direction>) =
        letters.partition(|direction| *direction == Direction::RightToLeft);
    let own = language.is_some_and(written_right_to_left);
    let right_to_left = if own { !rtl.is_empty() || ltr.is_empty() } else { rtl.len() > ltr.len() };
    if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight }
}

fn written_right_to_left(tag: &LanguageTag) -> bool {
    let script = tag
        .as_str()
        .split('-')
        .skip(1)
        .find(|part| part.len() == 4 && !part.starts_with(|c: char| c.is_ascii_digit()));
    script.map_or(RIGHT_TO_LEFT.contains(&tag.primary()), |script| RIGHT_TO_LEFT_SCRIPTS.contains(&script))
}

fn strong(char: char) -> Option<Direction> {
    match CodePointMapData::<BidiClass>::new().get(char) {
        BidiClass::LeftToRight => Some(Direction::LeftToRight),
        BidiClass::RightToLeft | BidiClass::ArabicLetter => {
            // A mark says how its neighbours are ordered, and is no letter of any text.
            let letter = CodePointMapData::<GeneralCategory>::new().get(char) != GeneralCategory::Format;
            letter.then_some(Direction::RightToLeft)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, tag: &str) -> Speech {
        Speech::of(text, Some(&tag.parse().unwrap()))
    }

    #[test]
    fn what_acts_instead_of_being_read_is_left_out() {
        let speech = of("  a\r\n\r\nb\u{0}\u{202E}c\u{2067}\u{FFFF}d\u{7}  ", "en");
        assert_eq!(speech.text, "a b cd");
        assert_eq!(of("می\u{200C}روم", "fa").text, "می\u{200C}روم");
    }

    #[test]
    fn the_language_decides_where_both_directions_occur() {
        use Direction::{LeftToRight, RightToLeft};
        let cases = [
            ("ahmed قال ذلك", "ar", RightToLeft),
            ("Ahmed", "ar", LeftToRight),
            ("12:30", "ar", RightToLeft),
            ("قال", "en", RightToLeft),
            ("He said قال", "en", LeftToRight),
            ("«شباط» is February", "en", LeftToRight),
            ("Ez diçim", "ku-Latn", LeftToRight),
            ("ئەز", "ku-Arab", RightToLeft),
            ("12", "sr-Latn", LeftToRight),
        ];
        for (text, tag, expected) in cases {
            assert_eq!(of(text, tag).direction, expected, "{text} in {tag}");
        }
    }

    #[test]
    fn isolates_say_the_direction_where_the_text_itself_would_say_another() {
        assert_eq!(of("مرحبا", "ar").isolated(), "\u{2068}مرحبا\u{2069}");
        assert_eq!(of("ahmed قال", "ar").isolated(), "\u{2067}ahmed قال\u{2069}");
        assert_eq!(name("Blue"), "Blue");
        assert_eq!(name("أزرق"), "\u{2068}أزرق\u{2069}");
    }
}
