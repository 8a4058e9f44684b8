//! Glossaries: put by a coordinator, looked up by those in a session of that kind of case, in its languages.

use anyhow::Result;
use dragoman_core::glossary::Term;
use dragoman_core::session_types::Role;
use dragoman_tests::client::Client;
use dragoman_tests::relay::TestRelay;
use serde_json::{Value, json};

const TRAFFICKING: &str =
    "en;sq;ar;note\ntrafficking in human beings;trafikim i qenieve njerëzore;الاتجار بالبشر;not smuggling\n";
const GENERAL: &str = "en,sq,fr\ninterpreter,përkthyes,interprète\nlawyer,avokat,\n";

async fn put(who: &Client, case_type: &str, csv: &str) -> Result<(u16, Value)> {
    who.try_put(&format!("/api/v1/glossaries/{case_type}"), &json!({ "csv": csv })).await
}

#[tokio::test]
async fn the_terms_of_a_session_are_those_of_its_case_in_its_languages() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    for (case_type, csv, terms) in [("trafficking", TRAFFICKING, 1), ("general", GENERAL, 2)] {
        let (status, row) = put(&coordinator, case_type, csv).await?;
        assert_eq!((status, row["terms"].as_u64()), (200, Some(terms)), "{row}");
    }
    let (_, rows) = coordinator.try_get("/api/v1/glossaries").await?;
    assert_eq!(rows.as_array().map(Vec::len), Some(2));

    let request = json!({ "languages": { "source": "sq", "target": "en" }, "specialisms": ["trafficking"] });
    let created = officer.post("/api/v1/sessions", &request).await?;
    let session = serde_json::from_value(created["session"].clone())?;
    let path = format!("/api/v1/sessions/{session}/glossary");
    let (guest, _) = Client::joined(&relay.url, &officer.invite(session, Role::Observer).await?).await?;
    for who in [&officer, &guest] {
        let terms: Vec<Term> = serde_json::from_slice(&who.get(&path).await?)?;
        let english: Vec<&str> =
            terms.iter().map(|term| term.texts[&"en".parse().unwrap()].as_str()).collect();
        assert_eq!(english, ["trafficking in human beings", "interpreter", "lawyer"]);
        assert!(terms.iter().all(|term| term.texts.len() == 2), "only the session's languages: {terms:?}");
    }
    let stranger = relay.signed_in(&relay.links.mediators[0].link).await?;
    assert_eq!(stranger.try_get(&path).await?.0, 404);

    let plain = officer.request_session("sq").await?.session;
    let (_, terms) = officer.try_get(&format!("/api/v1/sessions/{plain}/glossary")).await?;
    assert_eq!(terms.as_array().map(Vec::len), Some(2), "without the case, what is general");
    Ok(())
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_a_good_one_goes_out_as_it_came_in() -> Result<()> {
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let officer = relay.signed_in(&relay.links.officer).await?;
    assert_eq!(put(&coordinator, "asylum", TRAFFICKING).await?.0, 200);
    let (status, problem) = put(&coordinator, "asylum", "en,sq\nvisa,\n").await?;
    assert_eq!((status, problem["code"].as_str()), (400, Some("csv_malformed")));
    assert!(problem["message"].as_str().unwrap_or_default().contains("line 2"), "{problem}");
    assert_eq!(put(&officer, "asylum", GENERAL).await?.0, 403);
    assert_eq!(put(&coordinator, "weather", GENERAL).await?.0, 400);
    let file = String::from_utf8(coordinator.get("/api/v1/glossaries/asylum/export.csv").await?)?;
    assert!(file.contains("الاتجار بالبشر"), "{file}");
    assert_eq!(put(&coordinator, "asylum", &file).await?.1["terms"], 1);
    assert_eq!(put(&coordinator, "asylum", "").await?.0, 200);
    assert_eq!(coordinator.try_get("/api/v1/glossaries").await?.1, json!([]));
    Ok(())
}
