//! Agencies and the loan desk: who may ask, decide and see, and that minutes of real sessions are counted.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::MediatorId;
use dragoman_core::loan::LoanBook;
use dragoman_core::session_types::Phase;
use dragoman_core::wire::ParticipantMessage;
use dragoman_relay::loans::Loans;
use dragoman_tests::agencies::{agency, change_mediator, person};
use dragoman_tests::client::Client;
use dragoman_tests::relay::TestRelay;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

/// A relay with three agencies, a coordinator of each, and two mediators that the first one keeps.
struct World {
    relay: TestRelay,
    administrator: Client,
    lender: Client,
    borrower: Client,
    stranger: Client,
    heron: String,
    wolf: String,
}

impl World {
    async fn start() -> Result<Self> {
        let relay = TestRelay::start().await?;
        let administrator = relay.signed_in(&relay.links.administrator).await?;
        for code in ["AL-BORDER", "RS-ASYL", "MK-POLICE"] {
            agency(&administrator, code).await?;
        }
        let coordinator = async |login, of| person(&relay, &administrator, (login, "coordinator"), of).await;
        let lender = coordinator("roster.al", "AL-BORDER").await?;
        let borrower = coordinator("roster.rs", "RS-ASYL").await?;
        let stranger = coordinator("roster.mk", "MK-POLICE").await?;
        let keep = |entry: &mut Value| entry["agency"] = json!("AL-BORDER");
        let heron = change_mediator(&administrator, "Blue Heron", keep).await?;
        let wolf = change_mediator(&administrator, "Grey Wolf", keep).await?;
        Ok(Self { relay, administrator, lender, borrower, stranger, heron, wolf })
    }

    fn limits(&self, hours: i64) -> Value {
        let now = self.relay.app.now().0;
        json!({
            "mediators": [self.heron, self.wolf],
            "window": { "from": now, "until": now + hours * HOUR },
            "max_minutes": 120,
        })
    }

    fn form(&self) -> Value {
        json!({ "lender": "AL-BORDER", "borrower": "RS-ASYL", "limits": self.limits(10), "note": "night shift" })
    }

    async fn lends(&self, mediator: &str) -> Result<bool> {
        let (mediator, borrower): (MediatorId, AgencyCode) = (mediator.parse()?, "RS-ASYL".parse()?);
        let (app, now) = (&self.relay.app, self.relay.app.now());
        let entry = app.engine.read(move |relay| relay.roster().get(mediator).map(|e| e.mediator.clone()));
        let mediator = entry.await?.context("on the roster")?;
        Ok(app.loans.read(|book| book.lends(&mediator, &borrower, now)).await)
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn administrators_keep_agencies_and_staff_reads_them() -> Result<()> {
    let relay = TestRelay::start().await?;
    let administrator = relay.signed_in(&relay.links.administrator).await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let path = "/api/v1/agencies";
    let form = json!({ "code": "al-border", "name": " Border ", "country": "al", "zone": "Europe/Tirane" });
    for client in [&coordinator, &officer, &mediator] {
        assert_eq!(client.try_post(path, &form).await?.0, 403);
        let change = json!({ "name": "X", "country": "AL", "zone": "UTC" });
        assert_eq!(client.try_put("/api/v1/agencies/AL-BORDER", &change).await?.0, 403);
    }
    assert_eq!(Client::new(&relay.url)?.try_get(path).await?.0, 401);
    assert_eq!(administrator.post(path, &form).await?["code"], "AL-BORDER");
    assert_eq!(code(&administrator.try_post(path, &form).await?), (409, "agency_exists"));
    for (field, value, problem) in [
        ("name", " ", "name_malformed"),
        ("zone", "somewhere", "zone_malformed"),
        ("country", "ALB", "body_malformed"),
        ("code", "?", "body_malformed"),
    ] {
        let mut malformed = form.clone();
        malformed[field] = json!(value);
        let answer = administrator.try_post(path, &malformed).await?;
        assert_eq!(code(&answer).1, problem, "{answer:?}");
    }
    let change = json!({ "name": "Border police", "country": "AL", "zone": "Europe/Tirane" });
    assert_eq!(administrator.try_put("/api/v1/agencies/al-border", &change).await?.0, 200);
    assert_eq!(administrator.try_put("/api/v1/agencies/NOBODY", &change).await?.0, 404);
    assert_eq!(code(&administrator.try_put("/api/v1/agencies/a", &change).await?), (400, "agency_malformed"));
    for (client, status) in [(&coordinator, 200), (&officer, 200), (&mediator, 403)] {
        assert_eq!(client.try_get(path).await?.0, status);
    }
    assert_eq!(officer.try_get(path).await?.1[0]["name"], "Border police");

    // Accounts work for agencies that exist, and only administrators say for which.
    let (_, accounts) = administrator.try_get("/api/v1/accounts").await?;
    let rows = accounts.as_array().cloned().unwrap_or_default();
    let of = |role: &str| rows.iter().find(|row| row["role"] == role).cloned().unwrap_or_default();
    let address = |role| format!("/api/v1/accounts/{}/agency", of(role)["id"].as_str().unwrap_or_default());
    let works_for = |code: &str| json!({ "agency": code });
    assert_eq!(coordinator.try_put(&address("officer"), &works_for("AL-BORDER")).await?.0, 403);
    assert_eq!(administrator.try_put(&address("officer"), &works_for("NOBODY")).await?.0, 404);
    let mediators = administrator.try_put(&address("mediator"), &works_for("AL-BORDER")).await?;
    assert_eq!(code(&mediators), (400, "agency_of_mediator"));
    assert_eq!(administrator.try_put(&address("officer"), &works_for("AL-BORDER")).await?.0, 204);
    assert_eq!(officer.try_get("/api/v1/me").await?.1["agency"], "AL-BORDER");
    let session = officer.request_session("sq").await?.session;
    let asked = relay.app.engine.read(move |relay| relay.session(session).map(|s| s.request.clone())).await?;
    let asked = asked.context("the session is there")?;
    assert_eq!(asked.agency, Some("AL-BORDER".parse()?));
    assert_eq!(asked.country, Some("AL".parse()?));
    Ok(())
}

#[tokio::test]
async fn a_loan_is_asked_for_by_one_agency_and_decided_by_the_other() -> Result<()> {
    let world = World::start().await?;
    let officer = world.relay.signed_in(&world.relay.links.officer).await?;
    let mediator = world.relay.signed_in(&world.relay.links.mediators[0].link).await?;

    let offerable = "/api/v1/loans/offerable?lender=al-border";
    let (_, people) = world.borrower.try_get(offerable).await?;
    let aliases: BTreeSet<&str> =
        people.as_array().into_iter().flatten().filter_map(|person| person["alias"].as_str()).collect();
    assert_eq!(aliases, ["Blue Heron", "Grey Wolf"].into());
    let shown: BTreeSet<&str> =
        people[0].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let allowed =
        ["mediator", "alias", "languages", "qualification", "specialisms", "cleared", "cleared_until"];
    assert_eq!(shown, allowed.into(), "alias, skills and clearance, nothing else");
    for (client, path, status) in [
        (&officer, offerable, 403),
        (&mediator, offerable, 403),
        (&officer, "/api/v1/loans", 403),
        (&mediator, "/api/v1/loans", 403),
        (&world.borrower, "/api/v1/loans/offerable?lender=NOBODY", 404),
        (&world.borrower, "/api/v1/loans/offerable", 400),
    ] {
        assert_eq!(client.try_get(path).await?.0, status, "{path}");
    }

    let path = "/api/v1/loans";
    for client in [&officer, &mediator] {
        assert_eq!(client.try_post(path, &world.form()).await?.0, 403);
    }
    for client in [&world.lender, &world.stranger] {
        assert_eq!(code(&client.try_post(path, &world.form()).await?), (403, "not_the_borrower"));
    }
    let mut foreign = world.form();
    foreign["lender"] = json!("MK-POLICE");
    assert_eq!(code(&world.borrower.try_post(path, &foreign).await?), (409, "not_kept_by_lender"));
    let mut past = world.form();
    past["limits"]["window"] = json!({ "from": 1, "until": 2 });
    assert_eq!(code(&world.borrower.try_post(path, &past).await?), (400, "window_malformed"));

    let loan = world.borrower.post(path, &world.form()).await?;
    assert_eq!(loan["state"], "requested");
    let of = |verb: &str| format!("/api/v1/loans/{}/{verb}", loan["id"].as_str().unwrap_or_default());
    assert!(!world.lends(&world.heron).await?, "not before it is approved");
    assert_eq!(code(&world.borrower.try_post(&of("approve"), &json!({})).await?), (403, "not_the_lender"));
    assert_eq!(code(&world.stranger.try_post(&of("approve"), &json!({})).await?), (404, "not_found"));
    assert_eq!(code(&world.stranger.try_post(&of("revoke"), &json!({})).await?), (404, "not_found"));
    assert_eq!(world.stranger.try_get(path).await?.1, json!([]), "other agencies do not see it");
    assert_eq!(officer.try_post(&of("approve"), &json!({})).await?.0, 403);
    let more = json!({ "limits": world.limits(11) });
    assert_eq!(code(&world.lender.try_post(&of("approve"), &more).await?), (409, "more_than_asked"));

    let mut less = loan["limits"].clone();
    less["mediators"] = json!([world.heron]);
    let approved = world.lender.post(&of("approve"), &json!({ "limits": less, "note": "one only" })).await?;
    assert_eq!(
        (&approved["state"], approved["mediators"].as_array().map(Vec::len)),
        (&json!("approved"), Some(1))
    );
    assert!(world.lends(&world.heron).await? && !world.lends(&world.wolf).await?);
    for client in [&world.lender, &world.borrower, &world.administrator] {
        assert_eq!(client.try_get(path).await?.1[0]["id"], loan["id"]);
    }

    // The relay that starts next reads the same book.
    let app = &world.relay.app;
    let again = Loans::open(app.store.clone(), app.engine.clone()).await?;
    assert_eq!(again.read(LoanBook::clone).await, app.loans.read(LoanBook::clone).await);

    let revoked = world.borrower.post(&of("revoke"), &json!({ "note": "not needed any more" })).await?;
    assert!(!world.lends(&world.heron).await?);
    let log: Vec<&str> =
        revoked["log"].as_array().into_iter().flatten().filter_map(|event| event["what"].as_str()).collect();
    assert_eq!(log, ["requested", "approved", "revoked"]);
    assert_eq!(code(&world.lender.try_post(&of("approve"), &json!({})).await?), (409, "loan_not_open"));
    assert_eq!(code(&world.lender.try_post(&of("refuse"), &json!({})).await?), (409, "loan_not_open"));
    Ok(())
}

#[tokio::test]
async fn minutes_of_sessions_are_counted_once() -> Result<()> {
    let world = World::start().await?;
    let loan = world.borrower.post("/api/v1/loans", &world.form()).await?;
    let approve = format!("/api/v1/loans/{}/approve", loan["id"].as_str().unwrap_or_default());
    world.lender.post(&approve, &json!({})).await?;
    let officer = person(&world.relay, &world.administrator, ("officer.rs", "officer"), "RS-ASYL").await?;
    let heron = world.relay.signed_in(&world.relay.links.mediators[0].link).await?;
    let mut desk = heron.socket("/api/v1/desk").await?;
    desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    let session = officer.request_session("sq").await?.session;
    assert_eq!(desk.accept_next().await?, session);
    let mut socket = officer.session_socket(session).await?;
    socket.phase(Phase::Briefing).await?;
    socket.send(&ParticipantMessage::EndSession).await?;
    socket.phase(Phase::Abandoned).await?;
    let used = async || {
        world.borrower.try_get("/api/v1/loans").await.map(|(_, loans)| loans[0]["used_minutes"].clone())
    };
    for _ in 0..100 {
        if used().await? != 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(used().await?, 1, "a minute that was begun counts");
    world.relay.app.loans.tick().await?;
    let app = &world.relay.app;
    let again = Loans::open(app.store.clone(), app.engine.clone()).await?;
    again.tick().await?;
    let minutes = |book: &LoanBook| book.loans().map(|loan| loan.used_minutes).collect::<Vec<_>>();
    assert_eq!((used().await?, again.read(minutes).await), (json!(1), vec![1]), "once, also after a restart");
    Ok(())
}

#[tokio::test]
async fn a_loan_does_not_outlive_the_right_to_lend() -> Result<()> {
    let world = World::start().await?;
    let borrower: AgencyCode = "RS-ASYL".parse()?;
    let heron: MediatorId = world.heron.parse()?;
    // The core's own knowledge, by which calls are dispatched.
    let dispatched = async || {
        let pair = (heron, borrower.clone());
        let now = world.relay.app.now();
        world.relay.app.engine.read(move |relay| relay.dispatcher(now).loans.contains(&pair)).await
    };
    let ask = async || world.borrower.post("/api/v1/loans", &world.form()).await;
    let (first, second) = (ask().await?, ask().await?);
    let of = |loan: &Value| format!("/api/v1/loans/{}/approve", loan["id"].as_str().unwrap_or_default());
    world.lender.post(&of(&first), &json!({})).await?;
    assert!(world.lends(&world.heron).await? && dispatched().await?);
    let moves = |code: &'static str| move |entry: &mut Value| entry["agency"] = json!(code);
    change_mediator(&world.administrator, "Blue Heron", moves("MK-POLICE")).await?;
    world.relay.app.loans.tick().await?;
    assert!(!world.lends(&world.heron).await? && !dispatched().await?, "another agency keeps them now");
    assert!(world.lends(&world.wolf).await?, "who stayed is lent as before");
    let late = world.lender.try_post(&of(&second), &json!({})).await?;
    assert_eq!(code(&late), (409, "not_kept_by_lender"));
    change_mediator(&world.administrator, "Blue Heron", moves("AL-BORDER")).await?;
    world.relay.app.loans.tick().await?;
    assert!(world.lends(&world.heron).await? && dispatched().await?, "back, and lent again");
    Ok(())
}
