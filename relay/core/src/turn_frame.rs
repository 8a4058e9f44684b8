//! Where one message of TURN ends in a stream of bytes (RFC 8656 §3.1, §12.5): for TCP and TLS, at both ends.

/// Longest message that is taken, in bytes: a datagram of audio and its header fit several times.
pub const MAX_FRAME_BYTES: usize = 2_048;
/// STUN's header; the length that it states does not count it.
const STUN_HEADER_BYTES: usize = 20;
const CHANNEL_HEADER_BYTES: usize = 4;
/// RFC 8489 §5.
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// What a stream begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A message of `length` bytes, which takes `padded` bytes of the stream.
    Whole {
        /// Without padding.
        length: usize,
        /// With it: the next message begins there.
        padded: usize,
    },
    /// More bytes are needed.
    Partial,
    /// Neither STUN nor ChannelData, or too long: nothing that follows can be understood.
    Malformed,
}

/// Looks for the first message of a stream.
pub fn first_frame(stream: &[u8]) -> Frame {
    let Some(&first) = stream.first() else { return Frame::Partial };
    if !opens_turn(first) && !is_channel_data(first) {
        return Frame::Malformed;
    }
    let Some(&[high, low]) = stream.get(2..4) else { return Frame::Partial };
    let stated = usize::from(u16::from_be_bytes([high, low]));
    let (length, padded) = if is_channel_data(first) {
        let length = CHANNEL_HEADER_BYTES + stated;
        (length, length.next_multiple_of(4))
    } else if stated.is_multiple_of(4) {
        (STUN_HEADER_BYTES + stated, STUN_HEADER_BYTES + stated)
    } else {
        return Frame::Malformed;
    };
    let cookie = stream.get(4..8).filter(|_| !is_channel_data(first));
    if padded > MAX_FRAME_BYTES || cookie.is_some_and(|cookie| cookie != MAGIC_COOKIE) {
        return Frame::Malformed;
    }
    if stream.len() < padded { Frame::Partial } else { Frame::Whole { length, padded } }
}

/// Whether a connection whose first byte this is speaks TURN and not HTTP. STUN begins with 0 to 3 (RFC 7983), HTTP
/// with a letter. ChannelData begins with 0x40 to 0x4f, which are letters too (`G` of `GET`), but nobody has a channel
/// before the first request was answered.
pub fn opens_turn(byte: u8) -> bool {
    byte <= 3
}

fn is_channel_data(byte: u8) -> bool {
    (0x40..=0x4f).contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message() -> impl Strategy<Value = Vec<u8>> {
        let stun = (0u8..4, prop::collection::vec(any::<u8>(), 0..100)).prop_map(|(first, mut body)| {
            body.resize(body.len().next_multiple_of(4), 0);
            let mut bytes = vec![first, 1];
            bytes.extend((body.len() as u16).to_be_bytes());
            bytes.extend(MAGIC_COOKIE);
            bytes.extend([7; 12]);
            bytes.extend(body);
            bytes
        });
        let channel = (0x40u8..0x50, prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(first, body)| {
            let mut bytes = vec![first, 0];
            bytes.extend((body.len() as u16).to_be_bytes());
            bytes.extend(body);
            bytes
        });
        prop_oneof![stun, channel]
    }

    proptest! {
        /// However the stream is cut, the same messages come out.
        #[test]
        fn messages_come_out_as_they_went_in(
            messages in prop::collection::vec(message(), 1..8),
            pieces in prop::collection::vec(1usize..200, 1..20),
        ) {
            let mut stream = Vec::new();
            for message in &messages {
                stream.extend(message);
                stream.resize(stream.len().next_multiple_of(4), 0xff);
            }
            let (mut buffer, mut found) = (Vec::new(), Vec::new());
            let mut rest = stream.as_slice();
            for piece in pieces.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at((*piece).min(rest.len()));
                buffer.extend(now);
                rest = later;
                while let Frame::Whole { length, padded } = first_frame(&buffer) {
                    found.push(buffer[..length].to_vec());
                    buffer.drain(..padded);
                }
                prop_assert_ne!(first_frame(&buffer), Frame::Malformed);
            }
            prop_assert_eq!(found, messages);
            prop_assert!(buffer.is_empty());
        }

        /// Junk never panics, and never makes the reader wait for more than the longest message.
        #[test]
        fn junk_ends(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
            match first_frame(&bytes) {
                Frame::Whole { length, padded } => {
                    prop_assert!(length <= padded && padded <= bytes.len() && padded <= MAX_FRAME_BYTES);
                }
                Frame::Partial => prop_assert!(bytes.len() < MAX_FRAME_BYTES),
                Frame::Malformed => {}
            }
        }
    }

    #[test]
    fn only_stun_opens_a_connection() {
        for text in [&b"GET / HTTP/1.1\r\n"[..], b"POST /api", b"PRI * HTTP/2.0", b"\x16\x03\x01"] {
            assert!(!opens_turn(text[0]));
        }
        assert!(opens_turn(0) && opens_turn(1));
    }
}
