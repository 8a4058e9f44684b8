//! The roster's private details and its file: names stay sealed, and nothing is half imported.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_core::event::Event;
use dragoman_core::ids::{MediatorId, SessionId};
use dragoman_core::rest_directory::{ImportReport, ImportVerdict, PrivateUse};
use dragoman_core::session_types::{OfferNumber, Place};
use dragoman_core::time::UnixMillis;
use dragoman_relay::clock;
use dragoman_relay::config::Settings;
use dragoman_relay::notify::{ContactUse, Notifier};
use dragoman_tests::client::Client;
use dragoman_tests::push::PushService;
use dragoman_tests::relay::{RelayProcess, TestRelay};
use serde_json::{Value, json};
use uuid::Uuid;

/// Written nowhere but in the sealed rows.
const NAME: &str = "Zamira Unmistakable";
const PHONE: &str = "+355 69 731 9954";
const NOTES: &str = "never on Thursdays-7319";
const CASE: &str = "KRIM-UNMISTAKABLE-17";

#[tokio::test]
async fn names_are_in_no_file_and_in_no_answer_to_others() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let id = first_mediator(&coordinator).await?;
    let path = format!("/api/v1/mediators/{id}/private");
    let details = json!({ "name": NAME, "phone": PHONE, "notes": NOTES });
    assert_eq!(coordinator.try_put(&path, &details).await?.0, 200);
    assert_eq!(coordinator.try_get(&path).await?.1["name"], NAME);
    let wrong = json!({ "name": "x".repeat(121) });
    let (status, problem) = coordinator.try_put(&path, &wrong).await?;
    assert_eq!((status, problem["code"].as_str()), (400, Some("name_malformed")));

    // A case as well: only its digest is kept.
    let request =
        json!({ "languages": { "source": "sq", "target": "en" }, "case_number": CASE, "person": "V1" });
    let session = officer.post("/api/v1/sessions", &request).await?["session"].clone();
    let lone = json!({ "languages": { "source": "sq", "target": "en" }, "person": "V1" });
    let (status, problem) = officer.try_post("/api/v1/sessions", &lone).await?;
    assert_eq!((status, problem["code"].as_str()), (400, Some("case_malformed")));

    for (who, client) in [("officer", &officer), ("mediator", &mediator)] {
        assert_eq!(client.try_get(&path).await?.0, 403, "{who}");
        assert_eq!(client.try_put(&path, &details).await?.0, 403, "{who}");
        assert_eq!(client.try_get("/api/v1/mediators/export.csv?names=true").await?.0, 403, "{who}");
        assert_eq!(client.try_post("/api/v1/mediators/import", &json!({ "csv": "" })).await?.0, 403, "{who}");
    }
    let session = session.as_str().context("no session")?;
    for (client, path) in [
        (&officer, "/api/v1/sessions".to_owned()),
        (&coordinator, format!("/api/v1/sessions/{session}/candidates")),
        (&coordinator, "/api/v1/mediators".to_owned()),
        (&coordinator, "/api/v1/accounts".to_owned()),
        (&coordinator, "/api/v1/mediators/export.csv".to_owned()),
    ] {
        demand_absent(&client.get(&path).await?, &path);
    }
    let view = officer.session_socket(session.parse()?).await?.next::<Value>().await?;
    demand_absent(view.to_string().as_bytes(), "the session's view");
    let desk = mediator.socket("/api/v1/desk").await?.next::<Value>().await?;
    demand_absent(desk.to_string().as_bytes(), "the mediator's desk");
    let mut files = 0;
    for file in std::fs::read_dir(relay.folder.path())? {
        let file = file?.path();
        demand_absent(&std::fs::read(&file)?, &file.display().to_string());
        files += 1;
    }
    assert!(files >= 4, "database, log, record key, roster key");

    // To look whether there is a number discloses nothing; to ring it does.
    let end = UnixMillis(i64::MAX);
    let numbers = &relay.app.directory;
    for purpose in [ContactUse::Reachability, ContactUse::Ring, ContactUse::Reachability] {
        assert_eq!(numbers.contact_of(id.parse()?, purpose, end).await.as_deref(), Some(PHONE));
    }
    let log_of = |id: &str| format!("/api/v1/mediators/{id}/private/log");
    for client in [&officer, &mediator] {
        assert_eq!(client.try_get(&log_of(&id)).await?.0, 403);
    }
    let (_, log) = coordinator.try_get(&log_of(&id)).await?;
    let lines = log.as_array().context("a log is a list")?;
    let what: Vec<&str> = lines.iter().filter_map(|line| line["what"].as_str()).collect();
    assert_eq!(what, ["disclosure", "consultation", "alteration"], "newest first");
    let (_, me) = coordinator.try_get("/api/v1/me").await?;
    let by: Vec<&Value> = lines.iter().map(|line| &line["by"]).collect();
    assert_eq!(by, [&Value::Null, &me["login"], &me["login"]]);

    // Whoever left no number has nothing to disclose.
    let other: MediatorId = mediators(&coordinator).await?[1].parse()?;
    let path = format!("/api/v1/mediators/{other}/private");
    assert_eq!(coordinator.try_put(&path, &json!({ "name": NAME })).await?.0, 200);
    assert_eq!(numbers.contact_of(other, ContactUse::Ring, end).await, None);
    let (_, log) = coordinator.try_get(&log_of(&other.to_string())).await?;
    assert_eq!((log.as_array().map(Vec::len), &log[0]["what"]), (Some(1), &json!("alteration")));
    Ok(())
}

#[tokio::test]
async fn a_gateway_is_no_reason_to_note_a_disclosure_until_it_rings_somebody() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let id: MediatorId = first_mediator(&coordinator).await?.parse()?;
    let path = format!("/api/v1/mediators/{id}/private");
    assert_eq!(coordinator.try_put(&path, &json!({ "phone": PHONE })).await?.0, 200);
    let mut gateway = PushService::start().await?;
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        data: Some(folder.path().into()),
        listen: Some("127.0.0.1:1".into()),
        plain_http: true,
        notify_webhook_url: Some(gateway.url("ring")),
        notify_webhook_secret: Some("a secret of more than thirty-two characters".into()),
        ..Settings::default()
    };
    let (store, contacts) = (relay.app.store.clone(), relay.app.directory.contacts());
    let (notifier, _lost) = Notifier::start(&settings.check()?, store, contacts)?;
    let disclosures = async || -> Result<usize> {
        let log = relay.app.store.private_log(id, 100).await?;
        Ok(log.iter().filter(|line| line.what == PrivateUse::Disclosure).count())
    };
    for _ in 0..3 {
        assert!(notifier.reaches(id).await?);
    }
    assert_eq!(disclosures().await?, 0, "nobody was told the number");
    let expires_at = clock::now() + Duration::from_secs(30);
    let (offer, place) = (OfferNumber(1), Place::default());
    let rang = Event::OfferRang { offer, mediator: id, wave: 1, expires_at, place };
    notifier.note(SessionId(Uuid::from_u128(9)), &[rang]);
    let taken: Value = serde_json::from_slice(&gateway.next().await?.body)?;
    assert_eq!((&taken["contact"], disclosures().await?), (&json!(PHONE), 1));
    Ok(())
}

#[tokio::test]
async fn swapped_rows_and_a_lost_key_are_refused_and_calls_go_on() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let ids = mediators(&coordinator).await?;
    let path = |place: usize| format!("/api/v1/mediators/{}/private", ids[place]);
    for place in [0, 1] {
        coordinator.try_put(&path(place), &json!({ "name": format!("{NAME} {place}") })).await?;
    }
    let database = relay.folder.path().join("dragoman.sqlite");
    swap_sealed_rows(&database, &ids[0], &ids[1]).await?;
    for place in [0, 1] {
        let (status, problem) = coordinator.try_get(&path(place)).await?;
        assert_eq!((status, problem["code"].as_str()), (500, Some("details_damaged")));
    }

    let vault =
        dragoman_relay::vault::Vault::open(&relay.folder.path().join("nowhere"), &relay.app.store).await?;
    let directory = dragoman_relay::directory::Directory::new(relay.app.store.clone(), vault.into());
    let number = directory.contact_of(ids[0].parse()?, ContactUse::Ring, UnixMillis(1)).await;
    assert_eq!(number, None);
    Ok(())
}

#[tokio::test]
async fn a_relay_without_its_key_refuses_private_details_and_serves_calls() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut relay = RelayProcess::start(data.path()).await?;
    let coordinator = signed_in(&relay, "/coordinator").await?;
    let path = format!("/api/v1/mediators/{}/private", first_mediator(&coordinator).await?);
    assert_eq!(coordinator.try_put(&path, &json!({ "name": NAME })).await?.0, 200);
    relay.kill()?;
    let (key, away) = (data.path().join("roster.key"), data.path().join("away"));
    std::fs::rename(&key, &away)?;
    relay.restart().await?;
    let (coordinator, officer) =
        (signed_in(&relay, "/coordinator").await?, signed_in(&relay, "/officer").await?);
    let (status, problem) = coordinator.try_get(&path).await?;
    assert_eq!((status, problem["code"].as_str()), (503, Some("roster_key_unusable")));
    assert!(problem["message"].as_str().unwrap_or_default().contains("backup"), "{problem}");
    let request = json!({ "languages": { "source": "sq", "target": "en" }, "case_number": CASE });
    assert_eq!(officer.try_post("/api/v1/sessions", &request).await?.0, 503);
    officer.request_session("sq").await?;
    // Found again without a restart.
    std::fs::rename(&away, &key)?;
    assert_eq!(coordinator.try_get(&path).await?.1["name"], NAME);
    Ok(())
}

#[tokio::test]
async fn of_300_rows_five_faulty_ones_are_named_and_nothing_is_imported_until_they_are_mended() -> Result<()>
{
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let before = mediators(&coordinator).await?.len();
    let faulty = file(300, true);
    let report = import(&coordinator, &faulty, false).await?;
    assert_eq!(report.rows.len(), 300);
    let errors = report.rows.iter().filter(|row| row.verdict == ImportVerdict::Error);
    let lines: Vec<(u32, BTreeSet<&str>)> = errors
        .map(|row| (row.line, row.errors.iter().map(|error| error.column.as_str()).collect()))
        .collect();
    let expected: [(u32, &[&str]); 5] = [
        (12, &["languages", "vetted_until"]),
        (50, &["qualification"]),
        (100, &["alias"]),
        (200, &["phone"]),
        (301, &["countries"]),
    ];
    assert_eq!(lines, expected.map(|(line, columns)| (line, columns.iter().copied().collect())));

    let form = json!({ "csv": faulty, "commit": true });
    let (status, problem) = coordinator.try_post("/api/v1/mediators/import", &form).await?;
    assert_eq!((status, problem["code"].as_str()), (409, Some("import_refused")));
    let message = problem["message"].as_str().unwrap_or_default();
    assert!(message.contains("5 of 300") && message.contains("12, 50, 100, 200, 301"), "{message}");
    assert_eq!(mediators(&coordinator).await?.len(), before);

    let report = import(&coordinator, &file(300, false), true).await?;
    assert!(report.committed && report.rows.iter().all(|row| row.verdict == ImportVerdict::New));
    assert_eq!(mediators(&coordinator).await?.len(), before + 300);

    // Out, and in again: nothing changes, with names and without, in either form.
    for query in ["", "?names=true", "?names=true&semicolons=true"] {
        let exported = coordinator.get(&format!("/api/v1/mediators/export.csv{query}")).await?;
        let exported = String::from_utf8(exported)?;
        assert_eq!(exported.contains("Person 299"), !query.is_empty());
        let report = import(&coordinator, &exported, false).await?;
        assert_eq!(report.rows.len(), before + 300);
        assert!(report.rows.iter().all(|row| row.verdict == ImportVerdict::Unchanged), "{query}");
    }
    let exported = String::from_utf8(coordinator.get("/api/v1/mediators/export.csv?names=true").await?)?;
    let report = import(&coordinator, &exported.replace("Person 299", "Person 999"), true).await?;
    let changed: Vec<_> = report.rows.iter().filter(|row| row.verdict == ImportVerdict::Changed).collect();
    assert_eq!(changed.iter().map(|row| row.changes.clone()).collect::<Vec<_>>(), [["name"]]);

    let (status, problem) =
        coordinator.try_post("/api/v1/mediators/import", &json!({ "csv": "alias,langs\n" })).await?;
    assert_eq!((status, problem["code"].as_str()), (400, Some("csv_malformed")));
    assert!(problem["message"].as_str().unwrap_or_default().contains("'langs' is not known"));
    Ok(())
}

#[tokio::test]
async fn a_power_cut_during_an_import_leaves_all_of_it_or_nothing() -> Result<()> {
    const ROWS: usize = 2_000;
    let data = tempfile::tempdir()?;
    let mut relay = RelayProcess::start(data.path()).await?;
    let mut coordinator = signed_in(&relay, "/coordinator").await?;
    let before = mediators(&coordinator).await?.len();
    let form = json!({ "csv": file(ROWS, false), "commit": true });
    let mut imported = 0;
    for wait in [40_u64, 80, 110, 130, 150, 170, 190, 220, 300, 600] {
        let (client, form) = (coordinator.clone(), form.clone());
        let asked = tokio::spawn(async move { client.try_post("/api/v1/mediators/import", &form).await });
        tokio::time::sleep(Duration::from_millis(wait)).await;
        relay.kill()?;
        let acknowledged = asked.await?.is_ok_and(|(status, _)| status == 200);
        relay.restart().await?;
        coordinator = signed_in(&relay, "/coordinator").await?;
        let now = mediators(&coordinator).await?.len() - before;
        assert!(now == 0 || now == ROWS, "{now} of {ROWS} after {wait} ms");
        assert!(!acknowledged || now == ROWS, "an acknowledged import was lost");
        let exported = coordinator.get("/api/v1/mediators/export.csv?names=true").await?;
        let names = String::from_utf8(exported)?.matches("Person ").count();
        assert_eq!(names, now, "names and roster entries belong together");
        if now == ROWS {
            imported = wait;
            break;
        }
    }
    println!("{ROWS} rows were whole after {imported} ms (0: never within the waits)");
    Ok(())
}

/// Rows as a spreadsheet writes them; line n + 2 has person n.
fn file(rows: usize, faulty: bool) -> String {
    let header = "alias,name,phone,languages,qualification,vetted_until,undertaking_signed,countries";
    let row = |n: usize| {
        let (mut alias, mut languages, mut qualification) =
            (format!("Import {n}"), "sq:native; en:fluent", "interpreter");
        let (mut phone, mut vetted, mut country) = ("+355 69 000 0000", "2027-12-31", "AL");
        match n + 2 {
            12 if faulty => (languages, vetted) = ("sq; en:fluent", "next year"),
            50 if faulty => qualification = "judge",
            100 if faulty => alias = "Blue Heron".to_owned(),
            200 if faulty => phone = "unknown",
            301 if faulty => country = "ALB",
            _ => {}
        }
        format!("{alias},Person {n},{phone},{languages},{qualification},{vetted},1.2.2026,{country}\r\n")
    };
    format!("{header}\r\n") + &(0..rows).map(row).collect::<String>()
}

async fn import(client: &Client, csv: &str, commit: bool) -> Result<ImportReport> {
    let report = client.post("/api/v1/mediators/import", &json!({ "csv": csv, "commit": commit })).await?;
    Ok(serde_json::from_value(report)?)
}

async fn mediators(client: &Client) -> Result<Vec<String>> {
    let rows: Vec<Value> = serde_json::from_slice(&client.get("/api/v1/mediators").await?)?;
    let ids = rows.iter().filter_map(|row| row["mediator"]["id"].as_str()).map(str::to_owned);
    Ok(ids.collect())
}

async fn first_mediator(client: &Client) -> Result<String> {
    mediators(client).await?.into_iter().next().context("the roster is empty")
}

async fn signed_in(relay: &RelayProcess, who: &str) -> Result<Client> {
    let links = relay.links().await?;
    let link = links.pointer(who).and_then(Value::as_str).context("no such link")?;
    Client::signed_in(&relay.url, link).await
}

fn demand_absent(bytes: &[u8], place: &str) {
    for secret in [NAME, "Zamira", PHONE, NOTES, CASE, "KRIM"] {
        let found = bytes.windows(secret.len()).any(|window| window.eq_ignore_ascii_case(secret.as_bytes()));
        assert!(!found, "'{secret}' stands in {place}");
    }
}

/// As somebody with the database in hand would, without the key.
async fn swap_sealed_rows(database: &Path, one: &str, other: &str) -> Result<()> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let pool = sqlx::SqlitePool::connect_with(options).await?;
    let mut sealed: Vec<Vec<u8>> = Vec::new();
    for mediator in [one, other] {
        let row = sqlx::query_scalar("SELECT sealed FROM private_details WHERE mediator = $1").bind(mediator);
        sealed.push(row.fetch_one(&pool).await?);
    }
    for (mediator, sealed) in [other, one].into_iter().zip(sealed) {
        let put = sqlx::query("UPDATE private_details SET sealed = $1 WHERE mediator = $2");
        put.bind(sealed).bind(mediator).execute(&pool).await?;
    }
    pool.close().await;
    Ok(())
}
