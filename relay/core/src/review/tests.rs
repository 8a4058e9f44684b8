use uuid::Uuid;

use super::*;
use crate::event::Event;
use crate::evidence::{Chain, Entry, VerifiedLog, verify};
use crate::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use crate::interpreting::Mode;
use crate::language::{LanguagePair, LanguageTag};
use crate::session_types::{Consent, ConsentKind, ConsentMeans, OfferNumber, Place, Role, SessionRequest};
use crate::time::UnixMillis;
use crate::transcript::{GapReason, LineStatus, TranscriptGap, TranscriptLine};

const SESSION: SessionId = SessionId(Uuid::from_u128(7));
const OFFICER_ACCOUNT: AccountId = AccountId(Uuid::from_u128(1));

fn id(number: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(100 + number))
}

fn tag(text: &str) -> LanguageTag {
    text.parse().unwrap()
}

fn at(seconds: i64) -> UnixMillis {
    UnixMillis(seconds * 1_000)
}

fn line(speaker: u128, language: &str, text: &str, begins: i64) -> Event {
    let line = TranscriptLine {
        speaker: id(speaker),
        language: tag(language),
        text: text.to_owned(),
        started_at: at(begins),
        ended_at: at(begins + 2),
        model: "test".to_owned(),
        status: LineStatus::MachineDraft,
        words: Vec::new(),
        doubtful: false,
        broken_off: false,
    };
    Event::LineTranscribed { by: id(4), line }
}

fn accepted(number: u128, place: u8) -> Event {
    Event::OfferAccepted {
        offer: OfferNumber(u32::from(place) + 1),
        mediator: MediatorId(Uuid::from_u128(number)),
        participant: id(number),
        alias: format!("Heron {number}"),
        register_number: (number == 1).then(|| "AL-17/4".to_owned()),
        adjacent_language: None,
        place: Place(place),
    }
}

fn connected(number: u128) -> Event {
    Event::ParticipantConnected { participant: id(number) }
}

/// Officer 0 (en), mediators 1 and 2 (sq–en), interviewee 3 (sq), scribe 4.
fn events() -> Vec<(i64, Event)> {
    let languages = LanguagePair { source: tag("sq"), target: tag("en") };
    let request = SessionRequest::between(languages);
    let (kind, means) = (ConsentKind::Interpreting, ConsentMeans::NotedByOfficer);
    let admitted = |number, role, language| Event::ParticipantAdmitted {
        participant: id(number),
        role,
        language: tag(language),
    };
    let gap = TranscriptGap { speaker: id(3), started_at: at(64), ended_at: at(70), why: GapReason::TooSlow };
    vec![
        (0, Event::SessionRequested { officer_account: OFFICER_ACCOUNT, officer: id(0), request }),
        (10, accepted(1, 0)),
        (11, connected(1)),
        (20, admitted(3, Role::Interviewee, "sq")),
        (21, admitted(4, Role::Scribe, "en")),
        (30, Event::ConsentGiven { by: id(0), consent: Consent { kind, agreed: true, means, at: at(30) } }),
        (41, line(0, "en", "Did you slep well?", 38)),
        (45, line(1, "sq", "A keni fjetur mirë?", 42)),
        // Of two who speak at once, the one who began later is written first.
        (52, line(3, "sq", "Po.", 50)),
        (53, line(0, "en", "Good.", 49)),
        (60, Event::ModeChanged { by: id(1), mode: Mode::Simultaneous }),
        (70, Event::TextMissing { by: id(4), gap }),
        (80, Event::Paused { by: id(3) }),
        (100, Event::Resumed { by: id(3) }),
        (110, accepted(2, 2)),
        (111, connected(2)),
        (120, Event::HandedOver { place: Place(0), from: id(1), to: id(2) }),
        (150, Event::ParticipantDisconnected { participant: id(2) }),
        (200, Event::SessionEnded { by: Some(id(0)), abandoned: false }),
    ]
}

fn log() -> VerifiedLog {
    let mut chain = Chain::of(SESSION);
    let entries: Vec<Entry> =
        events().iter().map(|(when, event)| chain.append(SESSION, event, at(*when))).collect();
    verify(SESSION, entries.iter().map(|entry| (entry.line.as_str(), entry.hash))).unwrap()
}

fn officer() -> Reviewer {
    Reviewer { account: OFFICER_ACCOUNT, mediator: None }
}

fn mediator(number: u128) -> Reviewer {
    let account = AccountId(Uuid::from_u128(10 + number));
    Reviewer { account, mediator: Some(MediatorId(Uuid::from_u128(number))) }
}

/// A log with its review, and what was stored of it.
struct Desk {
    log: VerifiedLog,
    review: Review,
    stored: Vec<Entry>,
}

impl Desk {
    fn new() -> Self {
        let log = log();
        Self { review: Review::of(&log), log, stored: Vec::new() }
    }

    fn act(&mut self, reviewer: &Reviewer, act: ReviewAct) -> Result<(), ReviewRefusal> {
        let (by, revision) = self.review.decide(&self.log, reviewer, act)?;
        let when = at(1_000 + i64::try_from(self.stored.len()).unwrap());
        self.stored.push(self.review.append(&self.log, reviewer.account, by, revision, when));
        Ok(())
    }

    fn line(&self, number: u64) -> DocumentLine {
        let document = TranscriptDocument::of(&self.log, &self.review);
        let found = document.entries.into_iter().find(|entry| entry.number() == number);
        let Some(DocumentEntry::Line(line)) = found else { panic!("no line {number}") };
        line
    }
}

fn correct(line: u64, version: u32, text: &str) -> ReviewAct {
    ReviewAct::CorrectLine { seen: LineVersion { line, version }, text: text.to_owned() }
}

fn certify(lines: &[(u64, u32)]) -> ReviewAct {
    let seen = lines.iter().map(|(line, version)| LineVersion { line: *line, version: *version });
    ReviewAct::CertifyLines { seen: seen.collect(), service_number: None }
}

#[test]
fn the_certificate_says_who_interpreted_when_and_how() {
    let certificate = log().certificate;
    let spans = |spans: &[crate::availability::Span]| {
        spans.iter().map(|span| (span.from.0 / 1_000, span.until.0 / 1_000)).collect::<Vec<_>>()
    };
    let interpreters: Vec<_> = certificate
        .interpreters
        .iter()
        .map(|one| (one.alias.as_str(), one.register_number.as_deref(), spans(&one.turns)))
        .collect();
    assert_eq!(
        interpreters,
        [("Heron 1", Some("AL-17/4"), vec![(30, 80), (100, 120)]), ("Heron 2", None, vec![(120, 150)])]
    );
    let modes: Vec<_> = certificate.modes.iter().map(|one| (one.mode, spans(&[one.span])[0])).collect();
    assert_eq!(
        modes,
        [(Mode::Consecutive, (30, 60)), (Mode::Simultaneous, (60, 80)), (Mode::Simultaneous, (100, 150))]
    );
    assert_eq!(certificate.languages, LanguagePair { source: tag("sq"), target: tag("en") });
}

#[test]
fn the_document_has_lines_and_gaps_in_the_order_in_which_speech_began() {
    let desk = Desk::new();
    let document = TranscriptDocument::of(&desk.log, &desk.review);
    let numbers: Vec<u64> = document.entries.iter().map(DocumentEntry::number).collect();
    assert_eq!(numbers, [7, 8, 10, 9, 12]);
    assert!(matches!(document.entries[4], DocumentEntry::Gap(_)));
    assert_eq!(document.speakers.len(), 5);
    assert_eq!(document.record.chain, hex::encode(desk.log.session.chain.head));
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<TranscriptDocument>(&json).unwrap(), document);
}

#[test]
fn a_correction_keeps_what_was_there_and_takes_a_certification_back() {
    let mut desk = Desk::new();
    assert_eq!(desk.line(7).status, LineStatus::MachineDraft);
    desk.act(&officer(), certify(&[(7, 0)])).unwrap();
    assert_eq!((desk.line(7).status, desk.line(7).certified.len()), (LineStatus::Certified, 1));
    desk.act(&officer(), correct(7, 0, " Did you sleep well? ")).unwrap();
    let line = desk.line(7);
    assert_eq!((line.text.as_str(), line.version), ("Did you sleep well?", 1));
    assert_eq!((line.status, line.certified.len()), (LineStatus::Corrected, 0));
    assert_eq!(line.before, [LineVersionText { text: "Did you slep well?".to_owned(), signed: None }]);
    desk.act(&officer(), correct(7, 1, "Did you sleep?")).unwrap();
    let before: Vec<_> = desk.line(7).before.into_iter().map(|before| before.text).collect();
    assert_eq!(before, ["Did you slep well?", "Did you sleep well?"]);
    let number = Some("4711".to_owned());
    let seen = vec![LineVersion { line: 7, version: 2 }];
    desk.act(&officer(), ReviewAct::CertifyLines { seen, service_number: number.clone() }).unwrap();
    let certified = desk.line(7).certified;
    assert_eq!(certified[0].by, Reviser { role: Role::Officer, alias: None, register_number: number });
}

#[test]
fn whoever_saw_another_text_neither_corrects_nor_certifies() {
    let mut desk = Desk::new();
    desk.act(&officer(), correct(7, 0, "Did you sleep well?")).unwrap();
    assert_eq!(desk.act(&officer(), correct(7, 0, "Did you sleep?")), Err(ReviewRefusal::LineChanged));
    assert_eq!(desk.act(&officer(), certify(&[(10, 0), (7, 0)])), Err(ReviewRefusal::LineChanged));
    assert_eq!(desk.line(10).status, LineStatus::MachineDraft, "all of them or none");
}

#[test]
fn what_can_not_be_is_refused() {
    let mut desk = Desk::new();
    let comment = |entry, text: &str| ReviewAct::Comment { entry, text: text.to_owned() };
    let number = |number: &str| ReviewAct::CertifyLines {
        seen: vec![LineVersion { line: 7, version: 0 }],
        service_number: Some(number.to_owned()),
    };
    let stranger = Reviewer { account: AccountId(Uuid::from_u128(99)), mediator: None };
    for (reviewer, act, refusal) in [
        (officer(), correct(7, 0, "  "), ReviewRefusal::TextMalformed),
        (officer(), correct(7, 0, &"x".repeat(2_001)), ReviewRefusal::TextMalformed),
        (officer(), correct(7, 0, "Did you slep well? "), ReviewRefusal::SameText),
        (officer(), correct(12, 0, "a gap has no text"), ReviewRefusal::NoSuchLine),
        (officer(), correct(2, 0, "not a line"), ReviewRefusal::NoSuchLine),
        (officer(), certify(&[]), ReviewRefusal::LinesMalformed),
        (officer(), certify(&[(8, 0)]), ReviewRefusal::NotYourLanguage),
        (officer(), number("4711; DROP"), ReviewRefusal::NumberMalformed),
        (officer(), number(""), ReviewRefusal::NumberMalformed),
        (officer(), comment(Some(3), "nothing was said there"), ReviewRefusal::NoSuchLine),
        (officer(), comment(None, ""), ReviewRefusal::TextMalformed),
        (officer(), ReviewAct::AskCheck { of: id(3) }, ReviewRefusal::NoSuchMediator),
        (officer(), ReviewAct::CallCheckOff { of: id(1) }, ReviewRefusal::NotAsked),
        (officer(), ReviewAct::FinishCheck, ReviewRefusal::NotAsked),
        (mediator(1), comment(None, "not asked"), ReviewRefusal::NotAsked),
        (mediator(9), comment(None, "not of this session"), ReviewRefusal::NotYourRole),
        (stranger, comment(None, "not of this session"), ReviewRefusal::NotYourRole),
    ] {
        assert_eq!(desk.act(&reviewer, act.clone()), Err(refusal), "{act:?}");
    }
    assert!(desk.stored.is_empty());
}

#[test]
fn a_mediator_sees_to_it_only_while_asked() {
    let mut desk = Desk::new();
    desk.act(&officer(), ReviewAct::AskCheck { of: id(1) }).unwrap();
    assert!(desk.review.is_asked(MediatorId(Uuid::from_u128(1))));
    let again = desk.act(&officer(), ReviewAct::AskCheck { of: id(1) });
    assert_eq!(again, Err(ReviewRefusal::AskedAlready));
    desk.act(&mediator(1), certify(&[(7, 0), (8, 0), (9, 0)])).unwrap();
    let by = desk.line(8).certified[0].by.clone();
    assert_eq!((by.alias.as_deref(), by.register_number.as_deref()), (Some("Heron 1"), Some("AL-17/4")));
    let refused = desk.act(&mediator(1), ReviewAct::AskCheck { of: id(2) });
    assert_eq!(refused, Err(ReviewRefusal::NotYourRole));
    desk.act(&mediator(1), ReviewAct::FinishCheck).unwrap();
    assert!(!desk.review.is_asked(MediatorId(Uuid::from_u128(1))));
    assert_eq!(desk.act(&mediator(1), correct(8, 0, "E?")), Err(ReviewRefusal::NotAsked));
    let view = TranscriptView::of(&desk.log, &desk.review, Some(&officer()));
    assert_eq!((view.you, view.your_languages), (Some(id(0)), vec![tag("en")]));
    assert_eq!(view.checks[0].finished_at, Some(at(1_002)));
    desk.act(&officer(), ReviewAct::AskCheck { of: id(1) }).unwrap();
    desk.act(&officer(), ReviewAct::CallCheckOff { of: id(1) }).unwrap();
    assert!(!desk.review.is_asked(MediatorId(Uuid::from_u128(1))));
}

#[test]
fn a_replayed_review_is_the_same_and_every_change_is_found() {
    let mut desk = Desk::new();
    desk.act(&officer(), ReviewAct::AskCheck { of: id(1) }).unwrap();
    desk.act(&mediator(1), correct(8, 0, "A keni fjetur?")).unwrap();
    desk.act(&mediator(1), certify(&[(8, 1)])).unwrap();
    let text = "He means the night before.".to_owned();
    desk.act(&mediator(1), ReviewAct::Comment { entry: Some(9), text }).unwrap();
    desk.act(&mediator(1), ReviewAct::FinishCheck).unwrap();
    let lines = || desk.stored.iter().map(|entry| (entry.line.as_str(), entry.hash));
    assert_eq!(verify_review(&desk.log, lines()).unwrap(), desk.review);

    let longer = desk.stored[1].line.replace("fjetur?", "fjetur!");
    let changed =
        lines().enumerate().map(|(n, (line, hash))| (if n == 1 { longer.as_str() } else { line }, hash));
    assert_eq!(verify_review(&desk.log, changed).unwrap_err().seq, 2);
    assert_eq!(verify_review(&desk.log, lines().skip(1)).unwrap_err().seq, 1);

    let mut other = log();
    other.session.chain = Chain::of(SESSION);
    assert_eq!(verify_review(&other, lines()).unwrap_err().seq, 1, "it belongs to the end of one log");
}
