//! What papers say, in every format; and that no document, however strange, breaks one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::io::{Cursor, Read};

use boon::{Compiler, Schemas};
use chrono_tz::Tz;
use dragoman_core::review::{DocumentEntry, TranscriptDocument};
use dragoman_core::time::UnixMillis;
use dragoman_papers::{Format, Options, PaperError, PaperLanguage, schema, write};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use sample::{CHAIN, MODEL, REVIEW_CHAIN, document, line, with_line};

const ENGLISH: Options = Options { language: PaperLanguage::En, time_zone: Tz::Europe__Belgrade };

fn text_of(document: &TranscriptDocument, format: Format, options: &Options) -> String {
    String::from_utf8(write(document, format, options).unwrap()).unwrap()
}

/// A part of a DOCX, which is well-formed XML.
fn part(docx: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = true;
    while !matches!(reader.read_event().unwrap(), Event::Eof) {}
    text
}

/// A cue of a WebVTT file.
#[derive(Debug, PartialEq)]
struct Cue {
    identifier: String,
    from: u64,
    until: u64,
    text: String,
}

/// Reads a file strictly, by WebVTT's syntax for authors (4.1): whatever is not a comment or a cue is an error.
fn cues(file: &str) -> Vec<Cue> {
    let mut blocks = file.trim_end_matches('\n').split("\n\n");
    let header = blocks.next().unwrap();
    assert!(header.starts_with("WEBVTT ") && !header.contains('\n') && !header.contains("-->"), "{header}");
    let mut cues = Vec::new();
    for block in blocks {
        assert!(!block.is_empty() && !block.starts_with('\n'), "two empty lines");
        if block.starts_with("NOTE\n") {
            assert!(!block.contains("-->"), "{block}");
            continue;
        }
        let mut lines = block.lines();
        let identifier = lines.next().unwrap().to_owned();
        let (from, until) = lines.next().unwrap().split_once(" --> ").unwrap();
        let text = lines.next().unwrap().to_owned();
        assert_eq!(lines.next(), None, "{block}");
        assert!(!text.contains("-->") && !text.contains('\r'), "{text}");
        tags_are_closed(&text);
        cues.push(Cue { identifier, from: millis(from), until: millis(until), text });
    }
    cues
}

fn millis(time: &str) -> u64 {
    let (clock, millis) = time.split_once('.').unwrap();
    let parts: Vec<u64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
    assert!(parts.len() == 3 && parts[1] < 60 && parts[2] < 60 && millis.len() == 3, "{time}");
    ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1_000 + millis.parse::<u64>().unwrap()
}

fn tags_are_closed(text: &str) {
    let mut open = Vec::new();
    for tag in text.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("open tag in {text}"));
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{text}"),
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty(), "{text}");
    let entities = text.split('&').skip(1);
    entities.for_each(|entity| {
        assert!(["amp;", "lt;", "gt;"].iter().any(|known| entity.starts_with(known)), "{text}")
    });
}

fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    let (_, after) = text.split_once("/Type/Pages").unwrap();
    let (_, count) = after.split_once("/Count ").unwrap();
    count.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn text_says_who_interpreted_and_where_each_line_comes_from() {
    let text = text_of(&document(), Format::Text, &ENGLISH);
    for expected in [
        "Begin:      3 March 2026, 14:00:00 (UTC+01:00)\n",
        "Time zone:  Europe/Belgrade\nLanguages:  Arabic [ar] – Albanian [sq]\n",
        "Interpreter Blue Heron\nRegister number:  RS-MPV 0412\n",
        "Spoken instead:   Arabic (Levantine) [apc]\nInterpreted:      14:01:00 – 14:02:15\n                  14:31:40 – 15:01:40\n",
        "Interpreter Cedar\nRegister number:  none given\n",
        "14:15:00 – 14:30:00  Simultaneous\n",
        &format!("{CHAIN}\n         SHA-256, entries: 148\n"),
        &format!("{REVIEW_CHAIN}\n         SHA-256, entries: 7\n"),
        "00:01:05  Officer, Albanian [sq]\n          \u{2068}Mirëdita.",
        "— Machine draft, not checked (whisper-large-v3-turbo)\n",
        "— Corrected by Interpreter Blue Heron, register no. RS-MPV 0412 on 3 March 2026, 15:25:00",
        "— Before, in the machine draft (whisper-large-v3-turbo):\n              \u{2068}مرحبا، أنا المحقق، ",
        "— Certified by Officer, service no. 7731 on 3 March 2026, 15:40:00 (UTC+01:00)\n",
        "00:01:44  Interviewee\n          [no text of 7 s of speech: the transcribing device was too slow]\n          — Note by Officer",
        "(whisper-large-v3-turbo), doubtful\n",
        "(whisper-large-v3-turbo), broken off\n",
        "Notes on the whole transcript\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
    assert_eq!(text.matches('\u{2069}').count(), text.matches(['\u{2066}', '\u{2067}', '\u{2068}']).count());
}

#[test]
fn papers_are_written_in_albanian_and_serbian() {
    for (language, title, note) in [
        (PaperLanguage::Sq, "Transkript i një interviste të përkthyer", "Draft i makinës, i pakontrolluar"),
        (PaperLanguage::Sr, "Transkript prevođenog razgovora", "Mašinska skica, neproverena"),
    ] {
        let options = Options { language, ..ENGLISH };
        for format in [Format::Text, Format::WebVtt] {
            let text = text_of(&document(), format, &options);
            assert!(text.contains(title) && text.contains(note), "{text}");
            assert!(!text.contains('{'), "a place was not filled: {text}");
        }
        assert!(pages(&write(&document(), Format::Pdf, &options).unwrap()) >= 2);
    }
}

#[test]
fn captions_have_a_cue_for_each_line_from_the_beginning_of_the_session() {
    let cues = cues(&text_of(&document(), Format::WebVtt, &ENGLISH));
    assert_eq!(cues.len(), document().entries.len());
    assert_eq!(
        cues[1],
        Cue {
            identifier: "12".to_owned(),
            from: 72_000,
            until: 78_000,
            text: "<v Interpreter Blue Heron><lang ar>مرحبا، أنا المحققة، وهذه المقابلة تسجل كتابة. هل تسمعينني جيدا؟</lang></v>"
                .to_owned(),
        }
    );
    assert_eq!(
        cues[3].text,
        "<v Interviewee>[no text of 7 s of speech: the transcribing device was too slow]</v>"
    );
}

#[test]
fn what_looks_like_markup_is_text() {
    let mut document = document();
    let hostile = "a --> b <v Officer>&amp;</v>\n\nNOTE\u{202E}";
    document.entries = vec![
        line(1, 1, "en", -5, hostile),
        with_line(line(2, 1, "ar", 0, "Ahmed قال"), |line| line.ended_at = UnixMillis(0)),
    ];
    document.speakers[0].alias = Some("--".to_owned());
    let file = text_of(&document, Format::WebVtt, &ENGLISH);
    let cues = cues(&file);
    assert_eq!(
        cues[0].text,
        "<v Officer -- ><lang en>a --&gt; b &lt;v Officer&gt;&amp;amp;&lt;/v&gt; NOTE</lang></v>"
    );
    assert_eq!((cues[0].from, cues[0].until), (0, 1_000), "nothing is before the beginning");
    assert_eq!((cues[1].from, cues[1].until), (0, 1), "no cue is empty");
    assert!(cues[1].text.contains("\u{200F}Ahmed قال"), "{}", cues[1].text);
    assert!(
        part(&write(&document, Format::Docx, &ENGLISH).unwrap(), "word/document.xml")
            .contains("&lt;v Officer&gt;")
    );
}

#[test]
fn json_is_the_document_and_fits_its_schema() {
    let document = document();
    let json = write(&document, Format::Json, &ENGLISH).unwrap();
    assert_eq!(serde_json::from_slice::<TranscriptDocument>(&json).unwrap(), document);
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource("transcript.schema.json", schema()).unwrap();
    let compiled = compiler.compile("transcript.schema.json", &mut schemas).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    schemas.validate(&json, compiled).unwrap_or_else(|error| panic!("{error:#}"));
    json["entries"][0]["status"] = "invented".into();
    assert!(schemas.validate(&json, compiled).is_err(), "a schema that allows everything says nothing");
}

#[test]
fn a_word_processor_gets_directions_pages_and_footers() {
    let docx = write(&document(), Format::Docx, &ENGLISH).unwrap();
    let text = part(&docx, "word/document.xml");
    let paragraph = |words: &str| {
        let (before, _) = text.split_once(words).unwrap();
        before.rsplit_once("<w:p ").unwrap().1.to_owned()
    };
    for (words, right_to_left) in [
        ("أسمعك", true),
        ("خواهم", true),
        ("عائشہ", true),
        ("ሰላም", false),
        ("Жели", false),
        ("Certified by", false),
    ] {
        let paragraph = paragraph(words);
        assert_eq!(paragraph.contains("<w:bidi />"), right_to_left, "{words}: {paragraph}");
        assert_eq!(paragraph.contains("<w:rtl />"), right_to_left, "{words}: {paragraph}");
    }
    assert!(!text.contains("RightToLeftRun"), "the mark for the property is still there");
    assert!(text.contains(CHAIN) && text.contains(MODEL));
    let footer = part(&docx, "word/footer1.xml");
    assert!(
        footer.contains(">PAGE<") && footer.contains(">NUMPAGES<") && footer.contains(&REVIEW_CHAIN[..16]),
        "{footer}"
    );
    let properties = part(&docx, "docProps/core.xml");
    assert!(
        properties.contains("<dc:title>Transcript of") && properties.contains(">2026-03-03T14:40:00Z<"),
        "{properties}"
    );
    assert!(part(&docx, "word/styles.xml").contains(r#"<w:lang w:val="en" />"#));
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    for format in Format::ALL {
        let write = || write(&document(), format, &ENGLISH).unwrap();
        assert!(write() == write(), "{format:?}");
    }
}

#[test]
fn the_file_for_the_court_is_archival() {
    let pdf = write(&document(), Format::Pdf, &ENGLISH).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    assert!((2..=3).contains(&pages(&pdf)));
    let text = String::from_utf8_lossy(&pdf);
    for expected in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(text.contains(expected), "{expected}");
    }
}

#[test]
fn long_transcripts_fill_pages() {
    let mut document = document();
    let entry = |number: u64| {
        line(number, 1, "sq", i64::try_from(number).unwrap(), &"Mirëdita, si jeni sot? ".repeat(80))
    };
    document.entries = (1..100).map(entry).collect();
    assert!(pages(&write(&document, Format::Pdf, &ENGLISH).unwrap()) > 30);
}

#[test]
fn a_letter_that_no_font_has_is_said() {
    let mut document = document();
    document.entries.push(line(30, 1, "en", 300, "a \u{E123} b"));
    let error = write(&document, Format::Pdf, &ENGLISH).unwrap_err();
    assert!(matches!(error, PaperError::NoGlyphs { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("U+E123") && said.contains("fonts-noto-core"), "{said}");
    assert!(write(&document, Format::Docx, &ENGLISH).is_ok());
}

#[test]
fn formats_are_named_by_their_endings() {
    for format in Format::ALL {
        assert_eq!(format.extension().parse::<Format>(), Ok(format));
    }
    assert!("doc".parse::<Format>().is_err() && "de".parse::<PaperLanguage>().is_err());
}

/// Anything, and what is awkward on purpose.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zأ-ي <>&\\-\n\r\t\u{0}\u{85}\u{2028}\u{202A}-\u{202E}\u{2066}-\u{2069}\u{200B}-\u{200F}\u{FEFF}\u{FFFE}{}\"']{0,60}",
        Just(String::new()),
        Just("ا".repeat(2_000)),
    ]
}

fn any_document() -> impl Strategy<Value = TranscriptDocument> {
    (
        prop::collection::vec((any_text(), any::<i64>(), any::<i64>()), 0..4),
        any_text(),
        any_text(),
        any_text(),
        any::<i64>(),
    )
        .prop_map(|(lines, alias, model, comment, from)| {
            let mut document = document();
            for (number, (text, begin, end)) in (40..).zip(lines) {
                let entry = line(number, 3, if number % 2 == 0 { "ar" } else { "en" }, 0, &text);
                document.entries.push(with_line(entry, |line| {
                    line.started_at = UnixMillis(begin);
                    line.ended_at = UnixMillis(end);
                    line.model.clone_from(&model);
                }));
            }
            if let Some(DocumentEntry::Gap(gap)) = document.entries.get_mut(3) {
                gap.gap.started_at = UnixMillis(from);
            }
            document.from = UnixMillis(from);
            document.speakers[2].alias = Some(alias.clone());
            document.certificate.interpreters[0].alias = alias;
            document.certificate.interpreters[0].register_number = Some(comment.clone());
            document.certificate.modes[0].span.until = UnixMillis(from);
            document.comments[0].text = comment;
            document.comments[1].signed.by.register_number = Some(model.clone());
            document.record.revisions_chain = model;
            document
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_document_breaks_a_paper(document in any_document()) {
        let captions = text_of(&document, Format::WebVtt, &ENGLISH);
        prop_assert_eq!(cues(&captions).len(), document.entries.len());
        let text = text_of(&document, Format::Text, &ENGLISH);
        let opened = text.matches(['\u{2066}', '\u{2067}', '\u{2068}']).count();
        prop_assert_eq!(opened, text.matches('\u{2069}').count());
        part(&write(&document, Format::Docx, &ENGLISH).unwrap(), "word/document.xml");
        write(&document, Format::Json, &ENGLISH).unwrap();
        match write(&document, Format::Pdf, &ENGLISH) {
            Ok(pdf) => prop_assert!(pages(&pdf) > 0),
            Err(PaperError::NoGlyphs { .. }) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
