//! Text set in lines: shaped, ordered by its directions, broken to a width. A letter that no font has is an error.

use std::fmt::Write as _;
use std::ops::Range;

use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory, Script};
use icu_properties::{CodePointMapData, CodePointSetData, PropertyNamesLong};
use parley::{Alignment, AlignmentOptions, FontWeight, Layout, OverflowWrap, StyleProperty};

use super::fonts::{Fonts, Hand};
use crate::PaperError;
use crate::clean::{Direction, first_strong};

/// A colour: red, green, blue.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(super) struct Ink(pub(super) u8, pub(super) u8, pub(super) u8);

pub(super) const BLACK: Ink = Ink(0x1C, 0x1E, 0x21);
pub(super) const GREY: Ink = Ink(0x5F, 0x63, 0x68);

/// Characters that an error names; more of them would not say more.
const MAX_NAMED: usize = 5;

/// How words look.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) ink: Ink,
}

/// Words of one look.
pub(super) struct Words<'a>(pub(super) &'a str, pub(super) Look);

/// A paragraph in lines.
pub(super) struct Set {
    /// With a mark before it where its first letter would say another direction.
    pub(super) text: String,
    pub(super) layout: Layout<Ink>,
}

impl Set {
    /// Sets words in lines of `width`.
    ///
    /// # Errors
    /// If a letter is in no font.
    pub(super) fn new(
        words: &[Words],
        direction: Direction,
        hand: Hand,
        width: f32,
        fonts: &mut Fonts,
    ) -> Result<Self, PaperError> {
        let mut text = String::new();
        let all: String = words.iter().map(|Words(words, _)| *words).collect();
        match (direction, first_strong(&all)) {
            (Direction::RightToLeft, Some(Direction::LeftToRight) | None) => text.push('\u{200F}'),
            (Direction::LeftToRight, Some(Direction::RightToLeft)) => text.push('\u{200E}'),
            _ => {}
        }
        let begin = text.len();
        text.push_str(&all);
        let families = fonts.of(&text, hand);
        let mut builder = fonts.layouts.ranged_builder(&mut fonts.context, &text, 1.0, false);
        builder.push_default(StyleProperty::FontFamily(families));
        // A word of 2,000 letters is no word, and must stay on the paper all the same.
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        let mut from = begin;
        for (index, Words(words, look)) in words.iter().enumerate() {
            let range = if index == 0 { 0..from + words.len() } else { from..from + words.len() };
            from += words.len();
            if range.is_empty() {
                continue;
            }
            let weight = if look.bold { FontWeight::BOLD } else { FontWeight::NORMAL };
            builder.push(StyleProperty::FontSize(look.size), range.clone());
            builder.push(StyleProperty::FontWeight(weight), range.clone());
            builder.push(StyleProperty::Brush(look.ink), range);
        }
        let mut layout = builder.build(&text);
        layout.break_all_lines(Some(width));
        let alignment = match direction {
            Direction::LeftToRight => Alignment::Left,
            Direction::RightToLeft => Alignment::Right,
        };
        layout.align(alignment, AlignmentOptions::default());
        let set = Self { text, layout };
        set.complete()?;
        Ok(set)
    }

    /// Height of its lines.
    pub(super) fn heights(&self) -> Vec<f32> {
        self.layout.lines().map(|line| line.metrics().line_height).collect()
    }

    fn complete(&self) -> Result<(), PaperError> {
        // What a font draws for private use means nothing elsewhere, and PDF/A-2a forbids it.
        let private = CodePointMapData::<GeneralCategory>::new();
        let is_private = |char: char| private.get(char) == GeneralCategory::PrivateUse;
        let mut missing: Vec<char> = self.text.chars().filter(|char| is_private(*char)).collect();
        for run in self.layout.lines().flat_map(|line| line.runs()) {
            for cluster in run.clusters().filter(|cluster| cluster.glyphs().any(|glyph| glyph.id == 0)) {
                let letters = self.text.get(cluster.text_range()).unwrap_or_default().chars();
                missing.extend(letters.filter(|char| !is_unseen(*char)));
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() { Ok(()) } else { Err(PaperError::NoGlyphs { characters: named(&missing) }) }
    }

    /// Whether these words only say in which direction others go.
    pub(super) fn is_mark(&self, range: Range<usize>) -> bool {
        let controls = CodePointSetData::new::<BidiControl>();
        self.text.get(range).unwrap_or_default().chars().all(|char| controls.contains(char))
    }
}

/// Marks and joiners, which have done their work when the text is set.
fn is_unseen(char: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(char)
}

fn named(missing: &[char]) -> String {
    let names = PropertyNamesLong::<Script>::new();
    let mut named = String::new();
    for (index, char) in missing.iter().take(MAX_NAMED).enumerate() {
        let script = names.get(CodePointMapData::<Script>::new().get(*char)).unwrap_or("unknown");
        let gap = if index == 0 { "" } else { ", " };
        let script = script.replace('_', " ");
        let _ = write!(named, "{gap}{char} (U+{:04X}, script {script})", u32::from(*char));
    }
    if missing.len() > MAX_NAMED {
        named.push_str(" and others");
    }
    named
}
