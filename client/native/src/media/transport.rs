//! One WebRTC connection: one voice out, seven slots in, on bundled SRTP with AEAD only.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dragoman_core::red::Redundancy;
use dragoman_core::wire::IceServer;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    CipherSuiteId, MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCConfiguration, RTCConfigurationBuilder, RTCIceGatheringState, RTCIceServer, RTCIceTransportPolicy,
    RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder, SrtpProtectionProfile,
    configure_rtcp_reports,
};

use super::arrival::{Arrival, arrivals};
use super::reports::{self, Reports};
use super::sender::VoiceSender;
use super::{slot_ssrcs, takes_red};
use crate::error::{ClientError, Result};

/// Payload type of Opus in the offer; any dynamic one would do.
pub(super) const OPUS: u8 = 111;
/// Payload type of Opus with earlier frames (RFC 2198).
pub(super) const RED: u8 = 63;
/// Slots that are offered: one for everybody else in the largest session.
const SLOTS: usize = dragoman_core::session_types::MAX_PARTICIPANTS - 1;
/// Local addresses are found at once; no server is asked.
pub(super) const GATHER_TIMEOUT: Duration = Duration::from_secs(3);
/// Where servers are asked, the local addresses have been found by then.
const GATHER_WITH_SERVERS: Duration = Duration::from_millis(20);
/// The path is checked so often, also while nothing is answered: the relay accepts whichever address checks come from, so
/// sound is back so soon after a link is, or after the network became another one, with the same keys and streams.
const ICE_KEEPALIVE: Duration = Duration::from_millis(250);
/// After this long without an answer the path counts as broken, and after as long again and more as lost: then another
/// transport is made, with sockets of its own.
const ICE_DISCONNECTED: Duration = Duration::from_secs(3);
const ICE_FAILED: Duration = Duration::from_secs(9);
/// There are very few pairs to check, so they may be checked more often than the library's usual 200 ms, twice of which
/// would be heard as a late beginning. Three seconds of checks go out before a pair is given up.
const ICE_CHECK_EVERY: Duration = Duration::from_millis(20);
const ICE_CHECKS: u16 = 150;

/// How the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportState {
    /// Offered, checked, or in the DTLS handshake.
    Connecting,
    /// SRTP flows.
    Connected,
    /// Lost; a new transport is needed.
    Failed,
}

/// By which ways the relay is reached.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// TURN servers that are reached by UDP.
    pub servers: Vec<IceServer>,
    /// Only by them, never directly.
    pub only_servers: bool,
}

/// See the module's page. Dropping it closes the connection.
pub struct Transport {
    pub(super) connection: Arc<dyn PeerConnection>,
    voice: Option<Arc<VoiceSender>>,
    state: watch::Receiver<TransportState>,
    readers: Arc<Readers>,
}

impl Transport {
    /// Makes a connection and its SDP offer. `speaks`: a voice is offered too, else only slots; it is sent with
    /// `redundancy`. `ways`: TURN servers that are reached by UDP, tried beside the direct way. `deliver` is called for
    /// every frame that arrives, again and again for those that come along with later packets, and must not wait.
    ///
    /// # Errors
    /// [`ClientError::Media`] if no UDP socket can be opened.
    pub async fn offer(
        speaks: bool,
        redundancy: Redundancy,
        ways: Ways,
        deliver: impl Fn(Arrival) + Send + Sync + 'static,
    ) -> Result<(Self, String)> {
        let has_servers = !ways.servers.is_empty();
        let (transport, when_gathered) = Self::unconnected(speaks, redundancy, ways, deliver).await?;
        let connection = &transport.connection;
        for _ in 0..SLOTS {
            let slot = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                ..Default::default()
            };
            connection.add_transceiver_from_kind(RtpCodecKind::Audio, Some(slot)).await.map_err(media)?;
        }
        let offer = connection.create_offer(None).await.map_err(media)?;
        connection.set_local_description(offer).await.map_err(media)?;
        // A server that does not answer must not hold up a call that needs none: its candidates come when they come.
        let patience = if has_servers { GATHER_WITH_SERVERS } else { GATHER_TIMEOUT };
        let offer = transport.described(when_gathered, patience).await?;
        Ok((transport, offer))
    }

    /// The SDP of this side, when its addresses have been found or `patience` is over. The relay is ice-lite and learns
    /// addresses from the checks, but a description without candidates is unusual.
    pub(super) async fn described(
        &self,
        mut when_gathered: watch::Receiver<bool>,
        patience: Duration,
    ) -> Result<String> {
        let _ = tokio::time::timeout(patience, when_gathered.wait_for(|done| *done)).await;
        let description = self.connection.local_description().await;
        let none = || ClientError::Media("there is no local description".to_owned());
        Ok(description.ok_or_else(none)?.sdp)
    }

    /// A connection of which nothing is described yet, and when its own addresses will have been found.
    pub(super) async fn unconnected(
        speaks: bool,
        redundancy: Redundancy,
        ways: Ways,
        deliver: impl Fn(Arrival) + Send + Sync + 'static,
    ) -> Result<(Self, watch::Receiver<bool>)> {
        let (gathered, when_gathered) = watch::channel(false);
        let (set_state, state) = watch::channel(TransportState::Connecting);
        let readers = Arc::new(Readers::default());
        let handler =
            Handler { gathered, state: set_state, deliver: Arc::new(deliver), readers: readers.clone() };
        let mut codecs = MediaEngine::default();
        for (rtp_codec, payload_type) in [(opus_codec(), OPUS), (red_codec(), RED)] {
            let codec = RTCRtpCodecParameters { rtp_codec, payload_type };
            codecs.register_codec(codec, RtpCodecKind::Audio).map_err(media)?;
        }
        let connection = PeerConnectionBuilder::new()
            .with_configuration(configuration(ways))
            .with_media_engine(codecs)
            .with_setting_engine(settings())
            .with_interceptor_registry(
                configure_rtcp_reports(Registry::new()).with(reports::place(), Reports::default()),
            )
            .with_handler(Arc::new(handler))
            .with_udp_addrs(local_addresses())
            .build()
            .await
            .map_err(media)?;
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let voice = if speaks { Some(add_voice(&connection, redundancy).await?) } else { None };
        Ok((Self { connection, voice, state, readers }, when_gathered))
    }

    /// Takes the relay's answer, and begins to connect. Returns the stream of each slot, by `a=mid`.
    ///
    /// # Errors
    /// [`ClientError::Media`] if the answer can not be used.
    pub async fn accept(&self, answer: String) -> Result<BTreeMap<String, u32>> {
        let (slots, red) = (slot_ssrcs(&answer), takes_red(&answer, RED));
        let answer = RTCSessionDescription::answer(answer).map_err(media)?;
        self.connection.set_remote_description(answer).await.map_err(media)?;
        if let Some(voice) = &self.voice {
            voice.set_takes_red(red);
            self.readers.keep(tokio::spawn(voice.clone().read_reports()).abort_handle());
        }
        Ok(slots)
    }

    /// Sends one Opus packet of 20 ms. Returns whether it could be sent.
    pub async fn send(&self, timestamp: u32, payload: Bytes) -> bool {
        match self.voice.as_ref().filter(|_| *self.state.borrow() == TransportState::Connected) {
            Some(voice) => voice.send(timestamp, payload).await,
            None => false,
        }
    }

    /// Share of one's own frames that the relay misses, by its reports; 0 where they say nothing.
    pub fn missed(&self) -> f64 {
        self.voice.as_ref().map_or(0.0, |voice| voice.missed())
    }

    /// How the connection stands, now and from now on.
    pub fn state(&self) -> watch::Receiver<TransportState> {
        self.state.clone()
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.readers.stop();
        let _ = self.connection.close().await;
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.readers.stop();
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}

struct Handler {
    gathered: watch::Sender<bool>,
    state: watch::Sender<TransportState>,
    deliver: Arc<dyn Fn(Arrival) + Send + Sync>,
    readers: Arc<Readers>,
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered.send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        tracing::debug!(%state, "audio connection");
        match state {
            RTCPeerConnectionState::Connected => self.state.send_replace(TransportState::Connected),
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                self.state.send_replace(TransportState::Failed)
            }
            _ => return,
        };
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let deliver = self.deliver.clone();
        let reader = tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                match event {
                    TrackRemoteEvent::OnRtpPacket(packet) => arrivals(&packet).for_each(|one| deliver(one)),
                    TrackRemoteEvent::OnEnded => break,
                    _ => {}
                }
            }
        });
        self.readers.keep(reader.abort_handle());
    }
}

/// The tasks that read tracks; they would outlive the connection otherwise.
#[derive(Default)]
struct Readers(Mutex<Vec<AbortHandle>>);

impl Readers {
    fn keep(&self, reader: AbortHandle) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }

    fn stop(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|reader| reader.abort());
    }
}

async fn add_voice(connection: &Arc<dyn PeerConnection>, redundancy: Redundancy) -> Result<Arc<VoiceSender>> {
    let ssrc = rand::random();
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: opus_codec(),
        ..Default::default()
    };
    let name = || "voice".to_owned();
    let track = MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![encoding.clone()]);
    let track = Arc::new(TrackLocalStaticRTP::new(track));
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        send_encodings: vec![encoding],
        ..Default::default()
    };
    let as_local: Arc<dyn TrackLocal> = track.clone();
    connection.add_transceiver_from_track(as_local, Some(init)).await.map_err(media)?;
    Ok(Arc::new(VoiceSender::new(track, ssrc, redundancy)))
}

/// RFC 2198 §5: at least one earlier frame, all of them Opus.
fn red_codec() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: "audio/red".to_owned(),
        sdp_fmtp_line: format!("{OPUS}/{OPUS}"),
        rtcp_feedback: Vec::new(),
        ..opus_codec()
    }
}

fn opus_codec() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=20;useinbandfec=1;usedtx=0;cbr=1;stereo=0".to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

fn configuration(ways: Ways) -> RTCConfiguration {
    let servers = ways.servers.into_iter().map(|server| RTCIceServer {
        urls: server.urls,
        username: server.username,
        credential: server.credential,
    });
    let policy = if ways.only_servers { RTCIceTransportPolicy::Relay } else { RTCIceTransportPolicy::All };
    RTCConfigurationBuilder::new()
        .with_ice_servers(servers.collect())
        .with_ice_transport_policy(policy)
        .build()
}

fn settings() -> webrtc::peer_connection::SettingEngine {
    SettingEngineBuilder::new()
        .with_srtp_protection_profiles(vec![
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
        ])
        .with_dtls_cipher_suites(vec![
            CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
            CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
        ])
        .with_ice_timeouts(Some(ICE_DISCONNECTED), Some(ICE_FAILED), Some(ICE_KEEPALIVE))
        .with_ice_connection_attempts(Some(ICE_CHECK_EVERY), Some(ICE_CHECKS))
        // A relay on this very machine is reached through loopback.
        .with_include_loopback_candidate(true)
        .build()
}

/// Every IPv4 interface, loopback, and the IPv6 address that is used towards the world, if there is one.
fn local_addresses() -> Vec<SocketAddr> {
    let mut addresses = vec![SocketAddr::from(([0, 0, 0, 0], 0)), SocketAddr::from(([127, 0, 0, 1], 0))];
    let loopback = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    if UdpSocket::bind(loopback).is_ok() {
        addresses.push(loopback);
    }
    // Connecting a UDP socket sends nothing; it only asks the routing table. 2001:db8:: is for documentation.
    let outward = UdpSocket::bind("[::]:0").and_then(|socket| {
        socket.connect("[2001:db8::1]:9")?;
        socket.local_addr()
    });
    if let Ok(mut outward) = outward {
        outward.set_port(0);
        addresses.push(outward);
    }
    addresses
}

pub(super) fn media(error: webrtc::error::Error) -> ClientError {
    ClientError::Media(error.to_string())
}
