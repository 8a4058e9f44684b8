//! Which addresses the relay may be made to ask: a device's address comes from outside, and must not lead inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Longest address of a device, in characters.
const MAX_ENDPOINT_CHARS: usize = 1_024;

/// Where devices may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only at public addresses, over https.
    Public,
    /// Also on this machine, in plain text: for a relay that itself is only reached from this machine.
    AndLoopback,
}

/// The address of a device, if the relay may ask it. What its name stands for is looked at when it is asked
/// ([`PublicResolver`]): names can be changed after they were checked.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_endpoint(text: &str, reach: Reach) -> Result<Url, String> {
    if text.len() > MAX_ENDPOINT_CHARS {
        return Err(format!("the device's address is longer than {MAX_ENDPOINT_CHARS} characters"));
    }
    let url: Url = text.parse().map_err(|_| "the device's address is not a URL".to_owned())?;
    let host = url.host_str().unwrap_or_default();
    let loopback = reach == Reach::AndLoopback && is_loopback_host(host);
    if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
        return Err("the device's address must begin with https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the device's address must not hold a name or password".to_owned());
    }
    let inside = match literal(host) {
        Some(ip) => !may_ask(ip, reach),
        None => host.is_empty() || (is_loopback_host(host) && !loopback),
    };
    if inside {
        return Err(
            "the device's address is not a public one: only a browser's push service is asked".to_owned()
        );
    }
    Ok(url)
}

/// Looks names up, and knows only those addresses that may be asked.
pub(super) struct PublicResolver(pub(super) Reach);

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| may_ask(address.ip(), reach)).collect();
            if allowed.is_empty() {
                return Err("this name stands for no public address".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether a host, as it stands in an address, is this machine.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let name = host.trim_end_matches('.');
    // RFC 6761, section 6.3.
    literal(host)
        .map_or(name == "localhost" || name.ends_with(".localhost"), |ip| ip.to_canonical().is_loopback())
}

fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn may_ask(ip: IpAddr, reach: Reach) -> bool {
    match ip.to_canonical() {
        ip if ip.is_loopback() => reach == Reach::AndLoopback,
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// What the IANA special-purpose registry of IPv4 (RFC 6890) calls globally reachable, without multicast.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        // This network; future use and broadcast; multicast.
        (0 | 224.., ..) => true,
        // Behind a carrier's NAT; protocol assignments; 6to4 relays; benchmarks.
        (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) => true,
        _ => false,
    };
    !(special || ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_documentation())
}

/// Global unicast (2000::/3) without the blocks that stand for something else; NAT64 (RFC 6052) by what it leads to.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    if (a, b, c, d, e, f) == (0x64, 0xff9b, 0, 0, 0, 0) {
        let [[x, y], [z, w]] = [g.to_be_bytes(), h.to_be_bytes()];
        return is_public_v4(Ipv4Addr::new(x, y, z, w));
    }
    // Protocol assignments with Teredo; documentation, twice; 6to4.
    let special =
        (a == 0x2001 && b < 0x200) || (a, b) == (0x2001, 0xdb8) || (a == 0x3fff && b < 0x1000) || a == 0x2002;
    a & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn devices_are_at_public_https_addresses() {
        for good in [
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://updates.push.services.mozilla.com/wpush/v2/x",
            "https://web.push.apple.com/x",
            "https://8.8.8.8/x",
            "https://[2606:4700::1111]:8443/x",
        ] {
            assert!(check_endpoint(good, Reach::Public).is_ok(), "{good}");
        }
        for bad in [
            "http://push.example/x",
            "ftp://push.example/x",
            "nonsense",
            "https://name:word@push.example/x",
            "https://localhost/x",
            "https://a.localhost./x",
            "https://127.0.0.1/x",
            "https://127.1/x",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "https://10.0.0.1/x",
            "https://172.16.3.4/x",
            "https://192.168.1.1/x",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/x",
            "https://0.0.0.0/x",
            "https://224.0.0.1/x",
            "https://255.255.255.255/x",
            "https://198.18.0.1/x",
            "https://[::1]/x",
            "https://[::]/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://[::ffff:10.0.0.1]/x",
            "https://[fe80::1]/x",
            "https://[fd00::1]/x",
            "https://[ff02::1]/x",
            "https://[2002:7f00:1::1]/x",
            "https://[64:ff9b::7f00:1]/x",
            "https://[2001:db8::1]/x",
        ] {
            assert!(check_endpoint(bad, Reach::Public).is_err(), "{bad}");
        }
        let long = format!("https://push.example/{}", "x".repeat(MAX_ENDPOINT_CHARS));
        assert!(check_endpoint(&long, Reach::Public).unwrap_err().contains("longer"));
    }

    #[test]
    fn a_relay_of_this_machine_alone_may_ask_this_machine_and_no_other_inside() {
        for good in
            ["http://127.0.0.1:9/x", "http://localhost:9/x", "http://[::1]:9/x", "https://push.example/x"]
        {
            assert!(check_endpoint(good, Reach::AndLoopback).is_ok(), "{good}");
        }
        for bad in ["http://push.example/x", "https://10.0.0.1/x", "http://192.168.0.1/x"] {
            assert!(check_endpoint(bad, Reach::AndLoopback).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn names_that_stand_for_this_machine_are_not_found() {
        let name = || "localhost".parse().unwrap();
        assert!(PublicResolver(Reach::Public).resolve(name()).await.is_err());
        assert!(PublicResolver(Reach::AndLoopback).resolve(name()).await.unwrap().next().is_some());
    }

    proptest! {
        #[test]
        fn an_address_in_ipv6_clothes_is_judged_as_what_it_is(bits: u32) {
            let ip = Ipv4Addr::from(bits);
            for dressed in [ip.to_ipv6_mapped(), format!("64:ff9b::{ip}").parse().unwrap()] {
                prop_assert_eq!(may_ask(dressed.into(), Reach::Public), may_ask(ip.into(), Reach::Public));
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,80}") {
            let _ = check_endpoint(&text, Reach::Public);
        }
    }
}
