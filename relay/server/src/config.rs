//! Configuration: flags over environment over file. Checked once, at the start; errors name the setting.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use dragoman_core::policy::DispatchPolicy;
use dragoman_core::red::Redundancy;
use reqwest::Url;
use serde::Deserialize;

use crate::notify::is_loopback_host;
use crate::turn::settings::TurnConfig;

/// Shortest secret of the gateway, in characters: shorter ones can be found out by trying.
const MIN_SECRET_CHARS: usize = 32;
use crate::vault::KEY_FILE;

/// Settings as a person gives them: each by flag, by environment, or in the file named by `--config`.
#[derive(Args, Deserialize, Debug, Default, Clone)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Folder of the database, keys and certificate; made where absent
    #[arg(long, env = "DRAGOMAN_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address of the web app and API [default: 0.0.0.0:8443]
    #[arg(long, env = "DRAGOMAN_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// UDP address of the audio [default: the address of --listen, UDP]
    #[arg(long, env = "DRAGOMAN_MEDIA", value_name = "ADDR")]
    pub media: Option<String>,
    /// IP addresses at which clients reach the audio, where they differ from this machine's own (NAT); with a port,
    /// such as 203.0.113.7:9000, where that differs too
    #[arg(long, env = "DRAGOMAN_MEDIA_PUBLIC", value_name = "IP[:PORT]", value_delimiter = ',')]
    pub media_public: Option<Vec<String>>,
    /// UDP and TCP address of TURN, for networks that do not pass the audio [default: only over TLS, see --turn-tls]
    #[arg(long, env = "DRAGOMAN_TURN", value_name = "ADDR")]
    pub turn: Option<String>,
    /// TLS address of TURN [default: the port of the web app]
    #[arg(long, env = "DRAGOMAN_TURN_TLS", value_name = "ADDR")]
    pub turn_tls: Option<String>,
    /// Addresses of another TURN server, such as turns:turn.example:5349; needs --turn-external-secret-file
    #[arg(long, env = "DRAGOMAN_TURN_EXTERNAL", value_name = "URL", value_delimiter = ',')]
    pub turn_external: Option<Vec<String>>,
    /// File of the secret shared with that server (coturn's static-auth-secret)
    #[arg(long, env = "DRAGOMAN_TURN_EXTERNAL_SECRET_FILE", value_name = "FILE")]
    pub turn_external_secret_file: Option<PathBuf>,
    /// Earlier frames sent along once more to listeners: adaptive (by their loss), 0, 1 or 2 [default: adaptive]
    #[arg(long, env = "DRAGOMAN_REDUNDANCY", value_name = "HOW")]
    pub redundancy: Option<String>,
    /// Address that people type, for links [default: https://localhost:PORT]
    #[arg(long, env = "DRAGOMAN_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// TLS certificate chain (PEM); without it one is made in the data folder
    #[arg(long, env = "DRAGOMAN_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// TLS private key (PEM)
    #[arg(long, env = "DRAGOMAN_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// File of the key that seals private details [default: roster.key in the data folder]
    #[arg(long, env = "DRAGOMAN_ROSTER_KEY", value_name = "FILE")]
    pub roster_key: Option<PathBuf>,
    /// How mediators are rung: waves and their times (TOML) [default: the built-in rules]
    #[arg(long, env = "DRAGOMAN_DISPATCH", value_name = "FILE")]
    pub dispatch: Option<PathBuf>,
    /// Plain HTTP; only on a loopback address
    #[arg(long, env = "DRAGOMAN_PLAIN_HTTP")]
    #[serde(default)]
    pub plain_http: bool,
    /// Gateway (SMS, telephone) that is told when a mediator is rung; needs --notify-webhook-secret
    #[arg(long, env = "DRAGOMAN_NOTIFY_WEBHOOK_URL", value_name = "URL")]
    pub notify_webhook_url: Option<String>,
    /// Shared with the gateway, 32 characters or more; better in the environment or the file than in the command line
    #[arg(long, env = "DRAGOMAN_NOTIFY_WEBHOOK_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub notify_webhook_secret: Option<Hidden>,
    /// Seed a demonstration roster and print sign-in links; never for real work
    #[arg(long, env = "DRAGOMAN_DEMO")]
    #[serde(default)]
    pub demo: bool,
}

/// Checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// TCP.
    pub listen: SocketAddr,
    /// UDP.
    pub media: SocketAddr,
    /// Addresses told to clients; port 0 stands for the port that is opened.
    pub media_public: Vec<SocketAddr>,
    /// What listeners are sent against loss.
    pub redundancy: Redundancy,
    /// Ways for audio where UDP does not get through.
    pub turn: TurnConfig,
    /// Without a trailing slash.
    pub public_url: String,
    /// The key that seals private details.
    pub roster_key: PathBuf,
    /// How HTTP is served.
    pub transport: Transport,
    /// How mediators are rung.
    pub dispatch: DispatchPolicy,
    /// The gateway that is told of rings.
    pub webhook: Option<Webhook>,
    /// Demonstration.
    pub demo: bool,
}

/// A gateway that is told of rings.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Where.
    pub url: Url,
    /// What requests are signed with.
    pub secret: Hidden,
}

/// A setting that must not stand in a log.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// How HTTP is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Without TLS, on loopback.
    Plain,
    /// With the operator's certificate.
    Given {
        /// Chain.
        cert: PathBuf,
        /// Key.
        key: PathBuf,
    },
    /// With one made at the first start.
    SelfSigned,
}

impl Settings {
    /// Fills what was not given by flag or environment from a TOML file.
    ///
    /// # Errors
    /// If the file can not be read, or has an unknown or ill-typed setting.
    pub fn filled_from(self, file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("--config: cannot read {}", file.display()))?;
        let from_file: Self =
            toml::from_str(&text).with_context(|| format!("--config: {}", file.display()))?;
        Ok(Self {
            data: self.data.or(from_file.data),
            listen: self.listen.or(from_file.listen),
            media: self.media.or(from_file.media),
            media_public: self.media_public.or(from_file.media_public),
            turn: self.turn.or(from_file.turn),
            turn_tls: self.turn_tls.or(from_file.turn_tls),
            turn_external: self.turn_external.or(from_file.turn_external),
            turn_external_secret_file: self.turn_external_secret_file.or(from_file.turn_external_secret_file),
            redundancy: self.redundancy.or(from_file.redundancy),
            public_url: self.public_url.or(from_file.public_url),
            dispatch: self.dispatch.or(from_file.dispatch),
            tls_cert: self.tls_cert.or(from_file.tls_cert),
            tls_key: self.tls_key.or(from_file.tls_key),
            roster_key: self.roster_key.or(from_file.roster_key),
            plain_http: self.plain_http || from_file.plain_http,
            notify_webhook_url: self.notify_webhook_url.or(from_file.notify_webhook_url),
            notify_webhook_secret: self.notify_webhook_secret.or(from_file.notify_webhook_secret),
            demo: self.demo || from_file.demo,
        })
    }

    /// Checks everything.
    ///
    /// # Errors
    /// The message names the setting and what to do.
    pub fn check(self) -> anyhow::Result<Config> {
        let data = self.data.context("--data (DRAGOMAN_DATA): name the folder for the database and keys")?;
        let listen = address("--listen (DRAGOMAN_LISTEN)", self.listen.as_deref().unwrap_or("0.0.0.0:8443"))?;
        let media = match self.media.as_deref() {
            Some(text) => address("--media (DRAGOMAN_MEDIA)", text)?,
            None => listen,
        };
        let mut media_public = Vec::new();
        for text in self.media_public.unwrap_or_default() {
            media_public.push(announced(&text).with_context(|| {
                format!("--media-public (DRAGOMAN_MEDIA_PUBLIC): '{text}' is not an IP address, nor one with a port such as 203.0.113.7:9000 or [2001:db8::7]:9000")
            })?);
        }
        let redundancy = self.redundancy.as_deref().unwrap_or("adaptive").parse();
        let redundancy = redundancy.context("--redundancy (DRAGOMAN_REDUNDANCY)")?;
        let transport = match (self.plain_http, self.tls_cert, self.tls_key) {
            (true, None, None) => {
                ensure!(
                    listen.ip().is_loopback(),
                    "--plain-http: {listen} is reachable from other machines; plain HTTP is only for loopback. Leave --plain-http out, or listen on 127.0.0.1"
                );
                Transport::Plain
            }
            (true, ..) => bail!("--plain-http: a certificate is given as well; leave one of them out"),
            (false, Some(cert), Some(key)) => Transport::Given { cert, key },
            (false, None, None) => Transport::SelfSigned,
            (false, Some(_), None) => bail!("--tls-cert is given without --tls-key (DRAGOMAN_TLS_KEY)"),
            (false, None, Some(_)) => bail!("--tls-key is given without --tls-cert (DRAGOMAN_TLS_CERT)"),
        };
        let turn = TurnConfig::check(
            self.turn.as_deref(),
            self.turn_tls.as_deref(),
            self.turn_external,
            self.turn_external_secret_file,
            transport != Transport::Plain,
        )?;
        let scheme = if transport == Transport::Plain { "http" } else { "https" };
        let public_url = self.public_url.unwrap_or_else(|| format!("{scheme}://localhost:{}", listen.port()));
        ensure!(
            public_url.starts_with("https://") || public_url.starts_with("http://"),
            "--public-url (DRAGOMAN_PUBLIC_URL): '{public_url}' must begin with https:// (or http:// on loopback)"
        );
        let public_url = public_url.trim_end_matches('/').to_owned();
        let roster_key = self.roster_key.unwrap_or_else(|| data.join(KEY_FILE));
        ensure!(
            !roster_key.is_dir(),
            "--roster-key (DRAGOMAN_ROSTER_KEY): {} is a folder; name the file in it, such as roster.key",
            roster_key.display()
        );
        let dispatch = self.dispatch.as_deref().map(dispatch_policy).transpose();
        let dispatch = dispatch.context("--dispatch (DRAGOMAN_DISPATCH)")?.unwrap_or_default();
        let webhook = webhook(self.notify_webhook_url, self.notify_webhook_secret)?;
        Ok(Config {
            data,
            listen,
            media,
            media_public,
            turn,
            redundancy,
            public_url,
            roster_key,
            transport,
            dispatch,
            webhook,
            demo: self.demo,
        })
    }
}

/// Rules of ringing from a file (TOML).
///
/// # Errors
/// If it cannot be read or says what cannot be; names the file.
pub fn dispatch_policy(file: &Path) -> anyhow::Result<DispatchPolicy> {
    let named = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(named)?;
    let policy: DispatchPolicy = toml::from_str(&text).with_context(named)?;
    policy.check().map_err(anyhow::Error::msg).with_context(named)?;
    Ok(policy)
}

fn webhook(url: Option<String>, secret: Option<Hidden>) -> anyhow::Result<Option<Webhook>> {
    const URL: &str = "--notify-webhook-url (DRAGOMAN_NOTIFY_WEBHOOK_URL)";
    const SECRET: &str = "--notify-webhook-secret (DRAGOMAN_NOTIFY_WEBHOOK_SECRET)";
    let (text, secret) = match (url, secret) {
        (None, None) => return Ok(None),
        (Some(url), Some(secret)) => (url, secret),
        (Some(_), None) => bail!("{SECRET} is missing: {URL} is given, and the gateway must know who asks"),
        (None, Some(_)) => bail!("{SECRET} is given without {URL}"),
    };
    let url: Url = text.parse().with_context(|| format!("{URL}: '{text}' is not a URL"))?;
    let here = url.host_str().is_some_and(is_loopback_host);
    ensure!(
        url.scheme() == "https" || (url.scheme() == "http" && here),
        "{URL}: '{text}' must begin with https:// (or http:// for a gateway on this machine): telephone numbers go there"
    );
    let chars = secret.expose().chars().count();
    ensure!(
        chars >= MIN_SECRET_CHARS,
        "{SECRET}: it has {chars} characters, and needs {MIN_SECRET_CHARS}: take the output of `openssl rand -hex 32`"
    );
    Ok(Some(Webhook { url, secret }))
}

/// An address with a port, or without one: then the port is 0. Nobody can be reached at port 0, so it is refused.
fn announced(text: &str) -> Option<SocketAddr> {
    match text.parse::<IpAddr>() {
        Ok(ip) => Some(SocketAddr::new(ip, 0)),
        Err(_) => text.parse().ok().filter(|address: &SocketAddr| address.port() != 0),
    }
}

/// An address with a port; the error names the setting.
pub(crate) fn address(setting: &str, text: &str) -> anyhow::Result<SocketAddr> {
    text.parse().with_context(|| {
        format!("{setting}: '{text}' is not an address with a port, such as 0.0.0.0:8443 or [::]:8443")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(change: impl FnOnce(&mut Settings)) -> anyhow::Result<Config> {
        let mut settings = Settings { data: Some("/tmp/x".into()), ..Default::default() };
        change(&mut settings);
        settings.check()
    }

    #[test]
    fn defaults_serve_tls_on_8443_and_audio_beside_it() {
        let config = given(|_| ()).unwrap();
        assert_eq!(config.listen, "0.0.0.0:8443".parse::<SocketAddr>().unwrap());
        assert_eq!(config.media, config.listen);
        assert_eq!(config.public_url, "https://localhost:8443");
        assert_eq!(config.transport, Transport::SelfSigned);
    }

    #[test]
    fn each_error_names_its_setting() {
        let message = |change: fn(&mut Settings)| given(change).unwrap_err().to_string();
        assert!(message(|s| s.data = None).contains("--data"));
        assert!(message(|s| s.listen = Some("8443".into())).contains("--listen"));
        assert!(message(|s| s.media = Some("x".into())).contains("--media"));
        assert!(message(|s| s.redundancy = Some("3".into())).contains("--redundancy"));
        assert!(message(|s| s.media_public = Some(vec!["host".into()])).contains("--media-public"));
        assert!(message(|s| s.media_public = Some(vec!["10.0.0.1:0".into()])).contains("--media-public"));
        assert!(message(|s| s.plain_http = true).contains("--plain-http"));
        assert!(message(|s| s.tls_cert = Some("c".into())).contains("--tls-key"));
        assert!(message(|s| s.public_url = Some("relay".into())).contains("--public-url"));
        assert!(message(|s| s.roster_key = Some("/".into())).contains("--roster-key"));
        let secret: fn(&mut Settings) = |s| s.notify_webhook_secret = Some("x".repeat(32).as_str().into());
        assert!(message(secret).contains("--notify-webhook-url"));
        assert!(
            message(|s| s.notify_webhook_url = Some("https://g".into())).contains("--notify-webhook-secret")
        );
        for (url, characters, named) in [
            ("http://gateway.example/", 32, "--notify-webhook-url"),
            ("gateway", 32, "--notify-webhook-url"),
            ("https://gateway.example/", 31, "--notify-webhook-secret"),
        ] {
            let error = webhook(Some(url.into()), Some("x".repeat(characters).as_str().into())).unwrap_err();
            assert!(error.to_string().starts_with(named), "{error}");
            assert!(!format!("{error:?}").contains("xxx"), "{error:?}");
        }
    }

    #[test]
    fn announced_addresses_may_have_a_port_of_their_own() {
        let texts = ["203.0.113.7", "203.0.113.7:9000", "2001:db8::7", "[2001:db8::7]:9000"];
        let config = given(|s| s.media_public = Some(texts.map(str::to_owned).to_vec())).unwrap();
        let announced: Vec<String> = config.media_public.iter().map(SocketAddr::to_string).collect();
        assert_eq!(announced, ["203.0.113.7:0", "203.0.113.7:9000", "[2001:db8::7]:0", "[2001:db8::7]:9000"]);
    }

    #[test]
    fn a_gateway_is_taken_and_its_secret_is_not_shown() {
        for url in ["https://gateway.example/ring", "http://127.0.0.1:9/ring", "https://10.0.0.7/ring"] {
            let webhook = webhook(Some(url.into()), Some("s".repeat(32).as_str().into())).unwrap().unwrap();
            assert_eq!(webhook.url.as_str(), url);
            assert!(!format!("{webhook:?}").contains("sss"), "{webhook:?}");
        }
    }

    #[test]
    fn rules_of_ringing_are_read_from_their_file_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("dispatch.toml");
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            given(|settings| settings.dispatch = Some(file.clone())).map_err(|error| format!("{error:#}"))
        };
        let policy =
            read("ring_seconds = 20\nwaves = [{ circle = 'pool', most = 2, seconds = 5 }]").unwrap().dispatch;
        assert_eq!((policy.ring_seconds, policy.waves.len()), (20, 1));
        for (text, named) in [
            ("ring_seconds = 0", "ring_seconds"),
            ("waves = []", "waves"),
            ("waves = [{ circle = 'pool', seconds = 0 }]", "seconds"),
            ("waves = [{ circle = 'all', seconds = 5 }]", "circle"),
            ("rings = 3", "rings"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(named) && error.contains("--dispatch"), "{error}");
        }
    }

    #[test]
    fn flags_win_over_the_file_and_unknown_settings_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("dragoman.toml");
        std::fs::write(&file, "data = '/srv/a'\nlisten = '127.0.0.1:1'\n").unwrap();
        let flags = Settings { listen: Some("127.0.0.1:2".into()), ..Default::default() };
        let config = flags.filled_from(&file).unwrap().check().unwrap();
        assert_eq!((config.data, config.listen.port()), ("/srv/a".into(), 2));
        assert_eq!(config.dispatch, DispatchPolicy::default());
        std::fs::write(&file, "lissten = 'x'").unwrap();
        let error = format!("{:#}", Settings::default().filled_from(&file).unwrap_err());
        assert!(error.contains("lissten"), "{error}");
    }
}
