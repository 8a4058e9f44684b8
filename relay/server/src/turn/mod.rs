//! TURN (RFC 8656): the way for audio where UDP does not get through, over TLS on the web app's port, and over UDP,
//! TCP and TLS on others.
//!
//! It relays to the relay's own media port and to nothing else, for nobody in a session talks to anybody but the
//! relay. So all else is forbidden by construction: loopback, private and special ranges, whatever their form.
//! The media thread knows nothing of it: what comes by TURN reaches it by UDP, from this machine.

mod acceptor;
mod allocation;
mod association;
mod carry;
mod credentials;
mod message;
mod outbox;
mod quota;
pub mod settings;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum_server::tls_rustls::RustlsConfig;
use dragoman_core::ids::ParticipantId;
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::IceServer;
use rtc_crypto::RTCCryptoProvider;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, Transport};
use crate::media::Media;
use acceptor::TurnOrHttp;
use allocation::MediaPort;
use credentials::Secret;
use quota::{MOST_IN_ALL, Quota};

/// What TURN is called in the TLS handshake (RFC 7443 §2).
pub(crate) const ALPN: &[u8] = b"stun.turn";
/// The port of `https:` addresses.
const HTTPS_PORT: u16 = 443;

/// The TURN server, and which servers a client is told to use. Cheap to clone.
#[derive(Clone)]
pub struct Turn {
    shared: Arc<Shared>,
    urls: Arc<[String]>,
    external: Option<(Arc<[String]>, Secret)>,
    listen: Option<SocketAddr>,
    tls: Option<SocketAddr>,
}

/// What all associations share.
struct Shared {
    media: Arc<MediaPort>,
    secret: Secret,
    quota: Quota,
    /// Open streams, those that have not proved anything among them. When all are taken, new ones are closed.
    streams: Arc<Semaphore>,
    crypto: Arc<dyn RTCCryptoProvider>,
}

impl Turn {
    /// Gets ready; [`open`](Self::open) opens its ports.
    ///
    /// # Errors
    /// If there is no cryptography.
    pub fn new(config: &Config, media: &Media) -> anyhow::Result<Self> {
        let media = MediaPort { announced: media.announced().to_vec(), local: media.local_addr() };
        let shared = Shared {
            media: Arc::new(media),
            secret: Secret::random(),
            quota: Quota::default(),
            streams: Arc::new(Semaphore::new(MOST_IN_ALL)),
            crypto: rtc_crypto::default_provider()?,
        };
        let external = config.turn.external.as_ref();
        Ok(Self {
            shared: Arc::new(shared),
            urls: urls(config).into(),
            external: external.map(|it| (it.urls.clone().into(), Secret::shared(it.secret.expose()))),
            listen: config.turn.listen,
            tls: config.turn.tls,
        })
    }

    /// Opens the ports that are its own, and serves them until the process ends.
    ///
    /// # Errors
    /// If a port can not be opened; names the setting.
    pub async fn open(&self, tls: Option<&RustlsConfig>) -> anyhow::Result<()> {
        let shared = &self.shared;
        if let Some(address) = self.listen {
            let failed = || format!("--turn: cannot open {address}. Choose another address");
            let socket = tokio::net::UdpSocket::bind(address).await.with_context(failed)?;
            let listener = tokio::net::TcpListener::bind(address).await.with_context(failed)?;
            tokio::spawn(carry::datagrams(shared.clone(), socket));
            tokio::spawn(carry::streams(shared.clone(), listener, None));
        }
        if let (Some(address), Some(tls)) = (self.tls, tls) {
            let failed = || format!("--turn-tls: cannot open TCP {address}. Choose another address");
            let listener = tokio::net::TcpListener::bind(address).await.with_context(failed)?;
            let acceptor = TlsAcceptor::from(tls.get_inner());
            tokio::spawn(carry::streams(shared.clone(), listener, Some(acceptor)));
        }
        Ok(())
    }

    /// What accepts the connections of the web app's port, and keeps those of TURN.
    pub(crate) fn acceptor(&self, tls: RustlsConfig) -> TurnOrHttp {
        TurnOrHttp::new(tls, self.shared.clone())
    }

    /// The servers that a participant may use, with credentials that end by themselves.
    pub fn servers(&self, participant: ParticipantId, now: UnixMillis) -> Vec<IceServer> {
        let whose = participant.loggable().to_string();
        let own = (&self.urls, &self.shared.secret);
        let external = self.external.as_ref().map(|(urls, secret)| (urls, secret));
        let all = std::iter::once(own).chain(external).filter(|(urls, _)| !urls.is_empty());
        all.map(|(urls, secret)| {
            let (username, credential) = secret.mint(&whose, now);
            IceServer { urls: urls.to_vec(), username, credential }
        })
        .collect()
    }
}

/// The addresses of this server: the host that people type, and the ports that are open. UDP comes first, for it is
/// the quickest, and TLS last, for it gets through where nothing else does.
fn urls(config: &Config) -> Vec<String> {
    let Ok(public) = config.public_url.parse::<reqwest::Url>() else { return Vec::new() };
    let Some(host) = public.host_str() else { return Vec::new() };
    let mut urls = Vec::new();
    if let Some(address) = config.turn.listen {
        urls.push(format!("turn:{host}:{}?transport=udp", address.port()));
        urls.push(format!("turn:{host}:{}?transport=tcp", address.port()));
    }
    match config.turn.tls {
        Some(address) => urls.push(format!("turns:{host}:{}?transport=tcp", address.port())),
        // Where people type http, something before the relay has the certificate, or there is none at all.
        None if config.transport != Transport::Plain && public.scheme() == "https" => {
            let port = public.port().unwrap_or(HTTPS_PORT);
            urls.push(format!("turns:{host}:{port}?transport=tcp"));
        }
        None => {}
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn urls_with(change: impl FnOnce(&mut Settings)) -> Vec<String> {
        let mut settings = Settings { data: Some("/tmp/x".into()), ..Default::default() };
        change(&mut settings);
        urls(&settings.check().unwrap())
    }

    #[test]
    fn clients_are_told_what_is_open_at_the_host_that_people_type() {
        let public = |url: &str| Some(url.to_owned());
        assert_eq!(urls_with(|_| {}), ["turns:localhost:8443?transport=tcp"]);
        assert_eq!(
            urls_with(|s| s.public_url = public("https://relay.example")),
            ["turns:relay.example:443?transport=tcp"]
        );
        assert_eq!(
            urls_with(|s| {
                s.public_url = public("https://[2001:db8::1]:8443/");
                s.turn = Some("[::]:3478".into());
                s.turn_tls = Some("[::]:5349".into());
            }),
            [
                "turn:[2001:db8::1]:3478?transport=udp",
                "turn:[2001:db8::1]:3478?transport=tcp",
                "turns:[2001:db8::1]:5349?transport=tcp"
            ]
        );
        let plain = |s: &mut Settings| {
            s.plain_http = true;
            s.listen = Some("127.0.0.1:1".into());
        };
        assert!(urls_with(plain).is_empty());
    }
}
