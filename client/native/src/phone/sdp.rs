//! What is agreed about the sound of a telephone call (SDP, RFC 8866; offer and answer, RFC 3264): one stream, one codec.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use super::codec::Codec;

/// What keys are sent as; its clock follows the codec's (RFC 4733 §2.1, RFC 7587 §4.5).
const KEYS_8K: u8 = 101;
const KEYS_48K: u8 = 102;
/// Most lines that are read of a description.
const LINES: usize = 200;

/// Offers all codecs, the best first.
pub(super) fn offer(own: SocketAddr, id: u32) -> String {
    let all = [(Codec::Opus, OPUS), (Codec::Alaw, 8), (Codec::Mulaw, 0)];
    describe(own, id, 1, &all, &[(KEYS_8K, 8_000), (KEYS_48K, 48_000)], "sendrecv")
}

/// Payload type that we give to Opus.
const OPUS: u8 = 96;

fn describe(
    own: SocketAddr,
    id: u32,
    version: u32,
    codecs: &[(Codec, u8)],
    keys: &[(u8, u32)],
    direction: &str,
) -> String {
    let (ip, port) = (own.ip(), own.port());
    let family = if ip.is_ipv6() { "IP6" } else { "IP4" };
    let mut sdp = format!(
        "v=0\r\no=- {id} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP"
    );
    // Writing into a string does not fail.
    let types = codecs.iter().map(|(_, number)| number).chain(keys.iter().map(|(number, _)| number));
    for number in types {
        let _ = write!(sdp, " {number}");
    }
    for (codec, number) in codecs {
        let _ = write!(sdp, "\r\na=rtpmap:{number} {}", codec.name());
        if *codec == Codec::Opus {
            let _ = write!(sdp, "\r\na=fmtp:{number} maxaveragebitrate=32000;cbr=1;useinbandfec=1");
        }
    }
    for (number, clock) in keys {
        let _ = write!(sdp, "\r\na=rtpmap:{number} telephone-event/{clock}\r\na=fmtp:{number} 0-11");
    }
    let _ = write!(sdp, "\r\na=ptime:20\r\na={direction}\r\n");
    sdp
}

/// What the other side takes and sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Agreed {
    /// Where its sound comes from and ours goes to.
    pub(super) peer: SocketAddr,
    pub(super) codec: Codec,
    pub(super) payload_type: u8,
    /// Payload types of keys, with their clock.
    pub(super) keys: Vec<(u8, u32)>,
    /// `sendrecv` and so on, as the other side says it.
    direction: Direction,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Direction {
    Both,
    SendOnly,
    ReceiveOnly,
    Inactive,
}

impl Direction {
    /// The same from the other side.
    fn answer(self) -> &'static str {
        match self {
            Self::Both => "sendrecv",
            Self::SendOnly => "recvonly",
            Self::ReceiveOnly => "sendonly",
            Self::Inactive => "inactive",
        }
    }
}

impl Agreed {
    /// Reads an answer. `None`: there is nothing in it that we know.
    pub(super) fn read(text: &str) -> Option<Self> {
        Self::with(text, |_| true)
    }

    /// Reads a later offer within the same call, which keeps its codec. `None`: it is not offered any more.
    pub(super) fn again(&self, text: &str) -> Option<Self> {
        Self::with(text, |codec| codec == self.codec)
    }

    /// Whether the other side wants to hear anything.
    pub(super) fn is_heard(&self) -> bool {
        matches!(self.direction, Direction::Both | Direction::ReceiveOnly)
    }

    fn with(text: &str, wanted: impl Fn(Codec) -> bool) -> Option<Self> {
        let mut connection = None;
        let mut audio: Option<Audio> = None;
        for line in text.lines().take(LINES) {
            let Some((kind, value)) = line.trim_end().split_once('=') else { continue };
            match (kind, &mut audio) {
                // Only the first stream is ours.
                ("m", Some(_)) => break,
                ("m", None) => audio = Audio::begin(value),
                ("c", None) => connection = address(value),
                ("c", Some(audio)) => audio.connection = address(value),
                ("a", Some(audio)) => audio.attribute(value),
                _ => {}
            }
        }
        let audio = audio?;
        let peer = SocketAddr::new(audio.connection.or(connection)?, audio.port);
        let mut known = audio.types.iter().filter_map(|number| audio.codec(*number));
        let (codec, payload_type) = known.find(|(codec, _)| wanted(*codec))?;
        Some(Self { peer, codec, payload_type, keys: audio.keys, direction: audio.direction })
    }

    /// What is said about the sound when the other side asks again, within the same call.
    pub(super) fn describe(&self, own: SocketAddr, id: u32, version: u32) -> String {
        let codecs = [(self.codec, self.payload_type)];
        describe(own, id, version, &codecs, &self.keys, self.direction.answer())
    }
}

/// One `m=audio` section.
struct Audio {
    port: u16,
    types: Vec<u8>,
    maps: Vec<(u8, Codec)>,
    keys: Vec<(u8, u32)>,
    connection: Option<IpAddr>,
    direction: Direction,
}

impl Audio {
    fn begin(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        if words.next()? != "audio" {
            return None;
        }
        let port = words.next()?.split('/').next()?.parse().ok().filter(|port| *port != 0)?;
        if words.next()? != "RTP/AVP" {
            return None;
        }
        let types = words.filter_map(|word| word.parse().ok()).filter(|number: &u8| *number < 128).collect();
        let (maps, keys) = (Vec::new(), Vec::new());
        Some(Self { port, types, maps, keys, connection: None, direction: Direction::Both })
    }

    fn attribute(&mut self, value: &str) {
        match value {
            "sendrecv" => self.direction = Direction::Both,
            "sendonly" => self.direction = Direction::SendOnly,
            "recvonly" => self.direction = Direction::ReceiveOnly,
            "inactive" => self.direction = Direction::Inactive,
            _ => {
                let _ = value.strip_prefix("rtpmap:").and_then(|map| self.map(map));
            }
        }
    }

    fn map(&mut self, map: &str) -> Option<()> {
        let (number, name) = map.split_once(' ')?;
        let number: u8 = number.parse().ok().filter(|number| self.types.contains(number))?;
        let name = name.trim().to_ascii_lowercase();
        if let Some(clock) = name.strip_prefix("telephone-event/") {
            self.keys.push((number, clock.split('/').next()?.parse().ok()?));
        } else if let Some(codec) = Codec::ALL.into_iter().find(|codec| codec.is_named(&name)) {
            self.maps.push((number, codec));
        }
        Some(())
    }

    fn codec(&self, number: u8) -> Option<(Codec, u8)> {
        let mapped = self.maps.iter().find(|(mapped, _)| *mapped == number).map(|(_, codec)| *codec);
        // These two numbers need no map (RFC 3551 §6).
        let codec = mapped.or(match number {
            0 => Some(Codec::Mulaw),
            8 => Some(Codec::Alaw),
            _ => None,
        })?;
        Some((codec, number))
    }
}

/// Addresses only: a name in here would be looked up by whoever answers.
fn address(value: &str) -> Option<IpAddr> {
    let mut words = value.split_ascii_whitespace();
    let ("IN", "IP4" | "IP6") = (words.next()?, words.next()?) else { return None };
    let ip: IpAddr = words.next()?.split('/').next()?.parse().ok()?;
    (!ip.is_unspecified() && !ip.is_multicast()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "192.0.2.1:4000";

    #[test]
    fn our_own_offer_is_read_and_the_best_codec_taken() {
        let text = offer(OWN.parse().unwrap(), 7);
        let agreed = Agreed::read(&text).unwrap();
        assert_eq!((agreed.codec, agreed.payload_type), (Codec::Opus, OPUS));
        assert_eq!(agreed.peer.to_string(), OWN);
        assert_eq!(agreed.keys, [(KEYS_8K, 8_000), (KEYS_48K, 48_000)]);
        // In one UDP datagram with the request's headers, below any usual MTU.
        assert!(text.len() < 600, "{}", text.len());
    }

    #[test]
    fn a_trunks_answer_is_read() {
        let text = "v=0\r\no=x 1 1 IN IP4 10.0.0.9\r\ns=x\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 17020 RTP/AVP 8 101\r\n\
            a=rtpmap:101 telephone-event/8000\r\na=sendonly\r\nc=IN IP4 10.0.0.10\r\nm=video 9 RTP/AVP 0\r\na=inactive\r\n";
        let agreed = Agreed::read(text).unwrap();
        assert_eq!(agreed.peer.to_string(), "10.0.0.10:17020");
        assert_eq!(
            (agreed.codec, agreed.payload_type, agreed.keys.clone()),
            (Codec::Alaw, 8, vec![(101, 8_000)])
        );
        let again = agreed.describe(OWN.parse().unwrap(), 7, 2);
        assert!(
            again.contains("m=audio 4000 RTP/AVP 8 101\r\n") && again.contains("a=recvonly\r\n"),
            "{again}"
        );
    }

    #[test]
    fn what_is_of_no_use_is_refused() {
        for (what, text) in [
            ("refused", "c=IN IP4 10.0.0.9\r\nm=audio 0 RTP/AVP 8\r\n"),
            ("another codec", "c=IN IP4 10.0.0.9\r\nm=audio 4000 RTP/AVP 18\r\n"),
            ("encrypted", "c=IN IP4 10.0.0.9\r\nm=audio 4000 RTP/SAVP 8\r\n"),
            ("a name", "c=IN IP4 trunk.example\r\nm=audio 4000 RTP/AVP 8\r\n"),
            ("nowhere", "c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\n"),
            ("no sound", "c=IN IP4 10.0.0.9\r\nm=video 4000 RTP/AVP 8\r\n"),
        ] {
            assert_eq!(Agreed::read(text), None, "{what}");
        }
    }

    proptest! {
        #[test]
        fn junk_never_panics(text in "(([vmcat]=)?[ -~]{0,20}(IN IP4|audio|RTP/AVP|rtpmap:)?[ -~\\u{80}-\\u{ff}]{0,20}\r?\n){0,20}") {
            let _ = Agreed::read(&text);
        }
    }
}
