//! A relay for one test: in this process with its own folder and ports, or as a process that can be killed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use dragoman_relay::config::Settings;
use dragoman_relay::demo::{self, DemoLinks};
use dragoman_relay::http::App;
use dragoman_relay::serve::Server;
use tempfile::TempDir;

use crate::client::Client;
use crate::weak::{Passage, Proxy};

/// A relay inside of the test's process, with the demonstration's roster.
pub struct TestRelay {
    /// Where it is.
    pub url: String,
    /// Its insides, to look at and to hurry things.
    pub app: Arc<App>,
    /// Links that sign in.
    pub links: DemoLinks,
    /// Its data.
    pub folder: TempDir,
}

impl TestRelay {
    /// Starts one.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(|_| {}).await
    }

    /// Starts one that is, or is not, a demonstration; the roster and the links are there in any case.
    pub async fn start_as(demo: bool) -> anyhow::Result<Self> {
        Self::start_with(|settings| settings.demo = demo).await
    }

    /// Starts one with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        let mut settings = Settings {
            data: Some(folder.path().into()),
            listen: Some(address.to_string()),
            plain_http: true,
            demo: true,
            ..Settings::default()
        };
        change(&mut settings);
        let config = settings.check()?;
        let url = config.public_url.clone();
        let server = Server::open(config).await?;
        let app = server.app().clone();
        let links = demo::seed(&app.store, &app.engine, &url).await?;
        tokio::spawn(server.run());
        wait_until_ready(&url).await?;
        Ok(Self { url, app, links, folder })
    }

    /// Starts one that clients reach through a weak link only. The same seed is the same fate.
    pub async fn start_behind(passage: Passage, seed: u64) -> anyhow::Result<(Self, Proxy)> {
        let (media, listen) = (free_address()?, free_address()?);
        let relay = Self::start_with(|settings| {
            settings.media = Some(media.to_string());
            settings.media_public = Some(vec![listen.to_string()]);
        })
        .await?;
        Ok((relay, Proxy::start(listen, media, passage, seed).await?))
    }

    /// Somebody signed in by one of the demonstration's links.
    pub async fn signed_in(&self, link: &str) -> anyhow::Result<Client> {
        Client::signed_in(&self.url, link).await
    }
}

/// A relay as a process of its own, with the demonstration's roster.
pub struct RelayProcess {
    /// Where it is.
    pub url: String,
    child: Child,
    data: PathBuf,
    address: SocketAddr,
    options: Vec<String>,
}

impl RelayProcess {
    /// Starts one on the data in a folder.
    pub async fn start(data: &Path) -> anyhow::Result<Self> {
        Self::start_with(data, Vec::new()).await
    }

    /// The same, with further options of the command line.
    pub async fn start_with(data: &Path, mut options: Vec<String>) -> anyhow::Result<Self> {
        options.push("--plain-http".to_owned());
        let address = free_address()?;
        let url = format!("http://localhost:{}", address.port());
        let child = spawn(data, address, &options)?;
        wait_until_ready(&url).await?;
        Ok(Self { url, child, data: data.to_owned(), address, options })
    }

    /// Starts one as it is really run: over TLS, with a certificate of its own ([`RelayProcess::certificate`]).
    pub async fn start_with_tls(data: &Path) -> anyhow::Result<Self> {
        let address = free_address()?;
        let url = format!("https://localhost:{}", address.port());
        let child = spawn(data, address, &[])?;
        let relay = Self { url, child, data: data.to_owned(), address, options: Vec::new() };
        // They are written when everything is open.
        relay.links().await?;
        Ok(relay)
    }

    /// The certificate that was made at the first start.
    pub fn certificate(&self) -> PathBuf {
        self.data.join("tls-cert.pem")
    }

    /// Links that sign in.
    pub async fn links(&self) -> anyhow::Result<serde_json::Value> {
        let file = self.data.join("demo-links.json");
        let began = Instant::now();
        loop {
            if let Some(links) =
                std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
            {
                return Ok(links);
            }
            if began.elapsed() > Duration::from_secs(20) {
                bail!("the relay wrote no {}", file.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it as a power cut would (SIGKILL).
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again on the same data and ports; returns when it is ready.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.child = spawn(&self.data, self.address, &self.options)?;
        wait_until_ready(&self.url).await
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn spawn(data: &Path, address: SocketAddr, options: &[String]) -> anyhow::Result<Child> {
    let address = address.to_string();
    let mut command = Command::new(relay_program()?);
    command.args(["serve", "--listen", &address, "--demo", "--data"]).arg(data).args(options);
    command.env("DRAGOMAN_LOG", "warn").stdout(Stdio::null());
    Ok(command.spawn()?)
}

/// The relay's program: beside this executable, or one folder above it.
///
/// # Errors
/// If it is not built.
pub fn relay_program() -> anyhow::Result<PathBuf> {
    program("dragoman-relay")
}

/// The native client's program, which has the speech worker in it.
///
/// # Errors
/// If it was not built.
pub fn client_program() -> anyhow::Result<PathBuf> {
    program("dragoman-client")
}

fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|file| file.exists());
    beside.with_context(|| format!("{name} is not built: run `cargo build --workspace --bins` first"))
}

/// An address on loopback where TCP and UDP are free.
///
/// # Errors
/// If there is none.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    free_address_of(Ipv4Addr::LOCALHOST.into())
}

/// The same for a certain address of this machine.
///
/// # Errors
/// If there is no free port.
pub fn free_address_of(ip: IpAddr) -> anyhow::Result<SocketAddr> {
    /// Below the range that the system hands out by itself (from 32768 on, Linux' ip_local_port_range): nobody's
    /// outgoing connection takes the number while a relay starts, or while it is down between a kill and a restart.
    const FIRST: u32 = 12_000;
    const COUNT: u32 = 20_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + std::process::id().wrapping_mul(61).wrapping_add(step) % COUNT;
        let address = SocketAddr::new(ip, u16::try_from(port)?);
        // Both TCP and UDP are opened at this number.
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free port from {FIRST} to {}", FIRST + COUNT - 1)
}

async fn wait_until_ready(url: &str) -> anyhow::Result<()> {
    let began = Instant::now();
    let client = Client::new(url)?;
    while client.get("/readyz").await.is_err() {
        if began.elapsed() > Duration::from_secs(30) {
            bail!("the relay at {url} is not ready after 30 s");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
