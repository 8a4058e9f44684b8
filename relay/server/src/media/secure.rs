//! DTLS-SRTP (RFC 5764) of one peer: handshake, check of the certificate's fingerprint, then SRTP both ways.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_dtls::state::State;
use rtc_rtp::header::Header;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;
use sha2::{Digest, Sha256};

/// DTLS associations are kept by address in the library; a peer has one, and its address may change under ICE, so a
/// fixed key stands for it.
const THE_PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
/// 128 packets are 2.5 s of audio: more reordering than any jitter buffer would wait for.
const REPLAY_WINDOW: usize = 128;

/// The relay's own DTLS certificate, made anew at each start, and the settings that go with it.
pub struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    config: Arc<HandshakeConfig>,
    client_config: Arc<HandshakeConfig>,
    /// SHA-256 of the certificate, for SDP.
    pub fingerprint: [u8; 32],
}

impl Identity {
    /// Makes a certificate.
    ///
    /// # Errors
    /// If the cryptographic library can not make a key.
    pub fn generate() -> anyhow::Result<Self> {
        let provider = rtc_crypto::default_provider().map_err(|e| anyhow::anyhow!("no cryptography: {e}"))?;
        let certificate = Certificate::generate_self_signed(vec!["dragoman".to_owned()], provider.crypto())?;
        let fingerprint = Sha256::digest(&certificate.certificate[0]).into();
        let builder = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate])
            // AEAD only: CBC paths are slower and had a panic in this library.
            .with_cipher_suites(vec![
                CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
                CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
            ])
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
            ])
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // No authority signs these certificates: the fingerprint from signalling is checked instead (RFC 8122).
            .with_insecure_skip_verify(true);
        let config = Arc::new(builder.clone().build(false, None)?);
        let client_config = Arc::new(builder.build(true, Some(THE_PEER))?);
        Ok(Self { provider, config, client_config, fingerprint })
    }

    /// The cryptographic library.
    pub fn provider(&self) -> &Arc<dyn RTCCryptoProvider> {
        &self.provider
    }
}

/// One peer's secure transport.
pub struct Secure {
    identity: Arc<Identity>,
    dtls: Endpoint,
    expected: [u8; 32],
    srtp: Option<Srtp>,
}

struct Srtp {
    inbound: Context,
    outbound: Context,
}

/// What a handshake step came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Handshake {
    /// Not finished, or nothing new.
    Going,
    /// SRTP is ready from now on.
    Complete,
    /// The peer closed, failed, or showed another certificate than signalling had announced.
    Failed,
}

impl Secure {
    /// The relay's side: waits for the client's hello. `expected` is the fingerprint from its SDP.
    pub fn server(identity: Arc<Identity>, expected: [u8; 32]) -> Self {
        let dtls = Endpoint::new(THE_PEER, TransportProtocol::UDP, Some(identity.config.clone()));
        Self { identity, dtls, expected, srtp: None }
    }

    /// A client's side; load generators use it.
    ///
    /// # Errors
    /// If the first flight can not be made.
    pub fn client(identity: Arc<Identity>, expected: [u8; 32], now: Instant) -> anyhow::Result<Self> {
        let mut dtls = Endpoint::new(THE_PEER, TransportProtocol::UDP, None);
        dtls.connect(now, THE_PEER, identity.client_config.clone(), None)?;
        Ok(Self { identity, dtls, expected, srtp: None })
    }

    /// Whether SRTP is ready.
    pub fn is_ready(&self) -> bool {
        self.srtp.is_some()
    }

    /// Takes a DTLS datagram; call [`Secure::poll_transmit`] afterwards.
    pub fn read_dtls(&mut self, datagram: &[u8], now: Instant) -> Handshake {
        let events = match self.dtls.read(now, THE_PEER, None, BytesMut::from(datagram)) {
            Ok(events) => events,
            // A stray or damaged record must not end a call; a handshake that can not go on times out.
            Err(_) => return Handshake::Going,
        };
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => return self.complete(),
                EndpointEvent::PeerClosed => return Handshake::Failed,
                _ => {}
            }
        }
        Handshake::Going
    }

    /// Sends again what got lost.
    pub fn handle_timeout(&mut self, now: Instant) -> Handshake {
        match self.dtls.poll_timeout(&THE_PEER) {
            Some(due) if due <= now && self.dtls.handle_timeout(THE_PEER, now).is_err() => Handshake::Failed,
            _ => Handshake::Going,
        }
    }

    /// The next DTLS datagram to send.
    pub fn poll_transmit(&mut self) -> Option<BytesMut> {
        self.dtls.poll_transmit().map(|transmit| transmit.message)
    }

    /// Decrypts RTP: header and payload; `None` if it is not authentic, or a replay.
    pub fn open_rtp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.srtp.as_mut()?.inbound.decrypt_rtp(packet).ok()
    }

    /// Encrypts RTP; `packet` is header and payload, `header` the same header.
    pub fn seal_rtp(&mut self, packet: &[u8], header: &Header) -> Option<BytesMut> {
        self.srtp.as_mut()?.outbound.encrypt_rtp_with_header(packet, header).ok()
    }

    /// Decrypts RTCP.
    pub fn open_rtcp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.srtp.as_mut()?.inbound.decrypt_rtcp(packet).ok()
    }

    /// Encrypts RTCP.
    pub fn seal_rtcp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.srtp.as_mut()?.outbound.encrypt_rtcp(packet).ok()
    }

    fn complete(&mut self) -> Handshake {
        let Some(state) = self.dtls.get_connection_state(THE_PEER) else { return Handshake::Failed };
        let shown: Option<[u8; 32]> = state.peer_certificates.first().map(|der| Sha256::digest(der).into());
        if shown != Some(self.expected) {
            return Handshake::Failed;
        }
        match srtp_of(state, &self.identity) {
            Some(srtp) => {
                self.srtp = Some(srtp);
                Handshake::Complete
            }
            None => Handshake::Failed,
        }
    }
}

fn srtp_of(state: &State, identity: &Identity) -> Option<Srtp> {
    let profile = match state.srtp_protection_profile() {
        SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
        SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm => ProtectionProfile::AeadAes256Gcm,
        _ => return None,
    };
    let mut config = Config { profile, ..Default::default() };
    let material =
        state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len()).ok()?;
    config.set_session_keys_from_keying_material(material.as_ref(), state.is_client()).ok()?;
    let crypto = identity.provider.crypto();
    let (keys, rtp, rtcp) =
        (&config.keys, srtp_replay_protection(REPLAY_WINDOW), srtcp_replay_protection(64));
    let inbound = Context::new(
        &keys.remote_master_key,
        &keys.remote_master_salt,
        profile,
        Some(rtp),
        Some(rtcp),
        crypto,
    )
    .ok()?;
    let outbound =
        Context::new(&keys.local_master_key, &keys.local_master_salt, profile, None, None, crypto).ok()?;
    Some(Srtp { inbound, outbound })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shake_hands(client: &mut Secure, server: &mut Secure) -> (Handshake, Handshake) {
        let (mut of_client, mut of_server) = (Handshake::Going, Handshake::Going);
        for _ in 0..20 {
            let now = Instant::now();
            while let Some(flight) = client.poll_transmit() {
                if let step @ (Handshake::Complete | Handshake::Failed) = server.read_dtls(&flight, now) {
                    of_server = step;
                }
            }
            while let Some(flight) = server.poll_transmit() {
                if let step @ (Handshake::Complete | Handshake::Failed) = client.read_dtls(&flight, now) {
                    of_client = step;
                }
            }
        }
        (of_client, of_server)
    }

    #[test]
    fn two_sides_agree_and_packets_pass_once_only() {
        let (a, b) = (Arc::new(Identity::generate().unwrap()), Arc::new(Identity::generate().unwrap()));
        let mut client = Secure::client(a.clone(), b.fingerprint, Instant::now()).unwrap();
        let mut server = Secure::server(b, a.fingerprint);
        assert_eq!(shake_hands(&mut client, &mut server), (Handshake::Complete, Handshake::Complete));
        let header =
            Header { version: 2, payload_type: 111, sequence_number: 1, ssrc: 5, ..Default::default() };
        let plain = [0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3];
        let sealed = client.seal_rtp(&plain, &header).unwrap();
        assert_eq!(server.open_rtp(&sealed).unwrap()[..], plain[..]);
        assert!(server.open_rtp(&sealed).is_none(), "a replay is refused");
        let mut damaged = client.seal_rtp(&plain, &Header { sequence_number: 2, ..header }).unwrap();
        damaged[13] ^= 1;
        assert!(server.open_rtp(&damaged).is_none());
    }

    #[test]
    fn another_certificate_than_announced_is_refused() {
        let (a, b) = (Arc::new(Identity::generate().unwrap()), Arc::new(Identity::generate().unwrap()));
        let mut client = Secure::client(a, b.fingerprint, Instant::now()).unwrap();
        let mut server = Secure::server(b, [9; 32]);
        assert_eq!(shake_hands(&mut client, &mut server).1, Handshake::Failed);
        assert!(!server.is_ready());
    }

    proptest::proptest! {
        #[test]
        fn junk_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let identity = Arc::new(Identity::generate().unwrap());
            let mut server = Secure::server(identity, [0; 32]);
            server.read_dtls(&bytes, Instant::now());
            assert!(server.open_rtp(&bytes).is_none());
        }
    }
}
