//! Pages as a file: glyphs, structure, metadata.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU16;

use chrono::{Datelike, Timelike};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline as Bookmarks, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::{Font, GlyphId, KrillaGlyph, Tag as AxisTag};
use krilla::{Document, SerializeSettings};
use parley::layout::Run;

use super::flow::{Part, Placed};
use super::fonts::{Fonts, PAPER_HAND};
use super::piece::{FOOT, Kind, Piece};
use super::setting::{GREY, Ink, Set, Words};
use super::{BOTTOM_MARGIN, PAGE, SIDE_MARGIN, WIDTH};
use crate::PaperError;
use crate::clean::{Direction, has_right_to_left};
use crate::labels::fill;
use crate::moments::utc;
use crate::outline::Outline;

/// Bytes at the begin of a font file that tell it from all others: its directory has a checksum of each table.
const FONT_DIRECTORY: usize = 4_096;
/// In bytes of UTF-8; PDF/A allows 32,767 of what becomes of them.
const LONGEST_STRING: usize = 10_000;
/// From the last line of text to the line above the footer, and from there to the footer.
const FOOT_RULE: f32 = 26.0;
const FOOT_GAP: f32 = 8.0;
const HAIRLINE: f32 = 0.4;

/// The whole file.
///
/// # Errors
/// If a letter of the footer is in no font; or if the library refuses.
pub(super) fn file(
    outline: &Outline,
    pieces: &[Piece],
    pages: &[Vec<Placed>],
    fonts: &mut Fonts,
) -> Result<Vec<u8>, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| not_written(format!("{error:?}")))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut pen = Pen::default();
    let mut groups: Vec<TagGroup> = pieces.iter().map(group).collect();
    let mut bookmarks = Bookmarks::new();
    for (number, page) in pages.iter().enumerate() {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1);
        let mut sheet = document.start_page_with(size.ok_or_else(|| not_written("no page size".to_owned()))?);
        let mut surface = sheet.surface();
        for placed in page {
            let Some(piece) = pieces.get(placed.piece) else { continue };
            if let (Kind::Heading { text, level: 1 | 2 }, Part::Body, 0) =
                (&piece.kind, placed.part, placed.line)
            {
                let place = XyzDestination::new(number, Point::from_xy(0.0, placed.top));
                bookmarks.push_child(OutlineNode::new(text.clone(), place));
            }
            let (set, at) = match placed.part {
                Part::Side => (piece.side.as_ref(), 0.0),
                Part::Body => (Some(&piece.body), piece.at),
            };
            let Some(set) = set else { continue };
            let tag = ContentTag::Span(SpanTag::empty());
            let identifier = pen.line(&mut surface, set, placed.line, (SIDE_MARGIN + at, placed.top), tag)?;
            if let Some(group) = groups.get_mut(placed.piece) {
                group.push(identifier);
            }
        }
        let feet = foot(outline, number + 1, pages.len(), fonts)?;
        rule(&mut surface);
        let top = PAGE.1 - BOTTOM_MARGIN + FOOT_RULE + FOOT_GAP;
        for set in &feet {
            let tag = ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer));
            pen.line(&mut surface, set, 0, (SIDE_MARGIN, top), tag)?;
        }
        surface.finish();
        sheet.finish();
    }
    let language = outline.language.bcp47().to_owned();
    let mut tree = TagTree::new().with_lang(Some(language.clone()));
    groups.into_iter().for_each(|group| tree.push(group));
    document.set_tag_tree(tree);
    document.set_outline(bookmarks);
    let metadata =
        Metadata::new().title(outline.title.to_owned()).language(language).creator("Dragoman".to_owned());
    document.set_metadata(match date(outline) {
        Some(date) => metadata.creation_date(date),
        None => metadata,
    });
    document.finish().map_err(|error| not_written(said(&error)))
}

/// Session and hash on the left, the page on the right.
fn foot(outline: &Outline, page: usize, pages: usize, fonts: &mut Fonts) -> Result<[Set; 2], PaperError> {
    let count = fill(outline.labels.page, &[("page", &page.to_string()), ("pages", &pages.to_string())]);
    let mut set =
        |text: &str| Set::new(&[Words(text, FOOT)], Direction::LeftToRight, PAPER_HAND, WIDTH, fonts);
    let mut right = set(&count)?;
    right.layout.align(parley::Alignment::Right, parley::AlignmentOptions::default());
    Ok([set(&outline.footer)?, right])
}

fn rule(surface: &mut Surface) {
    let top = PAGE.1 - BOTTOM_MARGIN + FOOT_RULE;
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_xywh(SIDE_MARGIN, top, WIDTH, HAIRLINE) {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        surface.set_fill(Some(colour(GREY)));
        surface.draw_path(&path);
        surface.end_tagged();
    }
}

fn group(piece: &Piece) -> TagGroup {
    match &piece.kind {
        Kind::Heading { level, text } => {
            TagGroup::new(Tag::Hn(NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN), Some(text.clone())))
        }
        Kind::Paragraph(language) => {
            // Glyphs from right to left stand in the order in which they are seen; who reads aloud or copies needs the
            // order in which they are said (ISO 32000-1, 14.9.4).
            let text = &piece.body.text;
            let seen = has_right_to_left(text) && piece.side.is_none() && text.len() <= LONGEST_STRING;
            let tag = Tag::P.with_lang(language.clone());
            TagGroup::new(tag.with_actual_text(seen.then(|| text.clone())))
        }
    }
}

/// Draws lines; knows the fonts that it has used.
#[derive(Default)]
struct Pen {
    fonts: HashMap<u64, Font>,
}

impl Pen {
    fn line(
        &mut self,
        surface: &mut Surface,
        set: &Set,
        line: usize,
        (x, top): (f32, f32),
        tag: ContentTag,
    ) -> Result<Identifier, PaperError> {
        let identifier = surface.start_tagged(tag);
        let mut result = Ok(identifier);
        if let Some(line) = set.layout.get(line) {
            let metrics = line.metrics();
            let baseline = top + metrics.baseline - metrics.block_min_coord;
            let mut x = x + metrics.offset;
            for run in line.runs() {
                match self.font(&run) {
                    Ok(font) => glyphs(surface, set, &run, &font, Point::from_xy(x, baseline)),
                    Err(error) => result = Err(error),
                }
                x += run.advance();
            }
        }
        surface.end_tagged();
        result
    }

    fn font(&mut self, run: &Run<Ink>) -> Result<Font, PaperError> {
        let data = run.font().data.clone();
        let synthesis = run.synthesis();
        let variations = synthesis.variation_settings();
        let mut hasher = DefaultHasher::new();
        data.as_ref().get(..FONT_DIRECTORY).unwrap_or(data.as_ref()).hash(&mut hasher);
        run.font().index.hash(&mut hasher);
        for (axis, value) in variations {
            (axis.to_be_bytes(), value.to_bits()).hash(&mut hasher);
        }
        let key = hasher.finish();
        if let Some(font) = self.fonts.get(&key) {
            return Ok(font.clone());
        }
        let coordinates: Vec<(AxisTag, f32)> =
            variations.iter().map(|(axis, value)| (AxisTag::new(&axis.to_be_bytes()), *value)).collect();
        let (bytes, _) = data.into_raw_parts();
        let font = Font::new_variable(bytes.into(), run.font().index, &coordinates)
            .ok_or_else(|| not_written("a font can not be read".to_owned()))?;
        self.fonts.insert(key, font.clone());
        Ok(font)
    }
}

/// Draws a run, in parts of one colour.
fn glyphs(surface: &mut Surface, set: &Set, run: &Run<Ink>, font: &Font, mut at: Point) {
    let size = run.font_size();
    let mut drawn: Vec<KrillaGlyph> = Vec::new();
    let mut look: Option<Ink> = None;
    let mut flush = |glyphs: &mut Vec<KrillaGlyph>, look: Option<Ink>, at: &mut Point| {
        if let (Some(look), false) = (look, glyphs.is_empty()) {
            surface.set_fill(Some(colour(look)));
            surface.draw_glyphs(*at, glyphs, font.clone(), &set.text, size, false);
        }
        at.x += glyphs.iter().map(|glyph| glyph.x_advance * size).sum::<f32>();
        glyphs.clear();
    };
    for cluster in run.visual_clusters() {
        if cluster.is_ligature_continuation() {
            if let Some(glyph) = drawn.last_mut() {
                let range = cluster.text_range();
                glyph.text_range =
                    glyph.text_range.start.min(range.start)..glyph.text_range.end.max(range.end);
            }
            continue;
        }
        if set.is_mark(cluster.text_range()) {
            continue;
        }
        let next = cluster.first_style().brush;
        if look != Some(next) {
            flush(&mut drawn, look, &mut at);
            look = Some(next);
        }
        // Joiners that the font knows are kept: who copies the text has them too.
        drawn.extend(cluster.glyphs().filter(|glyph| glyph.id != 0).map(|glyph| {
            KrillaGlyph::new(
                GlyphId::new(glyph.id),
                glyph.advance / size,
                glyph.x / size,
                // Parley's axis points down, a font's up.
                -glyph.y / size,
                0.0,
                cluster.text_range(),
                None,
            )
        }));
    }
    flush(&mut drawn, look, &mut at);
}

fn colour(Ink(red, green, blue): Ink) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}

/// When what the paper says came to be: no clock is read, and the same document gives the same file.
fn date(outline: &Outline) -> Option<DateTime> {
    let date = utc(outline.as_of)?;
    let number = |number: u32| u8::try_from(number).ok();
    let day =
        DateTime::new(u16::try_from(date.year()).ok()?).month(number(date.month())?).day(number(date.day())?);
    let time = day.hour(number(date.hour())?).minute(number(date.minute())?).second(number(date.second())?);
    Some(time.utc_offset_hour(0).utc_offset_minute(0))
}

fn said(error: &KrillaError) -> String {
    match error {
        KrillaError::Validation(errors) => {
            errors.iter().take(3).map(|(error, _)| format!("{error:?}")).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

fn not_written(why: String) -> PaperError {
    PaperError::NotWritten { format: "PDF", why }
}
