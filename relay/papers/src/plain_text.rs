//! The paper as plain text, UTF-8. What was said stands between isolates, so that what stands around words of
//! the other direction stay where they are (UAX #9).

use std::fmt::Write as _;

use crate::clean::Speech;
use crate::outline::{Fact, Outline, Remark, Said};

/// Where the words of a line begin: beside the time.
const INDENT: &str = "          ";
/// Columns of a sentence of the paper.
const COLUMNS: usize = 100;

/// The whole text.
pub(crate) fn write(outline: &Outline) -> String {
    let mut text = String::new();
    heading(&mut text, outline.title, '=');
    facts(&mut text, &outline.facts);
    for section in outline.sections() {
        heading(&mut text, section.heading, '-');
        if let Some(sentence) = section.text {
            paragraph(&mut text, "", sentence);
            text.push('\n');
        }
        for group in &section.groups {
            if let Some(heading) = &group.heading {
                let _ = write!(text, "\n{heading}\n");
            }
            facts(&mut text, &group.facts);
        }
    }
    heading(&mut text, outline.labels.lines, '-');
    if outline.entries.is_empty() {
        let _ = writeln!(text, "{}", outline.labels.no_lines);
    }
    for (index, entry) in outline.entries.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let language = entry.language.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
        let _ = writeln!(text, "{gap}{}  {}{language}", entry.time, entry.speaker);
        match &entry.said {
            Said::Speech(speech) => said(&mut text, INDENT, speech),
            Said::Gap(sentence) => paragraph(&mut text, INDENT, sentence),
        }
        for Remark { sentence, text: words } in &entry.remarks {
            paragraph(&mut text, INDENT, &format!("— {sentence}"));
            if let Some(words) = words {
                said(&mut text, &format!("{INDENT}    "), words);
            }
        }
    }
    if !outline.notes.is_empty() {
        heading(&mut text, outline.labels.notes_on_the_whole, '-');
        for Remark { sentence, text: words } in &outline.notes {
            paragraph(&mut text, "", sentence);
            if let Some(words) = words {
                said(&mut text, "    ", words);
            }
        }
    }
    let _ = write!(text, "\n{}\n{}\n", "-".repeat(COLUMNS), outline.footer);
    text
}

fn heading(text: &mut String, heading: &str, under: char) {
    let line: String = std::iter::repeat_n(under, heading.chars().count()).collect();
    let gap = if text.is_empty() { "" } else { "\n\n" };
    let _ = write!(text, "{gap}{heading}\n{line}\n\n");
}

fn facts(text: &mut String, facts: &[Fact]) {
    let width = facts.iter().map(|fact| fact.label.chars().count()).max().unwrap_or(0);
    for fact in facts {
        for (index, value) in fact.values.iter().enumerate() {
            let label = if index == 0 { format!("{}:", fact.label) } else { String::new() };
            let _ = writeln!(text, "{label:<column$}{value}", column = width + 3);
        }
    }
}

fn said(text: &mut String, indent: &str, speech: &Speech) {
    // Not wrapped: an isolate ends with its line, and a program that shows the file wraps by the width it has.
    let _ = writeln!(text, "{indent}{}", speech.isolated());
}

fn paragraph(text: &mut String, indent: &str, sentence: &str) {
    let room = COLUMNS.saturating_sub(indent.len());
    let mut column = 0;
    text.push_str(indent);
    for word in sentence.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > room {
            text.push('\n');
            text.push_str(indent);
            column = 0;
        }
        if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
}
