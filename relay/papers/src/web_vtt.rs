//! The paper as WebVTT: a cue for each line, timed from the beginning of the session, and notes for all the rest
//! (<https://www.w3.org/TR/webvtt1/>, 4).

use std::fmt::Write as _;

use crate::clean::{Direction, Speech, first_strong};
use crate::outline::{Entry, Fact, Outline, Remark, Said, Section};

/// Gives a cue its direction, which players take from its first letter (WebVTT, 4.2.3).
const RIGHT_TO_LEFT_MARK: char = '\u{200F}';
/// See [`RIGHT_TO_LEFT_MARK`].
const LEFT_TO_RIGHT_MARK: char = '\u{200E}';

/// The whole file.
pub(crate) fn write(outline: &Outline) -> String {
    let mut file = format!("WEBVTT {}\n", escaped(outline.title));
    note(&mut file, facts(&outline.facts));
    for section in outline.sections() {
        note(&mut file, section_lines(section));
    }
    note(&mut file, outline.notes.iter().flat_map(remark).collect());
    for entry in &outline.entries {
        cue(&mut file, entry);
    }
    file
}

fn cue(file: &mut String, entry: &Entry) {
    let mut about = vec![entry.number.to_string()];
    about.extend(entry.language.clone());
    about.extend(entry.remarks.iter().flat_map(remark));
    note(file, about);
    let (from, until) = (time(entry.from), time(entry.until));
    // A name that ends in a dash would make an arrow with the tag's end; space around a name is not part of it.
    let end = if entry.speaker.ends_with('-') { " " } else { "" };
    let speaker = escaped(&entry.speaker) + end;
    let _ = write!(file, "\n{}\n{from} --> {until}\n<v {speaker}>", entry.number);
    match &entry.said {
        Said::Speech(speech) => {
            let words = format!("{}{}", mark(speech), escaped(&speech.text));
            let _ = match &speech.language {
                Some(tag) => writeln!(file, "<lang {tag}>{words}</lang></v>"),
                None => writeln!(file, "{words}</v>"),
            };
        }
        Said::Gap(sentence) => {
            let _ = writeln!(file, "{}</v>", escaped(sentence));
        }
    }
}

fn mark(speech: &Speech) -> String {
    let by_itself = first_strong(&speech.text).unwrap_or(Direction::LeftToRight);
    match speech.direction {
        direction if direction == by_itself => String::new(),
        Direction::RightToLeft => RIGHT_TO_LEFT_MARK.to_string(),
        Direction::LeftToRight => LEFT_TO_RIGHT_MARK.to_string(),
    }
}

/// A comment block, which ends at the first empty line and must not have an arrow in it.
fn note(file: &mut String, lines: Vec<String>) {
    if !lines.is_empty() {
        file.push_str("\nNOTE\n");
    }
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let _ = writeln!(file, "{}", escaped(line));
    }
}

fn section_lines(section: &Section) -> Vec<String> {
    let mut lines = vec![section.heading.to_owned()];
    lines.extend(section.text.map(str::to_owned));
    for group in &section.groups {
        lines.extend(group.heading.clone());
        lines.extend(facts(&group.facts));
    }
    lines
}

fn facts(facts: &[Fact]) -> Vec<String> {
    facts.iter().map(|fact| format!("{}: {}", fact.label, fact.values.join("; "))).collect()
}

fn remark(remark: &Remark) -> Vec<String> {
    std::iter::once(remark.sentence.clone()).chain(remark.text.as_ref().map(Speech::isolated)).collect()
}

/// Without `<`, `&` and `>`, and so without `-->`; line ends are gone since the outline.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn time(millis: u64) -> String {
    format!("{}.{:03}", crate::moments::hours(millis), millis % 1_000)
}
