//! Agencies with people of theirs, made as an administrator makes them.

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::client::{Client, secret_of};
use crate::relay::TestRelay;

/// Adds an agency of this code in the country of its first two letters.
pub async fn agency(administrator: &Client, code: &str) -> anyhow::Result<()> {
    let country = code.get(..2).context("a code begins with its country")?;
    let agency = json!({ "code": code, "name": code, "country": country, "zone": "Europe/Tirane" });
    administrator.post("/api/v1/agencies", &agency).await?;
    Ok(())
}

/// An account of an agency, enrolled and signed in.
pub async fn person(
    relay: &TestRelay,
    administrator: &Client,
    (login, role): (&str, &str),
    agency: &str,
) -> anyhow::Result<Client> {
    let form = json!({ "login": login, "role": role, "language": "en", "agency": agency });
    let made = administrator.post("/api/v1/accounts", &form).await?;
    let secret = secret_of(made["url"].as_str().context("a link was made")?)?;
    let client = Client::new(&relay.url)?;
    let me = client
        .post("/api/v1/links/enrol", &json!({ "secret": secret, "password": "a long enough password" }))
        .await?;
    ensure!(me["agency"] == agency, "{me}");
    Ok(client)
}

/// Changes the roster entry of an alias; answers with its identifier.
pub async fn change_mediator(
    keeper: &Client,
    alias: &str,
    change: impl FnOnce(&mut Value),
) -> anyhow::Result<String> {
    let (_, rows) = keeper.try_get("/api/v1/mediators").await?;
    let rows = rows.as_array().context("the roster is a list")?.iter();
    let mut entry = rows
        .map(|row| row["mediator"].clone())
        .find(|entry| entry["alias"] == alias)
        .with_context(|| format!("{alias} is not on the roster"))?;
    let id = entry["id"].as_str().context("an entry has an identifier")?.to_owned();
    change(&mut entry);
    entry.as_object_mut().context("an entry is an object")?.remove("id");
    let (status, body) = keeper.try_put(&format!("/api/v1/mediators/{id}"), &entry).await?;
    ensure!(status == 200, "{status} {body}");
    Ok(id)
}
