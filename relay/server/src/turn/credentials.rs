//! Credentials that end by themselves, and nonces: both can be checked without having been kept.
//!
//! The form is that of the TURN REST API (draft-uberti-behave-turn-rest-00), which coturn takes as well: the user name
//! says until when and for whom, the password is an HMAC-SHA-1 of it.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dragoman_core::time::UnixMillis;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rtc_crypto::RTCCrypto;
use rtc_stun::integrity::MessageIntegrity;
use sha1::Sha1;

/// How long a credential can be used: longer than any interview; a client gets a new one whenever it connects.
pub(super) const CREDENTIAL_FOR: Duration = Duration::from_secs(12 * 3600);
/// How long a nonce can be used; RFC 8489 §9.2 wants it changed now and then.
const NONCE_FOR: Duration = Duration::from_secs(3600);
/// The realm of the long-term credentials (RFC 8489 §9.2).
pub(super) const REALM: &str = "dragoman";

/// What credentials and nonces are made with.
#[derive(Clone)]
pub(super) struct Secret(Vec<u8>);

impl Secret {
    /// Of this process: after a restart everybody gets new credentials with the new socket.
    pub(super) fn random() -> Self {
        Self(rand::random::<[u8; 32]>().to_vec())
    }

    /// Shared with another server, as its operator wrote it.
    pub(super) fn shared(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// A user name and its password.
    pub(super) fn mint(&self, whose: &str, now: UnixMillis) -> (String, String) {
        let username = format!("{}:{whose}", seconds(now + CREDENTIAL_FOR));
        let password = self.password(&username);
        (username, password)
    }

    /// The key of the long-term mechanism (RFC 8489 §9.2.2) for a user name that has not ended, and whose it is.
    pub(super) fn key_of<'a>(
        &self,
        username: &'a str,
        now: UnixMillis,
        crypto: &dyn RTCCrypto,
    ) -> Option<(&'a str, Vec<u8>)> {
        let (expires, whose) = username.split_once(':')?;
        if expires.parse::<i64>().ok()? <= seconds(now) {
            return None;
        }
        let (name, realm) = (username.to_owned(), REALM.to_owned());
        let key = MessageIntegrity::long_term_integrity_key(name, realm, self.password(username), crypto);
        Some((whose, key.ok()?))
    }

    /// A nonce for one client's address.
    pub(super) fn nonce(&self, client: SocketAddr, now: UnixMillis) -> String {
        self.nonce_until(client, seconds(now + NONCE_FOR))
    }

    /// Whether a nonce was made for this address and has not ended.
    pub(super) fn is_fresh(&self, nonce: &str, client: SocketAddr, now: UnixMillis) -> bool {
        let until = nonce.split_once('-').and_then(|(until, _)| i64::from_str_radix(until, 16).ok());
        // No need to hide how many characters are right: the MESSAGE-INTEGRITY is what proves anything.
        until.is_some_and(|until| until > seconds(now) && nonce == self.nonce_until(client, until))
    }

    fn nonce_until(&self, client: SocketAddr, until: i64) -> String {
        let digest = self.hmac(format!("nonce {until} {client}").as_bytes());
        format!("{until:x}-{}", hex::encode(&digest[..10]))
    }

    fn password(&self, username: &str) -> String {
        STANDARD.encode(self.hmac(username.as_bytes()))
    }

    fn hmac(&self, text: &[u8]) -> Vec<u8> {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return vec![0; 20] };
        mac.update(text);
        mac.finalize().into_bytes().to_vec()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

fn seconds(at: UnixMillis) -> i64 {
    at.0.div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    #[test]
    fn the_password_is_the_one_that_coturn_expects() {
        // `echo -n 1800043200:p-1 | openssl dgst -sha1 -hmac north -binary | base64`
        let (username, password) = Secret::shared("north").mint("p-1", NOW);
        assert_eq!(username, "1800043200:p-1");
        assert_eq!(password, "aL7TGoPUE9IK4VTEoAfwv0qSCuk=");
    }

    #[test]
    fn credentials_end_and_can_not_be_stretched() {
        let provider = rtc_crypto::default_provider().unwrap();
        let secret = Secret::random();
        let (username, _) = secret.mint("p-1", NOW);
        let (whose, key) = secret.key_of(&username, NOW, provider.crypto()).unwrap();
        assert_eq!(whose, "p-1");
        assert!(secret.key_of(&username, NOW + CREDENTIAL_FOR, provider.crypto()).is_none());
        let later = username.replacen("18", "19", 1);
        assert_ne!(secret.key_of(&later, NOW, provider.crypto()).unwrap().1, key);
        for name in ["", ":", "x:p-1", "p-1", "99999999999999999999:p"] {
            assert!(secret.key_of(name, NOW, provider.crypto()).is_none(), "{name}");
        }
    }

    #[test]
    fn a_nonce_is_for_one_address_and_ends() {
        let secret = Secret::random();
        let (one, other) = ("192.0.2.1:5".parse().unwrap(), "192.0.2.1:6".parse().unwrap());
        let nonce = secret.nonce(one, NOW);
        assert!(secret.is_fresh(&nonce, one, NOW));
        assert!(!secret.is_fresh(&nonce, other, NOW));
        assert!(!secret.is_fresh(&nonce, one, NOW + NONCE_FOR));
        assert!(!Secret::random().is_fresh(&nonce, one, NOW));
        for nonce in ["", "-", "zz-", "7fffffffffffffff-00"] {
            assert!(!secret.is_fresh(nonce, one, NOW), "{nonce}");
        }
    }
}
