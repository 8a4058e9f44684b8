//! Shifts over REST: who may plan them, that whoever is on shift is rung, coverage, and calendars in and out.

use anyhow::{Context, Result};
use dragoman_core::availability::{Duty, Span};
use dragoman_core::ids::MediatorId;
use dragoman_core::rest_shifts::{CoverageView, FeedRow, FillView, ShiftImportReport, ShiftRow};
use dragoman_core::time::UnixMillis;
use dragoman_tests::client::Client;
use dragoman_tests::relay::TestRelay;
use serde_json::{Value, json};

/// 2026-03-23T00:00:00Z, the Monday before clocks change in Europe.
const MONDAY: i64 = 1_774_224_000_000;
const HOUR: i64 = 3_600_000;

struct Stage {
    relay: TestRelay,
    coordinator: Client,
    /// The demonstration's first mediator: Albanian and English, login `heron`.
    heron: MediatorId,
}

async fn stage() -> Result<Stage> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let accounts = relay.app.store.accounts().await?;
    let heron = accounts.iter().find(|account| account.login == "heron").and_then(|account| account.mediator);
    Ok(Stage { relay, coordinator, heron: heron.context("the demonstration has a heron")? })
}

fn nights(mediator: MediatorId) -> Value {
    json!({ "mediator": mediator, "shift": {
        "starts_at": "2026-03-02T22:00", "zone": "Europe/Tirane", "minutes": 480,
        "rule": "FREQ=WEEKLY;BYDAY=MO,SA", "duty": "on_shift",
    } })
}

fn week() -> String {
    format!("from={MONDAY}&until={}", MONDAY + 7 * 24 * HOUR)
}

async fn planned(client: &Client, path: &str) -> Result<Vec<ShiftRow>> {
    let (status, rows) = client.try_get(&format!("{path}?{}", week())).await?;
    assert_eq!(status, 200, "{rows}");
    Ok(serde_json::from_value(rows)?)
}

#[tokio::test]
async fn coordinators_plan_change_skip_and_remove_shifts() -> Result<()> {
    let Stage { relay: _relay, coordinator, heron } = stage().await?;
    let made = coordinator.post("/api/v1/shifts", &nights(heron)).await?;
    let path = format!("/api/v1/shifts/{}", made["id"].as_str().context("an id")?);
    let span = |from: i64, until: i64| Span {
        from: UnixMillis(MONDAY + from * HOUR),
        until: UnixMillis(MONDAY + until * HOUR),
    };
    // Saturday's night is the one in which an hour is missing.
    let rows = planned(&coordinator, "/api/v1/shifts").await?;
    assert_eq!(rows[0].occurrences, [span(21, 29), span(5 * 24 + 21, 6 * 24 + 4)]);

    let skip = |date: &str| json!({ "date": date });
    coordinator.post(&format!("{path}/skip"), &skip("2026-03-28")).await?;
    let (status, problem) = coordinator.try_post(&format!("{path}/skip"), &skip("2026-03-28")).await?;
    assert_eq!((status, problem["code"].as_str()), (400, Some("shift_malformed")));
    assert_eq!(planned(&coordinator, "/api/v1/shifts").await?[0].occurrences, [span(21, 29)]);

    let mut later = nights(heron);
    later["shift"]["minutes"] = json!(60);
    later["shift"]["duty"] = json!("on_call");
    assert_eq!(coordinator.try_put(&path, &later).await?.0, 200);
    let rows = planned(&coordinator, "/api/v1/shifts").await?;
    assert_eq!((rows[0].shift.duty, rows[0].occurrences.len()), (Duty::OnCall, 2));

    assert_eq!(coordinator.try_delete(&path, &json!({})).await?.0, 204);
    assert_eq!(coordinator.try_delete(&path, &json!({})).await?.0, 404);
    assert!(planned(&coordinator, "/api/v1/shifts").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_stored() -> Result<()> {
    let Stage { relay, coordinator, heron } = stage().await?;
    for (field, value, words) in [
        ("rule", json!("FREQ=SECONDLY"), "rule: "),
        ("rule", json!("FREQ=WEEKLY;BYDAY=TU"), "first day"),
        ("zone", json!("Tirana"), "zone: "),
        ("starts_at", json!("soon"), "starts_at: "),
        ("minutes", json!(2_000), "minutes: "),
    ] {
        let mut order = nights(heron);
        order["shift"][field] = value;
        let (status, problem) = coordinator.try_post("/api/v1/shifts", &order).await?;
        let message = problem["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(words), "{field}: {status} {problem}");
    }
    let (status, _) =
        coordinator.try_post("/api/v1/shifts", &nights(MediatorId(uuid::Uuid::from_u128(404)))).await?;
    assert_eq!(status, 404);
    for query in ["from=0", "from=0&until=0", "from=0&until=5356800001", "from=a&until=b"] {
        let (status, problem) = coordinator.try_get(&format!("/api/v1/shifts?{query}")).await?;
        assert!(status == 400 && problem["code"].is_string(), "{query}: {status} {problem}");
    }
    assert!(relay.app.store.shifts().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn mediators_plan_their_own_and_nobody_elses() -> Result<()> {
    let Stage { relay, coordinator, heron } = stage().await?;
    let own = relay.signed_in(&relay.links.mediators[0].link).await?;
    let other = relay.signed_in(&relay.links.mediators[1].link).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let nobody = Client::new(&relay.url)?;
    let made = own.post("/api/v1/my/shifts", &nights(heron)["shift"]).await?;
    assert_eq!(made["mediator"], json!(heron));
    let skip = format!("/api/v1/my/shifts/{}/skip", made["id"].as_str().context("an id")?);
    let date = json!({ "date": "2026-03-28" });
    assert_eq!(other.try_post(&skip, &date).await?.0, 404);
    assert_eq!(own.try_post(&skip, &date).await?.0, 200);
    assert_eq!(planned(&own, "/api/v1/my/shifts").await?[0].occurrences.len(), 1);
    assert!(planned(&other, "/api/v1/my/shifts").await?.is_empty());

    for (who, status) in [(&officer, 403), (&own, 403), (&nobody, 401)] {
        assert_eq!(who.try_post("/api/v1/shifts", &nights(heron)).await?.0, status);
        for path in ["/api/v1/shifts", "/api/v1/coverage", "/api/v1/coverage/fill", "/api/v1/feeds"] {
            assert_eq!(who.try_get(path).await?.0, status, "{path}");
        }
    }
    assert_eq!(officer.try_get(&format!("/api/v1/my/shifts?{}", week())).await?.0, 403);
    assert_eq!(coordinator.try_post("/api/v1/my/shifts", &nights(heron)["shift"]).await?.0, 403);
    Ok(())
}

#[tokio::test]
async fn whoever_is_on_shift_is_rung_without_a_ready_switch() -> Result<()> {
    let Stage { relay, coordinator, heron } = stage().await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let mut desk = mediator.socket("/api/v1/desk").await?;
    let always = json!({ "mediator": heron, "shift": {
        "starts_at": "2026-01-01T00:00", "zone": "UTC", "minutes": 1_440, "rule": "FREQ=DAILY", "duty": "on_shift",
    } });
    let shift = coordinator.post("/api/v1/shifts", &always).await?;
    let session = officer.request_session("sq").await?.session;
    assert_eq!(desk.accept_next().await?, session);

    // And no more when the shift is gone.
    let path = format!("/api/v1/shifts/{}", shift["id"].as_str().context("an id")?);
    assert_eq!(coordinator.try_delete(&path, &json!({})).await?.0, 204);
    let known = move |relay: &dragoman_core::relay::Relay| {
        relay.roster().get(heron).is_some_and(|entry| !entry.standing.duties.is_empty())
    };
    assert!(!relay.app.engine.read(known).await?);
    Ok(())
}

#[tokio::test]
async fn a_gap_is_seen_and_filled() -> Result<()> {
    let Stage { relay, coordinator, heron } = stage().await?;
    // The demonstration's mediators are cleared from today on.
    let tomorrow = (relay.app.now().0 / (24 * HOUR) + 1) * 24 * HOUR;
    let albanian = async || -> Result<_> {
        let path = format!("/api/v1/coverage?from={tomorrow}&hours=336&zone=UTC&minimum=1");
        let view: CoverageView = serde_json::from_slice(&coordinator.get(&path).await?)?;
        assert!(view.hours.len() == 336 && view.hours[21].local.ends_with("T21:00"), "{:?}", view.hours[21]);
        view.languages.into_iter().find(|row| row.language == "sq").context("a row for Albanian")
    };
    let before = albanian().await?;
    assert_eq!((before.speakers, before.gaps.len()), (2, 336));
    let fill = format!("/api/v1/coverage/fill?language=sq&hour={}&zone=UTC", tomorrow + 21 * HOUR);
    let view: FillView = serde_json::from_slice(&coordinator.get(&fill).await?)?;
    let first = view.others.first().context("somebody could")?;
    assert!(first.fits && first.mediator == heron && view.others.len() == 2 && view.on_shift.is_empty());

    let mut nightly = nights(first.mediator);
    nightly["shift"]["zone"] = json!("UTC");
    nightly["shift"]["starts_at"] = json!("2026-01-01T21:00");
    nightly["shift"]["rule"] = json!("FREQ=DAILY");
    coordinator.post("/api/v1/shifts", &nightly).await?;
    let after = albanian().await?;
    assert_eq!(after.gaps.len(), 336 - 14 * 8);
    assert!(after.gaps.contains(&20) && !after.gaps.contains(&21) && after.gaps.contains(&29));
    let view: FillView = serde_json::from_slice(&coordinator.get(&fill).await?)?;
    assert_eq!((view.on_shift.as_slice(), view.others.len()), ([heron].as_slice(), 1));
    let bad = coordinator.try_get("/api/v1/coverage?from=0&hours=9000&zone=UTC").await?;
    assert_eq!((bad.0, bad.1["code"].as_str()), (400, Some("window_malformed")));
    Ok(())
}

#[tokio::test]
async fn a_feed_is_read_by_its_secret_until_it_is_revoked() -> Result<()> {
    let Stage { relay, coordinator, heron } = stage().await?;
    coordinator.post("/api/v1/shifts", &nights(heron)).await?;
    let made = coordinator.post("/api/v1/feeds", &json!({ "kind": "mediator", "id": heron })).await?;
    let url = made["url"].as_str().context("an address")?.to_owned();
    let _provider = Client::new(&relay.url)?;
    let answer = reqwest::get(&url).await?;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str()?),
        (200, "text/calendar; charset=utf-8")
    );
    let text = answer.text().await?;
    assert!(text.contains("RRULE:FREQ=WEEKLY") && text.contains("Blue Heron: on shift"), "{text}");

    // What goes out comes in again: a preview changes nothing, and taking it over needs no second file.
    let other =
        json!(relay.app.store.accounts().await?.iter().find(|a| a.login == "wolf").and_then(|a| a.mediator));
    for (commit, shifts) in [(false, 1), (true, 2)] {
        let form = json!({ "mediator": other, "ics": text, "commit": commit });
        let report: ShiftImportReport =
            serde_json::from_value(coordinator.post("/api/v1/shifts/import", &form).await?)?;
        assert_eq!((report.shifts.len(), report.problems.len(), report.committed), (1, 0, commit));
        assert_eq!(relay.app.store.shifts().await?.len(), shifts);
    }

    let wrong = format!("{}/feeds/{}.ics", relay.url, "A".repeat(43));
    let mut answers = Vec::new();
    for address in
        [&wrong, &format!("{}/feeds/x.ics", relay.url), &format!("{}/feeds/..%2f..%2fetc", relay.url)]
    {
        let answer = reqwest::get(address).await?;
        answers.push((answer.status().as_u16(), answer.text().await?));
    }
    let rows: Vec<FeedRow> = serde_json::from_slice(&coordinator.get("/api/v1/feeds").await?)?;
    assert!(
        rows[0].read_at.is_some()
            && !serde_json::to_string(&rows)?.contains(url.rsplit('/').next().unwrap_or("x"))
    );
    assert_eq!(coordinator.try_delete(&format!("/api/v1/feeds/{}", rows[0].id), &json!({})).await?.0, 204);
    let answer = reqwest::get(&url).await?;
    answers.push((answer.status().as_u16(), answer.text().await?));
    // Whoever saw the beginning of an address can not try out the rest: ten wrong ones close it for a while.
    let made = coordinator.post("/api/v1/feeds", &json!({ "kind": "mediator", "id": heron })).await?;
    let url = made["url"].as_str().context("an address")?.to_owned();
    assert_eq!(reqwest::get(&url).await?.status().as_u16(), 200);
    let guess = format!("{}{}.ics", &url[..url.len() - 4 - 37], "A".repeat(37));
    for _ in 0..10 {
        answers.push((reqwest::get(&guess).await?.status().as_u16(), answers[0].1.clone()));
    }
    let answer = reqwest::get(&url).await?;
    answers.push((answer.status().as_u16(), answer.text().await?));
    assert!(answers.iter().all(|answer| answer.0 == 404 && *answer == answers[0]), "{answers:?}");
    Ok(())
}

#[tokio::test]
async fn an_import_with_a_problem_takes_nothing_over_and_long_ones_are_let_in() -> Result<()> {
    let Stage { relay, coordinator, heron } = stage().await?;
    let event = |number: usize| {
        let padding = "x".repeat(1_000);
        format!(
            "BEGIN:VEVENT\r\nUID:{number}\r\nDESCRIPTION:{padding}\r\nDTSTART:20260302T220000Z\r\nDURATION:PT8H\r\nEND:VEVENT\r\n"
        )
    };
    let events: String = (0..300).map(event).collect();
    let with = |more: &str| format!("BEGIN:VCALENDAR\r\n{events}{more}END:VCALENDAR\r\n");
    let bad = "BEGIN:VEVENT\r\nSUMMARY:Lunch\r\nDTSTART;VALUE=DATE:20260302\r\nEND:VEVENT\r\n";
    for (ics, problems, stored) in [(with(bad), 1, 0), (with(""), 0, 300)] {
        let form = json!({ "mediator": heron, "ics": ics, "commit": true });
        let report: ShiftImportReport =
            serde_json::from_value(coordinator.post("/api/v1/shifts/import", &form).await?)?;
        assert_eq!((report.problems.len(), report.committed), (problems, problems == 0));
        assert_eq!(relay.app.store.shifts().await?.len(), stored);
    }
    Ok(())
}
