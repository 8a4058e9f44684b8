//! What a paper says, in order: put together once, and set by each format.

use dragoman_core::language::LanguagePair;
use dragoman_core::review::{
    CertifiedInterpreter, Comment, DocumentEntry, DocumentGap, DocumentLine, LineVersionText, Reviser,
    SignedAt, TranscriptDocument,
};
use dragoman_core::session_types::Role;
use dragoman_core::time::UnixMillis;

use crate::Options;
use crate::clean::{Speech, name};
use crate::labels::{Labels, PaperLanguage, fill};
use crate::moments::{Clock, hours};
use crate::names::language_name;

/// Hexadecimal digits of the record's hash that fit a footer and still tell two records apart.
const FOOTER_HASH_DIGITS: usize = 16;
/// Of the session's identifier.
const FOOTER_SESSION_DIGITS: usize = 8;

/// A paper.
#[derive(Debug)]
pub(crate) struct Outline {
    pub(crate) language: PaperLanguage,
    pub(crate) labels: &'static Labels,
    pub(crate) title: &'static str,
    /// Of which session, when, in which languages.
    pub(crate) facts: Vec<Fact>,
    pub(crate) certificate: Section,
    pub(crate) about: Section,
    pub(crate) entries: Vec<Entry>,
    /// Notes on the whole.
    pub(crate) notes: Vec<Remark>,
    /// On every page, without its number.
    pub(crate) footer: String,
    /// When the last of it was written.
    pub(crate) as_of: UnixMillis,
}

/// A part before the lines.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) heading: &'static str,
    pub(crate) text: Option<&'static str>,
    pub(crate) groups: Vec<Group>,
}

/// Facts that belong together.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) heading: Option<String>,
    pub(crate) facts: Vec<Fact>,
}

/// A label with what holds for it; several values stand below each other.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) values: Vec<String>,
}

/// A line or a gap.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    /// In milliseconds since the beginning.
    pub(crate) from: u64,
    /// Later than `from`.
    pub(crate) until: u64,
    /// Since the beginning, as it is read.
    pub(crate) time: String,
    pub(crate) speaker: String,
    pub(crate) language: Option<String>,
    pub(crate) said: Said,
    /// Where the text comes from, earlier texts, notes.
    pub(crate) remarks: Vec<Remark>,
}

/// What stands in an entry.
#[derive(Debug)]
pub(crate) enum Said {
    Speech(Speech),
    /// In the paper's words.
    Gap(String),
}

/// Something under a line: a sentence of the paper, and the words that it leads to.
#[derive(Debug)]
pub(crate) struct Remark {
    pub(crate) sentence: String,
    pub(crate) text: Option<Speech>,
}

impl Outline {
    pub(crate) fn of(document: &TranscriptDocument, options: &Options) -> Self {
        Writer {
            document,
            language: options.language,
            labels: options.language.labels(),
            clock: Clock::new(options.language, options.time_zone, document.from),
        }
        .outline()
    }

    /// What stands before the lines.
    pub(crate) fn sections(&self) -> [&Section; 2] {
        [&self.certificate, &self.about]
    }
}

impl Fact {
    fn one(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, values: vec![value.into()] }
    }

    fn several(label: &'static str, values: Vec<String>, none: &str) -> Self {
        if values.is_empty() { Self::one(label, none) } else { Self { label, values } }
    }
}

struct Writer<'a> {
    document: &'a TranscriptDocument,
    language: PaperLanguage,
    labels: &'static Labels,
    clock: Clock,
}

impl Writer<'_> {
    fn outline(&self) -> Outline {
        let Self { document, labels, .. } = self;
        let session = document.session.to_string();
        let short = |text: &str, digits| name(&text.chars().take(digits).collect::<String>());
        let facts = vec![
            Fact::one(labels.session, session.as_str()),
            Fact::one(labels.begin, self.clock.moment(document.from)),
            Fact::one(labels.end, self.clock.moment(document.to)),
            Fact::one(labels.time_zone, self.clock.zone()),
            Fact::one(labels.languages, self.languages(&document.certificate.languages)),
        ];
        // The review's chain begins at the end of the session's, so its end stands for both.
        let hash = &document.record.revisions_chain;
        let footer = fill(
            labels.footer,
            &[
                ("session", &short(&session, FOOTER_SESSION_DIGITS)),
                ("hash", &short(hash, FOOTER_HASH_DIGITS)),
            ],
        );
        Outline {
            language: self.language,
            labels,
            title: labels.title,
            facts,
            certificate: self.certificate(),
            about: self.about(),
            entries: document.entries.iter().map(|entry| self.entry(entry)).collect(),
            notes: self.notes(None),
            footer,
            as_of: as_of(document),
        }
    }

    fn certificate(&self) -> Section {
        let certificate = &self.document.certificate;
        let mut groups: Vec<Group> =
            certificate.interpreters.iter().map(|interpreter| self.interpreter(interpreter)).collect();
        let mut whole = Vec::new();
        if let Some(via) = &certificate.via {
            whole.push(Fact::one(self.labels.via, language_name(via, self.language)));
        }
        let modes = certificate.modes.iter().map(|mode| {
            let span = self.clock.span(mode.span.from, mode.span.until);
            format!("{span}  {}", self.labels.mode(mode.mode))
        });
        whole.push(Fact::several(self.labels.modes, modes.collect(), self.labels.no_mode));
        groups.insert(0, Group { heading: None, facts: whole });
        let nobody = certificate.interpreters.is_empty();
        Section {
            heading: self.labels.certificate,
            text: nobody.then_some(self.labels.nobody_interpreted),
            groups,
        }
    }

    fn interpreter(&self, interpreter: &CertifiedInterpreter) -> Group {
        let labels = self.labels;
        let number = interpreter.register_number.as_deref().map(name).filter(|number| !number.is_empty());
        let mut facts = vec![
            Fact::one(labels.register_number, number.unwrap_or_else(|| labels.none_given.to_owned())),
            Fact::one(labels.languages, self.languages(&interpreter.languages)),
        ];
        if let Some(adjacent) = &interpreter.adjacent_language {
            facts.push(Fact::one(labels.spoken_instead, language_name(adjacent, self.language)));
        }
        let turns = interpreter.turns.iter().map(|turn| self.clock.span(turn.from, turn.until));
        facts.push(Fact::several(labels.turns, turns.collect(), labels.no_turn));
        Group { heading: Some(self.person(Role::Mediator, Some(&interpreter.alias))), facts }
    }

    fn about(&self) -> Section {
        let record = &self.document.record;
        let chain = |label, entries: u64, hash: &str| {
            let count = fill(self.labels.record_entries, &[("entries", &entries.to_string())]);
            Fact { label, values: vec![name(hash), format!("SHA-256, {count}")] }
        };
        let facts = vec![
            chain(self.labels.session_record, record.entries, &record.chain),
            chain(self.labels.review_record, record.revisions, &record.revisions_chain),
        ];
        Section {
            heading: self.labels.about,
            text: Some(self.labels.about_text),
            groups: vec![Group { heading: None, facts }],
        }
    }

    fn entry(&self, entry: &DocumentEntry) -> Entry {
        let (language, until, said, mut remarks) = match entry {
            DocumentEntry::Line(line) => {
                let speech = Speech::of(&line.text, Some(&line.language));
                (Some(&line.language), line.ended_at, Said::Speech(speech), self.statuses(line))
            }
            DocumentEntry::Gap(gap) => (None, gap.gap.ended_at, Said::Gap(self.gap(gap)), Vec::new()),
        };
        remarks.extend(self.notes(Some(entry.number())));
        let from = self.clock.since(entry.started_at());
        let speaker = self.document.speaker(entry.speaker());
        let speaker = speaker.map_or_else(
            || self.labels.unknown_speaker.to_owned(),
            |speaker| self.person(speaker.role, speaker.alias.as_deref()),
        );
        Entry {
            number: entry.number(),
            from,
            until: self.clock.since(until).max(from.saturating_add(1)),
            time: hours(from),
            speaker,
            language: language.map(|tag| language_name(tag, self.language)),
            said,
            remarks,
        }
    }

    fn gap(&self, DocumentGap { gap, .. }: &DocumentGap) -> String {
        let seconds = gap.ended_at.0.saturating_sub(gap.started_at.0).max(0) / 1_000;
        let values = [("seconds", &*seconds.to_string()), ("why", self.labels.gap_reason(gap.why))];
        fill(self.labels.gap, &values)
    }

    fn statuses(&self, line: &DocumentLine) -> Vec<Remark> {
        let labels = self.labels;
        let remark = |sentence: String| Remark { sentence, text: None };
        let mut remarks = Vec::new();
        match &line.corrected {
            Some(signed) => remarks.push(remark(self.signed(labels.corrected, signed))),
            None if line.certified.is_empty() => {
                remarks.push(remark(self.of_machine(labels.machine_draft, line, "")));
            }
            None => remarks.push(remark(self.of_machine(labels.machine_draft_certified, line, ""))),
        }
        remarks.extend(line.certified.iter().map(|signed| remark(self.signed(labels.certified, signed))));
        remarks.extend(line.before.iter().map(|LineVersionText { text, signed }| Remark {
            sentence: match signed {
                Some(signed) => self.signed(labels.before_corrected, signed),
                None => self.of_machine(labels.before_machine, line, ":"),
            },
            text: Some(Speech::of(text, Some(&line.language))),
        }));
        remarks
    }

    /// What is doubtful or broken off is the machine's text, so it is said of that one; `end` is how the sentence ends.
    fn of_machine(&self, sentence: &str, line: &DocumentLine, end: &str) -> String {
        let sentence = fill(sentence, &[("model", &name(&line.model))]);
        let doubts = [(line.doubtful, self.labels.doubtful), (line.broken_off, self.labels.broken_off)];
        let doubts = doubts.into_iter().filter_map(|(holds, doubt)| holds.then_some(doubt));
        let begin = sentence.strip_suffix(end).unwrap_or(&sentence).to_owned();
        doubts.fold(begin, |all, doubt| format!("{all}, {doubt}")) + end
    }

    fn notes(&self, entry: Option<u64>) -> Vec<Remark> {
        let remark = |comment: &Comment| Remark {
            sentence: self.signed(self.labels.note, &comment.signed),
            text: Some(Speech::of(&comment.text, None)),
        };
        self.document.comments_on(entry).map(remark).collect()
    }

    fn signed(&self, sentence: &str, SignedAt { by, at }: &SignedAt) -> String {
        fill(sentence, &[("who", &self.reviser(by)), ("at", &self.moment(*at))])
    }

    fn moment(&self, at: UnixMillis) -> String {
        self.clock.moment(at)
    }

    fn reviser(&self, Reviser { role, alias, register_number }: &Reviser) -> String {
        let person = self.person(*role, alias.as_deref());
        let number = register_number.as_deref().map(name).filter(|number| !number.is_empty());
        let Some(number) = number else { return person };
        let labels = self.labels;
        let sentence = if *role == Role::Officer { labels.by_service } else { labels.by_register };
        format!("{person}, {}", fill(sentence, &[("number", &number)]))
    }

    fn person(&self, role: Role, alias: Option<&str>) -> String {
        let role = self.labels.role(role);
        match alias.map(name).filter(|alias| !alias.is_empty()) {
            Some(alias) => format!("{role} {alias}"),
            None => role.to_owned(),
        }
    }

    fn languages(&self, pair: &LanguagePair) -> String {
        [&pair.source, &pair.target].map(|tag| language_name(tag, self.language)).join(" – ")
    }
}

fn as_of(document: &TranscriptDocument) -> UnixMillis {
    let lines = document.entries.iter().filter_map(|entry| match entry {
        DocumentEntry::Line(line) => Some(line),
        DocumentEntry::Gap(_) => None,
    });
    let signed = lines.flat_map(|line| line.certified.iter().chain(&line.corrected));
    let signed = signed.chain(document.comments.iter().map(|comment| &comment.signed));
    signed.map(|signed| signed.at).fold(document.to, UnixMillis::max)
}
