//! The fonts of this machine, found once: to look through them takes longer than to set a paper.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use parley::fontique::{Collection, CollectionOptions, SourceCache};
use parley::{FontContext, FontFamily, FontFamilyName, LayoutContext};

use super::setting::Ink;
use crate::PaperError;
use crate::clean::{Direction, Speech};

/// Where systems keep fonts. They are read as files: fontconfig would be a C library to link.
const FOLDERS: &[&str] = &[
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:\\Windows\\Fonts",
];

/// For the paper's own words and everything that has no font of its own below.
const TEXT: &str = "Noto Sans";
/// For Arabic script, whose letters stand best among the digits and marks of the same hand.
const ARABIC: &str = "Noto Naskh Arabic";
/// For Urdu, which is read in this hand.
const URDU: &str = "Noto Nastaliq Urdu";
/// For other scripts, in the order in which they are needed here; after them any other Noto font, then any at all.
const OTHERS: &[&str] = &[
    "Noto Sans Ethiopic",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Gurmukhi",
    "Noto Sans Tifinagh",
    "Noto Sans Syloti Nagri",
    "Noto Sans Hebrew",
    "Noto Sans Armenian",
    "Noto Sans Georgian",
    "Noto Sans Tamil",
    "Noto Sans Sinhala",
    "Noto Sans Thai",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "Noto Sans Math",
];
/// Their letters are pictures, which PDF/A does not take from fonts.
const PICTURES: &[&str] = &["Emoji"];

/// Fonts that come before others.
pub(super) type Hand = &'static [&'static str];
/// Those of the paper's own words.
pub(super) const PAPER_HAND: Hand = &[TEXT];

static FONTS: LazyLock<Mutex<Fonts>> = LazyLock::new(|| Mutex::new(Fonts::of_this_machine()));

/// The fonts, and what setting text with them needs.
pub(super) struct Fonts {
    pub(super) context: FontContext,
    pub(super) layouts: LayoutContext<Ink>,
    /// All families, best first.
    families: Vec<String>,
    /// Which of them is the first that has a letter: to look through all for each letter of each line takes minutes.
    having: HashMap<char, Option<usize>>,
}

/// Sets something with the fonts of this machine; one paper at a time.
///
/// # Errors
/// If there are no fonts, and those of `work`.
pub(super) fn with<T>(work: impl FnOnce(&mut Fonts) -> Result<T, PaperError>) -> Result<T, PaperError> {
    // A paper that failed in the middle leaves nothing behind that the next one reads.
    let mut fonts = FONTS.lock().unwrap_or_else(PoisonError::into_inner);
    if fonts.families.is_empty() {
        return Err(PaperError::NoFonts);
    }
    work(&mut fonts)
}

impl Fonts {
    fn of_this_machine() -> Self {
        let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        collection.load_fonts_from_paths(FOLDERS.iter().filter(|folder| Path::new(folder).is_dir()));
        let mut names: Vec<String> = collection.family_names().map(str::to_owned).collect();
        names.retain(|name| !PICTURES.iter().any(|pictures| name.contains(pictures)));
        let wanted = [TEXT, ARABIC].into_iter().chain(OTHERS.iter().copied());
        let wanted: Vec<&str> = wanted.collect();
        let place = |name: &str| {
            let known = wanted.iter().position(|wanted| *wanted == name).unwrap_or(wanted.len());
            (known, !name.starts_with("Noto Sans"), !name.starts_with("Noto"))
        };
        names.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
        let context = FontContext { collection, source_cache: SourceCache::default() };
        Self { context, layouts: LayoutContext::new(), families: names, having: HashMap::new() }
    }

    /// The fonts that a text needs, those of its hand first.
    pub(super) fn of(&mut self, text: &str, hand: Hand) -> FontFamily<'static> {
        let letters: BTreeSet<char> = text.chars().collect();
        let needed: BTreeSet<usize> = letters.into_iter().filter_map(|letter| self.having(letter)).collect();
        let needed = needed.into_iter().filter_map(|place| self.families.get(place).cloned());
        let hand = hand.iter().map(|name| (*name).to_owned());
        FontFamily::List(hand.chain(needed).map(|name| FontFamilyName::Named(Cow::Owned(name))).collect())
    }

    fn having(&mut self, letter: char) -> Option<usize> {
        if let Some(known) = self.having.get(&letter) {
            return *known;
        }
        let FontContext { collection, source_cache } = &mut self.context;
        let mut has = |name: &String| {
            let family = collection.family_by_name(name)?;
            let font = family.default_font()?;
            let data = font.load(Some(&mut *source_cache))?;
            font.charmap_index().charmap(data.as_ref())?.map(letter)
        };
        let found = self.families.iter().position(|name| has(name).is_some_and(|glyph| glyph != 0));
        self.having.insert(letter, found);
        found
    }
}

/// The fonts for somebody's words that come before all others.
pub(super) fn hand_of(speech: &Speech) -> Hand {
    let urdu = speech.language.as_ref().is_some_and(|tag| tag.primary() == "ur");
    match (speech.direction, urdu) {
        (Direction::RightToLeft, true) => &[URDU, ARABIC],
        (Direction::RightToLeft, false) => &[ARABIC],
        (Direction::LeftToRight, _) => PAPER_HAND,
    }
}
