//! The demonstration: a small roster, one account for each role, and links that sign in without a password.
//!
//! Everybody here is invented. The links are only made with `--demo`, and work only while it is given.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use dragoman_core::ids::{AccountId, MediatorId};
use dragoman_core::language::LanguageTag;
use dragoman_core::relay::Input;
use dragoman_core::rest::{AccountRole, LinkPurpose};
use dragoman_core::roster::{
    Gender, Level, LoadLimits, Mediator, Profile, Qualification, Specialism, SpokenLanguage,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock;
use crate::engine::Engine;
use crate::links::{self, DEMO_FOR};
use crate::store::{Account, Link, LinkTarget, Store};

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Links of the demonstration, as they are written to `demo-links.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct DemoLinks {
    /// The officer's.
    pub officer: String,
    /// For the scribe on standby, which signs in as the officer.
    pub scribe: String,
    /// The coordinator's.
    pub coordinator: String,
    /// The administrator's.
    pub administrator: String,
    /// The mediators'.
    pub mediators: Vec<DemoMediator>,
}

/// One simulated mediator.
#[derive(Debug, Serialize, Deserialize)]
pub struct DemoMediator {
    /// Login name.
    pub login: String,
    /// The language that is not the officer's.
    pub language: String,
    /// Signs in.
    pub link: String,
}

/// Alias, login, languages with the mediator's own first, gender, qualification, trained for minors.
type Row = (&'static str, &'static str, &'static [(&'static str, Level)], Gender, Qualification, bool);

const ROSTER: [Row; 10] = {
    use Gender::{Female, Male};
    use Level::{Fluent, Native, Working};
    use Qualification::{CulturalMediator, Interpreter, SwornInterpreter};
    [
        (
            "Blue Heron",
            "heron",
            &[("sq", Native), ("en", Fluent), ("sr-Latn", Working)],
            Female,
            SwornInterpreter,
            true,
        ),
        ("Grey Wolf", "wolf", &[("sq", Native), ("en", Fluent)], Male, Interpreter, false),
        ("Red Kite", "kite", &[("sr-Latn", Native), ("en", Fluent)], Female, Interpreter, true),
        (
            "Silver Birch",
            "birch",
            &[("sr-Cyrl", Native), ("en", Fluent), ("mk", Fluent)],
            Male,
            SwornInterpreter,
            false,
        ),
        (
            "Green Willow",
            "willow",
            &[("ar", Native), ("apc", Native), ("en", Fluent)],
            Female,
            CulturalMediator,
            true,
        ),
        (
            "White Stork",
            "stork",
            &[("fa", Native), ("prs", Fluent), ("en", Fluent)],
            Male,
            Interpreter,
            false,
        ),
        ("Night Owl", "owl", &[("fr", Native), ("en", Fluent)], Female, CulturalMediator, false),
        (
            "Sea Swallow",
            "swallow",
            &[("tr", Native), ("en", Fluent), ("kmr", Working)],
            Female,
            Interpreter,
            false,
        ),
        (
            "Mountain Ash",
            "ash",
            &[("ur", Native), ("en", Fluent), ("pa", Fluent)],
            Male,
            CulturalMediator,
            false,
        ),
        (
            "River Otter",
            "otter",
            &[("ru", Native), ("uk", Fluent), ("en", Fluent)],
            Female,
            Interpreter,
            true,
        ),
    ]
};

/// Seeds what is missing and makes fresh links.
///
/// # Errors
/// If the store fails.
pub async fn seed(store: &Store, engine: &Engine, public_url: &str) -> anyhow::Result<DemoLinks> {
    let mut mediators = Vec::new();
    let known = store.mediators().await?;
    for (number, row) in (1_u128..).zip(ROSTER) {
        let (_, login, languages, ..) = row;
        let id = MediatorId(Uuid::from_u128(0xde30_0000 + number));
        if !known.iter().any(|(mediator, ..)| mediator.id == id) {
            engine.input(Input::PutMediator(mediator_of(id, row)?)).await?;
        }
        let account = account(store, login, AccountRole::Mediator, languages[0].0, Some(id)).await?;
        let link = sign_in_link(store, public_url, &account).await?;
        mediators.push(DemoMediator { login: login.to_owned(), language: languages[0].0.to_owned(), link });
    }
    let mut links = Vec::new();
    for (login, role) in [
        ("officer", AccountRole::Officer),
        ("officer", AccountRole::Officer),
        ("coordinator", AccountRole::Coordinator),
        ("administrator", AccountRole::Administrator),
    ] {
        let account = account(store, login, role, "en", None).await?;
        links.push(sign_in_link(store, public_url, &account).await?);
    }
    let [officer, scribe, coordinator, administrator] =
        links.try_into().map_err(|_| anyhow::anyhow!("four links were made"))?;
    Ok(DemoLinks { officer, scribe, coordinator, administrator, mediators })
}

/// Prints one link a role, with a QR code for the tablet or the phone.
///
/// # Errors
/// If the file is not one of links.
pub fn print_links(file: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let links: DemoLinks =
        serde_json::from_slice(&bytes).with_context(|| format!("{} holds no links", file.display()))?;
    let mediator = links.mediators.last().map(|mediator| mediator.link.as_str()).unwrap_or_default();
    let roles = [
        ("Mediator (Russian; the others are simulated)", mediator),
        ("Administrator", &links.administrator),
        ("Coordinator", &links.coordinator),
        ("Officer: open this one, choose Albanian, and call", &links.officer),
    ];
    for (role, link) in roles {
        println!("{role}\n  {link}\n{}", links::qr_for_terminal(link)?);
    }
    println!(
        "The browser will warn that it does not know the certificate: it was made on this machine. Ctrl-C ends all."
    );
    Ok(())
}

fn mediator_of(id: MediatorId, row: Row) -> anyhow::Result<Mediator> {
    let (alias, _, languages, gender, qualification, trained_for_minors) = row;
    let specialisms = trained_for_minors.then_some(Specialism::Minors).into_iter().collect();
    let now = clock::now();
    let spoken = languages.iter().map(|(tag, level)| Ok(SpokenLanguage { tag: tag.parse()?, level: *level }));
    let profile = Profile {
        gender: Some(gender),
        qualification,
        specialisms,
        vetted_until: Some(now + A_YEAR),
        // One call after the other: this is a demonstration.
        load: LoadLimits { minutes_a_day: 1_440, rest_minutes: 0 },
        ..Profile::new(alias, spoken.collect::<anyhow::Result<_>>()?).cleared(now)
    };
    Ok(Mediator { id, profile })
}

async fn account(
    store: &Store,
    login: &str,
    role: AccountRole,
    language: &str,
    mediator: Option<MediatorId>,
) -> anyhow::Result<Account> {
    if let Some(account) = store.account_by_login(login).await? {
        return Ok(account);
    }
    let language: LanguageTag = language.parse()?;
    let (id, login) = (AccountId(Uuid::new_v4()), login.to_owned());
    let account = Account { id, login, role, language, mediator, password_hash: None, agency: None };
    store.add_account(&account, clock::now()).await?;
    Ok(account)
}

async fn sign_in_link(store: &Store, public_url: &str, account: &Account) -> anyhow::Result<String> {
    let link = Link {
        purpose: LinkPurpose::SignIn,
        target: LinkTarget::Account(account.id),
        language: account.language.clone(),
        reusable: true,
        expires_at: clock::now() + DEMO_FOR,
        used_at: None,
    };
    Ok(links::make(store, public_url, &link).await?.url)
}
