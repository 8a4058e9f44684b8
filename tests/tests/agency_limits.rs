//! A coordinator of an agency keeps its mediators, and sees of others only what the loan desk lets through.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use dragoman_core::wire::DeskRelayMessage;
use dragoman_tests::agencies::{agency, change_mediator, person};
use dragoman_tests::client::Client;
use dragoman_tests::relay::TestRelay;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

/// A relay with two agencies and a coordinator of each: AL keeps Blue Heron, RS keeps Grey Wolf, nobody keeps Red Kite.
struct World {
    relay: TestRelay,
    administrator: Client,
    /// Of no agency.
    coordinator: Client,
    al: Client,
    rs: Client,
    heron: String,
    wolf: String,
    kite: String,
}

impl World {
    async fn start() -> Result<Self> {
        let relay = TestRelay::start().await?;
        let administrator = relay.signed_in(&relay.links.administrator).await?;
        let coordinator = relay.signed_in(&relay.links.coordinator).await?;
        for code in ["AL-BORDER", "RS-ASYL"] {
            agency(&administrator, code).await?;
        }
        let al = person(&relay, &administrator, ("roster.al", "coordinator"), "AL-BORDER").await?;
        let rs = person(&relay, &administrator, ("roster.rs", "coordinator"), "RS-ASYL").await?;
        let tie = json!([{ "tie": "place", "name": "Tropoja" }]);
        let keeps = |code: &'static str| {
            let tie = tie.clone();
            move |entry: &mut Value| (entry["agency"], entry["conflicts"]) = (json!(code), tie)
        };
        let heron = change_mediator(&administrator, "Blue Heron", keeps("AL-BORDER")).await?;
        let wolf = change_mediator(&administrator, "Grey Wolf", keeps("RS-ASYL")).await?;
        let kite = change_mediator(&administrator, "Red Kite", |_| {}).await?;
        Ok(Self { relay, administrator, coordinator, al, rs, heron, wolf, kite })
    }

    fn shift(&self, mediator: &str) -> Value {
        let shift =
            json!({ "starts_at": "2026-03-02T08:00", "zone": "UTC", "minutes": 480, "duty": "on_shift" });
        json!({ "mediator": mediator, "shift": shift })
    }

    /// RS lends Grey Wolf to AL for hours from now on.
    async fn lend(&self, hours: i64) -> Result<String> {
        let now = self.relay.app.now().0;
        let limits =
            json!({ "mediators": [self.wolf], "window": { "from": now, "until": now + hours * HOUR } });
        let form = json!({ "lender": "RS-ASYL", "borrower": "AL-BORDER", "limits": limits });
        let loan = self.al.post("/api/v1/loans", &form).await?;
        let id = loan["id"].as_str().context("a loan has an identifier")?.to_owned();
        self.rs.post(&format!("/api/v1/loans/{id}/approve"), &json!({})).await?;
        Ok(id)
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

async fn roster(client: &Client) -> Result<Vec<Value>> {
    let (_, rows) = client.try_get("/api/v1/mediators").await?;
    Ok(rows.as_array().cloned().unwrap_or_default())
}

async fn aliases(client: &Client) -> Result<BTreeSet<String>> {
    let alias = |row: &Value| row["mediator"]["alias"].as_str().map(str::to_owned);
    Ok(roster(client).await?.iter().filter_map(alias).collect())
}

#[tokio::test]
async fn entries_and_private_details_are_kept_by_the_own_agency_only() -> Result<()> {
    let world = World::start().await?;
    let path = |id: &str| format!("/api/v1/mediators/{id}");
    let details = json!({ "name": "Ana Example" });
    for (client, id, status) in [
        (&world.al, &world.heron, 200),
        (&world.al, &world.wolf, 403),
        (&world.al, &world.kite, 403),
        (&world.rs, &world.wolf, 200),
        (&world.coordinator, &world.wolf, 200),
        (&world.administrator, &world.kite, 200),
    ] {
        let (_, row) = world.administrator.try_get("/api/v1/mediators").await?;
        let rows = row.as_array().into_iter().flatten();
        let entry = rows.map(|row| &row["mediator"]).find(|entry| entry["id"] == json!(id));
        let mut entry = entry.cloned().context("on the roster")?;
        entry.as_object_mut().context("an object")?.remove("id");
        let private = format!("{}/private", path(id));
        let answers = [
            client.try_put(&path(id), &entry).await?,
            client.try_put(&private, &details).await?,
            client.try_get(&private).await?,
        ];
        for answer in answers {
            assert_eq!(answer.0, status, "{answer:?}");
            assert!(status == 200 || code(&answer).1 == "other_agency", "{answer:?}");
        }
    }
    // Nobody is given away, and whoever is new is the agency's.
    let mut new = json!({
        "alias": "New Crane",
        "languages": [{ "tag": "sq", "level": "native" }, { "tag": "en", "level": "fluent" }],
        "qualification": "interpreter",
        "active": true,
    });
    let made = world.al.post("/api/v1/mediators", &new).await?;
    assert_eq!(made["mediator"]["agency"], "AL-BORDER");
    let crane = made["mediator"]["id"].as_str().context("an entry has an identifier")?;
    for foreign in [json!("RS-ASYL"), Value::Null] {
        new["agency"] = foreign;
        assert_eq!(code(&world.al.try_put(&path(crane), &new).await?), (403, "other_agency"));
    }
    new["agency"] = json!("RS-ASYL");
    assert_eq!(code(&world.al.try_post("/api/v1/mediators", &new).await?), (403, "other_agency"));

    // A link to sign in as a mediator is made by who keeps them.
    let account =
        |id: &str| json!({ "login": "new.login", "role": "mediator", "language": "en", "mediator": id });
    let answer = world.al.try_post("/api/v1/accounts", &account(&world.wolf)).await?;
    assert_eq!(code(&answer), (403, "other_agency"));
    assert_eq!(world.al.try_post("/api/v1/accounts", &account(crane)).await?.0, 201);
    let (_, accounts) = world.al.try_get("/api/v1/accounts").await?;
    let logins: BTreeSet<&str> =
        accounts.as_array().into_iter().flatten().filter_map(|row| row["login"].as_str()).collect();
    assert!(logins.contains("roster.al") && logins.contains("new.login") && !logins.contains("roster.rs"));
    Ok(())
}

#[tokio::test]
async fn others_are_seen_by_their_skills_while_they_serve_the_agency() -> Result<()> {
    let world = World::start().await?;
    let before = aliases(&world.al).await?;
    assert!(before.contains("Blue Heron") && before.contains("Red Kite") && !before.contains("Grey Wolf"));
    let everybody = aliases(&world.coordinator).await?;
    assert!(everybody.contains("Grey Wolf"), "a coordinator of no agency sees all");

    let loan = world.lend(10).await?;
    let rows = roster(&world.al).await?;
    let of = |alias: &str| rows.iter().find(|row| row["mediator"]["alias"] == alias).cloned();
    let wolf = of("Grey Wolf").context("lent, so seen")?;
    assert_eq!((&wolf["login"], &wolf["mediator"]["conflicts"]), (&Value::Null, &json!([])));
    assert_eq!((&wolf["mediator"]["gender"], &wolf["mediator"]["agency"]), (&Value::Null, &json!("RS-ASYL")));
    let heron = of("Blue Heron").context("one's own")?;
    assert!(heron["login"].is_string() && heron["mediator"]["conflicts"] != json!([]));
    let private = format!("/api/v1/mediators/{}/private", world.wolf);
    assert_eq!(code(&world.al.try_get(&private).await?), (403, "other_agency"), "lent or not");

    // Nobody takes a file home that has more.
    let exported = async |client: &Client| -> Result<String> {
        Ok(String::from_utf8(client.get("/api/v1/mediators/export.csv").await?)?)
    };
    let file = exported(&world.al).await?;
    assert!(file.contains("Blue Heron") && !file.contains("Grey Wolf") && !file.contains("Red Kite"));
    assert!(exported(&world.coordinator).await?.contains("Grey Wolf"));
    let import = async |client: &Client, csv: &str| {
        client.try_post("/api/v1/mediators/import", &json!({ "csv": csv, "commit": true })).await
    };
    assert_eq!(import(&world.al, &file).await?.0, 200);
    let foreign = exported(&world.rs).await?;
    assert_eq!(code(&import(&world.al, &foreign).await?), (409, "import_refused"));
    let new = "alias,languages,qualification\nSmall Owl,sq:native;en:fluent,interpreter\n";
    assert_eq!(import(&world.al, new).await?.0, 200);
    assert!(exported(&world.al).await?.contains("Small Owl"));
    assert!(!aliases(&world.rs).await?.contains("Small Owl"));

    world.rs.post(&format!("/api/v1/loans/{loan}/revoke"), &json!({})).await?;
    assert!(!aliases(&world.al).await?.contains("Grey Wolf"));
    Ok(())
}

#[tokio::test]
async fn shifts_and_feeds_are_the_own_agencys_and_the_lent_are_counted_while_they_are_lent() -> Result<()> {
    let world = World::start().await?;
    let path = "/api/v1/shifts";
    for id in [&world.wolf, &world.kite] {
        assert_eq!(code(&world.al.try_post(path, &world.shift(id)).await?), (403, "other_agency"));
        let import = json!({ "mediator": id, "ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" });
        let answer = world.al.try_post("/api/v1/shifts/import", &import).await?;
        assert_eq!(code(&answer), (403, "other_agency"));
    }
    let own = world.al.post(path, &world.shift(&world.heron)).await?;
    let now = world.relay.app.now().0;
    let begins = now / HOUR * HOUR + HOUR;
    let mut order = world.shift(&world.wolf);
    order["shift"]["rule"] = json!("FREQ=DAILY");
    order["shift"]["minutes"] = json!(24 * 60);
    let foreign = world.rs.post(path, &order).await?;
    let of = |shift: &Value| format!("{path}/{}", shift["id"].as_str().unwrap_or_default());
    let skip = json!({ "date": "2026-03-02" });
    let answers = [
        world.al.try_put(&of(&foreign), &order).await?,
        world.al.try_post(&format!("{}/skip", of(&foreign)), &skip).await?,
        world.al.try_delete(&of(&foreign), &json!({})).await?,
        // One's own shift can not become another's either.
        world.al.try_put(&of(&own), &world.shift(&world.wolf)).await?,
    ];
    for answer in answers {
        assert_eq!(code(&answer), (403, "other_agency"));
    }

    let window = format!("{path}?from={begins}&until={}", begins + 24 * HOUR);
    let seen = async |client: &Client| -> Result<usize> {
        Ok(client.try_get(&window).await?.1.as_array().map_or(0, Vec::len))
    };
    let on_shift = async |client: &Client, at: i64| -> Result<Value> {
        let query = format!("/api/v1/coverage?from={at}&hours=1&zone=UTC");
        let (_, view) = client.try_get(&query).await?;
        let rows = view["languages"].as_array().cloned().unwrap_or_default();
        Ok(rows
            .into_iter()
            .find(|row| row["language"] == "sq")
            .map_or(Value::Null, |row| row["on_shift"][0].clone()))
    };
    assert_eq!((seen(&world.al).await?, seen(&world.rs).await?), (0, 1));
    assert_eq!(
        (on_shift(&world.al, begins).await?, on_shift(&world.rs, begins).await?),
        (json!(0), json!(1))
    );
    world.lend(3).await?;
    assert_eq!(seen(&world.al).await?, 1);
    assert_eq!(on_shift(&world.al, begins).await?, 1, "within the loan");
    assert_eq!(on_shift(&world.al, begins + 5 * HOUR).await?, 0, "and not after it");
    let fill = format!("/api/v1/coverage/fill?language=sq&hour={}", begins + 5 * HOUR);
    let (_, view) = world.al.try_get(&fill).await?;
    let others = view["others"].as_array().into_iter().flatten().map(|filler| filler["alias"].clone());
    assert_eq!(others.collect::<Vec<_>>(), ["Blue Heron"], "whom one can plan");

    let feeds = "/api/v1/feeds";
    for (feed, status) in [
        (json!({ "kind": "agency", "id": "RS-ASYL" }), 403),
        (json!({ "kind": "mediator", "id": world.wolf }), 403),
        (json!({ "kind": "agency", "id": "AL-BORDER" }), 201),
        (json!({ "kind": "mediator", "id": world.heron }), 201),
    ] {
        assert_eq!(world.al.try_post(feeds, &feed).await?.0, status, "{feed}");
    }
    let foreign = world.rs.post(feeds, &json!({ "kind": "agency", "id": "RS-ASYL" })).await?["id"].clone();
    let foreign = format!("{feeds}/{}", foreign.as_str().context("a feed has an identifier")?);
    let count = async |client: &Client| -> Result<usize> {
        Ok(client.try_get(feeds).await?.1.as_array().map_or(0, Vec::len))
    };
    assert_eq!(
        (count(&world.al).await?, count(&world.rs).await?, count(&world.coordinator).await?),
        (2, 1, 3)
    );
    assert_eq!(world.al.try_delete(&foreign, &json!({})).await?.0, 404);
    assert_eq!(world.rs.try_delete(&foreign, &json!({})).await?.0, 204);
    Ok(())
}

#[tokio::test]
async fn bookings_are_looked_after_by_the_agency_that_planned_them() -> Result<()> {
    let world = World::start().await?;
    let officer =
        person(&world.relay, &world.administrator, ("border.north", "officer"), "AL-BORDER").await?;
    let from = world.relay.app.now().0 + 5 * HOUR;
    let form = json!({
        "request": { "languages": { "source": "sq", "target": "en" } },
        "span": { "from": from, "until": from + HOUR },
    });
    let booking = officer.post("/api/v1/bookings", &form).await?;
    let id = booking["id"].as_str().context("a booking has an identifier")?;
    let verb = |verb: &str| format!("/api/v1/bookings/{id}/{verb}");
    let assign = json!({ "mediator": world.heron, "reason": "agreed by telephone" });
    let reason = json!({ "reason": "not needed" });
    assert_eq!(world.rs.try_get("/api/v1/bookings").await?.1, json!([]));
    assert_eq!(code(&world.rs.try_post(&verb("assign"), &assign).await?), (404, "not_found"));
    assert_eq!(code(&world.rs.try_post(&verb("cancel"), &reason).await?), (404, "not_found"));
    // Another agency's mediator, only on loan.
    let wolf = json!({ "mediator": world.wolf, "reason": "agreed by telephone" });
    assert_eq!(code(&world.al.try_post(&verb("assign"), &wolf).await?), (409, "not_suitable"));
    world.lend(10).await?;
    assert_eq!(world.al.post(&verb("assign"), &wolf).await?["alias"], "Grey Wolf");
    assert_eq!(world.al.post(&verb("assign"), &assign).await?["alias"], "Blue Heron");
    assert_eq!(world.al.try_get("/api/v1/bookings").await?.1[0]["id"], json!(id));
    assert_eq!(world.coordinator.post(&verb("cancel"), &reason).await?["state"], "cancelled");
    Ok(())
}

#[tokio::test]
async fn sessions_and_standings_are_seen_by_the_agency_whose_officer_asked() -> Result<()> {
    let world = World::start().await?;
    let officer = person(&world.relay, &world.administrator, ("officer.al", "officer"), "AL-BORDER").await?;
    let session = officer.request_session("ti").await?.session;
    let listed = async |client: &Client| -> Result<bool> {
        let (_, rows) = client.try_get("/api/v1/sessions").await?;
        Ok(rows.as_array().into_iter().flatten().any(|row| row["id"] == json!(session)))
    };
    let ring = json!({ "mediator": world.kite, "reason": "" });
    for (client, seen) in
        [(&world.al, true), (&world.rs, false), (&world.coordinator, true), (&world.administrator, true)]
    {
        assert_eq!(listed(client).await?, seen);
        let (status, _) = client.try_get(&format!("/api/v1/sessions/{session}/candidates")).await?;
        assert_eq!(status, if seen { 200 } else { 404 });
        let mut desk = client.socket("/api/v1/desk").await?;
        let DeskRelayMessage::Desk { view } = desk.next().await? else { bail!("the desk comes first") };
        assert_eq!(view.sessions.iter().any(|row| row.id == session), seen);
        let stands = |id: &str| view.presence.iter().any(|one| json!(one.mediator) == json!(id));
        let (al, rs) = (stands(&world.heron), stands(&world.wolf));
        let of = [&world.al, &world.rs].map(|limited| std::ptr::eq(client, limited));
        assert_eq!((al, rs), (!of[1], !of[0]), "how the others' mediators stand is theirs");
        assert!(stands(&world.kite), "who serves everybody is seen by everybody");
    }
    assert_eq!(world.rs.try_post(&format!("/api/v1/sessions/{session}/ring"), &ring).await?.0, 404);
    let record = format!("/api/v1/sessions/{session}/record?reason=to%20check");
    assert_eq!(world.rs.try_get(&record).await?.0, 404);
    assert_eq!(code(&world.al.try_get(&record).await?), (409, "not_sealed"));

    // Strangers are neither judged for the agency nor rung by hand: the loan desk is the way to them.
    let session = officer.request_session("sq").await?.session;
    let judged = async |client: &Client| -> Result<BTreeSet<String>> {
        let (_, rows) = client.try_get(&format!("/api/v1/sessions/{session}/candidates")).await?;
        let id = |row: &Value| row["mediator"].as_str().map(str::to_owned);
        Ok(rows.as_array().into_iter().flatten().filter_map(id).collect())
    };
    let by_hand = json!({ "mediator": world.wolf, "reason": "nobody else is there" });
    let path = format!("/api/v1/sessions/{session}/ring");
    let (al, all) = (judged(&world.al).await?, judged(&world.coordinator).await?);
    assert!(al.contains(&world.heron) && !al.contains(&world.wolf) && all.contains(&world.wolf));
    assert_eq!(code(&world.al.try_post(&path, &by_hand).await?), (404, "not_found"));
    for client in [&world.coordinator, &world.administrator] {
        assert_eq!(code(&client.try_post(&path, &by_hand).await?), (409, "not_to_be_lifted"));
    }

    world.lend(2).await?;
    assert!(judged(&world.al).await?.contains(&world.wolf), "lent to it now");
    let mut desk = world.al.socket("/api/v1/desk").await?;
    let DeskRelayMessage::Desk { view } = desk.next().await? else { bail!("the desk comes first") };
    assert!(view.presence.iter().any(|one| json!(one.mediator) == json!(world.wolf)), "lent to it now");
    Ok(())
}

#[tokio::test]
async fn officers_are_told_of_those_only_who_could_be_rung_for_them() -> Result<()> {
    let world = World::start().await?;
    let officer = person(&world.relay, &world.administrator, ("officer.al", "officer"), "AL-BORDER").await?;
    let speaks_tigrinya = |entry: &mut Value| {
        let languages = entry["languages"].as_array_mut().into_iter();
        languages.for_each(|all| all.push(json!({ "tag": "ti", "level": "fluent" })));
    };
    change_mediator(&world.administrator, "Grey Wolf", speaks_tigrinya).await?;
    let tiles = async |language: &str| -> Result<(u64, u64)> {
        let (_, rows) = officer.try_get("/api/v1/languages").await?;
        let row = rows.as_array().into_iter().flatten().find(|row| row["tag"] == language);
        let chosen = row.and_then(|row| row["on_roster"].as_u64()).unwrap_or(0);
        let mut desk = officer.socket("/api/v1/desk").await?;
        let DeskRelayMessage::Desk { view } = desk.next().await? else { bail!("the desk comes first") };
        let row = view.reachable.iter().find(|row| row.language.to_string() == language);
        Ok((chosen, row.map_or(0, |row| u64::from(row.on_roster))))
    };
    let before = tiles("ti").await?;
    world.lend(2).await?;
    assert_eq!(tiles("ti").await?, (before.0 + 1, before.1 + 1), "lent, so counted");
    assert_eq!(before.0, before.1);
    change_mediator(&world.administrator, "Grey Wolf", |entry| entry["active"] = json!(false)).await?;
    assert_eq!(tiles("ti").await?, before);
    Ok(())
}

#[tokio::test]
async fn no_two_mediators_have_the_same_alias() -> Result<()> {
    let world = World::start().await?;
    let (_, rows) = world.administrator.try_get("/api/v1/mediators").await?;
    let row = rows.as_array().into_iter().flatten().find(|row| row["mediator"]["id"] == json!(world.kite));
    let mut entry = row.context("on the roster")?["mediator"].clone();
    entry.as_object_mut().context("an object")?.remove("id");
    entry["alias"] = json!(" grey WOLF ");
    let path = format!("/api/v1/mediators/{}", world.kite);
    assert_eq!(code(&world.administrator.try_put(&path, &entry).await?), (409, "alias_taken"));
    assert_eq!(code(&world.administrator.try_post("/api/v1/mediators", &entry).await?), (409, "alias_taken"));
    entry["alias"] = json!("RED Kite");
    assert_eq!(world.administrator.try_put(&path, &entry).await?.0, 200, "its own, written otherwise");
    Ok(())
}
