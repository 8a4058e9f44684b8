//! A transcript after its session: read with a reason, corrected, certified by whoever was asked to, written as files, and
//! all of it in a record that anybody can check.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, which may panic"
)]

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result};
use dragoman_core::ids::ParticipantId;
use dragoman_core::review::{DocumentEntry, TranscriptDocument, TranscriptView};
use dragoman_core::session_types::{Phase, Role};
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{LineStatus, TranscriptGist};
use dragoman_core::wire::{ParticipantMessage, RelayMessage};
use dragoman_relay::record::verify_file;
use dragoman_tests::agencies::change_mediator;
use dragoman_tests::call::Call;
use dragoman_tests::client::Client;
use dragoman_tests::relay::TestRelay;
use dragoman_tests::scribe::{Scribe, line};
use serde_json::{Value, json};

const REASON: &str = "reason=file%204711";

/// A session that is over, with a line of each of the three.
struct Over {
    officer: Client,
    mediator: Client,
    mediator_id: ParticipantId,
    path: String,
    relay: TestRelay,
}

impl Over {
    async fn new() -> Result<Self> {
        let relay = TestRelay::start().await?;
        let coordinator = relay.signed_in(&relay.links.coordinator).await?;
        let number = |entry: &mut Value| entry["register_number"] = json!(" AL-17/4 ");
        change_mediator(&coordinator, "Blue Heron", number).await?;
        let links = &relay.links;
        let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
        let mut scribe = Scribe::join(&relay.url, &mut call).await?;
        let view = call.officer.socket.phase(Phase::Live).await?;
        let id =
            |role| view.participants.iter().find(|one| one.role == role).context("nobody").map(|one| one.id);
        let (officer, mediator, interviewee) =
            (id(Role::Officer)?, id(Role::Mediator)?, id(Role::Interviewee)?);
        let now = relay.app.now();
        let at = |seconds: i64| UnixMillis(now.0 + seconds * 1_000);
        for line in [
            line(officer, "en", "Did you slep well?", at(0))?,
            line(mediator, "sq", "A keni fjetur mirë?", at(3))?,
            line(interviewee, "sq", "Po, faleminderit.", at(6))?,
        ] {
            scribe.write(&mut call, line).await?;
        }
        let model = "test".to_owned();
        let text = "Yes, thank you.".to_owned();
        let gist = TranscriptGist { speaker: interviewee, started_at: at(6), text, model };
        scribe.socket.send(&ParticipantMessage::AddGist { gist: gist.clone() }).await?;
        let is_gist =
            |message| matches!(message, RelayMessage::Gist { gist: told } if told == gist).then_some(());
        call.officer.socket.find(is_gist).await?;
        call.officer.socket.send(&ParticipantMessage::EndSession).await?;
        // The interviewee hears the interpreter, and reads no machine's translation.
        let until_the_end = |message: RelayMessage| match message {
            RelayMessage::Gist { .. } => Some(false),
            RelayMessage::Session { view } if view.phase == Phase::Sealed => Some(true),
            _ => None,
        };
        assert!(call.interviewee.socket.find(until_the_end).await?, "the interviewee got a gist");
        call.officer.socket.phase(Phase::Sealed).await?;
        let path = format!("/api/v1/sessions/{}/transcript", call.session);
        let (officer, mediator_client) = (call.officer.client, call.mediator.client);
        Ok(Self { officer, mediator: mediator_client, mediator_id: mediator, path, relay })
    }

    async fn read(&self) -> Result<TranscriptView> {
        let (status, body) = self.officer.try_get(&format!("{}?{REASON}", self.path)).await?;
        anyhow::ensure!(status == 200, "{status} {body}");
        Ok(serde_json::from_value(body)?)
    }

    async fn act(&self, who: &Client, act: Value) -> Result<(u16, Value)> {
        who.try_post(&format!("{}/revisions", self.path), &act).await
    }

    /// Notes of who read it, newest last.
    async fn reads(&self) -> Result<Vec<String>> {
        let file = self.relay.folder.path().join("dragoman.sqlite");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}?mode=ro", file.display())).await?;
        let rows =
            sqlx::query_scalar("SELECT reason FROM record_reads ORDER BY rowid").fetch_all(&pool).await?;
        Ok(rows)
    }
}

fn code(body: &Value) -> &str {
    body["code"].as_str().unwrap_or_default()
}

fn numbers(view: &TranscriptView) -> Vec<u64> {
    view.document.entries.iter().map(DocumentEntry::number).collect()
}

fn statuses(document: &TranscriptDocument) -> Vec<LineStatus> {
    let status = |entry: &DocumentEntry| match entry {
        DocumentEntry::Line(line) => line.status,
        DocumentEntry::Gap(_) => panic!("there is no gap"),
    };
    document.entries.iter().map(status).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transcript_is_read_with_a_reason_corrected_and_certified_by_whoever_was_asked() -> Result<()> {
    let over = Over::new().await?;
    let (status, problem) = over.officer.try_get(&over.path).await?;
    assert_eq!((status, code(&problem)), (400, "reason_missing"));
    let view = over.read().await?;
    assert_eq!(view.your_languages, ["en".parse()?]);
    let [english, albanian, answer] = numbers(&view)[..] else { panic!("three lines") };
    let [interpreter] = &view.document.certificate.interpreters[..] else { panic!("one interpreter") };
    assert_eq!(interpreter.register_number.as_deref(), Some("AL-17/4"));
    assert!(!interpreter.turns.is_empty() && view.document.certificate.modes.len() == 1);
    let gists = view.document.entries.iter().map(|entry| match entry {
        DocumentEntry::Line(line) => line.gist.as_deref(),
        DocumentEntry::Gap(_) => None,
    });
    assert_eq!(gists.collect::<Vec<_>>(), [None, None, Some("Yes, thank you.")]);

    // Others see nothing: not the mediator, who was not asked; not whoever runs the relay; and a stranger not either.
    let administrator = over.relay.signed_in(&over.relay.links.administrator).await?;
    let stranger = over.relay.signed_in(&over.relay.links.mediators[1].link).await?;
    for who in [&over.mediator, &administrator, &stranger] {
        assert_eq!(who.try_get(&format!("{}?{REASON}", over.path)).await?.0, 404);
        let comment = json!({ "act": "comment", "text": "I was here" });
        assert_eq!(over.act(who, comment).await?.0, 404);
    }
    assert_eq!(over.mediator.try_get("/api/v1/my/checks").await?, (200, json!([])));

    let correct = |line: u64, version: u32, text: &str| json!({ "act": "correct_line", "seen": { "line": line, "version": version }, "text": text });
    let (status, _) = over.act(&over.officer, correct(english, 0, "Did you sleep well?")).await?;
    assert_eq!(status, 200);
    let (status, problem) = over.act(&over.officer, correct(english, 0, "Have you slept?")).await?;
    assert_eq!((status, code(&problem)), (409, "line_changed"));
    let certify = |lines: &[(u64, u32)]| {
        let seen = lines.iter().map(|(line, version)| json!({ "line": line, "version": version }));
        json!({ "act": "certify_lines", "seen": seen.collect::<Vec<_>>() })
    };
    let (status, problem) = over.act(&over.officer, certify(&[(albanian, 0)])).await?;
    assert_eq!((status, code(&problem)), (409, "not_your_language"));
    let (status, problem) = over.act(&over.officer, json!({ "act": "forge" })).await?;
    assert_eq!((status, code(&problem)), (422, "body_malformed"));

    let ask = json!({ "act": "ask_check", "of": over.mediator_id });
    assert_eq!(over.act(&over.officer, ask).await?.0, 200);
    let (_, checks) = over.mediator.try_get("/api/v1/my/checks").await?;
    assert_eq!(checks.as_array().map(Vec::len), Some(1));
    assert_eq!(over.mediator.try_get(&over.path).await?.0, 200);
    assert_eq!(stranger.try_get(&over.path).await?.0, 404);
    let all = certify(&[(english, 1), (albanian, 0), (answer, 0)]);
    assert_eq!(over.act(&over.mediator, all).await?.0, 200);
    let comment = json!({ "act": "comment", "entry": answer, "text": "He speaks the dialect of the north." });
    assert_eq!(over.act(&over.mediator, comment).await?.0, 200);
    assert_eq!(over.act(&over.mediator, json!({ "act": "finish_check" })).await?.0, 200);
    assert_eq!(over.mediator.try_get(&over.path).await?.0, 404);
    assert_eq!(over.mediator.try_get("/api/v1/my/checks").await?, (200, json!([])));

    let view = over.read().await?;
    assert_eq!(statuses(&view.document), [LineStatus::Certified; 3]);
    assert_eq!(view.document.comments.len(), 1);
    let reads = over.reads().await?;
    let revised = reads.iter().filter(|reason| *reason == "revised the transcript").count();
    assert_eq!(revised, 5, "each answer to an act is the whole transcript: {reads:?}");
    let others: Vec<&String> = reads.iter().filter(|reason| *reason != "revised the transcript").collect();
    assert_eq!(others, ["file 4711", "asked to go through the transcript", "file 4711"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_correct_a_line_at_once_one_does_and_the_chain_holds() -> Result<()> {
    let over = Over::new().await?;
    let line = numbers(&over.read().await?)[0];
    let revisions = format!("{}/revisions", over.path);
    let acts = (0..12).map(|number| {
        let seen = json!({ "line": line, "version": 0 });
        let act = json!({ "act": "correct_line", "seen": seen, "text": format!("text {number}") });
        let comment = json!({ "act": "comment", "text": format!("comment {number}") });
        let (officer, revisions) = (over.officer.clone(), revisions.clone());
        tokio::spawn(async move {
            let corrected = officer.try_post(&revisions, &act).await.unwrap().0;
            (corrected, officer.try_post(&revisions, &comment).await.unwrap().0)
        })
    });
    let mut answers = Vec::new();
    for answer in acts.collect::<Vec<_>>() {
        answers.push(answer.await?);
    }
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
    let written = answers.iter().filter(|(_, status)| *status == 200).count();
    assert!(answers.iter().all(|(corrected, _)| matches!(corrected, 200 | 409)), "{answers:?}");
    let view = over.read().await?;
    assert_eq!(view.document.comments.len(), written);
    assert_eq!(view.document.record.revisions, 1 + written as u64);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_opens_and_the_record_holds_what_was_done() -> Result<()> {
    let over = Over::new().await?;
    let line = numbers(&over.read().await?)[0];
    let seen = json!({ "line": line, "version": 0 });
    let act = json!({ "act": "correct_line", "seen": seen, "text": "Did you sleep well?" });
    assert_eq!(over.act(&over.officer, act).await?.0, 200);
    let document = over.read().await?.document;

    let file = async |format: &str| {
        let query = format!("format={format}&language=sq&zone=Europe/Tirane&{REASON}");
        over.officer.get(&format!("{}/file?{query}", over.path)).await
    };
    let json: TranscriptDocument = serde_json::from_slice(&file("json").await?)?;
    assert_eq!(json, document);
    let schema: Value = serde_json::from_slice(&over.officer.get("/api/v1/transcript.schema.json").await?)?;
    assert!(schema["$defs"]["DocumentLine"].is_object(), "{schema}");
    let vtt = String::from_utf8(file("vtt").await?)?;
    assert!(vtt.starts_with("WEBVTT") && vtt.contains("Did you sleep well?"), "{vtt}");
    let text = String::from_utf8(file("txt").await?)?;
    for said in
        ["Did you sleep well?", "Did you slep well?", "Po, faleminderit.", "AL-17/4", &document.record.chain]
    {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(file("pdf").await?.starts_with(b"%PDF-"));
    let docx = file("docx").await?;
    let mut word = zip::ZipArchive::new(std::io::Cursor::new(docx))?;
    let mut body = String::new();
    word.by_name("word/document.xml")?.read_to_string(&mut body)?;
    assert!(body.contains("Did you sleep well?"));
    for (query, expected) in [
        ("format=exe", "format_malformed"),
        ("format=pdf&language=xx", "language_malformed"),
        ("format=pdf&zone=Mars", "zone_malformed"),
    ] {
        let (status, problem) = over.officer.try_get(&format!("{}/file?{query}&{REASON}", over.path)).await?;
        assert_eq!((status, code(&problem)), (400, expected));
    }

    let record =
        over.officer.get(&format!("{}?{REASON}", over.path.replace("/transcript", "/record"))).await?;
    let path = over.relay.folder.path().join("record.zip");
    std::fs::write(&path, &record)?;
    let verified = verify_file(&path, None)?;
    let review = verified.manifest.review.context("a record of a review")?;
    assert_eq!((review.entries, &review.chain), (1, &document.record.revisions_chain));
    for (part, from, to) in [
        ("revisions.jsonl", "Did you sleep well?", "Did you sleep ill?"),
        ("document.json", "Did you sleep well?", "Did you sleep ill?"),
        ("revision-hashes.txt", &review.chain[..8], "00000000"),
        ("document.json", "\"format\"", "\"note\": \"confessed\", \"format\""),
    ] {
        std::fs::write(&path, changed(&record, part, from, to)?)?;
        assert!(verify_file(&path, None).is_err(), "{part} was changed, and nobody sees it");
    }
    remove_last_revision(&record, &path)?;
    let error = format!("{:#}", verify_file(&path, None).unwrap_err());
    assert!(error.contains("manifest.json does not follow"), "{error}");
    Ok(())
}

fn changed(record: &[u8], name: &str, from: &str, to: &str) -> Result<Vec<u8>> {
    rewritten(record, |part, text| if part == name { text.replace(from, to) } else { text })
}

fn remove_last_revision(record: &[u8], path: &Path) -> Result<()> {
    let emptied = |part: &str, text| if part.starts_with("revision") { String::new() } else { text };
    Ok(std::fs::write(path, rewritten(record, emptied)?)?)
}

fn rewritten(record: &[u8], change: impl Fn(&str, String) -> String) -> Result<Vec<u8>> {
    use std::io::{Cursor, Write as _};
    let mut from = zip::ZipArchive::new(Cursor::new(record))?;
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index)?;
        let (name, mut text) = (part.name()?.into_owned(), String::new());
        part.read_to_string(&mut text)?;
        to.start_file(&name, zip::write::SimpleFileOptions::default())?;
        to.write_all(change(&name, text).as_bytes())?;
    }
    Ok(to.finish()?.into_inner())
}
