//! The two clients of a cell, and the weak links between them and a server, whichever it is.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_client::media::{Transport, TransportState};
use tokio::time::timeout;

use crate::weak::{Passage, Proxy};

/// ICE and DTLS; many sessions connect at the same time.
const CONNECT: Duration = Duration::from_secs(30);

/// Speaker and listener, connected, and what lies between each and the server where that way is weak.
pub(super) struct Ends {
    pub(super) speaker: Transport,
    pub(super) listener: Transport,
    pub(super) up: Option<Proxy>,
    pub(super) down: Option<Proxy>,
}

/// Puts a proxy before the address in a server's session description, clear for now, if the way `is_weak`. One address
/// is left in any case, so that there is no way around it.
pub(super) async fn weaken(sdp: String, is_weak: bool, seed: u64) -> Result<(String, Option<Proxy>)> {
    let server = first_address(&sdp).context("the server's description has no address")?;
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let proxy =
        if is_weak { Some(Proxy::start(anywhere, server, Passage::CLEAR, seed).await?) } else { None };
    let told = proxy.as_ref().map_or(server, Proxy::local_addr);
    Ok((with_address(&sdp, server, told), proxy))
}

/// Waits until a client is.
pub(super) async fn connected(transport: &Transport) -> Result<()> {
    let mut state = transport.state();
    let connected = timeout(CONNECT, state.wait_for(|state| *state == TransportState::Connected)).await;
    connected.context("a client did not connect")??;
    Ok(())
}

fn first_address(sdp: &str) -> Option<SocketAddr> {
    sdp.lines().find_map(host_address)
}

/// Of a UDP host candidate with an IPv4 address (RFC 8839 §5.1).
fn host_address(line: &str) -> Option<SocketAddr> {
    let words: Vec<&str> = line.strip_prefix("a=candidate:")?.split_whitespace().collect();
    let [_, _component, transport, _priority, address, port, "typ", "host", ..] = words[..] else {
        return None;
    };
    let address = SocketAddr::new(address.parse().ok()?, port.parse().ok()?);
    (transport.eq_ignore_ascii_case("udp") && address.is_ipv4()).then_some(address)
}

/// Only the candidates that are `server`, and as `told`.
fn with_address(sdp: &str, server: SocketAddr, told: SocketAddr) -> String {
    let told_of = |line: &str| {
        let from = format!(" {} {} typ host", server.ip(), server.port());
        line.replace(&from, &format!(" {} {} typ host", told.ip(), told.port()))
    };
    let kept =
        sdp.lines().filter(|line| !line.starts_with("a=candidate:") || host_address(line) == Some(server));
    kept.flat_map(|line| [told_of(line), "\r\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_one_address_and_it_is_the_proxys() {
        let sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate:1 1 udp 2015363327 192.0.2.2 41000 typ host\r\na=candidate:2 1 tcp 1 192.0.2.2 41000 typ host tcptype passive\r\na=candidate:3 1 udp 7 2001:db8::1 41000 typ host\r\na=end-of-candidates\r\n";
        let server = first_address(sdp).unwrap();
        assert_eq!(server, SocketAddr::from(([192, 0, 2, 2], 41_000)));
        let told = with_address(sdp, server, "127.0.0.1:5000".parse().unwrap());
        assert_eq!(
            told,
            "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate:1 1 udp 2015363327 127.0.0.1 5000 typ host\r\na=end-of-candidates\r\n"
        );
        assert!(first_address("v=0\r\na=candidate:1 1 udp 1 name.local 41000 typ host\r\n").is_none());
    }
}
