//! Reports and the forecast over REST: what happened is what they say, and for whom.

use anyhow::{Context, Result};
use dragoman_core::rest_reports::{ForecastView, LanguageForecast, ReportView};
use dragoman_tests::client::Client;
use dragoman_tests::relay::TestRelay;
use serde_json::json;

const HOUR: i64 = 3_600_000;

async fn report(client: &Client, now: i64) -> Result<ReportView> {
    let path = format!("/api/v1/reports?from={}&until={}", now - HOUR, now + HOUR);
    Ok(serde_json::from_slice(&client.get(&path).await?)?)
}

#[tokio::test]
async fn a_report_tells_what_was_asked_for_answered_and_worked() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let mut desk = mediator.socket("/api/v1/desk").await?;
    desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    officer.request_session("sq").await?;
    desk.accept_next().await?;
    // Nobody who speaks it is there.
    officer.request_session("ti").await?;

    let now = relay.app.now().0;
    let view = report(&coordinator, now).await?;
    let rows: Vec<_> = view
        .languages
        .iter()
        .map(|row| (row.language.as_str(), row.figures.requests, row.figures.answered))
        .collect();
    assert_eq!(rows, [("sq", 1, 1), ("ti", 1, 0)]);
    assert_eq!((view.all.requests, view.all.answered_within_30s, view.all.fill_rate), (2, 1, Some(0.5)));
    assert!(view.all.wait_p95_s.is_some_and(|wait| (0.0..30.0).contains(&wait)), "{:?}", view.all);
    let worked: Vec<_> = view.mediators.iter().map(|row| (row.alias.as_str(), row.calls)).collect();
    assert_eq!(worked, [("Blue Heron", 1)]);

    let path = format!("/api/v1/reports.csv?from={}&until={}", now - HOUR, now + HOUR);
    let file = String::from_utf8(coordinator.get(&path).await?)?;
    assert!(
        file.contains("\r\nlanguage,sq,1,1,1,1.000,") && file.contains("\r\nlanguage,ti,1,0,0,0.000,,,,")
    );

    // What lies outside of the time is not in it.
    let empty = format!("/api/v1/reports?from={}&until={}", now - 2 * HOUR, now - HOUR);
    let empty: ReportView = serde_json::from_slice(&coordinator.get(&empty).await?)?;
    assert_eq!((empty.all.requests, empty.all.fill_rate, empty.mediators.len()), (0, None, 0));
    Ok(())
}

#[tokio::test]
async fn the_forecast_follows_the_shifts() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let tomorrow = (relay.app.now().0 / (24 * HOUR) + 1) * 24 * HOUR;
    let albanian = async || -> Result<LanguageForecast> {
        let path = format!("/api/v1/forecast?from={tomorrow}&hours=48&zone=Europe/Tirane");
        let view: ForecastView = serde_json::from_slice(&coordinator.get(&path).await?)?;
        view.languages.into_iter().find(|row| row.language == "sq").context("a row for Albanian")
    };
    let officer = relay.signed_in(&relay.links.officer).await?;
    officer.request_session("sq").await?;
    let before = albanian().await?;
    assert_eq!((before.requests_seen, before.answered_within_30s.len()), (1, 48));
    assert!(before.answered_within_30s.iter().all(|chance| *chance == 0.0), "nobody is planned: {before:?}");

    let accounts = relay.app.store.accounts().await?;
    let heron = accounts.iter().find(|account| account.login == "heron").context("a heron")?.mediator;
    let nights = json!({ "mediator": heron, "shift": {
        "starts_at": "2026-01-01T21:00", "zone": "UTC", "minutes": 480, "rule": "FREQ=DAILY", "duty": "on_shift",
    } });
    coordinator.post("/api/v1/shifts", &nights).await?;
    let after = albanian().await?;
    let likely = |hour: usize| after.answered_within_30s[hour] > 0.5;
    assert!(likely(21) && likely(28) && !likely(20) && !likely(29), "{after:?}");
    Ok(())
}

#[tokio::test]
async fn only_those_who_keep_the_roster_see_them_and_what_is_wrong_is_said() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let nobody = Client::new(&relay.url)?;
    let paths = [
        "/api/v1/reports?from=0&until=1",
        "/api/v1/reports.csv?from=0&until=1",
        "/api/v1/forecast?from=0&hours=1&zone=UTC",
    ];
    for path in paths {
        assert_eq!(officer.try_get(path).await?.0, 403, "{path}");
        assert_eq!(nobody.try_get(path).await?.0, 401, "{path}");
    }
    let min = i64::MIN;
    for (path, code) in [
        ("/api/v1/reports?from=1&until=1".to_owned(), "window_malformed"),
        (format!("/api/v1/reports?from={min}&until={}", i64::MAX), "window_malformed"),
        ("/api/v1/reports?from=0&until=31622400001".to_owned(), "window_malformed"),
        ("/api/v1/reports?from=soon".to_owned(), "query_malformed"),
        (format!("/api/v1/forecast?from={min}&hours=1&zone=UTC"), "window_malformed"),
        ("/api/v1/forecast?from=0&hours=1345&zone=UTC".to_owned(), "window_malformed"),
        ("/api/v1/forecast?from=0&hours=1&zone=Tirana".to_owned(), "shift_malformed"),
    ] {
        let (status, problem) = coordinator.try_get(&path).await?;
        assert_eq!((status, problem["code"].as_str()), (400, Some(code)), "{path}: {problem}");
    }
    Ok(())
}
