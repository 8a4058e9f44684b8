//! Who may do what: wrong, expired and reused links, other people's sessions, and every call without its role.

use anyhow::Result;
use dragoman_core::interpreting::{FloorAct, Mode};
use dragoman_core::rest::LinkPurpose;
use dragoman_core::session_types::{Phase, Place, Role};
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::{ParticipantMessage, RelayMessage};
use dragoman_relay::links;
use dragoman_relay::store::{Link, LinkTarget};
use dragoman_tests::call::{Call, Party};
use dragoman_tests::client::{Client, secret_of};
use dragoman_tests::relay::TestRelay;
use serde_json::{Value, json};

#[tokio::test]
async fn links_work_once_in_time_and_for_their_purpose() -> Result<()> {
    let relay = TestRelay::start().await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let session = officer.request_session("fr").await?.session;
    let nobody = Client::new(&relay.url)?;
    let join = |link: String| {
        let nobody = nobody.clone();
        async move { nobody.try_post("/api/v1/links/join", &json!({ "secret": secret_of(&link)? })).await }
    };

    let link = officer.invite(session, Role::Interviewee).await?;
    assert_eq!(join(link.clone()).await?.0, 200);
    let (status, problem) = join(link).await?;
    assert_eq!((status, problem["code"].as_str()), (410, Some("link_used")));

    let (status, problem) = join(format!("{}/#/link/{}", relay.url, "A".repeat(43))).await?;
    assert_eq!((status, problem["code"].as_str()), (404, Some("link_unknown")));

    let late = Link {
        purpose: LinkPurpose::Join,
        target: LinkTarget::Session(session, Role::Observer),
        language: "en".parse()?,
        reusable: false,
        expires_at: UnixMillis(1),
        used_at: None,
    };
    let late = links::make(&relay.app.store, &relay.url, &late).await?.url;
    let (status, problem) = join(late.clone()).await?;
    assert_eq!((status, problem["code"].as_str()), (410, Some("link_expired")));
    let (status, problem) =
        nobody.try_post("/api/v1/links/inspect", &json!({ "secret": secret_of(&late)? })).await?;
    assert_eq!((status, problem["code"].as_str()), (410, Some("link_expired")));

    // A link that signs in does not let anybody into a session.
    let (status, problem) = join(relay.links.officer.clone()).await?;
    assert_eq!((status, problem["code"].as_str()), (404, Some("link_unknown")));
    // What could not be used is not used up: a scribe needs an agreement first.
    let scribe = officer.invite(session, Role::Scribe).await?;
    for _ in 0..2 {
        let (status, problem) = join(scribe.clone()).await?;
        assert_eq!((status, problem["code"].as_str()), (409, Some("transcription_not_agreed")));
    }
    Ok(())
}

#[tokio::test]
async fn links_of_a_demonstration_open_nothing_once_the_relay_is_real() -> Result<()> {
    let relay = TestRelay::start_as(false).await?;
    let secret = json!({ "secret": secret_of(&relay.links.administrator)? });
    let (status, problem) = Client::new(&relay.url)?.try_post("/api/v1/links/sign-in", &secret).await?;
    assert_eq!((status, problem["code"].as_str()), (404, Some("link_unknown")));
    Ok(())
}

#[tokio::test]
async fn of_many_who_use_one_link_at_once_one_gets_in() -> Result<()> {
    let relay = TestRelay::start().await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let session = officer.request_session("fr").await?.session;
    let secret = secret_of(&officer.invite(session, Role::Observer).await?)?.to_owned();
    let client = Client::new(&relay.url)?;
    let tries = (0..40).map(|_| {
        let (client, body) = (client.clone(), json!({ "secret": secret }));
        tokio::spawn(async move { client.try_post("/api/v1/links/join", &body).await })
    });
    let mut statuses = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        statuses.push(attempt.await??.0);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 39, "{statuses:?}");
    Ok(())
}

#[tokio::test]
async fn a_session_is_closed_to_everybody_else() -> Result<()> {
    let relay = TestRelay::start().await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let session = officer.request_session("sq").await?.session;
    let foreign = officer.request_session("fr").await?.session;
    let (guest, _) = Client::joined(&relay.url, &officer.invite(foreign, Role::Interviewee).await?).await?;
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let nobody = Client::new(&relay.url)?;

    for (who, client) in
        [("guest of another", &guest), ("mediator without it", &mediator), ("coordinator", &coordinator)]
    {
        assert!(client.session_socket(session).await.is_err(), "{who} opened the socket");
    }
    let links = format!("/api/v1/sessions/{session}/links");
    let invite = json!({ "role": "interviewee" });
    assert_eq!(nobody.try_post(&links, &invite).await?.0, 401);
    assert_eq!(guest.try_post(&links, &invite).await?.0, 401);
    assert_eq!(mediator.try_post(&links, &invite).await?.0, 403);
    assert_eq!(coordinator.try_post(&links, &invite).await?.0, 403);

    let record = format!("/api/v1/sessions/{session}/record?reason=court");
    assert_eq!(nobody.try_get(&record).await?.0, 401);
    assert_eq!(mediator.try_get(&record).await?.0, 404);
    let (status, problem) = officer.try_get(&record).await?;
    assert_eq!((status, problem["code"].as_str()), (409, Some("not_sealed")));
    let (status, problem) = officer.try_get(&format!("/api/v1/sessions/{session}/record")).await?;
    assert_eq!((status, problem["code"].as_str()), (400, Some("reason_missing")));
    for (client, path, status) in [
        (&officer, "/api/v1/mediators", 403),
        (&mediator, "/api/v1/mediators", 403),
        (&officer, "/api/v1/accounts", 403),
        (&mediator, "/api/v1/sessions", 403),
        (&coordinator, "/api/v1/mediators", 200),
        (&nobody, "/api/v1/me", 401),
        (&nobody, "/api/v1/languages", 401),
    ] {
        assert_eq!(client.try_get(path).await?.0, status, "{path}");
    }
    let account = json!({ "login": "new.officer", "role": "officer", "language": "en" });
    assert_eq!(coordinator.try_post("/api/v1/accounts", &account).await?.0, 403);
    assert_eq!(mediator.try_post("/api/v1/sessions", &json!({})).await?.0, 403);
    Ok(())
}

#[tokio::test]
async fn an_account_is_enrolled_once_and_signs_in_by_its_password() -> Result<()> {
    let relay = TestRelay::start().await?;
    let administrator = relay.signed_in(&relay.links.administrator).await?;
    let account = json!({ "login": "new.officer", "role": "officer", "language": "sq" });
    let made = administrator.post("/api/v1/accounts", &account).await?;
    let secret = secret_of(made["url"].as_str().unwrap_or_default())?.to_owned();
    let person = Client::new(&relay.url)?;
    let weak =
        person.try_post("/api/v1/links/enrol", &json!({ "secret": secret, "password": "short" })).await?;
    assert_eq!((weak.0, weak.1["code"].as_str()), (400, Some("password_weak")));
    let enrol = json!({ "secret": secret, "password": "a long enough password" });
    assert_eq!(person.post("/api/v1/links/enrol", &enrol).await?["role"], "officer");
    assert_eq!(person.try_post("/api/v1/links/enrol", &enrol).await?.0, 410);
    assert_eq!(person.try_get("/api/v1/me").await?.1["language"], "sq");

    let other = Client::new(&relay.url)?;
    let login = |password: &str| json!({ "login": "new.officer", "password": password });
    let (status, problem) = other.try_post("/api/v1/login", &login("a wrong password")).await?;
    assert_eq!((status, problem["code"].as_str()), (401, Some("wrong_login")));
    other.post("/api/v1/login", &login("a long enough password")).await?;
    other.try_post("/api/v1/logout", &json!({})).await?;
    assert_eq!(other.try_get("/api/v1/me").await?.0, 401);
    Ok(())
}

#[tokio::test]
async fn a_stop_can_not_be_undone_by_anybody_but_the_interviewee() -> Result<()> {
    let relay = TestRelay::start().await?;
    let (officer, session) = (relay.signed_in(&relay.links.officer).await?, "sq");
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let mut desk = mediator.socket("/api/v1/desk").await?;
    desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    let session = officer.request_session(session).await?.session;
    assert_eq!(desk.accept_next().await?, session);
    let mut officer_socket = officer.session_socket(session).await?;
    let (guest, _) = Client::joined(&relay.url, &officer.invite(session, Role::Interviewee).await?).await?;
    let mut guest_socket = guest.session_socket(session).await?;
    let consent = |means: &str| {
        json!({ "type": "state_consent", "kind": "interpreting", "agreed": true, "means": means }).to_string()
    };
    guest_socket.send_text(consent("own_screen")).await?;
    officer_socket.phase(Phase::Live).await?;
    guest_socket.send(&ParticipantMessage::Stop).await?;
    officer_socket.phase(Phase::Stopped).await?;
    officer_socket.send_text(consent("noted_by_officer")).await?;
    let problem = officer_socket
        .find(|message| match message {
            dragoman_core::wire::RelayMessage::Refused { problem } => Some(problem),
            _ => None,
        })
        .await?;
    assert_eq!(problem.code, "interviewee_decides");
    guest_socket.send_text(consent("own_screen")).await?;
    officer_socket.phase(Phase::Live).await?;
    officer_socket.send(&ParticipantMessage::EndSession).await?;
    guest_socket.phase(Phase::Sealed).await?;
    Ok(())
}

#[tokio::test]
async fn a_coordinator_rings_by_hand_with_a_reason_only() -> Result<()> {
    let relay = TestRelay::start().await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    // Reachable, and not ready.
    let mediator = relay.signed_in(&relay.links.mediators[0].link).await?;
    let mut desk = mediator.socket("/api/v1/desk").await?;
    let session = officer.request_session("sq").await?.session;
    let path = format!("/api/v1/sessions/{session}/ring");
    let judged = format!("/api/v1/sessions/{session}/candidates");
    let would_take = async || -> Result<Vec<Value>> {
        let rows: Vec<Value> = serde_json::from_slice(&coordinator.get(&judged).await?)?;
        Ok(rows.into_iter().map(|row| row["by_hand"].clone()).collect())
    };
    // Blue Heron's switch is off; Grey Wolf has no page open, which nobody can lift.
    assert_eq!(would_take().await?, ["with_reason", "never"]);
    let by_hand = |reason: &str| json!({ "mediator": uuid::Uuid::from_u128(0xde30_0001), "reason": reason });
    for (who, reason, status, code) in [
        (&officer, "I know her", 403, "not_allowed"),
        (&mediator, "it is me", 403, "not_allowed"),
        (&coordinator, " ", 409, "reason_missing"),
    ] {
        let (got, problem) = who.try_post(&path, &by_hand(reason)).await?;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{reason}");
    }
    let other = json!({ "mediator": uuid::Uuid::from_u128(0xde30_0003), "reason": "speaks Serbian" });
    assert_eq!(coordinator.try_post(&path, &other).await?.1["code"], "does_not_speak_pair");
    assert_eq!(coordinator.try_post(&path, &by_hand("called her at home, she will answer")).await?.0, 204);
    assert!(would_take().await?.contains(&json!("rings")));
    assert_eq!(coordinator.try_post(&path, &by_hand("once more")).await?.1["code"], "rings_already");
    assert_eq!(desk.accept_next().await?, session);
    Ok(())
}

/// A mediator who handed over and left learns nothing more, even if their client ignores the goodbye.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_left_for_good_gets_nothing_more_of_the_session() -> Result<()> {
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    let second = relay.signed_in(&links.mediators[1].link).await?;
    let mut desk = second.socket("/api/v1/desk").await?;
    desk.send_text(json!({ "type": "set_ready", "ready": true }).to_string()).await?;
    let act = |act: FloorAct| ParticipantMessage::Floor { act };
    call.officer.socket.send(&act(FloorAct::RequestRelief { place: Place(0) })).await?;
    desk.accept_next().await?;
    let mut second = Party::enter(second, call.session).await?;
    second.socket.send(&act(FloorAct::Leave)).await?;
    let goodbye = second.socket.find(|message| match message {
        RelayMessage::Goodbye { problem, reconnect } => Some((problem.code, reconnect)),
        _ => None,
    });
    assert_eq!(goodbye.await?, ("session_over".to_owned(), false));
    call.officer.socket.send(&act(FloorAct::SetMode { mode: Mode::Simultaneous })).await?;
    let after = second.socket.next::<RelayMessage>().await.expect_err("nothing comes any more");
    assert!(after.to_string().contains("closed"), "the relay ends the socket itself: {after}");
    let again = second.client.session_socket(call.session).await;
    assert!(again.is_err(), "and does not open it again");
    Ok(())
}
