//! Debian's Janus, the same two clients' transports at it: as a conference (VideoRoom), where it takes no redundant audio,
//! and as a call of two (VideoCall), where it passes on what the speaker sends. Signalling is its HTTP API.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dragoman_client::media::{Arrival, Transport, Ways, takes_red};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::path::{Ends, connected, weaken};
use super::{Cell, Protection};

/// Where Debian puts plugins, below the folder of the machine's architecture.
const LIBRARIES: &str = "/usr/lib";
const ROOM: &str = "janus.plugin.videoroom";
const CALL: &str = "janus.plugin.videocall";
/// It opens its port within a second; keys are made first.
const START: Duration = Duration::from_secs(20);
/// An answer to a request; many clients connect at the same time.
const PATIENCE: Duration = Duration::from_secs(30);
/// Payload type of redundant audio in our offers.
const RED: u8 = 63;

/// A running Janus with a configuration of its own, on a free port of 127.0.0.1. Dropping it ends it.
#[derive(Debug)]
pub struct Janus {
    url: String,
    http: reqwest::Client,
    _process: Child,
    _folder: TempDir,
}

impl Janus {
    /// Starts it with two plugins and nothing else of the machine's configuration.
    ///
    /// # Errors
    /// If the Debian package `janus` is not installed, or it does not start.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = crate::relay::free_address()?.port();
        configure(folder.path(), port)?;
        let mut command = Command::new("janus");
        command.arg("--configs-folder").arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().context("cannot start janus (Debian package janus)")?;
        let janus = Self {
            url: format!("http://127.0.0.1:{port}/janus"),
            http: crate::client::plain_http()?,
            _process: process,
            _folder: folder,
        };
        let began = Instant::now();
        while let Err(error) = janus.http.get(format!("{}/info", janus.url)).send().await {
            ensure!(began.elapsed() < START, "Janus does not answer: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(janus)
    }

    /// Connects speaker and listener of a cell; `number` tells sessions apart.
    ///
    /// # Errors
    /// If Janus refuses, or a client does not connect.
    pub(super) async fn connect(
        &self,
        cell: &Cell,
        number: u64,
        seed: u64,
        hears: impl Fn(Arrival) + Send + Sync + 'static,
    ) -> Result<Ends> {
        match cell.protection {
            Protection::Red1 | Protection::Red2 => self.call(cell, number, seed, hears).await,
            Protection::Nothing | Protection::Fec | Protection::Chosen => {
                self.meet(cell, number, seed, hears).await
            }
        }
    }

    /// In a room: Janus answers the speaker, and offers to the listener.
    async fn meet(
        &self,
        cell: &Cell,
        number: u64,
        seed: u64,
        hears: impl Fn(Arrival) + Send + Sync + 'static,
    ) -> Result<Ends> {
        let (speaking, listening) = (self.attach(ROOM).await?, self.attach(ROOM).await?);
        let room = json!({
            "request": "create", "room": number, "publishers": 2, "audiocodec": "opus", "opus_fec": true,
        });
        speaking.ask(room, None).await?;
        let (speaker, offer) =
            Transport::offer(true, cell.protection.redundancy(), Ways::default(), |_| {}).await?;
        let join =
            json!({ "request": "joinandconfigure", "ptype": "publisher", "room": number, "audio": true });
        let joined = speaking.ask(join, Some(description("offer", offer))).await?;
        let feed = joined["plugindata"]["data"]["id"].as_u64().context("the speaker got no number")?;
        let (answer, up) = weaken(sdp(&joined)?, cell.weak.is_up(), seed).await?;
        speaker.accept(answer).await?;
        connected(&speaker).await?;
        // A voice can be subscribed to when Janus, too, has seen the connection.
        speaking.event(|event| event["janus"] == "webrtcup").await?;

        let join = json!({
            "request": "join", "ptype": "subscriber", "room": number, "streams": [{ "feed": feed }],
        });
        let attached = listening.ask(join, None).await?;
        let (offer, down) = weaken(sdp(&attached)?, cell.weak.is_down(), seed).await?;
        let (listener, answer) = Transport::answer(offer, hears).await?;
        listening.ask(json!({ "request": "start" }), Some(description("answer", answer))).await?;
        connected(&listener).await?;
        Ok(Ends { speaker, listener, up, down })
    }

    /// As a call of two, in which Janus agrees to redundant audio and passes it on as it comes; in a room it does not.
    async fn call(
        &self,
        cell: &Cell,
        number: u64,
        seed: u64,
        hears: impl Fn(Arrival) + Send + Sync + 'static,
    ) -> Result<Ends> {
        let (speaking, listening) = (self.attach(CALL).await?, self.attach(CALL).await?);
        let (caller, called) = (format!("speaker-{number}"), format!("listener-{number}"));
        speaking.ask(json!({ "request": "register", "username": caller }), None).await?;
        listening.ask(json!({ "request": "register", "username": called }), None).await?;
        let (speaker, offer) =
            Transport::offer(true, cell.protection.redundancy(), Ways::default(), |_| {}).await?;
        let call = json!({ "request": "call", "username": called });
        speaking.ask(call, Some(description("offer", offer))).await?;
        let incoming = listening.event(|event| result_of(event) == "incomingcall").await?;
        let (offer, down) = weaken(sdp(&incoming)?, cell.weak.is_down(), seed).await?;
        let (listener, answer) = Transport::answer(offer, hears).await?;
        listening.ask(json!({ "request": "accept" }), Some(description("answer", answer))).await?;
        let accepted = speaking.event(|event| result_of(event) == "accepted").await?;
        let (answer, up) = weaken(sdp(&accepted)?, cell.weak.is_up(), seed).await?;
        ensure!(takes_red(&answer, RED), "Janus takes no redundant audio in a call of two");
        speaker.accept(answer).await?;
        connected(&speaker).await?;
        connected(&listener).await?;
        Ok(Ends { speaker, listener, up, down })
    }

    /// A session of its own for each client, so that nobody takes another one's events.
    async fn attach(&self, plugin: &str) -> Result<Handle> {
        let create = json!({ "janus": "create", "transaction": transaction() });
        let session = post(&self.http, &self.url, &create).await?;
        let id = session["data"]["id"].as_u64().context("Janus made no session")?;
        let session = format!("{}/{id}", self.url);
        let attach = json!({ "janus": "attach", "plugin": plugin, "transaction": transaction() });
        let handle = post(&self.http, &session, &attach).await?;
        let id = handle["data"]["id"].as_u64().with_context(|| format!("Janus has no {plugin}"))?;
        Ok(Handle { http: self.http.clone(), handle: format!("{session}/{id}"), session })
    }
}

/// One client's signalling with a plugin.
struct Handle {
    http: reqwest::Client,
    session: String,
    handle: String,
}

impl Handle {
    /// Sends a request and returns what the plugin says to it.
    async fn ask(&self, body: Value, jsep: Option<Value>) -> Result<Value> {
        let own = transaction();
        let mut message = json!({ "janus": "message", "transaction": own, "body": body });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let answer = post(&self.http, &self.handle, &message).await?;
        if answer["janus"] != "ack" {
            return checked(answer);
        }
        self.event(|event| event["janus"] == "event" && event["transaction"] == own.as_str()).await
    }

    /// Waits for an event; others, such as that audio flows, are passed over.
    async fn event(&self, is_meant: impl Fn(&Value) -> bool) -> Result<Value> {
        let waiting = async {
            loop {
                let answer = self.http.get(format!("{}?maxev=1", self.session)).send().await?;
                let event: Value = serde_json::from_slice(&answer.bytes().await?)?;
                if is_meant(&event) {
                    return checked(event);
                }
            }
        };
        timeout(PATIENCE, waiting).await.context("Janus did not answer in time")?
    }
}

async fn post(http: &reqwest::Client, url: &str, message: &Value) -> Result<Value> {
    let answer =
        timeout(PATIENCE, http.post(url).json(message).send()).await.context("Janus is silent")??;
    checked(serde_json::from_slice(&answer.bytes().await?)?)
}

/// Both Janus and its plugins report errors in answers that are else like others.
fn checked(answer: Value) -> Result<Value> {
    let of_plugin = &answer["plugindata"]["data"]["error"];
    if answer["janus"] == "error" || !of_plugin.is_null() {
        bail!("Janus refuses: {} {of_plugin}", answer["error"]["reason"]);
    }
    Ok(answer)
}

fn result_of(event: &Value) -> &str {
    event["plugindata"]["data"]["result"]["event"].as_str().unwrap_or_default()
}

fn sdp(event: &Value) -> Result<String> {
    Ok(event["jsep"]["sdp"].as_str().context("Janus sent no session description")?.to_owned())
}

fn description(kind: &str, sdp: String) -> Value {
    json!({ "type": kind, "sdp": sdp })
}

fn transaction() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed).to_string()
}

/// ICE-lite like our relay, one port for signalling, on this machine only; the plugins that are used and no others.
fn configure(folder: &Path, port: u16) -> Result<()> {
    let installed = libraries()?;
    for (kind, names) in [("plugins", &["videoroom", "videocall"][..]), ("transports", &["http"])] {
        let own = folder.join(kind);
        std::fs::create_dir(&own)?;
        for name in names {
            let file = format!("libjanus_{name}.so");
            std::os::unix::fs::symlink(installed.join(kind).join(&file), own.join(&file))?;
        }
    }
    let own = folder.display();
    // Sessions last as long as a cell is measured, during which nobody asks for events.
    let general = format!(
        "general: {{\n configs_folder = \"{own}\"\n plugins_folder = \"{own}/plugins\"\n \
         transports_folder = \"{own}/transports\"\n session_timeout = 0\n}}\n\
         nat: {{\n ice_lite = true\n}}\n"
    );
    std::fs::write(folder.join("janus.jcfg"), general)?;
    let http = format!(
        "general: {{\n json = \"compact\"\n base_path = \"/janus\"\n http = true\n port = {port}\n \
         ip = \"127.0.0.1\"\n https = false\n}}\nadmin: {{\n admin_http = false\n}}\n"
    );
    std::fs::write(folder.join("janus.transport.http.jcfg"), http)?;
    for plugin in ["videoroom", "videocall"] {
        std::fs::write(folder.join(format!("janus.plugin.{plugin}.jcfg")), "general: {\n}\n")?;
    }
    Ok(())
}

fn libraries() -> Result<PathBuf> {
    let found = std::fs::read_dir(LIBRARIES)?.filter_map(Result::ok).map(|entry| entry.path().join("janus"));
    found
        .into_iter()
        .find(|path| path.join("plugins").is_dir())
        .context("the Debian package janus is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_janus_and_its_plugins_refuse_is_an_error() {
        let of_janus = json!({ "janus": "error", "error": { "code": 458, "reason": "No such session" } });
        assert!(checked(of_janus).unwrap_err().to_string().contains("No such session"));
        let of_plugin = json!({ "janus": "event", "plugindata": { "data": { "error_code": 428, "error": "No such feed" } } });
        assert!(checked(of_plugin).unwrap_err().to_string().contains("No such feed"));
        let offered = json!({
            "janus": "event",
            "plugindata": { "data": { "result": { "event": "incomingcall" } } },
            "jsep": { "type": "offer", "sdp": "v=0" },
        });
        let offered = checked(offered).unwrap();
        assert_eq!((result_of(&offered), sdp(&offered).unwrap().as_str()), ("incomingcall", "v=0"));
        assert!(sdp(&json!({ "janus": "event" })).is_err());
    }
}
