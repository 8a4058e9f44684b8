//! A mediator without an open page is rung: by a real push service, with a device that opens what it gets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::http::{HeaderMap, StatusCode, header};
use dragoman_core::event::Event;
use dragoman_core::ids::{MediatorId, SessionId};
use dragoman_core::session_types::{OfferNumber, OfferState, Place};
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::DeskRelayMessage;
use dragoman_relay::clock;
use dragoman_relay::config::Settings;
use dragoman_relay::notify::{Notifier, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use dragoman_relay::store::Store;
use dragoman_tests::client::{Client, PATIENCE};
use dragoman_tests::push::{Device, PushService, Taken};
use dragoman_tests::relay::{RelayProcess, TestRelay};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

const SUBSCRIPTIONS: &str = "/api/v1/push/subscriptions";

/// The mediator who interprets Albanian, ready, with the page closed again.
async fn ready_and_away(url: &str, link: &str) -> Result<Client> {
    let mediator = Client::signed_in(url, link).await?;
    let mut desk = mediator.socket("/api/v1/desk").await?;
    desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    loop {
        if let DeskRelayMessage::Desk { view } = desk.next().await?
            && view.mediator.is_some_and(|mediator| mediator.ready)
        {
            return Ok(mediator);
        }
    }
}

async fn reachable(relay: &TestRelay) -> Result<usize> {
    let count = |relay: &dragoman_core::relay::Relay| {
        relay.roster().entries().filter(|entry| entry.standing.reachable).count()
    };
    Ok(relay.app.engine.read(count).await?)
}

async fn becomes_reachable(relay: &TestRelay, expected: usize) -> Result<()> {
    let began = Instant::now();
    while reachable(relay).await? != expected {
        anyhow::ensure!(began.elapsed() < PATIENCE, "{} are reachable", reachable(relay).await?);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn key_of(client: &Client) -> Result<String> {
    let key: Value = serde_json::from_slice(&client.get("/api/v1/push/key").await?)?;
    Ok(key["key"].as_str().context("no key")?.to_owned())
}

/// Opens a message, and checks that it says nothing but that, and until when, it rings.
fn opened(taken: &Taken, device: &Device, kind: &str) -> Result<Value> {
    let text = device.open(&taken.body)?;
    let message: Value = serde_json::from_slice(&text)?;
    let fields: BTreeSet<&str> =
        message.as_object().context("no object")?.keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["expires_at", "kind", "ring"]));
    assert_eq!(message["kind"], kind);
    assert_eq!(message["ring"], taken.header("topic"));
    assert_eq!(taken.header("urgency"), "high");
    assert_eq!(taken.header("content-encoding"), "aes128gcm");
    Ok(message)
}

#[tokio::test]
async fn a_closed_page_is_rung_and_the_ring_can_be_accepted() -> Result<()> {
    let relay = TestRelay::start().await?;
    let mut service = PushService::start().await?;
    let (device, endpoint) = (Device::new()?, service.url("device-1"));
    let mediator = ready_and_away(&relay.url, &relay.links.mediators[0].link).await?;
    becomes_reachable(&relay, 0).await?;
    let key = key_of(&mediator).await?;
    mediator.post(SUBSCRIPTIONS, &device.subscription(&endpoint)).await?;
    becomes_reachable(&relay, 1).await?;

    let officer = relay.signed_in(&relay.links.officer).await?;
    let asked_at = clock::now();
    let session = officer.request_session("sq").await?.session;
    let rang = service.next().await?;
    assert_eq!(rang.path, "/device-1");
    let claims = rang.claims(&key)?;
    assert_eq!(claims["aud"], service.url("").trim_end_matches('/'));
    let good_for = claims["exp"].as_i64().context("no exp")? - asked_at.0 / 1_000;
    assert!((1..=86_400).contains(&good_for), "{claims}");
    let message = opened(&rang, &device, "ring")?;
    let left = message["expires_at"].as_i64().context("no time")? - asked_at.0;
    assert!((25_000..=35_000).contains(&left), "rings for {left} ms");
    let lifetime: u64 = rang.header("ttl").parse()?;
    assert!((20..=30).contains(&lifetime), "kept for {lifetime} s");
    assert!(!message.to_string().contains(&session.to_string()));

    let mut desk = mediator.socket("/api/v1/desk").await?;
    assert_eq!(desk.accept_next().await?, session);
    let over = service.next().await?;
    let ended = opened(&over, &device, "ring_over")?;
    assert_eq!(ended["ring"], message["ring"]);
    assert_eq!(over.body.len(), rang.body.len(), "the length tells what is said");

    drop(desk);
    let gone = json!({ "endpoint": endpoint });
    assert_eq!(mediator.try_delete(SUBSCRIPTIONS, &gone).await?.0, 204);
    becomes_reachable(&relay, 0).await?;
    assert_eq!(mediator.try_delete(SUBSCRIPTIONS, &gone).await?.0, 404);
    Ok(())
}

#[tokio::test]
async fn who_is_on_shift_is_rung_and_nothing_of_the_case_goes_out() -> Result<()> {
    const CASE: &str = "K-2026/118";
    let relay = TestRelay::start().await?;
    let mut service = PushService::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let accounts = relay.app.store.accounts().await?;
    // Both speak Albanian; neither ever touched the ready switch.
    let (on_shift, off_shift) = (Device::new()?, Device::new()?);
    let mut pages = Vec::new();
    for (mediator, device) in relay.links.mediators.iter().zip([&on_shift, &off_shift]) {
        let page = relay.signed_in(&mediator.link).await?;
        page.post(SUBSCRIPTIONS, &device.subscription(&service.url(&mediator.login))).await?;
        pages.push(page);
    }
    becomes_reachable(&relay, 2).await?;
    let heron = accounts.iter().find(|account| account.login == "heron").and_then(|account| account.mediator);
    let always = json!({ "starts_at": "2024-01-01T00:00", "zone": "UTC", "minutes": 1_440, "rule": "FREQ=DAILY",
        "duty": "on_shift" });
    coordinator.post("/api/v1/shifts", &json!({ "mediator": heron, "shift": always })).await?;

    let officer = relay.signed_in(&relay.links.officer).await?;
    let request = json!({ "languages": { "source": "sq", "target": "en" }, "label": "suspect",
        "case_number": CASE, "person": "V1" });
    let session = officer.post("/api/v1/sessions", &request).await?["session"].clone();
    let rang = service.next().await?;
    let message = opened(&rang, &on_shift, "ring")?;
    assert!(off_shift.open(&rang.body).is_err(), "nobody else can read it");
    let mut desk = pages[0].socket("/api/v1/desk").await?;
    assert_eq!(json!(desk.accept_next().await?), session);
    let over = service.next().await?;
    assert_eq!(opened(&over, &on_shift, "ring_over")?["ring"], message["ring"]);
    for taken in [&rang, &over] {
        assert_eq!(taken.path, "/heron", "whoever is off shift is left alone");
        let outside = format!("{taken:?}");
        for secret in [CASE, "suspect", session.as_str().context("no session")?] {
            let inside = String::from_utf8(on_shift.open(&taken.body)?)?;
            assert!(!inside.contains(secret) && !outside.contains(secret), "{secret}: {inside} {outside}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_device_that_is_gone_is_forgotten_and_a_busy_service_is_asked_once_more() -> Result<()> {
    let relay = TestRelay::start().await?;
    let mut service = PushService::start().await?;
    let (device, endpoint) = (Device::new()?, service.url("device"));
    let mediator = ready_and_away(&relay.url, &relay.links.mediators[0].link).await?;
    mediator.post(SUBSCRIPTIONS, &device.subscription(&endpoint)).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;

    let wait = HeaderMap::from_iter([(header::RETRY_AFTER, "1".parse()?)]);
    service.will_answer(StatusCode::SERVICE_UNAVAILABLE, wait);
    service.will_answer(StatusCode::GONE, HeaderMap::new());
    officer.request_session("sq").await?;
    let (first, began) = (service.next().await?, Instant::now());
    let second = service.next().await?;
    assert!(began.elapsed() >= Duration::from_millis(900), "asked again after {:?}", began.elapsed());
    assert_eq!(opened(&first, &device, "ring")?, opened(&second, &device, "ring")?);
    becomes_reachable(&relay, 0).await?;
    assert_eq!(relay.app.store.push_subscriber(&endpoint).await?, None);
    let counters = relay.app.notifier.counters();
    assert_eq!((counters.expired.get(), counters.failed.get(), counters.sent.get()), (1, 1, 0));
    let metrics = String::from_utf8(mediator.get("/metrics").await?)?;
    assert!(metrics.contains("\ndragoman_notify_expired_total 1\n"), "{metrics}");
    Ok(())
}

#[tokio::test]
async fn accounts_subscribe_and_what_is_wrong_is_said() -> Result<()> {
    let relay = TestRelay::start().await?;
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let good = Device::new()?.subscription("https://push.example/x");
    assert_eq!(Client::new(&relay.url)?.try_get("/api/v1/push/key").await?.0, 401);
    assert_eq!(key_of(&officer).await?, key_of(&mediator).await?);
    assert_eq!(Client::new(&relay.url)?.try_post(SUBSCRIPTIONS, &good).await?.0, 401);
    assert_eq!(officer.try_post(SUBSCRIPTIONS, &good).await?.0, 204);
    becomes_reachable(&relay, 0).await?;
    for (field, value, code) in [
        ("endpoint", "https://10.0.0.1/x", "push_endpoint_refused"),
        ("endpoint", "http://push.example/x", "push_endpoint_refused"),
        ("endpoint", "https://[::ffff:169.254.169.254]/x", "push_endpoint_refused"),
        ("p256dh", "BAAA", "push_keys_malformed"),
        ("auth", "short", "push_keys_malformed"),
    ] {
        let mut bad = good.clone();
        bad[field] = value.into();
        let (status, problem) = mediator.try_post(SUBSCRIPTIONS, &bad).await?;
        assert_eq!((status, problem["code"].as_str()), (400, Some(code)), "{value}");
    }
    // A device rings for whoever subscribed last.
    mediator.post(SUBSCRIPTIONS, &good).await?;
    becomes_reachable(&relay, 1).await?;
    let other = relay.signed_in(&relay.links.mediators[1].link).await?;
    other.post(SUBSCRIPTIONS, &good).await?;
    let gone = json!({ "endpoint": good["endpoint"] });
    assert_eq!(mediator.try_delete(SUBSCRIPTIONS, &gone).await?.0, 404);
    becomes_reachable(&relay, 1).await
}

#[tokio::test]
async fn after_a_power_cut_what_rang_rings_again_and_the_device_is_still_known() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut relay = RelayProcess::start(data.path()).await?;
    let links = relay.links().await?;
    let link = |value: &Value| value.as_str().map(str::to_owned).context("no link");
    let mut service = PushService::start().await?;
    let device = Device::new()?;
    let mediator = ready_and_away(&relay.url, &link(&links["mediators"][0]["link"])?).await?;
    mediator.post(SUBSCRIPTIONS, &device.subscription(&service.url("device"))).await?;
    let key = key_of(&mediator).await?;
    let officer = Client::signed_in(&relay.url, &link(&links["officer"])?).await?;
    let session = officer.request_session("sq").await?.session;
    let before = opened(&service.next().await?, &device, "ring")?;

    relay.kill()?;
    relay.restart().await?;
    let again = service.next().await?;
    again.claims(&key)?;
    assert_eq!(opened(&again, &device, "ring")?, before);
    let mut desk = mediator.socket("/api/v1/desk").await?;
    assert_eq!(desk.accept_next().await?, session);
    opened(&service.next().await?, &device, "ring_over")?;
    Ok(())
}

#[tokio::test]
async fn the_gateway_is_told_whom_to_ring_and_can_check_who_asks() -> Result<()> {
    const SECRET: &str = "a secret of more than thirty-two characters";
    let folder = tempfile::tempdir()?;
    let mut gateway = PushService::start().await?;
    let settings = Settings {
        data: Some(folder.path().into()),
        listen: Some("127.0.0.1:1".into()),
        plain_http: true,
        notify_webhook_url: Some(gateway.url("ring")),
        notify_webhook_secret: Some(SECRET.into()),
        ..Settings::default()
    };
    let (with, without) = (MediatorId(Uuid::from_u128(1)), MediatorId(Uuid::from_u128(2)));
    let contacts = Arc::new(move |mediator, _| {
        let contact = (mediator == with).then(|| "+383 44 000 000".to_owned());
        Box::pin(std::future::ready(contact)) as _
    });
    let store = Store::open(folder.path()).await?;
    let (notifier, _lost) = Notifier::start(&settings.check()?, store, contacts)?;
    assert!(notifier.reaches(with).await?);
    assert!(!notifier.reaches(without).await?);

    let (session, expires_at) = (SessionId(Uuid::from_u128(9)), clock::now() + Duration::from_secs(30));
    let rang = |offer, mediator| Event::OfferRang {
        offer: OfferNumber(offer),
        mediator,
        wave: 1,
        expires_at,
        place: Place::default(),
    };
    notifier.note(session, &[rang(1, without), rang(2, with)]);
    let ring = checked(&gateway.next().await?, SECRET)?;
    notifier.note(session, &[Event::OfferClosed { offer: OfferNumber(2), outcome: OfferState::Withdrawn }]);
    let over = checked(&gateway.next().await?, SECRET)?;
    let expected = |kind: &str| json!({ "kind": kind, "ring": ring["ring"], "expires_at": expires_at, "contact": "+383 44 000 000" });
    assert_eq!((&ring, &over), (&expected("ring"), &expected("ring_over")));
    assert!(!ring.to_string().contains(&session.to_string()));
    Ok(())
}

/// What a gateway does before it believes a request.
fn checked(taken: &Taken, secret: &str) -> Result<Value> {
    assert_eq!((taken.path.as_str(), taken.header("content-type")), ("/ring", "application/json"));
    let timestamp = taken.header(TIMESTAMP_HEADER);
    let age = clock::now().0 - UnixMillis(timestamp.parse::<i64>()? * 1_000).0;
    assert!((0..10_000).contains(&age), "signed {age} ms ago");
    let signature = taken.header(SIGNATURE_HEADER).strip_prefix("sha256=").context("no signature")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(&taken.body);
    mac.verify_slice(&hex::decode(signature)?)?;
    Ok(serde_json::from_slice(&taken.body)?)
}

#[tokio::test]
async fn a_coordinator_with_a_closed_page_is_told_that_a_call_waits() -> Result<()> {
    let policy = tempfile::NamedTempFile::new()?;
    std::fs::write(&policy, "escalate_after_seconds = 1")?;
    let relay = TestRelay::start_with(|settings| settings.dispatch = Some(policy.path().into())).await?;
    let mut service = PushService::start().await?;
    let (device, endpoint) = (Device::new()?, service.url("coordinator"));
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let key = key_of(&coordinator).await?;
    coordinator.post(SUBSCRIPTIONS, &device.subscription(&endpoint)).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    // Nobody who speaks it is there.
    let session = officer.request_session("ti").await?.session;
    let taken = service.next().await?;
    taken.claims(&key)?;
    let message = opened(&taken, &device, "call_waits")?;
    assert!(!message.to_string().contains(&session.to_string()));
    Ok(())
}

#[tokio::test]
async fn whoever_gets_a_number_is_reachable_by_the_gateway_until_it_is_taken_away() -> Result<()> {
    let gateway = PushService::start().await?;
    let url = gateway.url("ring");
    let relay = TestRelay::start_with(|settings| {
        settings.notify_webhook_url = Some(url);
        settings.notify_webhook_secret = Some("a secret of more than thirty-two characters".into());
    })
    .await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let accounts = relay.app.store.accounts().await?;
    let mediator = accounts.iter().find_map(|account| account.mediator).context("a mediator")?;
    let path = format!("/api/v1/mediators/{mediator}/private");
    becomes_reachable(&relay, 0).await?;
    for (details, reached) in [(json!({ "phone": "+355 69 000 0000" }), 1), (json!({}), 0)] {
        assert_eq!(coordinator.try_put(&path, &details).await?.0, 200);
        becomes_reachable(&relay, reached).await?;
    }
    Ok(())
}
