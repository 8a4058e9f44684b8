//! One allocation: which of the relay's media addresses a client may talk to, and by which sockets it does.
//!
//! There is one kind of peer: the relay's own media port, at the addresses that the relay announces. So a socket here
//! is connected to that port, and can neither send anything elsewhere nor receive from elsewhere.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc_stun::message::TransactionId;
use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::quota::Place;
use crate::media::forwarder::MAX_DATAGRAM;

/// RFC 8656 §9.
const PERMISSION_FOR: Duration = Duration::from_secs(300);
/// RFC 8656 §12.
const CHANNEL_FOR: Duration = Duration::from_secs(600);
/// What the media port sent and the client has not taken yet. When it is full the socket is not read, and the kernel
/// drops what comes: late audio is worthless.
const FROM_MEDIA_QUEUE: usize = 64;
/// Bytes in a second, both ways together: seven voices with two-fold redundancy and one's own take half of it.
const BYTES_PER_SECOND: f64 = 256.0 * 1024.0;

/// The relay's media port, as clients know it and as this machine reaches it.
#[derive(Clone, Debug)]
pub(super) struct MediaPort {
    /// The announced addresses: the only peers that there are.
    pub(super) announced: Vec<SocketAddr>,
    /// What the media socket is bound to.
    pub(super) local: SocketAddr,
}

impl MediaPort {
    /// Opens a socket that is connected to the media port, for what a client sends to the announced address `peer`.
    /// Where the relay is behind address translation the announced address is not one of this machine's, and the
    /// media port is reached through loopback.
    fn connect(&self, peer: SocketAddr) -> std::io::Result<UdpSocket> {
        if !self.local.ip().is_unspecified() {
            return connected(self.local.ip(), self.local);
        }
        connected(peer.ip(), SocketAddr::new(peer.ip(), self.local.port())).or_else(|_| {
            let loopback: IpAddr = match peer {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            };
            connected(loopback, SocketAddr::new(loopback, self.local.port()))
        })
    }
}

fn connected(from: IpAddr, to: SocketAddr) -> std::io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind((from, 0))?;
    socket.connect(to)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// See the module's page.
pub(super) struct Allocation {
    pub(super) username: String,
    /// Of the request that made it: the same request again is answered again (RFC 8656 §7.2).
    pub(super) transaction: TransactionId,
    /// What the client is told to be its address.
    pub(super) relayed: SocketAddr,
    pub(super) expires: Instant,
    media: Arc<MediaPort>,
    /// Each announced address has a socket of its own, so that an answer is seen to come from the address that was
    /// asked, as ICE demands (RFC 8445 §7.2.5.2.1).
    legs: HashMap<SocketAddr, Arc<UdpSocket>>,
    permissions: HashMap<SocketAddr, Instant>,
    channels: HashMap<u16, (SocketAddr, Instant)>,
    rate: Rate,
    queue: mpsc::Sender<(SocketAddr, Bytes)>,
    from_media: mpsc::Receiver<(SocketAddr, Bytes)>,
    /// Its end ends them.
    readers: JoinSet<()>,
    _place: Place,
}

impl Allocation {
    /// Opens it, with the socket towards the first announced address of a family; `Err(None)` if there is none.
    pub(super) fn open(
        media: Arc<MediaPort>,
        ipv6: bool,
        (username, transaction, expires): (String, TransactionId, Instant),
        place: Place,
    ) -> Result<Self, Option<std::io::Error>> {
        let first = media.announced.iter().copied().find(|peer| peer.is_ipv6() == ipv6).ok_or(None)?;
        let (queue, from_media) = mpsc::channel(FROM_MEDIA_QUEUE);
        let mut allocation = Self {
            username,
            transaction,
            relayed: first,
            expires,
            media,
            legs: HashMap::new(),
            permissions: HashMap::new(),
            channels: HashMap::new(),
            rate: Rate { left: BYTES_PER_SECOND, at: None },
            queue,
            from_media,
            readers: JoinSet::new(),
            _place: place,
        };
        allocation.relayed = allocation.leg(first).and_then(|leg| leg.local_addr()).map_err(Some)?;
        Ok(allocation)
    }

    /// Whether a peer may be talked to at all: an announced address of the media port, of this allocation's family.
    pub(super) fn may_reach(&self, peer: SocketAddr) -> bool {
        self.media.announced.contains(&peer)
    }

    /// Whether a peer's address is of this allocation's family (RFC 8656 §9.2).
    pub(super) fn is_of_family(&self, peer: SocketAddr) -> bool {
        peer.is_ipv4() == self.relayed.is_ipv4()
    }

    /// Lets the client talk to a peer that it [may reach](Self::may_reach), for five minutes.
    pub(super) fn permit(&mut self, peer: SocketAddr, now: Instant) {
        self.permissions.insert(peer, now + PERMISSION_FOR);
    }

    /// Binds a channel to a peer; `false` if either is bound to another.
    pub(super) fn bind(&mut self, channel: u16, peer: SocketAddr, now: Instant) -> bool {
        self.channels.retain(|_, (_, until)| *until > now);
        let clash =
            |(other, (bound, _)): (&u16, &(SocketAddr, Instant))| (*other == channel) != (*bound == peer);
        if self.channels.iter().any(clash) {
            return false;
        }
        self.channels.insert(channel, (peer, now + CHANNEL_FOR));
        self.permit(peer, now);
        true
    }

    /// The peer of a channel.
    pub(super) fn peer_of(&self, channel: u16, now: Instant) -> Option<SocketAddr> {
        self.channels.get(&channel).filter(|(_, until)| *until > now).map(|(peer, _)| *peer)
    }

    /// The channel of a peer.
    pub(super) fn channel_of(&self, peer: SocketAddr, now: Instant) -> Option<u16> {
        let bound = self.channels.iter().find(|(_, (bound, until))| *bound == peer && *until > now);
        bound.map(|(channel, _)| *channel)
    }

    /// Sends to the media port what a client sends to a peer. What has no permission, is too long, or is more than the
    /// rate allows, is dropped.
    pub(super) fn send(&mut self, peer: SocketAddr, data: &[u8], now: Instant) {
        if !self.is_permitted(peer, now) || data.len() > MAX_DATAGRAM || !self.rate.allows(data.len(), now) {
            return;
        }
        // A full socket buffer drops: late audio is worthless. Past tokio, which in the moment after a socket was
        // opened would wait for the system first.
        match self.leg(peer) {
            Ok(socket) => drop(SockRef::from(&*socket).send(data)),
            Err(error) => tracing::debug!(%error, "no socket for a relayed peer"),
        }
    }

    /// Whether what a peer sent may go to the client.
    pub(super) fn lets_in(&mut self, peer: SocketAddr, length: usize, now: Instant) -> bool {
        self.is_permitted(peer, now) && self.rate.allows(length, now)
    }

    /// What the media port sends, and as which peer. Cancel safe.
    pub(super) async fn next_from_media(&mut self) -> Option<(SocketAddr, Bytes)> {
        self.from_media.recv().await
    }

    fn is_permitted(&self, peer: SocketAddr, now: Instant) -> bool {
        self.may_reach(peer) && self.permissions.get(&peer).is_some_and(|until| *until > now)
    }

    /// The socket towards a peer. There are no more than announced addresses.
    fn leg(&mut self, peer: SocketAddr) -> std::io::Result<Arc<UdpSocket>> {
        if let Some(leg) = self.legs.get(&peer) {
            return Ok(leg.clone());
        }
        let socket = Arc::new(self.media.connect(peer)?);
        self.legs.insert(peer, socket.clone());
        let (reading, queue) = (socket.clone(), self.queue.clone());
        self.readers.spawn(async move {
            let mut buffer = [0; MAX_DATAGRAM];
            loop {
                match reading.recv(&mut buffer).await {
                    Ok(length) => {
                        let data = Bytes::copy_from_slice(&buffer[..length]);
                        if queue.send((peer, data)).await.is_err() {
                            return;
                        }
                    }
                    // The media port was closed for a moment; the allocation's time ends this if it stays so.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        Ok(socket)
    }
}

/// A bucket of bytes that fills up again by time.
struct Rate {
    left: f64,
    at: Option<Instant>,
}

impl Rate {
    fn allows(&mut self, bytes: usize, now: Instant) -> bool {
        let since = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.at = Some(now);
        self.left = (self.left + since.as_secs_f64() * BYTES_PER_SECOND).min(BYTES_PER_SECOND);
        let bytes = bytes as f64;
        let enough = self.left >= bytes;
        if enough {
            self.left -= bytes;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::Quota;
    use super::*;

    fn allocation(announced: &[&str], local: &str) -> Allocation {
        let announced = announced.iter().map(|text| text.parse().unwrap()).collect();
        let media = Arc::new(MediaPort { announced, local: local.parse().unwrap() });
        let place = Quota::default().take("p-1").unwrap();
        let made = ("1:p-1".to_owned(), TransactionId::new(), Instant::now());
        Allocation::open(media, false, made, place).map_err(|_| "no socket").unwrap()
    }

    #[tokio::test]
    async fn behind_address_translation_the_public_address_leads_to_the_local_port() {
        let port = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        port.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let number = port.local_addr().unwrap().port();
        let public = format!("203.0.113.9:{number}");
        let mut allocation = allocation(&[&public], &format!("0.0.0.0:{number}"));
        let (peer, now) = (public.parse().unwrap(), Instant::now());
        allocation.send(peer, b"not yet", now);
        allocation.permit(peer, now);
        allocation.send(peer, b"hello", now);
        let mut buffer = [0; 100];
        let (length, from) = port.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&b"hello"[..], allocation.relayed));
        port.send_to(b"and back", from).unwrap();
        let (peer_seen, data) = allocation.next_from_media().await.unwrap();
        assert_eq!((peer_seen, &data[..]), (peer, &b"and back"[..]));
        allocation.send(peer, b"too late", now + PERMISSION_FOR);
        allocation.send(peer, b"last", now);
        assert_eq!(port.recv(&mut buffer).map(|length| buffer[..length].to_vec()).unwrap(), b"last");
    }

    #[tokio::test]
    async fn a_channel_is_one_peers() {
        let mut allocation = allocation(&["127.0.0.1:9", "127.0.0.2:9"], "127.0.0.1:9");
        let (one, other, now) =
            ("127.0.0.1:9".parse().unwrap(), "127.0.0.2:9".parse().unwrap(), Instant::now());
        assert!(allocation.bind(0x4000, one, now) && allocation.bind(0x4000, one, now));
        assert!(!allocation.bind(0x4001, one, now) && !allocation.bind(0x4000, other, now));
        assert!(allocation.bind(0x4001, other, now));
        assert_eq!(
            (allocation.peer_of(0x4001, now), allocation.channel_of(one, now)),
            (Some(other), Some(0x4000))
        );
        assert_eq!(allocation.peer_of(0x4000, now + CHANNEL_FOR), None);
        assert!(allocation.bind(0x4000, other, now + CHANNEL_FOR), "bindings end");
    }

    #[test]
    fn the_rate_is_kept() {
        let mut rate = Rate { left: BYTES_PER_SECOND, at: None };
        let begin = Instant::now();
        let passed = (0..10_000).filter(|ms| rate.allows(1_000, begin + Duration::from_millis(*ms))).count();
        let most = (BYTES_PER_SECOND * 11.0 / 1_000.0) as usize;
        assert!((most - 300..=most).contains(&passed), "{passed} of {most}");
    }
}
