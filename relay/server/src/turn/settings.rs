//! What can be set about TURN.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};

use crate::config::{Hidden, address};

/// Shortest secret of an external server, in characters: shorter ones can be found out by trying.
const MIN_SECRET_CHARS: usize = 16;

/// Checked settings of TURN.
#[derive(Debug, Clone, Default)]
pub struct TurnConfig {
    /// UDP and TCP; none unless it is given.
    pub listen: Option<SocketAddr>,
    /// TLS on a port of its own; without it, on the web app's.
    pub tls: Option<SocketAddr>,
    /// Another server that clients are told of.
    pub external: Option<ExternalTurn>,
}

/// A TURN server that is not this one, such as coturn with `use-auth-secret`.
#[derive(Debug, Clone)]
pub struct ExternalTurn {
    /// `turn:` and `turns:` addresses.
    pub urls: Vec<String>,
    /// Shared with it (`static-auth-secret`).
    pub secret: Hidden,
}

impl TurnConfig {
    /// Checks the settings as given.
    ///
    /// # Errors
    /// The message names the setting and what to do.
    pub(crate) fn check(
        listen: Option<&str>,
        tls: Option<&str>,
        external: Option<Vec<String>>,
        secret_file: Option<PathBuf>,
        has_certificate: bool,
    ) -> anyhow::Result<Self> {
        let listen = listen.map(|text| address("--turn (DRAGOMAN_TURN)", text)).transpose()?;
        let tls = tls.map(|text| address("--turn-tls (DRAGOMAN_TURN_TLS)", text)).transpose()?;
        ensure!(
            tls.is_none() || has_certificate,
            "--turn-tls: there is no certificate with --plain-http; leave one of them out"
        );
        const URLS: &str = "--turn-external (DRAGOMAN_TURN_EXTERNAL)";
        const FILE: &str = "--turn-external-secret-file (DRAGOMAN_TURN_EXTERNAL_SECRET_FILE)";
        let external = match (external.filter(|urls| !urls.is_empty()), secret_file) {
            (None, None) => None,
            (Some(_), None) => {
                bail!("{FILE} is missing: {URLS} is given, and its credentials are made with it")
            }
            (None, Some(_)) => bail!("{FILE} is given without {URLS}"),
            (Some(urls), Some(file)) => {
                for url in &urls {
                    let rest = url.strip_prefix("turn:").or_else(|| url.strip_prefix("turns:"));
                    ensure!(
                        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', ' ', '@'])),
                        "{URLS}: '{url}' is not an address such as turns:turn.example:5349"
                    );
                }
                let text = std::fs::read_to_string(&file)
                    .with_context(|| format!("{FILE}: cannot read {}", file.display()))?;
                let secret = text.trim();
                ensure!(
                    secret.len() >= MIN_SECRET_CHARS,
                    "{FILE}: the secret needs {MIN_SECRET_CHARS} characters: take the output of `openssl rand -hex 32`"
                );
                Some(ExternalTurn { urls, secret: secret.into() })
            }
        };
        Ok(Self { listen, tls, external })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_names_its_setting_and_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let (good, short) = (dir.path().join("good"), dir.path().join("short"));
        std::fs::write(&good, "0123456789abcdef\n").unwrap();
        std::fs::write(&short, "hunter2\n").unwrap();
        let url = |text: &str| Some(vec![text.to_owned()]);
        let error = |result: anyhow::Result<TurnConfig>| format!("{:#}", result.unwrap_err());
        let external = |urls, file| TurnConfig::check(None, None, urls, file, true);
        assert!(error(TurnConfig::check(Some("3478"), None, None, None, true)).contains("--turn "));
        assert!(error(TurnConfig::check(None, Some("x"), None, None, true)).contains("--turn-tls"));
        assert!(error(TurnConfig::check(None, Some("[::]:5"), None, None, false)).contains("--plain-http"));
        assert!(error(external(url("turn:a"), None)).contains("--turn-external-secret-file"));
        assert!(error(external(None, Some(good.clone()))).contains("--turn-external "));
        assert!(error(external(url("https://a"), Some(good.clone()))).contains("https://a"));
        assert!(error(external(url("turn:a"), Some(dir.path().join("none")))).contains("none"));
        let short = error(external(url("turn:a"), Some(short)));
        assert!(short.contains("16 characters") && !short.contains("hunter2"), "{short}");
        let taken = external(url("turns:turn.example:5349"), Some(good)).unwrap();
        assert_eq!(taken.external.as_ref().unwrap().secret.expose(), "0123456789abcdef");
        assert!(!format!("{taken:?}").contains("0123"), "{taken:?}");
    }
}
