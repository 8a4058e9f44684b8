//! `dragoman-relay serve`: puts the parts together, says how to begin, and ends in good order.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsConfig;
use dragoman_core::ids::AccountId;
use dragoman_core::rest::{AccountRole, LinkPurpose};
use dragoman_core::wire::Problem;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::bookings::Bookings;
use crate::config::Config;
use crate::directory::Directory;
use crate::duties::{self, Duties};
use crate::engine::Engine;
use crate::http::{App, router};
use crate::links::{self, ENROL_FOR, qr_for_terminal};
use crate::loans::Loans;
use crate::media::Media;
use crate::notify::Notifier;
use crate::record::Signer;
use crate::store::{Account, Link, LinkTarget, Store};
use crate::throttle::Throttle;
use crate::turn::Turn;
use crate::vault::Vault;
use crate::{clock, demo, files, tls};

/// How long open requests may take to finish after SIGTERM.
const DRAIN_FOR: Duration = Duration::from_secs(5);

/// A relay that is ready to serve.
pub struct Server {
    app: Arc<App>,
    listener: std::net::TcpListener,
    tls: Option<RustlsConfig>,
    handle: Handle<SocketAddr>,
}

impl Server {
    /// Opens data, ports and certificate, and takes back what was going on.
    ///
    /// # Errors
    /// The message names the setting or the file and what to do.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        // The process may have chosen already; one choice is as good as the other.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Password digests and logs lie in it.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&config.data)
            .with_context(|| format!("--data: cannot make the folder {}", config.data.display()))?;
        let tls = match tls::files(&config)? {
            Some(files) => Some(tls::load(files).await?),
            None => None,
        };
        let listener = std::net::TcpListener::bind(config.listen).with_context(|| {
            format!(
                "--listen: cannot open TCP {}. Is another relay running? Choose another address",
                config.listen
            )
        })?;
        listener.set_nonblocking(true)?;
        let media = Arc::new(Media::start(config.media, &config.media_public, config.redundancy)?);
        let turn = Turn::new(&config, &media)?;
        turn.open(tls.as_ref()).await?;
        let store =
            Store::open(&config.data).await.with_context(|| format!("--data {}", config.data.display()))?;
        let signer = Signer::open(&config.data)?;
        let vault = Arc::new(Vault::open(&config.roster_key, &store).await?);
        let directory = Directory::new(store.clone(), vault.clone());
        let (notifier, lost) = Notifier::start(&config, store.clone(), directory.contacts())?;
        let policy = config.dispatch.clone();
        let engine = Engine::start(store.clone(), media.clone(), policy, notifier.clone(), lost).await?;
        let loans = Arc::new(Loans::open(store.clone(), engine.clone()).await?);
        let bookings = Bookings::open(store.clone(), engine.clone(), loans.clone(), notifier.clone()).await?;
        let duties = Duties::default();
        // Before the first request, for it may be the one that rings somebody.
        duties.refresh(&store, &engine).await?;
        let app = Arc::new(App {
            config,
            store,
            engine,
            loans,
            bookings: Arc::new(bookings),
            media,
            turn,
            notifier,
            throttle: Throttle::default(),
            feed_throttle: Throttle::default(),
            duties,
            signer,
            vault,
            directory,
            roster_writes: Mutex::default(),
        });
        tokio::spawn(duties::keep_fresh(app.clone()));
        Ok(Self { app, listener, tls, handle: Handle::new() })
    }

    /// The TCP address that is open.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What the handlers share.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Prints how to begin: an administrator's link at the first start, all links of a demonstration.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn greet(&self) -> anyhow::Result<()> {
        let App { config, store, engine, signer, .. } = &*self.app;
        println!("Dragoman is ready at {} (audio: UDP {})", config.public_url, self.app.media.local_addr());
        println!("Records are signed with key {}", signer.public_key());
        if config.demo {
            let links = demo::seed(store, engine, &config.public_url).await?;
            files::write_private(&config.data.join("demo-links.json"), &serde_json::to_vec_pretty(&links)?)?;
            println!("Demonstration: everybody is invented; never use it for real work.");
        } else if let Some(link) = first_link(store, &config.public_url).await? {
            println!(
                "First start: choose the administrator's password at\n\n  {link}\n\n{}",
                qr_for_terminal(&link)?
            );
        }
        Ok(())
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// If serving fails.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { app, listener, tls, handle } = self;
        let timers = tokio::spawn(app.bookings.clone().run());
        tokio::spawn(drain_on_signal(app.clone(), handle.clone()));
        let store = app.store.clone();
        let turn = app.turn.clone();
        let service = router(app).into_make_service();
        match tls {
            Some(config) => {
                let server = axum_server::from_tcp(listener)?.acceptor(turn.acceptor(config));
                server.handle(handle).serve(service).await?;
            }
            None => {
                // Without Nagle, as over TLS.
                let server = axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor::new());
                server.handle(handle).serve(service).await?;
            }
        }
        timers.abort();
        store.close().await;
        Ok(())
    }
}

/// Says goodbye to all sockets, lets requests finish, then ends. Calls go on by themselves when the relay is back.
async fn drain_on_signal(app: Arc<App>, handle: Handle<SocketAddr>) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("signals can not be received; the relay will not drain");
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("draining");
    let message = "the relay is being restarted; your page will reconnect by itself".to_owned();
    handle.graceful_shutdown(Some(DRAIN_FOR));
    app.engine.drain(Problem { code: "relay_restarting".to_owned(), message }).await;
}

/// A link for the administrator, as long as none has a password.
async fn first_link(store: &Store, public_url: &str) -> anyhow::Result<Option<String>> {
    let administrators: Vec<Account> = store
        .accounts()
        .await?
        .into_iter()
        .filter(|account| account.role == AccountRole::Administrator)
        .collect();
    if administrators.iter().any(|account| account.password_hash.is_some()) {
        return Ok(None);
    }
    let account = match administrators.into_iter().next() {
        Some(account) => account,
        None => {
            let (id, login) = (AccountId(Uuid::new_v4()), "administrator".to_owned());
            let (role, language) = (AccountRole::Administrator, "en".parse()?);
            let account =
                Account { id, login, role, language, mediator: None, password_hash: None, agency: None };
            store.add_account(&account, clock::now()).await?;
            account
        }
    };
    Ok(Some(enrolment_link(store, public_url, &account).await?))
}

/// Makes a link with which the owner of an account chooses a new password; the relay may run meanwhile.
///
/// # Errors
/// If there is no such account, or the store fails.
pub async fn new_link(config: &Config, login: &str) -> anyhow::Result<String> {
    let store =
        Store::open(&config.data).await.with_context(|| format!("--data {}", config.data.display()))?;
    let account = store.account_by_login(login).await?;
    let account =
        account.with_context(|| format!("there is no account '{login}' in {}", config.data.display()))?;
    let link = enrolment_link(&store, &config.public_url, &account).await?;
    store.close().await;
    Ok(link)
}

async fn enrolment_link(store: &Store, public_url: &str, account: &Account) -> anyhow::Result<String> {
    let link = Link {
        purpose: LinkPurpose::Enrol,
        target: LinkTarget::Account(account.id),
        language: account.language.clone(),
        reusable: false,
        expires_at: clock::now() + ENROL_FOR,
        used_at: None,
    };
    Ok(links::make(store, public_url, &link).await?.url)
}
