//! The relay's side of ICE as an ICE-lite agent (RFC 8445 §2.5, RFC 5389): it answers binding requests, no more.

use std::net::SocketAddr;

use rtc_crypto::RTCCrypto;
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message};
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;

/// A binding request as read, before its sender has proved anything.
pub struct BindingRequest {
    message: Message,
    /// The relay's user fragment it names: it tells for which peer it is.
    pub local_ufrag: String,
    /// Whether the client nominates this path.
    pub nominates: bool,
}

impl BindingRequest {
    /// Reads a datagram; `None` if it is not a well-formed binding request with fingerprint and user name.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        if message.typ != BINDING_REQUEST {
            return None;
        }
        FINGERPRINT.check(&message).ok()?;
        let username = TextAttribute::get_from_as(&message, ATTR_USERNAME).ok()?.text;
        let (local, _remote) = username.split_once(':')?;
        let (local_ufrag, nominates) = (local.to_owned(), message.contains(ATTR_USE_CANDIDATE));
        Some(Self { message, local_ufrag, nominates })
    }

    /// Checks the sender's knowledge of `pwd` (RFC 5389 §10.1.2) and writes the success response to `source`;
    /// `None` if the proof is wrong: then nothing is answered, so nobody learns which fragments exist.
    pub fn answer(mut self, pwd: &str, source: SocketAddr, crypto: &dyn RTCCrypto) -> Option<Vec<u8>> {
        MessageIntegrity::check(&mut self.message, pwd.as_bytes(), crypto).ok()?;
        let mut response = Message::new();
        response
            .build(&[
                Box::new(BINDING_SUCCESS),
                Box::new(self.message.transaction_id),
                // A socket for both families shows IPv4 senders as IPv4-mapped IPv6; the client knows itself as IPv4.
                Box::new(XorMappedAddress { ip: source.ip().to_canonical(), port: source.port() }),
                Box::new(MessageIntegrity::new_short_term_integrity_with_provider(pwd.to_owned(), crypto)),
                Box::new(FINGERPRINT),
            ])
            .ok()?;
        Some(response.raw)
    }
}

#[cfg(test)]
mod tests {
    use rtc_stun::attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_XORMAPPED_ADDRESS};
    use rtc_stun::message::TransactionId;

    use super::*;

    fn request(pwd: &str) -> Vec<u8> {
        let provider = rtc_crypto::default_provider().unwrap();
        let mut message = Message::new();
        message
            .build(&[
                Box::new(BINDING_REQUEST),
                Box::new(TransactionId::new()),
                Box::new(TextAttribute::new(ATTR_USERNAME, "relay:client".into())),
                Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                    pwd.into(),
                    provider.crypto(),
                )),
                Box::new(FINGERPRINT),
            ])
            .unwrap();
        message.raw
    }

    #[test]
    fn only_who_knows_the_password_is_answered() {
        let provider = rtc_crypto::default_provider().unwrap();
        let source = "127.0.0.1:5000".parse().unwrap();
        let good = BindingRequest::read(&request("secret")).unwrap();
        assert_eq!(good.local_ufrag, "relay");
        let answer = good.answer("secret", source, provider.crypto()).unwrap();
        let mut response = Message::new();
        response.unmarshal_binary(&answer).unwrap();
        assert!(response.contains(ATTR_XORMAPPED_ADDRESS) && response.contains(ATTR_MESSAGE_INTEGRITY));
        let bad = BindingRequest::read(&request("guess")).unwrap();
        assert!(bad.answer("secret", source, provider.crypto()).is_none());
    }

    proptest::proptest! {
        #[test]
        fn damaged_requests_never_panic(position in 0usize..200, byte: u8, length in 0usize..200) {
            let provider = rtc_crypto::default_provider().unwrap();
            let mut bytes = request("secret");
            let at = position % bytes.len();
            bytes[at] = byte;
            bytes.truncate(length.max(1));
            if let Some(request) = BindingRequest::read(&bytes) {
                let _ = request.answer("secret", "127.0.0.1:5000".parse().unwrap(), provider.crypto());
            }
        }
    }
}
