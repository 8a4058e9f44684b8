//! Reads a client's SDP offer and writes the relay's answer.
//!
//! The shape is fixed, so no renegotiation is ever needed: one audio section that the client sends in, and up to seven
//! that it only receives in, the *slots*. Whose voice a slot carries is told by signalling.

mod answer;

use std::io::Cursor;

use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;

pub use answer::{AnswerParts, answer};

/// Longest offer that is read, in bytes. Chromium's with eight audio sections is about 12 kB.
pub const MAX_OFFER_BYTES: usize = 48 * 1024;
/// Most sections an offer may have.
const MAX_SECTIONS: usize = 8;

/// What the relay needs of a client's offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOffer {
    /// ICE user fragment of the client.
    pub ufrag: String,
    /// SHA-256 of the client's DTLS certificate (RFC 8122).
    pub fingerprint: [u8; 32],
    /// All sections, in order.
    pub sections: Vec<Section>,
}

/// One `m=` section of the offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// `a=mid`.
    pub mid: String,
    /// What the section will carry.
    pub kind: SectionKind,
    /// The client's payload type for Opus.
    pub opus: u8,
    /// The client's payload type for redundant audio (RFC 2198) over Opus, where it offers that.
    pub red: Option<u8>,
    /// The section's original protocol line, needed to reject it.
    media: String,
}

/// What a section will carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// The client's microphone.
    Microphone,
    /// A voice for the client.
    Slot,
    /// Nothing: inactive, a second microphone, or not audio.
    Unused,
}

/// The offer can not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Longer than [`MAX_OFFER_BYTES`].
    #[error("the SDP offer is {0} bytes long; at most {MAX_OFFER_BYTES} are read")]
    TooLong(usize),
    /// Not RFC 8866.
    #[error("the SDP offer can not be read: {0}")]
    Malformed(String),
    /// Something WebRTC always has is absent.
    #[error("the SDP offer has no {0}; offer one bundled WebRTC connection with audio only")]
    Missing(&'static str),
    /// More sections than there are people in a session.
    #[error("the SDP offer has {0} sections; at most {MAX_SECTIONS} are used")]
    TooManySections(usize),
}

impl ClientOffer {
    /// Reads an offer.
    ///
    /// # Errors
    /// [`SdpError`] says what is wrong with it. Nothing in an offer makes this panic.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        if text.len() > MAX_OFFER_BYTES {
            return Err(SdpError::TooLong(text.len()));
        }
        let description = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
            .map_err(|error| SdpError::Malformed(error.to_string()))?;
        let count = description.media_descriptions.len();
        if count > MAX_SECTIONS {
            return Err(SdpError::TooManySections(count));
        }
        let first = description.media_descriptions.first().ok_or(SdpError::Missing("audio section"))?;
        let shared = |key: &str| {
            let in_section = first.attribute(key).flatten().map(str::to_owned);
            in_section.or_else(|| description.attribute(key).cloned())
        };
        let ufrag =
            shared("ice-ufrag").filter(|u| is_ice_token(u)).ok_or(SdpError::Missing("a=ice-ufrag"))?;
        let fingerprint = shared("fingerprint").and_then(|f| sha256_fingerprint(&f));
        let fingerprint = fingerprint.ok_or(SdpError::Missing("a=fingerprint:sha-256"))?;
        if first.attribute("rtcp-mux").is_none() {
            return Err(SdpError::Missing("a=rtcp-mux"));
        }
        let mut sections = Vec::with_capacity(count);
        for media in &description.media_descriptions {
            let has_microphone = sections.iter().any(|s: &Section| s.kind == SectionKind::Microphone);
            sections.push(Section::read(media, has_microphone)?);
        }
        if sections.iter().all(|s| s.kind == SectionKind::Unused) {
            return Err(SdpError::Missing("audio section with Opus"));
        }
        Ok(Self { ufrag, fingerprint, sections })
    }

    /// Sections that carry voices to the client, in order.
    pub fn slots(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|s| s.kind == SectionKind::Slot)
    }
}

impl Section {
    fn read(media: &MediaDescription, has_microphone: bool) -> Result<Self, SdpError> {
        let mid = media.attribute("mid").flatten().filter(|m| is_ice_token(m));
        let mid = mid.ok_or(SdpError::Missing("a=mid"))?.to_owned();
        let opus = (media.media_name.media == "audio").then(|| opus_payload_type(media)).flatten();
        let is = |direction: &str| media.attribute(direction).is_some();
        let kind = match opus {
            None => SectionKind::Unused,
            Some(_) if is("inactive") => SectionKind::Unused,
            Some(_) if is("recvonly") => SectionKind::Slot,
            Some(_) if has_microphone => SectionKind::Unused,
            Some(_) => SectionKind::Microphone,
        };
        let name: String =
            media.media_name.media.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        let proto = if name == "application" { "UDP/DTLS/SCTP" } else { "UDP/TLS/RTP/SAVPF" };
        Ok(Self {
            mid,
            kind,
            opus: opus.unwrap_or(0),
            red: opus.and_then(|opus| red_payload_type(media, opus)),
            media: format!("{name} 0 {proto}"),
        })
    }
}

#[cfg(test)]
impl Section {
    /// A section with these payload types.
    pub(crate) fn for_tests(kind: SectionKind, opus: u8, red: Option<u8>) -> Self {
        Self { mid: "0".to_owned(), kind, opus, red, media: "audio 0 UDP/TLS/RTP/SAVPF".to_owned() }
    }
}

/// RFC 7587: `a=rtpmap:<pt> opus/48000/2`.
fn opus_payload_type(media: &MediaDescription) -> Option<u8> {
    payload_types(media, "opus/48000/2").next()
}

/// RFC 2198 §5: `a=rtpmap:<pt> red/48000/2`, with `a=fmtp:<pt> <opus>/<opus>` that names nothing but Opus.
fn red_payload_type(media: &MediaDescription, opus: u8) -> Option<u8> {
    payload_types(media, "red/48000/2").find(|red| {
        let mut formats = media.attributes.iter().filter(|a| a.key == "fmtp").filter_map(|a| {
            let (payload_type, inside) = a.value.as_deref()?.split_once(' ')?;
            (payload_type.parse() == Ok(*red)).then_some(inside)
        });
        formats.any(|inside| inside.split('/').all(|format| format.trim().parse() == Ok(opus)))
    })
}

fn payload_types(media: &MediaDescription, wanted: &str) -> impl Iterator<Item = u8> {
    media.attributes.iter().filter(|a| a.key == "rtpmap").filter_map(move |a| {
        let (payload_type, codec) = a.value.as_deref()?.split_once(' ')?;
        let found = codec.trim().eq_ignore_ascii_case(wanted);
        // RTP has seven bits for it (RFC 3550 §5.1).
        payload_type.parse().ok().filter(|number| found && *number < 128)
    })
}

/// RFC 8839's ice-char, and RFC 5888's token as far as clients use it; bounded, so that it can be echoed safely.
fn is_ice_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'.'))
}

fn sha256_fingerprint(attribute: &str) -> Option<[u8; 32]> {
    let (algorithm, value) = attribute.split_once(' ')?;
    if !algorithm.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    hex::decode(value.trim().replace(':', "")).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn offer_text() -> String {
        let fingerprint = ["AB"; 32].join(":");
        let mut text = format!(
            "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=fingerprint:sha-256 {fingerprint}\r\n"
        );
        for (mid, direction) in [(0, "sendonly"), (1, "recvonly"), (2, "recvonly")] {
            let _ = write!(
                text,
                "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=mid:{mid}\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\na={direction}\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n"
            );
        }
        text
    }

    #[test]
    fn a_microphone_and_slots_are_recognised_and_answered() {
        let offer = ClientOffer::parse(&offer_text()).unwrap();
        assert_eq!(offer.ufrag, "abcd");
        assert_eq!(offer.sections[0].kind, SectionKind::Microphone);
        assert_eq!(offer.slots().count(), 2);
        let answer = answer(
            &offer,
            &AnswerParts {
                ufrag: "relay",
                pwd: "0123456789012345678901",
                fingerprint: &[1; 32],
                candidates: &["127.0.0.1:8443".parse().unwrap()],
                slot_ssrcs: &[11, 22],
            },
        );
        assert!(answer.contains("a=ssrc:11 ") && answer.contains("a=ssrc:22 "));
        assert_eq!(answer.matches("a=recvonly").count(), 1);
        assert!(SessionDescription::unmarshal(&mut Cursor::new(answer.as_bytes())).is_ok());
    }

    #[test]
    fn redundancy_is_answered_where_it_is_offered_and_holds_opus() {
        let parts = AnswerParts {
            ufrag: "relay",
            pwd: "0123456789012345678901",
            fingerprint: &[1; 32],
            candidates: &[],
            slot_ssrcs: &[11, 22],
        };
        let with = |lines: &str| {
            let opus = "a=rtpmap:111 opus/48000/2\r\n";
            ClientOffer::parse(&offer_text().replace(opus, &format!("{opus}{lines}"))).unwrap()
        };
        let offer = with("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n");
        assert!(offer.sections.iter().all(|section| section.red == Some(63)));
        let answer = answer(&offer, &parts);
        assert_eq!(answer.matches("SAVPF 63 111\r\n").count(), 3);
        assert_eq!(answer.matches("a=fmtp:63 111/111\r\n").count(), 3);
        for other in [
            "",
            "a=rtpmap:63 red/8000\r\n",
            "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/0\r\n",
            "a=rtpmap:200 red/48000/2\r\na=fmtp:200 111\r\n",
        ] {
            assert!(with(other).sections.iter().all(|section| section.red.is_none()), "{other}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = offer_text().replace("ice-ufrag", "ice-nothing");
        assert_eq!(ClientOffer::parse(&text), Err(SdpError::Missing("a=ice-ufrag")));
        assert!(matches!(ClientOffer::parse("hello"), Err(SdpError::Malformed(_))));
        assert!(matches!(ClientOffer::parse(&"a".repeat(100_000)), Err(SdpError::TooLong(_))));
    }

    proptest! {
        #[test]
        fn damaged_offers_are_refused_without_panic(position in 0usize..1400, byte: u8, cut in 0usize..1400) {
            let mut bytes = offer_text().into_bytes();
            let length = bytes.len();
            bytes[position % length] = byte;
            bytes.truncate(length.min(cut.max(1)).max(cut % length));
            let _ = ClientOffer::parse(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_text_is_refused_without_panic(text in "\\PC{0,400}") {
            let _ = ClientOffer::parse(&text);
            let _ = ClientOffer::parse(&format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{text}"));
        }
    }
}
