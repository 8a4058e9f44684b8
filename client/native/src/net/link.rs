//! Reads a link as the relay prints it: `https://HOST/#/link/SECRET`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

use crate::error::ClientError;

/// Where a relay is: scheme, host and port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelayAddress(Url);

impl RelayAddress {
    /// The address of a path under it, such as `/api/v1/me`.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        url
    }

    /// The same for a WebSocket.
    pub(crate) fn socket_url(&self, path: &str) -> Url {
        let mut url = self.url(path);
        // Both schemes are special ones, between which the URL standard lets one change.
        let _ = url.set_scheme(if self.0.scheme() == "https" { "wss" } else { "ws" });
        url
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for RelayAddress {
    type Err = ClientError;

    fn from_str(text: &str) -> Result<Self, ClientError> {
        let mut url: Url = text.parse().map_err(|_| ClientError::Link("it is not a web address"))?;
        let is_loopback = match url.host_str() {
            None | Some("") => return Err(ClientError::Link("it names no host")),
            Some("localhost") => true,
            Some(host) => host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => {
                return Err(ClientError::Link("without TLS (http:) only this very machine may be used"));
            }
            _ => return Err(ClientError::Link("it must begin with https://")),
        }
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }
}

/// A link: a relay, and the secret that lets somebody in. Its debug form does not show the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// Where the relay is.
    pub relay: RelayAddress,
    /// The part after `#/link/`.
    pub secret: String,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("relay", &self.relay).finish_non_exhaustive()
    }
}

impl FromStr for Link {
    type Err = ClientError;

    fn from_str(text: &str) -> Result<Self, ClientError> {
        let (relay, fragment) = text
            .trim()
            .split_once('#')
            .ok_or(ClientError::Link("it has no '#/link/' in it; copy it whole"))?;
        let secret = fragment
            .strip_prefix("/link/")
            .ok_or(ClientError::Link("it has no '#/link/' in it; copy it whole"))?;
        // 32 bytes as base64url.
        let is_secret = secret.len() == 43
            && secret.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !is_secret {
            return Err(ClientError::Link(
                "the part after '#/link/' must be 43 letters and digits; copy it whole",
            ));
        }
        Ok(Self { relay: relay.parse()?, secret: secret.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_";

    #[test]
    fn a_link_is_taken_apart_and_its_secret_is_not_shown() {
        let link: Link = format!("https://relay.example:8443/#/link/{SECRET}").parse().unwrap();
        assert_eq!(link.relay.to_string(), "https://relay.example:8443");
        assert_eq!(link.secret, SECRET);
        assert_eq!(link.relay.url("/api/v1/me?a=b").as_str(), "https://relay.example:8443/api/v1/me?a=b");
        assert_eq!(link.relay.socket_url("/x").as_str(), "wss://relay.example:8443/x");
        assert!(!format!("{link:?}").contains(SECRET));
    }

    #[test]
    fn without_tls_only_loopback() {
        for host in ["127.0.0.1:8080", "localhost", "[::1]:1"] {
            assert!(format!("http://{host}/#/link/{SECRET}").parse::<Link>().is_ok(), "{host}");
        }
        assert!(format!("http://relay.example/#/link/{SECRET}").parse::<Link>().is_err());
        assert!(format!("ftp://localhost/#/link/{SECRET}").parse::<Link>().is_err());
        assert!("https://relay.example/".parse::<Link>().is_err());
        assert!("https://relay.example/#/link/short".parse::<Link>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_panic(text in "\\PC{0,120}") {
            let _ = text.parse::<Link>();
            let _ = format!("https://{text}#/link/{SECRET}").parse::<Link>();
        }
    }
}
