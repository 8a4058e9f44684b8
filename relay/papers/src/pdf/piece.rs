//! The outline as pieces: paragraphs that are set and not yet placed.

use super::WIDTH;
use super::fonts::{Fonts, PAPER_HAND, hand_of};
use super::setting::{BLACK, GREY, Look, Set, Words};
use crate::PaperError;
use crate::clean::{Direction, Speech};
use crate::outline::{Entry, Fact, Outline, Remark, Said};

/// Where facts begin beside their labels, and lines beside their times, from the margin.
const FACTS_AT: f32 = 112.0;
const LINES_AT: f32 = 62.0;
/// How far the words that a sentence leads to stand in.
const STEP: f32 = 14.0;
/// Letters of Arabic script are smaller than Latin ones of the same size.
const ARABIC_SCALE: f32 = 1.12;

const TITLE: Look = Look { size: 20.0, bold: true, ink: BLACK };
const HEADING: Look = Look { size: 13.0, bold: true, ink: BLACK };
const SUBHEADING: Look = Look { size: 9.5, bold: true, ink: BLACK };
const PLAIN: Look = Look { size: 9.0, bold: false, ink: BLACK };
const LABEL: Look = Look { size: 9.0, bold: false, ink: GREY };
const SPEAKER: Look = Look { size: 9.0, bold: true, ink: BLACK };
const SAID: Look = Look { size: 11.0, bold: false, ink: BLACK };
const GAP: Look = Look { size: 10.0, bold: false, ink: GREY };
const STATUS: Look = Look { size: 8.0, bold: false, ink: GREY };
const EARLIER: Look = Look { size: 9.0, bold: false, ink: GREY };
/// At the foot of each page.
pub(super) const FOOT: Look = Look { size: 7.5, bold: false, ink: GREY };

/// A paragraph.
pub(super) struct Piece {
    /// Beside its first line.
    pub(super) side: Option<Set>,
    pub(super) body: Set,
    /// Where the body begins, from the margin.
    pub(super) at: f32,
    /// Empty space above it.
    pub(super) before: f32,
    /// Stays on the page of the next one.
    pub(super) keep: bool,
    pub(super) kind: Kind,
}

/// What a paragraph is, for programs that read it aloud.
pub(super) enum Kind {
    Heading {
        level: u16,
        text: String,
    },
    /// Of the language, where it is not the paper's.
    Paragraph(Option<String>),
}

/// All of a paper, in order.
///
/// # Errors
/// If a letter is in no font.
pub(super) fn pieces(outline: &Outline, fonts: &mut Fonts) -> Result<Vec<Piece>, PaperError> {
    let mut maker = Maker { fonts, pieces: Vec::new() };
    maker.heading(outline.title, 1, TITLE, 0.0)?;
    maker.facts(&outline.facts, 12.0)?;
    for section in outline.sections() {
        maker.heading(section.heading, 2, HEADING, 24.0)?;
        if let Some(text) = section.text {
            maker.paragraph(&[Words(text, PLAIN)], 0.0, 6.0, false)?;
        }
        for group in &section.groups {
            if let Some(heading) = &group.heading {
                maker.heading(heading, 3, SUBHEADING, 10.0)?;
            }
            maker.facts(&group.facts, 5.0)?;
        }
    }
    maker.heading(outline.labels.lines, 2, HEADING, 24.0)?;
    if outline.entries.is_empty() {
        maker.paragraph(&[Words(outline.labels.no_lines, PLAIN)], 0.0, 6.0, false)?;
    }
    for entry in &outline.entries {
        maker.entry(entry)?;
    }
    if !outline.notes.is_empty() {
        maker.heading(outline.labels.notes_on_the_whole, 2, HEADING, 24.0)?;
        for note in &outline.notes {
            maker.remark(note, 0.0, 8.0, SAID)?;
        }
    }
    Ok(maker.pieces)
}

struct Maker<'a> {
    fonts: &'a mut Fonts,
    pieces: Vec<Piece>,
}

impl Maker<'_> {
    fn set(&mut self, words: &[Words], width: f32) -> Result<Set, PaperError> {
        Set::new(words, Direction::LeftToRight, PAPER_HAND, width, self.fonts)
    }

    fn heading(&mut self, text: &str, level: u16, look: Look, before: f32) -> Result<(), PaperError> {
        let body = self.set(&[Words(text, look)], WIDTH)?;
        let kind = Kind::Heading { level, text: text.to_owned() };
        self.pieces.push(Piece { side: None, body, at: 0.0, before, keep: true, kind });
        Ok(())
    }

    fn paragraph(&mut self, words: &[Words], at: f32, before: f32, keep: bool) -> Result<(), PaperError> {
        let body = self.set(words, WIDTH - at)?;
        self.pieces.push(Piece { side: None, body, at, before, keep, kind: Kind::Paragraph(None) });
        Ok(())
    }

    fn facts(&mut self, facts: &[Fact], before: f32) -> Result<(), PaperError> {
        let mut space = before;
        for fact in facts {
            let mut label = Some(fact.label);
            for value in &fact.values {
                let body = self.set(&[Words(value, PLAIN)], WIDTH - FACTS_AT)?;
                let side = label.take().map(|label| self.set(&[Words(label, LABEL)], FACTS_AT - 10.0));
                self.pieces.push(Piece {
                    side: side.transpose()?,
                    body,
                    at: FACTS_AT,
                    before: space,
                    keep: false,
                    kind: Kind::Paragraph(None),
                });
                space = 1.0;
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), PaperError> {
        let language = entry.language.as_ref().map(|name| format!("   {name}")).unwrap_or_default();
        let who = [Words(&entry.speaker, SPEAKER), Words(&language, STATUS)];
        let body = self.set(&who, WIDTH - LINES_AT)?;
        let side = self.set(&[Words(&entry.time, LABEL)], LINES_AT - 4.0)?;
        self.pieces.push(Piece {
            side: Some(side),
            body,
            at: LINES_AT,
            before: 13.0,
            keep: true,
            kind: Kind::Paragraph(None),
        });
        match &entry.said {
            Said::Speech(speech) => self.speech(speech, LINES_AT, SAID, !entry.remarks.is_empty())?,
            Said::Gap(sentence) => {
                self.paragraph(&[Words(sentence, GAP)], LINES_AT, 1.0, !entry.remarks.is_empty())?;
            }
        }
        entry.remarks.iter().try_for_each(|remark| self.remark(remark, LINES_AT, 2.0, EARLIER))
    }

    fn remark(&mut self, remark: &Remark, at: f32, before: f32, look: Look) -> Result<(), PaperError> {
        let words = &remark.text;
        self.paragraph(&[Words(&remark.sentence, STATUS)], at, before, words.is_some())?;
        words.as_ref().map_or(Ok(()), |words| self.speech(words, at + STEP, look, false))
    }

    fn speech(&mut self, speech: &Speech, at: f32, look: Look, keep: bool) -> Result<(), PaperError> {
        let scale = if speech.direction == Direction::RightToLeft { ARABIC_SCALE } else { 1.0 };
        let words = [Words(&speech.text, Look { size: look.size * scale, ..look })];
        let body = Set::new(&words, speech.direction, hand_of(speech), WIDTH - at, self.fonts)?;
        let language = speech.language.as_ref().map(ToString::to_string);
        self.pieces.push(Piece { side: None, body, at, before: 1.0, keep, kind: Kind::Paragraph(language) });
        Ok(())
    }
}
