//! Writes the relay's answer.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::{ClientOffer, SectionKind};

/// What the relay puts into its answer.
pub struct AnswerParts<'a> {
    /// The relay's ICE user fragment for this peer.
    pub ufrag: &'a str,
    /// The relay's ICE password for this peer.
    pub pwd: &'a str,
    /// SHA-256 of the relay's DTLS certificate.
    pub fingerprint: &'a [u8; 32],
    /// Where clients reach the relay.
    pub candidates: &'a [SocketAddr],
    /// SSRCs, one for each slot of the offer, in order.
    pub slot_ssrcs: &'a [u32],
}

/// Writes the answer: ICE-lite (RFC 8445 §2.5), DTLS passive, Opus at a constant 32 kb/s without DTX, because packet
/// sizes of variable-rate speech tell what is said even when it is encrypted.
pub fn answer(offer: &ClientOffer, parts: &AnswerParts<'_>) -> String {
    let fingerprint = parts.fingerprint.map(|byte| format!("{byte:02X}")).join(":");
    let bundled: Vec<&str> =
        offer.sections.iter().filter(|s| s.kind != SectionKind::Unused).map(|s| s.mid.as_str()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE {}\r\na=msid-semantic: WMS *\r\n",
        bundled.join(" ")
    );
    let mut ssrcs = parts.slot_ssrcs.iter();
    let mut first = true;
    for section in &offer.sections {
        if section.kind == SectionKind::Unused {
            // A rejected section keeps its place, with port 0 (RFC 8829 §5.3.1).
            let _ = write!(
                sdp,
                "m={} {}\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=inactive\r\n",
                section.media, section.opus, section.mid
            );
            continue;
        }
        let opus = section.opus;
        // First in the row is what a browser sends.
        let (formats, red) = match section.red {
            None => (opus.to_string(), String::new()),
            Some(red) => (
                format!("{red} {opus}"),
                format!("a=rtpmap:{red} red/48000/2\r\na=fmtp:{red} {opus}/{opus}\r\n"),
            ),
        };
        let _ = write!(
            sdp,
            "m=audio 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:passive\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
             a=rtpmap:{opus} opus/48000/2\r\n\
             a=fmtp:{opus} minptime=20;useinbandfec=1;usedtx=0;cbr=1;maxaveragebitrate=32000;stereo=0;sprop-stereo=0\r\n\
             {red}a=ptime:20\r\n",
            section.mid, parts.ufrag, parts.pwd
        );
        match (section.kind, ssrcs.as_slice()) {
            (SectionKind::Slot, [ssrc, ..]) => {
                ssrcs.next();
                let _ = write!(
                    sdp,
                    "a=sendonly\r\na=msid:slot-{mid} slot-{mid}\r\na=ssrc:{ssrc} cname:relay\r\na=ssrc:{ssrc} msid:slot-{mid} slot-{mid}\r\n",
                    mid = section.mid
                );
            }
            _ => sdp.push_str("a=recvonly\r\n"),
        }
        if std::mem::take(&mut first) {
            for (index, address) in parts.candidates.iter().enumerate() {
                // RFC 8445 §5.1.2.1: type preference of a host candidate is 126; earlier addresses first.
                let priority =
                    (126_u32 << 24) + ((65_535 - u32::try_from(index).unwrap_or(65_535)) << 8) + 255;
                let _ = write!(
                    sdp,
                    "a=candidate:{} 1 udp {priority} {} {} typ host\r\n",
                    index + 1,
                    address.ip(),
                    address.port()
                );
            }
            sdp.push_str("a=end-of-candidates\r\n");
        }
    }
    sdp
}
