//! The paper for word processors (ISO/IEC 29500). A paragraph of words that are written from right to left is one in the
//! file too, so that it stays one when somebody edits it.

use std::io::Cursor;

use chrono::SecondsFormat;
use docx_rs::{
    Docx, FieldCharType, Footer, InstrNUMPAGES, InstrPAGE, InstrText, LineSpacing, PageMargin, Paragraph,
    Run, RunFonts, SpecialIndentType, Style, StyleType, Tab, TabValueType,
};

use crate::PaperError;
use crate::clean::{Direction, Speech};
use crate::labels::fill;
use crate::moments::utc;
use crate::outline::{Entry, Fact, Outline, Remark, Said};

/// Is on every machine with a word processor, or has a stand-in of the same widths; letters that it lacks are taken from
/// other fonts by the program.
const FONT: &str = "Arial";
/// For words from right to left. Word takes a font of its own in its place; programs on Linux have it, and put the letters
/// that theirs lack over each other.
const ARABIC_FONT: &str = "Noto Naskh Arabic";
/// A4 and its margins, in twentieths of a point.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN: i32 = 1_304;
/// Where facts begin beside their labels, and lines beside their times.
const FACTS_AT: i32 = 2_300;
const LINES_AT: i32 = 1_250;
const GREY: &str = "5F6368";
/// Sizes in half points.
const SMALL: usize = 16;
const SAID: usize = 22;

/// Marks a run from right to left, which the library has no word for: it names a style, and [`write`] puts the property in
/// its place.
const RTL_STYLE: &str = "RightToLeftRun";

/// The whole file.
///
/// # Errors
/// If the archive can not be written.
pub(crate) fn write(outline: &Outline) -> Result<Vec<u8>, PaperError> {
    let mut docx = Docx::new()
        .page_size(PAGE.0, PAGE.1)
        .page_margin(PageMargin {
            top: MARGIN,
            left: MARGIN,
            bottom: MARGIN,
            right: MARGIN,
            header: 600,
            footer: 600,
            gutter: 0,
        })
        .default_fonts(RunFonts::new().ascii(FONT).hi_ansi(FONT).cs(FONT))
        .default_size(20)
        .add_style(heading_style("Title", "Title", 40, (0, 200)))
        .add_style(heading_style("Heading1", "heading 1", 26, (420, 120)).outline_lvl(0))
        .add_style(heading_style("Heading2", "heading 2", 20, (200, 60)).outline_lvl(1))
        .footer(footer(outline));
    for paragraph in paragraphs(outline) {
        docx = docx.add_paragraph(paragraph);
    }
    if let Some(date) = utc(outline.as_of) {
        let date = date.to_rfc3339_opts(SecondsFormat::Secs, true);
        docx = docx.created_at(&date).updated_at(&date);
    }
    let mut parts = docx.build();
    parts.doc_props.core = with_title(parts.doc_props.core, outline.title);
    parts.document = with_properties(parts.document);
    parts.styles = with_language(parts.styles, outline.language.bcp47());
    let mut file = Cursor::new(Vec::new());
    let written = parts.pack(&mut file);
    written.map_err(|error| PaperError::NotWritten { format: "DOCX", why: error.to_string() })?;
    Ok(file.into_inner())
}

fn paragraphs(outline: &Outline) -> Vec<Paragraph> {
    let mut paragraphs = vec![styled("Title", outline.title)];
    paragraphs.extend(facts(&outline.facts));
    for section in outline.sections() {
        paragraphs.push(styled("Heading1", section.heading));
        paragraphs.extend(section.text.map(|text| plain(text).line_spacing(spacing(0, 120))));
        for group in &section.groups {
            paragraphs.extend(group.heading.as_deref().map(|heading| styled("Heading2", heading)));
            paragraphs.extend(facts(&group.facts));
        }
    }
    paragraphs.push(styled("Heading1", outline.labels.lines));
    if outline.entries.is_empty() {
        paragraphs.push(plain(outline.labels.no_lines));
    }
    paragraphs.extend(outline.entries.iter().flat_map(entry));
    if !outline.notes.is_empty() {
        paragraphs.push(styled("Heading1", outline.labels.notes_on_the_whole));
        paragraphs.extend(outline.notes.iter().flat_map(|note| remark(note, 0, SAID)));
    }
    paragraphs
}

fn entry(entry: &Entry) -> Vec<Paragraph> {
    let language = entry.language.as_ref().map(|name| format!("   {name}")).unwrap_or_default();
    let who = Paragraph::new()
        .add_run(small(&entry.time).add_tab())
        .add_run(Run::new().add_text(&entry.speaker).bold().size(18))
        .add_run(small(&language))
        .add_tab(Tab::new().val(TabValueType::Left).pos(usize::try_from(LINES_AT).unwrap_or_default()))
        .indent(Some(LINES_AT), Some(SpecialIndentType::Hanging(LINES_AT)), None, None)
        .line_spacing(spacing(240, 20))
        .keep_next(true);
    let said = match &entry.said {
        Said::Speech(words) => speech(words, LINES_AT, SAID),
        Said::Gap(sentence) => Paragraph::new()
            .add_run(Run::new().add_text(sentence).color(GREY).size(20))
            .indent(Some(LINES_AT), None, None, None),
    };
    let mut paragraphs = vec![who, said];
    paragraphs.extend(entry.remarks.iter().flat_map(|one| remark(one, LINES_AT, SMALL + 2)));
    paragraphs
}

fn remark(remark: &Remark, indent: i32, size: usize) -> Vec<Paragraph> {
    let sentence = Paragraph::new()
        .add_run(small(&remark.sentence))
        .indent(Some(indent), None, None, None)
        .line_spacing(spacing(20, 20))
        .keep_next(remark.text.is_some());
    std::iter::once(sentence)
        .chain(remark.text.as_ref().map(|words| speech(words, indent + 280, size)))
        .collect()
}

fn speech(speech: &Speech, indent: i32, size: usize) -> Paragraph {
    let run = Run::new().add_text(&speech.text).size(size);
    match speech.direction {
        Direction::LeftToRight => Paragraph::new().add_run(run).indent(Some(indent), None, None, None),
        Direction::RightToLeft => {
            let arabic = RunFonts::new().ascii(FONT).hi_ansi(FONT).cs(ARABIC_FONT);
            // Of such a paragraph the end is on the left, where the indent of the lines is.
            let mut paragraph = Paragraph::new().add_run(run.style(RTL_STYLE).fonts(arabic)).indent(
                None,
                None,
                Some(indent),
                None,
            );
            paragraph.property = paragraph.property.bidi(true);
            paragraph
        }
    }
    .line_spacing(spacing(0, 40))
}

fn facts(facts: &[Fact]) -> Vec<Paragraph> {
    let fact = |fact: &Fact| {
        let labels = std::iter::once(fact.label).chain(std::iter::repeat(""));
        let row = |(label, value): (&str, &String)| {
            Paragraph::new()
                .add_run(Run::new().add_text(label).color(GREY).size(18).add_tab())
                .add_run(Run::new().add_text(value).size(18))
                .add_tab(
                    Tab::new().val(TabValueType::Left).pos(usize::try_from(FACTS_AT).unwrap_or_default()),
                )
                .indent(Some(FACTS_AT), Some(SpecialIndentType::Hanging(FACTS_AT)), None, None)
                .line_spacing(spacing(0, 40))
        };
        labels.zip(&fact.values).map(row).collect::<Vec<_>>()
    };
    facts.iter().flat_map(fact).collect()
}

fn footer(outline: &Outline) -> Footer {
    let mut paragraph = Paragraph::new().add_run(small(&outline.footer).add_tab()).add_tab(
        Tab::new().val(TabValueType::Right).pos(
            usize::try_from(PAGE.0).unwrap_or_default() - 2 * usize::try_from(MARGIN).unwrap_or_default(),
        ),
    );
    // The sentence's places are filled with fields, each a run between the words around it.
    let sentence = fill(outline.labels.page, &[("page", "\u{1}"), ("pages", "\u{2}")]);
    for part in sentence.split_inclusive(['\u{1}', '\u{2}']) {
        paragraph = paragraph.add_run(small(part.trim_end_matches(['\u{1}', '\u{2}'])));
        let instruction = match part.chars().last() {
            Some('\u{1}') => InstrText::PAGE(InstrPAGE {}),
            Some('\u{2}') => InstrText::NUMPAGES(InstrNUMPAGES {}),
            _ => continue,
        };
        paragraph = field(instruction).into_iter().fold(paragraph, Paragraph::add_run);
    }
    Footer::new().add_paragraph(paragraph)
}

/// Each mark in a run of its own: programs take a field's look from the run of its result.
fn field(instruction: InstrText) -> [Run; 5] {
    let small = || Run::new().color(GREY).size(SMALL);
    [
        small().add_field_char(FieldCharType::Begin, false),
        small().add_instr_text(instruction),
        small().add_field_char(FieldCharType::Separate, false),
        small().add_text("1"),
        small().add_field_char(FieldCharType::End, false),
    ]
}

fn heading_style(id: &str, name: &str, size: usize, (before, after): (u32, u32)) -> Style {
    let mut style = Style::new(id, StyleType::Paragraph)
        .name(name)
        .size(size)
        .bold()
        .line_spacing(spacing(before, after));
    style.paragraph_property = style.paragraph_property.keep_next(true);
    style
}

fn styled(style: &str, text: &str) -> Paragraph {
    Paragraph::new().add_run(Run::new().add_text(text)).style(style)
}

fn plain(text: &str) -> Paragraph {
    Paragraph::new().add_run(Run::new().add_text(text).size(18))
}

fn small(text: &str) -> Run {
    Run::new().add_text(text).color(GREY).size(SMALL)
}

fn spacing(before: u32, after: u32) -> LineSpacing {
    LineSpacing::new().before(before).after(after)
}

/// Puts `w:rtl` where the library wrote the style. No text can be taken for it: the library escapes `<`.
fn with_properties(document: Vec<u8>) -> Vec<u8> {
    let style = format!(r#"<w:rStyle w:val="{RTL_STYLE}" />"#);
    replaced(document, &style, "<w:rtl />")
}

/// The language of the paper, for spelling and reading aloud.
fn with_language(styles: Vec<u8>, tag: &str) -> Vec<u8> {
    let language = format!(r#"<w:lang w:val="{tag}" /></w:rPr></w:rPrDefault>"#);
    replaced(styles, "</w:rPr></w:rPrDefault>", &language)
}

/// A title, and a writer who is known.
fn with_title(properties: Vec<u8>, title: &str) -> Vec<u8> {
    let creator = "<dc:creator>unknown</dc:creator>";
    replaced(properties, creator, &format!("<dc:title>{title}</dc:title><dc:creator>Dragoman</dc:creator>"))
}

fn replaced(part: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    match String::from_utf8(part) {
        Ok(text) => text.replace(from, to).into_bytes(),
        Err(error) => error.into_bytes(),
    }
}
