//! The lightest possible WebRTC peer: one UDP socket, ICE checks, DTLS-SRTP, RTP in and out. It sends any payload, so it
//! can measure a relay without the cost and the delay of a codec.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use dragoman_relay::media::secure::{Handshake, Identity, Secure};
use rtc_rtp::header::Header;
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::client::Socket;
use dragoman_core::red;
use dragoman_core::wire::{ParticipantMessage, RelayMessage};

const PAYLOAD_TYPE: u8 = 111;
/// Of redundant audio (RFC 2198).
const RED: u8 = 63;
const SAMPLES: u32 = 960;
/// Sections in which a peer only receives.
const SLOTS: usize = 7;

/// A connected peer.
pub struct Peer {
    socket: UdpSocket,
    identity: Arc<Identity>,
    secure: Secure,
    relay: SocketAddr,
    username: String,
    password: String,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// The payloads before, the earliest first, where they are sent along once more.
    earlier: Option<VecDeque<Vec<u8>>>,
    /// How long signalling took, then ICE and DTLS.
    pub join_times: (Duration, Duration),
}

/// A packet that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The slot's stream.
    pub ssrc: u32,
    /// Sequence number in it.
    pub sequence: u16,
    /// What was sent; without what was sent along once more.
    pub payload: Vec<u8>,
}

impl Peer {
    /// Offers, takes the answer, and connects.
    pub async fn connect(signalling: &mut Socket) -> anyhow::Result<Self> {
        Self::connect_as(signalling, false).await
    }

    /// The same with redundant audio: it is offered, and sent with [`red::MOST`] earlier payloads in each packet.
    pub async fn connect_with_red(signalling: &mut Socket) -> anyhow::Result<Self> {
        Self::connect_as(signalling, true).await
    }

    async fn connect_as(signalling: &mut Socket, red: bool) -> anyhow::Result<Self> {
        let began = Instant::now();
        let identity = Arc::new(Identity::generate()?);
        let answer = exchange(signalling, offer(&identity.fingerprint, red)).await?;
        let signalled = began.elapsed();
        let value = |key: &str| value(&answer, key);
        let candidate = value("a=candidate:")?;
        let mut parts = candidate.split(' ').skip(4);
        let (ip, port) = (parts.next().context("candidate")?, parts.next().context("candidate")?);
        let fingerprint = hex::decode(value("a=fingerprint:sha-256 ")?.replace(':', ""))?;
        let expected = fingerprint.try_into().map_err(|_| anyhow::anyhow!("fingerprint"))?;
        let relay = SocketAddr::new(ip.parse()?, port.parse()?);
        let mut peer = Self {
            socket: UdpSocket::bind(local(relay)).await?,
            secure: Secure::client(identity.clone(), expected, Instant::now())?,
            identity,
            relay,
            username: format!("{}:peer", value("a=ice-ufrag:")?),
            password: value("a=ice-pwd:")?,
            ssrc: rand::random(),
            sequence: rand::random(),
            timestamp: rand::random(),
            earlier: red.then(VecDeque::new),
            join_times: (signalled, Duration::ZERO),
        };
        peer.shake_hands().await?;
        peer.join_times.1 = began.elapsed() - signalled;
        Ok(peer)
    }

    /// Sends a payload as the next packet of this peer's voice.
    pub async fn send(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(SAMPLES);
        let payload_type = if self.earlier.is_some() { RED } else { PAYLOAD_TYPE };
        let mut packet = vec![0x80, payload_type];
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        match &mut self.earlier {
            Some(earlier) => {
                let frames = u32::try_from(earlier.len())?;
                let row = (1..=frames).rev().map(|age| age * SAMPLES).zip(earlier.iter().map(Vec::as_slice));
                red::write(&mut packet, PAYLOAD_TYPE, row.collect::<Vec<_>>().into_iter(), payload);
                earlier.push_back(payload.to_vec());
                if earlier.len() > usize::from(red::MOST) {
                    earlier.pop_front();
                }
            }
            None => packet.extend_from_slice(payload),
        }
        let header = Header {
            version: 2,
            payload_type,
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        let sealed = self.secure.seal_rtp(&packet, &header).context("SRTP is not ready")?;
        self.socket.send_to(&sealed, self.relay).await?;
        Ok(())
    }

    /// The next packet, or `None` if none comes in time.
    pub async fn receive(&mut self, patience: Duration) -> anyhow::Result<Option<Arrived>> {
        let deadline = Instant::now() + patience;
        let mut buffer = [0_u8; 1_500];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(received) = timeout(left, self.socket.recv_from(&mut buffer)).await else {
                return Ok(None);
            };
            let (length, _) = received?;
            let datagram = &buffer[..length];
            let is_rtp =
                matches!(datagram.first(), Some(128..=191)) && !matches!(datagram[1] & 0x7f, 64..=95);
            if !is_rtp {
                continue;
            }
            let Some(plain) = self.secure.open_rtp(datagram) else { continue };
            ensure!(plain.len() >= 12, "a packet without a header");
            let own = match plain[1] & 0x7f {
                RED => red::Blocks::read(&plain[12..]).and_then(Iterator::last).context("no RED")?.payload,
                _ => &plain[12..],
            };
            return Ok(Some(Arrived {
                ssrc: u32::from_be_bytes([plain[8], plain[9], plain[10], plain[11]]),
                sequence: u16::from_be_bytes([plain[2], plain[3]]),
                payload: own.to_vec(),
            }));
        }
    }

    /// Repeats the ICE check, as agents do to keep their path.
    pub async fn check(&mut self) -> anyhow::Result<()> {
        self.socket.send_to(&self.binding_request()?, self.relay).await?;
        Ok(())
    }

    /// Goes on from another port, as after a change of network or of a NAT's mind.
    pub async fn move_to_another_port(&mut self) -> anyhow::Result<()> {
        self.socket = UdpSocket::bind(local(self.relay)).await?;
        Ok(())
    }

    /// Offers the same transport once more, with another ICE user fragment (RFC 8839 §4.4.1), and takes the answer.
    pub async fn restart_ice(&mut self, signalling: &mut Socket) -> anyhow::Result<String> {
        let offer = offer(&self.identity.fingerprint, self.earlier.is_some())
            .replace("ice-ufrag:peer", "ice-ufrag:again");
        let answer = exchange(signalling, offer).await?;
        self.username = format!("{}:again", value(&answer, "a=ice-ufrag:")?);
        self.password = value(&answer, "a=ice-pwd:")?;
        Ok(answer)
    }

    /// The port on this side.
    pub fn local_addr(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }

    /// The relay's media address.
    pub fn relay_addr(&self) -> SocketAddr {
        self.relay
    }

    async fn shake_hands(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(15);
        let mut buffer = [0_u8; 2_048];
        let mut proven = false;
        while !self.secure.is_ready() {
            ensure!(Instant::now() < deadline, "no DTLS within 15 s");
            if !proven {
                self.check().await?;
            }
            if let Ok(received) =
                timeout(Duration::from_millis(200), self.socket.recv_from(&mut buffer)).await
            {
                let datagram = &buffer[..received?.0];
                match datagram.first() {
                    Some(0..=3) => proven = true,
                    Some(20..=63) => {
                        let step = self.secure.read_dtls(datagram, Instant::now());
                        ensure!(step != Handshake::Failed, "DTLS failed");
                    }
                    _ => {}
                }
            }
            if proven {
                ensure!(self.secure.handle_timeout(Instant::now()) != Handshake::Failed, "DTLS timed out");
                while let Some(flight) = self.secure.poll_transmit() {
                    self.socket.send_to(&flight, self.relay).await?;
                }
            }
        }
        // The last flight may still wait.
        while let Some(flight) = self.secure.poll_transmit() {
            self.socket.send_to(&flight, self.relay).await?;
        }
        Ok(())
    }

    fn binding_request(&self) -> anyhow::Result<Vec<u8>> {
        let crypto = self.identity.provider().crypto();
        let mut message = Message::new();
        message.build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId::new()),
            Box::new(TextAttribute::new(ATTR_USERNAME, self.username.clone())),
            Box::new(UseCandidate),
            Box::new(MessageIntegrity::new_short_term_integrity_with_provider(self.password.clone(), crypto)),
            Box::new(FINGERPRINT),
        ])?;
        Ok(message.raw)
    }
}

/// RFC 8445 §7.1.2: this path is the one.
struct UseCandidate;

impl Setter for UseCandidate {
    fn add_to(&self, message: &mut Message) -> rtc_shared::error::Result<()> {
        message.add(ATTR_USE_CANDIDATE, &[]);
        Ok(())
    }
}

async fn exchange(signalling: &mut Socket, sdp: String) -> anyhow::Result<String> {
    signalling.send(&ParticipantMessage::SdpOffer { sdp }).await?;
    let answer = |message| match message {
        RelayMessage::SdpAnswer { sdp } => Some(sdp),
        _ => None,
    };
    signalling.find(answer).await
}

/// What stands behind `key` in the first line that begins so.
fn value(answer: &str, key: &str) -> anyhow::Result<String> {
    let line = answer.lines().find_map(|line| line.strip_prefix(key));
    line.map(str::to_owned).with_context(|| format!("the answer has no {key}"))
}

/// Any port, on loopback of the relay's kind of address.
fn local(relay: SocketAddr) -> SocketAddr {
    let loopback =
        if relay.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { IpAddr::from(Ipv4Addr::LOCALHOST) };
    SocketAddr::new(loopback, 0)
}

fn offer(fingerprint: &[u8; 32], red: bool) -> String {
    let (type_of_red, codec_of_red) = match red {
        true => (
            format!(" {RED}"),
            format!("a=rtpmap:{RED} red/48000/2\r\na=fmtp:{RED} {PAYLOAD_TYPE}/{PAYLOAD_TYPE}\r\n"),
        ),
        false => Default::default(),
    };
    let fingerprint = fingerprint.map(|byte| format!("{byte:02X}")).join(":");
    let mids: Vec<String> = (0..=SLOTS).map(|mid| mid.to_string()).collect();
    let mut sdp =
        format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n", mids.join(" "));
    for mid in 0..=SLOTS {
        let direction = if mid == 0 { "sendonly" } else { "recvonly" };
        sdp.push_str(&format!(
            "m=audio 9 UDP/TLS/RTP/SAVPF {PAYLOAD_TYPE}{type_of_red}\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=mid:{mid}\r\n\
             a=ice-ufrag:peer\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 {fingerprint}\r\n\
             a=setup:active\r\na={direction}\r\na=rtpmap:{PAYLOAD_TYPE} opus/48000/2\r\n{codec_of_red}"
        ));
    }
    sdp
}
