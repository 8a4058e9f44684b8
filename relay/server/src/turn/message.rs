//! Requests as they are read, and answers as they are written (RFC 8489, RFC 8656).

use std::net::SocketAddr;

use rtc_crypto::RTCCrypto;
use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_UNKNOWN_ATTRIBUTES, ATTR_USERNAME,
    ATTR_XOR_PEER_ADDRESS, AttrType,
};
use rtc_stun::error_code::{ErrorCode, ErrorCodeAttribute};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_SUCCESS_RESPONSE, METHOD_DATA, Message, MessageType,
    Setter, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;

use super::credentials::REALM;

/// Attributes that must be understood, and are (RFC 8489 §6.3.1); others are refused with 420.
const UNDERSTOOD: [AttrType; 9] = [
    ATTR_USERNAME,
    ATTR_MESSAGE_INTEGRITY,
    ATTR_REALM,
    ATTR_NONCE,
    ATTR_LIFETIME,
    ATTR_CHANNEL_NUMBER,
    ATTR_DATA,
    ATTR_XOR_PEER_ADDRESS,
    ATTR_REQUESTED_TRANSPORT,
];

/// Reads a STUN message; `None` if it is none.
pub(super) fn read(bytes: &[u8]) -> Option<Message> {
    let mut message = Message::new();
    message.unmarshal_binary(bytes).ok()?;
    Some(message)
}

/// Attributes of a request that this server does not understand and must.
pub(super) fn not_understood(message: &Message) -> Vec<AttrType> {
    let known = |kind: &AttrType| UNDERSTOOD.contains(kind) || *kind == ATTR_REQUESTED_ADDRESS_FAMILY;
    message.attributes.0.iter().map(|a| a.typ).filter(|kind| kind.required() && !known(kind)).collect()
}

/// The text of an attribute.
pub(super) fn text(message: &Message, kind: AttrType) -> Option<String> {
    String::from_utf8(message.get(kind).ok()?).ok()
}

/// LIFETIME, in seconds.
pub(super) fn lifetime(message: &Message) -> Option<u32> {
    Some(u32::from_be_bytes(message.get(ATTR_LIFETIME).ok()?.try_into().ok()?))
}

/// CHANNEL-NUMBER, with its two reserved bytes cut off.
pub(super) fn channel_number(message: &Message) -> Option<u16> {
    let value: [u8; 4] = message.get(ATTR_CHANNEL_NUMBER).ok()?.try_into().ok()?;
    Some(u16::from_be_bytes([value[0], value[1]]))
}

/// First byte of an attribute: the protocol of REQUESTED-TRANSPORT, the family of REQUESTED-ADDRESS-FAMILY.
pub(super) fn first_byte(message: &Message, kind: AttrType) -> Option<u8> {
    message.get(kind).ok()?.first().copied()
}

/// All peers that a message names; `None` if one of them can not be read.
pub(super) fn peers(message: &Message) -> Option<Vec<SocketAddr>> {
    let named = message.attributes.0.iter().filter(|a| a.typ == ATTR_XOR_PEER_ADDRESS);
    named
        .map(|attribute| {
            // The library decodes the first attribute of a kind only, so each is put into a message of its own.
            let mut alone = Message::new();
            alone.transaction_id = message.transaction_id;
            alone.add(ATTR_XOR_PEER_ADDRESS, &attribute.value);
            let mut address = XorMappedAddress::default();
            address.get_from_as(&alone, ATTR_XOR_PEER_ADDRESS).ok()?;
            Some(SocketAddr::new(address.ip, address.port))
        })
        .collect()
}

/// One attribute of an answer.
pub(super) enum Part {
    /// An address, by the attribute's kind.
    Address(AttrType, SocketAddr),
    /// Anything else.
    Raw(AttrType, Vec<u8>),
}

/// A success response, with integrity where the request had it.
pub(super) fn success(
    request: &Message,
    parts: &[Part],
    key: Option<(&[u8], &dyn RTCCrypto)>,
) -> Option<Vec<u8>> {
    let mut answer = begin(request, CLASS_SUCCESS_RESPONSE);
    for part in parts {
        add(&mut answer, part)?;
    }
    sealed(answer, key)
}

/// An error response.
pub(super) fn error(
    request: &Message,
    code: ErrorCode,
    parts: &[Part],
    key: Option<(&[u8], &dyn RTCCrypto)>,
) -> Option<Vec<u8>> {
    let mut answer = begin(request, CLASS_ERROR_RESPONSE);
    // Without a reason in words: the codes are those of the standard.
    ErrorCodeAttribute { code, reason: Vec::new() }.add_to(&mut answer).ok()?;
    for part in parts {
        add(&mut answer, part)?;
    }
    sealed(answer, key)
}

/// What a client needs to prove itself: realm and nonce.
pub(super) fn challenge(nonce: String) -> [Part; 2] {
    [Part::Raw(ATTR_REALM, REALM.as_bytes().to_vec()), Part::Raw(ATTR_NONCE, nonce.into_bytes())]
}

/// UNKNOWN-ATTRIBUTES (RFC 8489 §14.13).
pub(super) fn unknown(kinds: &[AttrType]) -> Part {
    Part::Raw(ATTR_UNKNOWN_ATTRIBUTES, kinds.iter().flat_map(|kind| kind.value().to_be_bytes()).collect())
}

/// What a peer sent, as a Data indication (RFC 8656 §11.4).
pub(super) fn data_indication(peer: SocketAddr, data: &[u8]) -> Option<Vec<u8>> {
    let mut message = Message::new();
    message.typ = MessageType::new(METHOD_DATA, CLASS_INDICATION);
    message.transaction_id = TransactionId::new();
    message.write_header();
    add(&mut message, &Part::Address(ATTR_XOR_PEER_ADDRESS, peer))?;
    message.add(ATTR_DATA, data);
    Some(message.raw)
}

/// The same as ChannelData (RFC 8656 §12.4), without the padding that only streams need.
pub(super) fn channel_data(channel: u16, data: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(data.len()).ok()?;
    let mut bytes = Vec::with_capacity(4 + data.len() + 3);
    bytes.extend_from_slice(&channel.to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(data);
    Some(bytes)
}

/// Channel and payload of a ChannelData message.
pub(super) fn read_channel_data(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (header, body) = bytes.split_first_chunk::<4>()?;
    let channel = u16::from_be_bytes([header[0], header[1]]);
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    Some((channel, body.get(..length)?))
}

fn begin(request: &Message, class: rtc_stun::message::MessageClass) -> Message {
    let mut answer = Message::new();
    answer.typ = MessageType::new(request.typ.method, class);
    answer.transaction_id = request.transaction_id;
    answer.write_header();
    answer
}

fn add(message: &mut Message, part: &Part) -> Option<()> {
    match part {
        Part::Address(kind, address) => {
            XorMappedAddress { ip: address.ip(), port: address.port() }.add_to_as(message, *kind).ok()
        }
        Part::Raw(kind, value) => {
            message.add(*kind, value);
            Some(())
        }
    }
}

fn sealed(mut message: Message, key: Option<(&[u8], &dyn RTCCrypto)>) -> Option<Vec<u8>> {
    if let Some((key, crypto)) = key {
        MessageIntegrity::new_raw_integrity_with_provider(key, crypto).add_to(&mut message).ok()?;
    }
    Some(message.raw)
}
