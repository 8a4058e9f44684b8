//! Sessions planned ahead, with officers, mediators and coordinators: who may, who wins, what is seen, what is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_core::booking::{Booking, BookingBook};
use dragoman_core::ids::{BookingId, MediatorId, SessionId};
use dragoman_core::relay::Relay;
use dragoman_relay::bookings::Bookings;
use dragoman_tests::agencies::{agency, change_mediator, person};
use dragoman_tests::client::Client;
use dragoman_tests::push::{Device, PushService};
use dragoman_tests::relay::TestRelay;
use serde_json::{Value, json};
use uuid::Uuid;

const MINUTE: i64 = 60_000;

struct World {
    relay: TestRelay,
    officer: Client,
    other_officer: Client,
    coordinator: Client,
    heron: Client,
    wolf: Client,
    kite: Client,
}

impl World {
    async fn start() -> Result<Self> {
        let relay = TestRelay::start().await?;
        let administrator = relay.signed_in(&relay.links.administrator).await?;
        agency(&administrator, "AL-BORDER").await?;
        let officer = person(&relay, &administrator, ("border.north", "officer"), "AL-BORDER").await?;
        let other_officer = relay.signed_in(&relay.links.officer).await?;
        let coordinator = relay.signed_in(&relay.links.coordinator).await?;
        let [heron, wolf, kite] = [0, 1, 2].map(|number| relay.links.mediators[number].link.clone());
        let (heron, wolf) = (relay.signed_in(&heron).await?, relay.signed_in(&wolf).await?);
        let kite = relay.signed_in(&kite).await?;
        Ok(Self { relay, officer, other_officer, coordinator, heron, wolf, kite })
    }

    fn form(&self, from_minutes: i64, length: i64) -> Value {
        let from = self.relay.app.now().0 + from_minutes * MINUTE;
        json!({
            "request": { "languages": { "source": "sq", "target": "en" } },
            "span": { "from": from, "until": from + length * MINUTE },
        })
    }

    async fn plan(&self, from_minutes: i64, length: i64) -> Result<String> {
        let booking = self.officer.post("/api/v1/bookings", &self.form(from_minutes, length)).await?;
        Ok(booking["id"].as_str().context("a booking has an identifier")?.to_owned())
    }

    /// The booking as coordinators see it.
    async fn seen(&self, id: &str) -> Result<Value> {
        let (_, bookings) = self.coordinator.try_get("/api/v1/bookings").await?;
        let mut rows = bookings.as_array().into_iter().flatten();
        rows.find(|booking| booking["id"] == id).cloned().context("coordinators see all bookings")
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

fn mine(id: &str, verb: &str) -> String {
    format!("/api/v1/my/bookings/{id}/{verb}")
}

fn of(id: &str, verb: &str) -> String {
    format!("/api/v1/bookings/{id}/{verb}")
}

async fn my_ids(client: &Client) -> Result<Vec<Value>> {
    let (_, mine) = client.try_get("/api/v1/my/bookings").await?;
    Ok(mine.as_array().into_iter().flatten().map(|booking| booking["id"].clone()).collect())
}

#[tokio::test]
async fn whoever_suits_is_asked_and_sees_no_people() -> Result<()> {
    let world = World::start().await?;
    let id = world.plan(180, 60).await?;
    assert_eq!(my_ids(&world.heron).await?, [json!(id)]);
    assert_eq!(my_ids(&world.wolf).await?, [json!(id)]);
    assert!(my_ids(&world.kite).await?.is_empty(), "speaks other languages");
    let (_, asked) = world.heron.try_get("/api/v1/my/bookings").await?;
    let shown: BTreeSet<&str> =
        asked[0].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    assert_eq!(shown, ["id", "span", "languages", "label", "minor", "offer", "state", "reminded"].into());

    let booking = world.seen(&id).await?;
    assert_eq!((&booking["agency"], &booking["request"]["country"]), (&json!("AL-BORDER"), &json!("AL")));
    assert_eq!(booking["offers"].as_array().map(Vec::len), Some(2));
    let (_, own) = world.officer.try_get("/api/v1/bookings").await?;
    assert_eq!((&own[0]["asked"], &own[0]["offers"], &own[0]["log"]), (&json!(2), &json!([]), &json!([])));
    assert_eq!(world.other_officer.try_get("/api/v1/bookings").await?.1, json!([]));

    for (client, path, status) in [
        (&world.heron, "/api/v1/bookings", 403),
        (&world.officer, "/api/v1/my/bookings", 403),
        (&world.coordinator, "/api/v1/my/bookings", 403),
    ] {
        assert_eq!(client.try_get(path).await?.0, status, "{path}");
    }
    let nothing = json!({});
    for (client, path, status) in [
        (&world.coordinator, "/api/v1/bookings".to_owned(), 403),
        (&world.heron, "/api/v1/bookings".to_owned(), 403),
        (&world.officer, mine(&id, "accept"), 403),
        (&world.kite, mine(&id, "accept"), 404),
        (&world.kite, mine(&id, "decline"), 404),
        (&world.kite, mine(&id, "give-back"), 404),
        (&world.heron, of(&id, "begin"), 403),
        (&world.coordinator, of(&id, "begin"), 403),
        (&world.other_officer, of(&id, "begin"), 404),
    ] {
        let form = if path == "/api/v1/bookings" { world.form(60, 60) } else { nothing.clone() };
        assert_eq!(client.try_post(&path, &form).await?.0, status, "{path}");
    }
    let reason = json!({ "reason": "moved to next week" });
    assert_eq!(world.other_officer.try_post(&of(&id, "cancel"), &reason).await?.0, 404);
    assert_eq!(world.heron.try_post(&of(&id, "cancel"), &reason).await?.0, 404);
    let no_reason = world.officer.try_post(&of(&id, "cancel"), &json!({ "reason": " " })).await?;
    assert_eq!(code(&no_reason), (400, "reason_missing"));
    assert_eq!(world.officer.post(&of(&id, "cancel"), &reason).await?["state"], "cancelled");
    assert!(my_ids(&world.heron).await?.is_empty());
    assert_eq!(world.seen(&id).await?["state"], "cancelled", "what is over stays to be seen");
    let late = world.officer.try_post("/api/v1/bookings", &world.form(-10, 60)).await?;
    assert_eq!(code(&late), (400, "span_malformed"));
    Ok(())
}

#[tokio::test]
async fn of_two_who_say_yes_at_once_one_has_it_every_time() -> Result<()> {
    let world = World::start().await?;
    for round in 0..20 {
        let id = world.plan(1_000 + round * 100, 60).await?;
        let (path, nothing) = (mine(&id, "accept"), json!({}));
        let both = tokio::join!(world.heron.try_post(&path, &nothing), world.wolf.try_post(&path, &nothing));
        let mut statuses = [both.0?.0, both.1?.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}");
        let booking = world.seen(&id).await?;
        let accepted =
            booking["offers"].as_array().into_iter().flatten().filter(|o| o["state"] == "accepted");
        assert_eq!((accepted.count(), &booking["state"]), (1, &json!("confirmed")));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_given_back_is_offered_again_and_coordinators_choose_by_hand() -> Result<()> {
    let world = World::start().await?;
    let (id, nothing) = (world.plan(180, 60).await?, json!({}));
    world.heron.post(&mine(&id, "accept"), &nothing).await?;
    assert!(my_ids(&world.wolf).await?.is_empty(), "somebody else took it");
    assert_eq!(
        code(&world.wolf.try_post(&mine(&id, "accept"), &nothing).await?),
        (409, "booking_not_offered")
    );
    assert_eq!(
        code(&world.wolf.try_post(&mine(&id, "give-back"), &nothing).await?),
        (409, "booking_not_yours")
    );
    world.heron.post(&mine(&id, "give-back"), &json!({ "reason": "ill" })).await?;
    assert_eq!(my_ids(&world.wolf).await?, [json!(id)], "a replacement is sought at once");
    assert!(my_ids(&world.heron).await?.is_empty());
    world.wolf.post(&mine(&id, "decline"), &nothing).await?;
    assert_eq!(world.seen(&id).await?["state"], "seeking");

    let heron = change_mediator(&world.coordinator, "Blue Heron", |_| {}).await?;
    let assign = json!({ "mediator": heron, "reason": "agreed by telephone" });
    for client in [&world.officer, &world.wolf] {
        assert_eq!(client.try_post(&of(&id, "assign"), &assign).await?.0, 403);
    }
    let silent = json!({ "mediator": heron, "reason": "" });
    assert_eq!(
        code(&world.coordinator.try_post(&of(&id, "assign"), &silent).await?),
        (400, "reason_missing")
    );
    let kite = change_mediator(&world.coordinator, "Red Kite", |_| {}).await?;
    let unfit = json!({ "mediator": kite, "reason": "nobody else is there" });
    assert_eq!(code(&world.coordinator.try_post(&of(&id, "assign"), &unfit).await?), (409, "not_suitable"));
    let assigned = world.coordinator.post(&of(&id, "assign"), &assign).await?;
    assert_eq!((&assigned["state"], &assigned["alias"]), (&json!("confirmed"), &json!("Blue Heron")));
    let reasons =
        assigned["log"].as_array().into_iter().flatten().filter_map(|entry| entry["reason"].as_str());
    assert_eq!(reasons.collect::<Vec<_>>(), ["ill", "agreed by telephone"], "reasons are kept");

    // The same hour again: whoever is booked is neither asked nor taken.
    let second = world.plan(190, 30).await?;
    assert_eq!(my_ids(&world.heron).await?, [json!(id)]);
    let twice = world.coordinator.try_post(&of(&second, "assign"), &assign).await?;
    assert_eq!(code(&twice), (409, "already_booked"));
    assert_eq!(my_ids(&world.wolf).await?, [json!(second)]);

    // The relay that starts next reads the same book.
    let app = &world.relay.app;
    let again =
        Bookings::open(app.store.clone(), app.engine.clone(), app.loans.clone(), app.notifier.clone())
            .await?;
    assert_eq!(again.read(BookingBook::clone).await, app.bookings.read(BookingBook::clone).await);
    Ok(())
}

#[tokio::test]
async fn a_booking_becomes_a_session_and_its_mediator_is_rung() -> Result<()> {
    let world = World::start().await?;
    let far = world.plan(60, 30).await?;
    assert_eq!(code(&world.officer.try_post(&of(&far, "begin"), &json!({})).await?), (409, "too_early"));
    let id = world.plan(10, 30).await?;
    world.heron.post(&mine(&id, "accept"), &json!({})).await?;
    // Not ready for anything else: whoever said yes is rung for this all the same, and before those who are ready.
    let mut ready = world.wolf.socket("/api/v1/desk").await?;
    ready.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    let mut desk = world.heron.socket("/api/v1/desk").await?;
    let created = world.officer.post(&of(&id, "begin"), &json!({})).await?;
    let session: SessionId = serde_json::from_value(created["session"].clone())?;
    assert_eq!(desk.accept_next().await?, session);
    let begun = world.seen(&id).await?;
    assert_eq!((&begun["state"], &begun["session"]), (&json!("begun"), &created["session"]));
    assert_eq!(world.officer.try_post(&of(&id, "begin"), &json!({})).await?.0, 404, "once");
    let read = move |relay: &Relay| relay.session(session).map(|s| (s.request.clone(), s.offers.len()));
    let (request, rings) = world.relay.app.engine.read(read).await?.context("the session goes on")?;
    assert_eq!(rings, 1, "nobody else was rung");
    assert_eq!(request.agency, Some("AL-BORDER".parse()?));
    let heron = change_mediator(&world.coordinator, "Blue Heron", |_| {}).await?;
    assert_eq!(request.booked, Some(heron.parse()?));
    Ok(())
}

#[tokio::test]
async fn whoever_is_booked_soon_is_not_rung_for_anything_else() -> Result<()> {
    let world = World::start().await?;
    let heron: MediatorId = change_mediator(&world.coordinator, "Blue Heron", |_| {}).await?.parse()?;
    let booked = async || {
        let spans = move |relay: &Relay| relay.roster().get(heron).map(|entry| entry.standing.booked.clone());
        world.relay.app.engine.read(spans).await
    };
    let id = world.plan(20, 30).await?;
    assert_eq!(booked().await?, Some(vec![]));
    world.heron.post(&mine(&id, "accept"), &json!({})).await?;
    assert_eq!(booked().await?.map(|spans| spans.len()), Some(1), "the core knows");
    let session = world.other_officer.request_session("sq").await?.session;
    let path = format!("/api/v1/sessions/{session}/candidates");
    let (_, candidates) = world.coordinator.try_get(&path).await?;
    let mut judged = candidates.as_array().into_iter().flatten();
    let candidate = judged.find(|candidate| candidate["mediator"] == json!(heron)).context("judged")?;
    let mut reasons = candidate["reasons"].as_array().into_iter().flatten();
    assert!(reasons.any(|reason| reason["reason"] == "booked_soon"), "{candidate}");
    world.heron.post(&mine(&id, "give-back"), &json!({})).await?;
    assert_eq!(booked().await?, Some(vec![]));
    Ok(())
}

/// Opens what a device got, and checks that it says nothing but what kind of news it is.
async fn told(service: &mut PushService, devices: &[(&str, &Device)]) -> Result<(String, String)> {
    let taken = service.next().await?;
    let (name, device) = devices
        .iter()
        .find(|(name, _)| taken.path == format!("/{name}"))
        .with_context(|| format!("whose is {}", taken.path))?;
    let message: Value = serde_json::from_slice(&device.open(&taken.body)?)?;
    let fields: BTreeSet<&str> =
        message.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    assert_eq!(fields, ["expires_at", "kind", "ring"].into());
    assert_eq!(message["ring"], taken.header("topic"));
    Ok(((*name).to_owned(), message["kind"].as_str().unwrap_or_default().to_owned()))
}

/// News that come in no order.
async fn all_told(
    service: &mut PushService,
    devices: &[(&str, &Device)],
    count: usize,
) -> Result<BTreeSet<(String, String)>> {
    let mut all = BTreeSet::new();
    for _ in 0..count {
        let one = told(service, devices).await.with_context(|| format!("after {all:?}"))?;
        all.insert(one);
    }
    Ok(all)
}

fn news(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|(who, kind)| ((*who).to_owned(), (*kind).to_owned())).collect()
}

#[tokio::test]
async fn closed_pages_are_told_of_offers_answers_reminders_and_what_waits() -> Result<()> {
    let world = World::start().await?;
    let mut service = PushService::start().await?;
    let [heron, officer, coordinator] = [Device::new()?, Device::new()?, Device::new()?];
    let devices = [("heron", &heron), ("officer", &officer), ("coordinator", &coordinator)];
    for (client, (name, device)) in
        [&world.heron, &world.officer, &world.coordinator].into_iter().zip(devices)
    {
        client.post("/api/v1/push/subscriptions", &device.subscription(&service.url(name))).await?;
    }
    // A quarter of an hour and a moment ahead: the last reminder comes a moment after the yes.
    let from = world.relay.app.now().0 + 15 * MINUTE + 3_000;
    let mut form = world.form(15, 30);
    form["span"] = json!({ "from": from, "until": from + 30 * MINUTE });
    let made = world.officer.post("/api/v1/bookings", &form).await?;
    let id = made["id"].as_str().context("an identifier")?;
    let asked = all_told(&mut service, &devices, 2).await?;
    assert_eq!(
        asked,
        news(&[("heron", "booking_asks"), ("coordinator", "booking_waits")]),
        "so close, it is urgent"
    );

    world.heron.post(&mine(id, "accept"), &json!({})).await?;
    assert_eq!(told(&mut service, &devices).await?, ("officer".into(), "booking_changed".into()));
    let reminded = all_told(&mut service, &devices, 2).await?;
    assert_eq!(reminded, news(&[("heron", "booking_soon"), ("officer", "booking_soon")]));

    world.coordinator.post(&of(id, "cancel"), &json!({ "reason": "the interview is off" })).await?;
    let off = all_told(&mut service, &devices, 2).await?;
    assert_eq!(off, news(&[("heron", "booking_changed"), ("officer", "booking_changed")]));
    Ok(())
}

#[tokio::test]
async fn clearance_and_the_wall_in_a_case_are_looked_at_again_by_whoever_takes_a_booking() -> Result<()> {
    let world = World::start().await?;
    let nothing = json!({});
    // Asked while cleared, and cleared no more at the end of the booking.
    let id = world.plan(180, 60).await?;
    let ends = world.relay.app.now().0 + 200 * MINUTE;
    let heron =
        change_mediator(&world.coordinator, "Blue Heron", |e| e["vetted_until"] = json!(ends)).await?;
    assert_eq!(code(&world.heron.try_post(&mine(&id, "accept"), &nothing).await?), (409, "not_cleared"));
    let assign = json!({ "mediator": heron, "reason": "nobody else is there" });
    assert_eq!(code(&world.coordinator.try_post(&of(&id, "assign"), &assign).await?), (409, "not_cleared"));
    assert_eq!(world.seen(&id).await?["state"], "seeking");
    let nobody = json!({ "mediator": Uuid::new_v4(), "reason": "nobody else is there" });
    assert_eq!(code(&world.coordinator.try_post(&of(&id, "assign"), &nobody).await?), (404, "not_found"));
    let year = world.relay.app.now().0 + 365 * 24 * 60 * MINUTE;
    change_mediator(&world.coordinator, "Blue Heron", |e| e["vetted_until"] = json!(year)).await?;

    // Asked for the victim; then rung for the suspect, which is taken.
    let of_case = |label: &str| json!({ "languages": { "source": "sq", "target": "en" }, "case_number": "K-7/26", "label": label });
    let mut form = world.form(600, 60);
    form["request"] = of_case("victim");
    let victim = world.officer.post("/api/v1/bookings", &form).await?["id"].clone();
    let victim = victim.as_str().context("a booking has an identifier")?;
    assert!(my_ids(&world.heron).await?.contains(&json!(victim)));
    let mut desk = world.heron.socket("/api/v1/desk").await?;
    desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    let created = world.officer.post("/api/v1/sessions", &of_case("suspect")).await?;
    assert_eq!(json!(desk.accept_next().await?), created["session"]);
    let said = world.heron.try_post(&mine(victim, "accept"), &nothing).await?;
    assert_eq!(code(&said), (409, "not_suitable"), "without a word of the other side");
    assert_eq!(code(&world.coordinator.try_post(&of(victim, "assign"), &assign).await?), (409, "other_side"));
    world.wolf.post(&mine(victim, "accept"), &nothing).await?;

    // Of bookings to come, too.
    form = world.form(900, 60);
    form["request"] = of_case("suspect");
    let suspect = world.officer.post("/api/v1/bookings", &form).await?["id"].clone();
    let suspect = suspect.as_str().context("a booking has an identifier")?;
    assert!(!my_ids(&world.wolf).await?.contains(&json!(suspect)), "took the victim's");
    world.heron.post(&mine(suspect, "accept"), &nothing).await?;
    Ok(())
}

#[tokio::test]
async fn the_past_of_one_agency_is_not_hidden_by_that_of_another() -> Result<()> {
    let world = World::start().await?;
    let administrator = world.relay.signed_in(&world.relay.links.administrator).await?;
    agency(&administrator, "RS-ASYL").await?;
    let keeper = person(&world.relay, &administrator, ("roster.al", "coordinator"), "AL-BORDER").await?;
    let foreign = person(&world.relay, &administrator, ("asylum.south", "officer"), "RS-ASYL").await?;
    let id = world.plan(60, 30).await?;
    world.officer.post(&of(&id, "cancel"), &json!({ "reason": "the interview is off" })).await?;
    // More of the other agency than a list holds, all of them later.
    let planned = foreign.post("/api/v1/bookings", &world.form(600, 30)).await?;
    let planned = planned["id"].as_str().context("an identifier")?;
    foreign.post(&of(planned, "cancel"), &json!({ "reason": "the interview is off" })).await?;
    let store = &world.relay.app.store;
    let past = store.past_bookings(None, Some(&"RS-ASYL".parse()?), 10).await?;
    let [one] = past.as_slice() else { anyhow::bail!("one booking of that agency: {past:?}") };
    let many: Vec<Booking> =
        (0..200).map(|_| Booking { id: BookingId(Uuid::new_v4()), ..one.clone() }).collect();
    store.write_bookings(&many.iter().map(|booking| (0, booking)).collect::<Vec<_>>()).await?;
    let (_, seen) = keeper.try_get("/api/v1/bookings").await?;
    let ids: Vec<&Value> = seen.as_array().into_iter().flatten().map(|booking| &booking["id"]).collect();
    assert_eq!(ids, [&json!(id)], "its own, and nothing else");
    let (_, all) = world.coordinator.try_get("/api/v1/bookings").await?;
    assert_eq!(all.as_array().map(Vec::len), Some(200), "of no agency: all of them, as many as a list holds");
    Ok(())
}

#[tokio::test]
async fn whoever_may_not_serve_what_they_hold_any_more_is_replaced() -> Result<()> {
    let world = World::start().await?;
    let nothing = json!({});
    let log = async |id: &str| {
        let booking = world.seen(id).await?;
        let events = booking["log"].as_array().into_iter().flatten().map(|entry| entry["event"].clone());
        anyhow::Ok((booking["state"].clone(), events.collect::<Vec<_>>()))
    };
    // Vetted to the end of it when they said yes, and then no more.
    let id = world.plan(180, 60).await?;
    world.heron.post(&mine(&id, "accept"), &nothing).await?;
    world.relay.app.bookings.review().await?;
    assert_eq!(log(&id).await?.0, "confirmed", "nothing has changed");
    let set_active = |active: bool| move |entry: &mut Value| entry["active"] = json!(active);
    change_mediator(&world.coordinator, "Blue Heron", set_active(false)).await?;
    world.relay.app.bookings.review().await?;
    let (state, events) = log(&id).await?;
    assert_eq!((state, events.last()), (json!("seeking"), Some(&json!("booking_offered"))));
    assert!(events.iter().filter(|event| *event == "booking_withdrawn").count() == 2, "{events:?}");
    assert_eq!(my_ids(&world.wolf).await?, [json!(id)], "another is asked at once");
    assert!(my_ids(&world.heron).await?.is_empty());
    world.wolf.post(&mine(&id, "accept"), &nothing).await?;
    change_mediator(&world.coordinator, "Blue Heron", set_active(true)).await?;

    // Booked for the victim, and then in a call for the suspect.
    let of_case = |label: &str| json!({ "languages": { "source": "sq", "target": "en" }, "case_number": "K-9/26", "label": label });
    let mut form = world.form(600, 60);
    form["request"] = of_case("victim");
    let victim = world.officer.post("/api/v1/bookings", &form).await?["id"].clone();
    let victim = victim.as_str().context("an identifier")?;
    world.heron.post(&mine(victim, "accept"), &nothing).await?;
    let mut desk = world.heron.socket("/api/v1/desk").await?;
    desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    let created = world.officer.post("/api/v1/sessions", &of_case("suspect")).await?;
    assert_eq!(json!(desk.accept_next().await?), created["session"]);
    world.relay.app.bookings.review().await?;
    assert_eq!(log(victim).await?.0, "seeking", "the wall in the case");

    // Without a review, they are looked at before they would be reminded: a quarter of an hour ahead.
    let from = world.relay.app.now().0 + 15 * MINUTE + 4_000;
    form = world.form(15, 30);
    form["span"] = json!({ "from": from, "until": from + 30 * MINUTE });
    let soon = world.officer.post("/api/v1/bookings", &form).await?["id"].clone();
    let soon = soon.as_str().context("an identifier")?;
    world.heron.post(&mine(soon, "accept"), &nothing).await?;
    change_mediator(&world.coordinator, "Blue Heron", set_active(false)).await?;
    for _ in 0..200 {
        if log(soon).await?.0 == "seeking" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (state, events) = log(soon).await?;
    assert_eq!(state, "seeking");
    assert!(!events.contains(&json!("booking_reminded")), "{events:?}");
    Ok(())
}
