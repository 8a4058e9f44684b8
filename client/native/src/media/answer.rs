//! What the relay's SDP answer says: which stream it uses for which slot (`a=mid`, `a=ssrc`), and what it takes.

use std::collections::BTreeMap;

/// SSRC of each section that has one, by its `a=mid` (RFC 5576 §4.1, RFC 5888 §4).
pub fn slot_ssrcs(sdp: &str) -> BTreeMap<String, u32> {
    let mut slots = BTreeMap::new();
    let mut mid: Option<&str> = None;
    for line in sdp.lines() {
        if line.starts_with("m=") {
            mid = None;
        } else if let Some(name) = line.strip_prefix("a=mid:") {
            mid = Some(name.trim());
        } else if let Some(attribute) = line.strip_prefix("a=ssrc:") {
            let ssrc = attribute.split_whitespace().next().and_then(|number| number.parse().ok());
            if let (Some(mid), Some(ssrc)) = (mid, ssrc) {
                slots.insert(mid.to_owned(), ssrc);
            }
        }
    }
    slots
}

/// Whether the relay takes redundant audio of that payload type (`a=rtpmap`, RFC 2198 §5).
pub fn takes_red(sdp: &str, payload_type: u8) -> bool {
    let wanted = format!("a=rtpmap:{payload_type} red/48000/2");
    sdp.lines().any(|line| line.trim_end().eq_ignore_ascii_case(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redundancy_is_taken_where_the_answer_says_so() {
        assert!(takes_red("v=0\r\na=rtpmap:63 red/48000/2\r\n", 63));
        assert!(!takes_red("v=0\r\na=rtpmap:63 red/48000/2\r\n", 6));
        assert!(!takes_red("", 63));
    }

    #[test]
    fn slots_are_read_and_the_microphone_has_none() {
        let sdp = "v=0\r\na=ssrc:9 x\r\nm=audio 9 X 111\r\na=mid:0\r\na=recvonly\r\nm=audio 9 X 111\r\na=mid:1\r\na=ssrc:11 cname:relay\r\na=ssrc:11 msid:a b\r\nm=audio 9 X 111\r\na=mid:2\r\na=ssrc:nonsense\r\n";
        assert_eq!(slot_ssrcs(sdp), BTreeMap::from([("1".to_owned(), 11)]));
        assert!(slot_ssrcs("").is_empty());
    }
}
