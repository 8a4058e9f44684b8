//! One client's association: what each of its messages brings about (RFC 8656 §5 to §12).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc_stun::attributes::{
    ATTR_DATA, ATTR_LIFETIME, ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_ADDRESS_FAMILY,
    ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS,
};
use rtc_stun::error_code::{
    CODE_ADDR_FAMILY_NOT_SUPPORTED, CODE_ALLOC_MISMATCH, CODE_ALLOC_QUOTA_REACHED, CODE_BAD_REQUEST,
    CODE_FORBIDDEN, CODE_INSUFFICIENT_CAPACITY, CODE_PEER_ADDR_FAMILY_MISMATCH, CODE_STALE_NONCE,
    CODE_UNAUTHORIZED, CODE_UNKNOWN_ATTRIBUTE, CODE_UNSUPPORTED_TRANS_PROTO, CODE_WRONG_CREDENTIALS,
    ErrorCode,
};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING, METHOD_CHANNEL_BIND,
    METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message,
};

use super::Shared;
use super::allocation::Allocation;
use super::message::{self, Part};
use super::outbox::Outbox;
use super::quota::Full;
use crate::clock;

/// How long an allocation lives unless it is refreshed: the default, the least and the most (RFC 8656 §7.2). So a
/// client that is gone is forgotten within ten minutes, and over TCP at once.
const LIFETIME: Duration = Duration::from_secs(600);
/// How long a client may take to prove itself.
pub(super) const PROVE_WITHIN: Duration = Duration::from_secs(10);
/// UDP, as REQUESTED-TRANSPORT names it.
const UDP: u8 = 17;
const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// See the module's page.
pub(super) struct Association {
    shared: Arc<Shared>,
    client: SocketAddr,
    outbox: Outbox,
    allocation: Option<Allocation>,
    /// When it ends for want of an allocation.
    unproven_until: Instant,
}

/// Who asks, once it is proved.
struct Asker {
    username: String,
    whose: String,
    key: Vec<u8>,
}

type Answer = Result<Vec<Part>, ErrorCode>;

impl Association {
    pub(super) fn new(shared: Arc<Shared>, client: SocketAddr, outbox: Outbox, now: Instant) -> Self {
        // A socket for both families shows IPv4 clients as IPv4-mapped IPv6; the client knows itself as IPv4.
        let client = SocketAddr::new(client.ip().to_canonical(), client.port());
        Self { shared, client, outbox, allocation: None, unproven_until: now + PROVE_WITHIN }
    }

    /// Whether there is anything to keep.
    pub(super) fn has_allocation(&self) -> bool {
        self.allocation.is_some()
    }

    /// When it ends, unless something is done.
    pub(super) fn ends_at(&self) -> Instant {
        self.allocation.as_ref().map_or(self.unproven_until, |allocation| allocation.expires)
    }

    /// Takes one message of the client: a STUN message or ChannelData. What is neither is dropped.
    pub(super) fn handle(&mut self, bytes: &[u8], now: Instant) {
        if bytes.first().is_some_and(|byte| (0x40..=0x4f).contains(byte)) {
            if let (Some((channel, data)), Some(allocation)) =
                (message::read_channel_data(bytes), &mut self.allocation)
                && let Some(peer) = allocation.peer_of(channel, now)
            {
                allocation.send(peer, data, now);
            }
            return;
        }
        let Some(message) = message::read(bytes) else { return };
        if message.typ.class == CLASS_REQUEST {
            self.request(message, now);
        } else if message.typ.class == CLASS_INDICATION
            && message.typ.method == METHOD_SEND
            && let Some(allocation) = &mut self.allocation
            && let (Some(peers), Ok(data)) = (message::peers(&message), message.get(ATTR_DATA))
            && let [peer] = peers[..]
        {
            allocation.send(peer, &data, now);
        }
    }

    /// What the media port sends, and as which peer; waits for ever without an allocation. Cancel safe.
    pub(super) async fn next_from_media(&mut self) -> Option<(SocketAddr, Bytes)> {
        match &mut self.allocation {
            Some(allocation) => allocation.next_from_media().await,
            None => std::future::pending().await,
        }
    }

    /// Hands the client what the media port sent.
    pub(super) fn deliver(&mut self, peer: SocketAddr, data: &[u8], now: Instant) {
        let Some(allocation) = &mut self.allocation else { return };
        if !allocation.lets_in(peer, data.len(), now) {
            return;
        }
        let wrapped = match allocation.channel_of(peer, now) {
            Some(channel) => message::channel_data(channel, data),
            None => message::data_indication(peer, data),
        };
        if let Some(bytes) = wrapped {
            self.outbox.send(bytes);
        }
    }

    fn request(&mut self, mut message: Message, now: Instant) {
        if message.typ.method == METHOD_BINDING {
            let mapped = [Part::Address(ATTR_XORMAPPED_ADDRESS, self.client)];
            return self.reply(message::success(&message, &mapped, None));
        }
        let asker = match self.prove(&mut message) {
            Ok(asker) => asker,
            Err(code) => {
                // Whatever is wrong, what it takes to ask rightly comes with the answer.
                let parts = match code {
                    CODE_BAD_REQUEST => Vec::new(),
                    _ => message::challenge(self.shared.secret.nonce(self.client, clock::now())).into(),
                };
                return self.reply(message::error(&message, code, &parts, None));
            }
        };
        let unknown = message::not_understood(&message);
        let answer = if !unknown.is_empty() {
            Err(CODE_UNKNOWN_ATTRIBUTE)
        } else if self.allocation.as_ref().is_some_and(|own| !same_user(&own.username, &asker.username)) {
            Err(CODE_WRONG_CREDENTIALS)
        } else {
            match message.typ.method {
                METHOD_ALLOCATE => self.allocate(&message, &asker, now),
                METHOD_REFRESH => self.refresh(&message, now),
                METHOD_CREATE_PERMISSION => self.permit(&message, now),
                METHOD_CHANNEL_BIND => self.bind(&message, now),
                _ => Err(CODE_BAD_REQUEST),
            }
        };
        let shared = self.shared.clone();
        let key = Some((asker.key.as_slice(), shared.crypto.crypto()));
        let bytes = match answer {
            Ok(parts) => message::success(&message, &parts, key),
            Err(CODE_UNKNOWN_ATTRIBUTE) => {
                message::error(&message, CODE_UNKNOWN_ATTRIBUTE, &[message::unknown(&unknown)], key)
            }
            Err(code) => message::error(&message, code, &[], key),
        };
        self.reply(bytes);
    }

    /// The long-term credential mechanism (RFC 8489 §9.2.4).
    fn prove(&self, message: &mut Message) -> Result<Asker, ErrorCode> {
        if !message.contains(ATTR_MESSAGE_INTEGRITY) {
            return Err(CODE_UNAUTHORIZED);
        }
        let named = |kind| message::text(message, kind).ok_or(CODE_BAD_REQUEST);
        let (username, nonce) = (named(ATTR_USERNAME)?, named(ATTR_NONCE)?);
        named(ATTR_REALM)?;
        let (secret, now) = (&self.shared.secret, clock::now());
        let crypto = self.shared.crypto.crypto();
        let (whose, key) = secret.key_of(&username, now, crypto).ok_or(CODE_UNAUTHORIZED)?;
        let whose = whose.to_owned();
        MessageIntegrity::check(message, &key, crypto).map_err(|_| CODE_UNAUTHORIZED)?;
        if !secret.is_fresh(&nonce, self.client, now) {
            return Err(CODE_STALE_NONCE);
        }
        Ok(Asker { username, whose, key })
    }

    fn allocate(&mut self, message: &Message, asker: &Asker, now: Instant) -> Answer {
        if let Some(own) = &self.allocation {
            let again = own.transaction == message.transaction_id;
            return if again { Ok(self.allocated(own, now)) } else { Err(CODE_ALLOC_MISMATCH) };
        }
        let transport = message::first_byte(message, ATTR_REQUESTED_TRANSPORT).ok_or(CODE_BAD_REQUEST)?;
        if transport != UDP {
            return Err(CODE_UNSUPPORTED_TRANS_PROTO);
        }
        let ipv6 = match message::first_byte(message, ATTR_REQUESTED_ADDRESS_FAMILY) {
            None | Some(IPV4) => false,
            Some(IPV6) => true,
            Some(_) => return Err(CODE_ADDR_FAMILY_NOT_SUPPORTED),
        };
        let place = self.shared.quota.take(&asker.whose).map_err(|full| match full {
            Full::Own => CODE_ALLOC_QUOTA_REACHED,
            Full::All => CODE_INSUFFICIENT_CAPACITY,
        })?;
        let made = (asker.username.clone(), message.transaction_id, now + LIFETIME);
        let allocation =
            Allocation::open(self.shared.media.clone(), ipv6, made, place).map_err(|error| match error {
                None => CODE_ADDR_FAMILY_NOT_SUPPORTED,
                Some(error) => {
                    tracing::warn!(%error, "no socket for a relayed client; raise the limit of open files");
                    CODE_INSUFFICIENT_CAPACITY
                }
            })?;
        tracing::debug!(participant = %asker.whose, "audio by TURN");
        let parts = self.allocated(&allocation, now);
        self.allocation = Some(allocation);
        Ok(parts)
    }

    fn allocated(&self, allocation: &Allocation, now: Instant) -> Vec<Part> {
        let left = allocation.expires.saturating_duration_since(now).as_secs();
        vec![
            Part::Address(ATTR_XOR_RELAYED_ADDRESS, allocation.relayed),
            Part::Address(ATTR_XORMAPPED_ADDRESS, self.client),
            lifetime(left),
        ]
    }

    fn refresh(&mut self, message: &Message, now: Instant) -> Answer {
        let own = self.allocation.as_mut().ok_or(CODE_ALLOC_MISMATCH)?;
        if message::lifetime(message) == Some(0) {
            self.allocation = None;
            self.unproven_until = now + PROVE_WITHIN;
            return Ok(vec![lifetime(0)]);
        }
        own.expires = now + LIFETIME;
        Ok(vec![lifetime(LIFETIME.as_secs())])
    }

    fn permit(&mut self, message: &Message, now: Instant) -> Answer {
        let own = self.allocation.as_mut().ok_or(CODE_ALLOC_MISMATCH)?;
        let peers = message::peers(message).filter(|peers| !peers.is_empty()).ok_or(CODE_BAD_REQUEST)?;
        // All or none (RFC 8656 §9.2).
        for peer in &peers {
            reachable(own, *peer)?;
        }
        peers.into_iter().for_each(|peer| own.permit(peer, now));
        Ok(Vec::new())
    }

    fn bind(&mut self, message: &Message, now: Instant) -> Answer {
        let own = self.allocation.as_mut().ok_or(CODE_ALLOC_MISMATCH)?;
        let channel = message::channel_number(message).filter(|number| (0x4000..=0x4fff).contains(number));
        let (Some(channel), Some(peers)) = (channel, message::peers(message)) else {
            return Err(CODE_BAD_REQUEST);
        };
        let [peer] = peers[..] else { return Err(CODE_BAD_REQUEST) };
        reachable(own, peer)?;
        if own.bind(channel, peer, now) { Ok(Vec::new()) } else { Err(CODE_BAD_REQUEST) }
    }

    fn reply(&self, bytes: Option<Vec<u8>>) {
        // `None`: the answer can not be written, which only a fault of this program could bring about.
        if let Some(bytes) = bytes {
            self.outbox.send(bytes);
        }
    }
}

/// Whether a client may talk to a peer: forbidden is everything but the relay's media port.
fn reachable(allocation: &Allocation, peer: SocketAddr) -> Result<(), ErrorCode> {
    if !allocation.may_reach(peer) {
        return Err(CODE_FORBIDDEN);
    }
    if !allocation.is_of_family(peer) {
        return Err(CODE_PEER_ADDR_FAMILY_MISMATCH);
    }
    Ok(())
}

/// A client that got a new credential for the same participant goes on with its allocation.
fn same_user(one: &str, other: &str) -> bool {
    let whose = |username: &str| username.split_once(':').map(|(_, whose)| whose.to_owned());
    whose(one) == whose(other)
}

fn lifetime(seconds: u64) -> Part {
    Part::Raw(ATTR_LIFETIME, u32::try_from(seconds).unwrap_or(u32::MAX).to_be_bytes().to_vec())
}
