//! A transcript with everything that papers must set: scripts of both directions, corrections, certification, a gap,
//! notes, and two interpreters with a handover.

use dragoman_core::availability::Span;
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::interpreting::Mode;
use dragoman_core::language::{LanguagePair, LanguageTag};
use dragoman_core::review::{
    Certificate, CertifiedInterpreter, Comment, DocumentEntry, DocumentGap, DocumentLine, LineVersionText,
    ModeSpan, RecordHash, Reviser, SignedAt, Speaker, TranscriptDocument,
};
use dragoman_core::session_types::{Phase, Role};
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{GapReason, LineStatus, LineWord, TranscriptGap};
use uuid::Uuid;

/// 3 March 2026, 14:00:00 in Pristina.
pub(crate) const BEGIN: i64 = 1_772_542_800_000;
pub(crate) const MODEL: &str = "whisper-large-v3-turbo";
pub(crate) const CHAIN: &str = "9f2c51d07be84a6653c1f0a9e8d7b6c5a4938271605f4e3d2c1b0a9988776655";
pub(crate) const REVIEW_CHAIN: &str = "4be1a07f93d2c8564f0e1d2c3b4a59687786a5b4c3d2e1f00f1e2d3c4b5a6978";

const OFFICER: u128 = 1;
const INTERVIEWEE: u128 = 2;
const BLUE: u128 = 3;
const SCRIBE: u128 = 5;
const CEDAR: u128 = 4;

pub(crate) fn document() -> TranscriptDocument {
    let entries = vec![
        line(
            11,
            OFFICER,
            "sq",
            65,
            "Mirëdita. Unë jam hetuesja dhe kjo bisedë regjistrohet me shkrim. A më dëgjoni mirë?",
        ),
        corrected(line(
            12,
            BLUE,
            "ar",
            72,
            "مرحبا، أنا المحققة، وهذه المقابلة تسجل كتابة. هل تسمعينني جيدا؟",
        )),
        certified(line(
            13,
            INTERVIEWEE,
            "ar",
            80,
            "نعم، أسمعك جيدًا. اسمي ليلى، ووصلت إلى الحدود يوم 14 شباط 2026 (في الساعة 23:40) مع شركة Balkan Express، \
             وكان رقم السيارة BG 1427-XK. دفعنا 1.500 يورو للسائق، ثم أخذ جوازات سفرنا وقال: «ستحصلون عليها لاحقًا».",
        )),
        gap(14, INTERVIEWEE, 104, 111),
        doubtful(line(
            15,
            INTERVIEWEE,
            "fa",
            118,
            "من می‌خواهم بگویم که آن مرد (راننده) گذرنامه‌ام را در «Hotel Grand» گرفت؛ شمارهٔ اتاق ۳۱۲ بود.",
        )),
        line(
            16,
            CEDAR,
            "sr-Cyrl",
            140,
            "Жели да каже да јој је возач узео пасош у хотелу „Grand“, соба 312.",
        ),
        line(17, INTERVIEWEE, "am", 155, "ስሜ ሰላም ነው። ከአዲስ አበባ በ2025 ወጣሁ።"),
        line(18, INTERVIEWEE, "ur", 167, "میرا نام عائشہ ہے، میں 12 مارچ کو لاہور سے نکلی تھی۔"),
        line(19, INTERVIEWEE, "bn", 178, "আমার নাম রহিম, আমি ঢাকা থেকে এসেছি।"),
        broken_off(line(20, OFFICER, "en", 190, "Thank you. We will have a short break now, and then")),
    ];
    TranscriptDocument {
        format: "dragoman-transcript-1".to_owned(),
        session: SessionId(Uuid::from_u128(0x3f1c_5a07_9b2e_4d41_8c66_12ab_90ef_77d3)),
        phase: Phase::Sealed,
        from: UnixMillis(BEGIN),
        to: at(3_725),
        record: RecordHash {
            entries: 148,
            chain: CHAIN.to_owned(),
            revisions: 7,
            revisions_chain: REVIEW_CHAIN.to_owned(),
        },
        certificate: certificate(),
        speakers: vec![
            speaker(OFFICER, Role::Officer, None, "sq"),
            speaker(INTERVIEWEE, Role::Interviewee, None, "ar"),
            speaker(BLUE, Role::Mediator, Some("Blue Heron"), "ar"),
            speaker(CEDAR, Role::Mediator, Some("Cedar"), "ar"),
            speaker(SCRIBE, Role::Scribe, None, "en"),
        ],
        entries,
        comments: vec![
            comment(
                3,
                Some(13),
                mediator(),
                5_400,
                "«شباط» is the Levantine name of February; Balkan Express is a coach line.",
            ),
            comment(
                4,
                Some(14),
                officer(),
                5_500,
                "She said the driver’s name; it stands in the officer’s own notes.",
            ),
            comment(
                7,
                None,
                mediator(),
                5_900,
                "The interviewee speaks the Arabic of Damascus and changes to Persian when she quotes the driver.",
            ),
        ],
    }
}

pub(crate) fn line(number: u64, speaker: u128, language: &str, second: i64, text: &str) -> DocumentEntry {
    DocumentEntry::Line(DocumentLine {
        number,
        speaker: id(speaker),
        language: tag(language),
        started_at: at(second),
        ended_at: at(second + 6),
        text: text.to_owned(),
        status: LineStatus::MachineDraft,
        before: Vec::new(),
        corrected: None,
        version: 0,
        certified: Vec::new(),
        model: MODEL.to_owned(),
        words: vec![LineWord { text: "one".to_owned(), from_ms: 0, until_ms: 400, sure: 93 }],
        doubtful: false,
        broken_off: false,
        gist: None,
    })
}

pub(crate) fn with_line(mut entry: DocumentEntry, change: impl FnOnce(&mut DocumentLine)) -> DocumentEntry {
    if let DocumentEntry::Line(line) = &mut entry {
        change(line);
    }
    entry
}

fn corrected(entry: DocumentEntry) -> DocumentEntry {
    with_line(entry, |line| {
        line.status = LineStatus::Corrected;
        line.version = 2;
        line.before = vec![
            LineVersionText {
                text: "مرحبا، أنا المحقق، وهذه المقابلة تسجل كتابة. هل تسمعني؟".to_owned(),
                signed: None,
            },
            LineVersionText {
                text: "مرحبا، أنا المحققة، وهذه المقابلة تسجل كتابة. هل تسمعني؟".to_owned(),
                signed: Some(signed(mediator(), 4_980)),
            },
        ];
        line.corrected = Some(signed(mediator(), 5_100));
    })
}

fn certified(entry: DocumentEntry) -> DocumentEntry {
    with_line(entry, |line| {
        line.status = LineStatus::Certified;
        line.certified = vec![signed(mediator(), 5_200), signed(officer(), 6_000)];
    })
}

fn doubtful(entry: DocumentEntry) -> DocumentEntry {
    with_line(entry, |line| line.doubtful = true)
}

fn broken_off(entry: DocumentEntry) -> DocumentEntry {
    with_line(entry, |line| line.broken_off = true)
}

fn gap(number: u64, speaker: u128, from: i64, until: i64) -> DocumentEntry {
    let gap = TranscriptGap {
        speaker: id(speaker),
        started_at: at(from),
        ended_at: at(until),
        why: GapReason::TooSlow,
    };
    DocumentEntry::Gap(DocumentGap { number, gap })
}

fn certificate() -> Certificate {
    let pair = LanguagePair { source: tag("ar"), target: tag("sq") };
    let interpreter =
        |who, alias: &str, number: Option<&str>, adjacent: Option<&str>, turns: &[(i64, i64)]| {
            CertifiedInterpreter {
                id: id(who),
                alias: alias.to_owned(),
                register_number: number.map(str::to_owned),
                languages: pair.clone(),
                adjacent_language: adjacent.map(tag),
                turns: turns.iter().map(|(from, until)| span(*from, *until)).collect(),
            }
        };
    Certificate {
        languages: pair.clone(),
        via: None,
        interpreters: vec![
            interpreter(BLUE, "Blue Heron", Some("RS-MPV 0412"), Some("apc"), &[(60, 135), (1_900, 3_700)]),
            interpreter(CEDAR, "Cedar", None, None, &[(135, 1_900)]),
        ],
        modes: vec![
            ModeSpan { mode: Mode::Consecutive, span: span(60, 900) },
            ModeSpan { mode: Mode::Simultaneous, span: span(900, 1_800) },
            ModeSpan { mode: Mode::Whispered, span: span(1_860, 3_700) },
        ],
    }
}

fn comment(number: u64, entry: Option<u64>, by: Reviser, second: i64, text: &str) -> Comment {
    Comment { number, entry, text: text.to_owned(), signed: signed(by, second) }
}

fn mediator() -> Reviser {
    Reviser {
        role: Role::Mediator,
        alias: Some("Blue Heron".to_owned()),
        register_number: Some("RS-MPV 0412".to_owned()),
    }
}

fn officer() -> Reviser {
    Reviser { role: Role::Officer, alias: None, register_number: Some("7731".to_owned()) }
}

fn signed(by: Reviser, second: i64) -> SignedAt {
    SignedAt { by, at: at(second) }
}

fn speaker(who: u128, role: Role, alias: Option<&str>, language: &str) -> Speaker {
    Speaker { id: id(who), role, alias: alias.map(str::to_owned), language: tag(language) }
}

fn span(from: i64, until: i64) -> Span {
    Span { from: at(from), until: at(until) }
}

fn at(second: i64) -> UnixMillis {
    UnixMillis(BEGIN + second * 1_000)
}

fn id(number: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(number))
}

pub(crate) fn tag(text: &str) -> LanguageTag {
    text.parse().unwrap()
}
