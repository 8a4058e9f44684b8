//! TURN over TLS or TCP for the WebRTC library, which speaks it over UDP only: a local UDP port whose datagrams go
//! through a stream to the server, each cut out of it again on the way back (RFC 8656 §3.1).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dragoman_core::turn_frame::{Frame, MAX_FRAME_BYTES, first_frame};
use dragoman_core::wire::IceServer;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Trust;

/// Time to connect; the library asks again meanwhile.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// Datagrams that wait for a stream: half a second of audio. What comes while it is full is dropped.
const QUEUE: usize = 32;
/// A socket that failed is read again after so long.
const AFTER_FAILURE: Duration = Duration::from_millis(20);
/// Connections at once: a transport has one, and a new one may be made before the old one is gone.
const MOST_CONNECTIONS: usize = 8;

/// A server as a `turns:` or `turn:…?transport=tcp` address names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: u16,
    secure: bool,
}

/// The bridges of a call. Dropping it closes them.
#[derive(Default)]
pub(crate) struct TurnBridges(Vec<(String, SocketAddr, AbortHandle)>);

impl TurnBridges {
    /// The relay's servers as the library can use them: those for streams by a local port, which stays the same for
    /// the same address.
    pub(crate) async fn servers(&mut self, told: Vec<IceServer>, trust: &Trust) -> Vec<IceServer> {
        let mut usable = Vec::new();
        for server in told {
            let mut urls = Vec::new();
            for url in &server.urls {
                match Target::of(url) {
                    Some(target) => urls.extend(self.bridge(url, target, trust).await),
                    None if url.starts_with("turn:") => urls.push(url.clone()),
                    None => tracing::debug!("a TURN server's address is not understood"),
                }
            }
            usable.push(IceServer { urls, ..server });
        }
        usable.retain(|server| !server.urls.is_empty());
        usable
    }

    async fn bridge(&mut self, url: &str, target: Target, trust: &Trust) -> Option<String> {
        let local = match self.0.iter().find(|(known, ..)| known == url) {
            Some((_, local, _)) => *local,
            None => {
                let socket = UdpSocket::bind("127.0.0.1:0").await.ok()?;
                let local = socket.local_addr().ok()?;
                let task = tokio::spawn(carry(socket, target, trust.clone())).abort_handle();
                self.0.push((url.to_owned(), local, task));
                local
            }
        };
        Some(format!("turn:{local}?transport=udp"))
    }
}

impl Drop for TurnBridges {
    fn drop(&mut self) {
        self.0.iter().for_each(|(.., task)| task.abort());
    }
}

impl Target {
    /// `None` for what is reached by UDP, or not understood.
    fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let secure = match (scheme, query) {
            ("turns", "" | "transport=tcp") => true,
            ("turn", "transport=tcp") => false,
            _ => return None,
        };
        let default = if secure { 5349 } else { 3478 };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (place, default),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { host, port, secure })
    }
}

/// Each local port of the library is a client of its own to the server, and so has a connection of its own.
async fn carry(socket: UdpSocket, target: Target, trust: Trust) {
    let socket = Arc::new(socket);
    let mut connections: HashMap<SocketAddr, mpsc::Sender<Bytes>> = HashMap::new();
    let mut tasks = tokio::task::JoinSet::new();
    let mut buffer = [0; MAX_FRAME_BYTES];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            // Whatever it is, it must not turn into a busy loop.
            tokio::time::sleep(AFTER_FAILURE).await;
            continue;
        };
        // The library asks from each of its addresses; one way through the stream is enough.
        if !from.ip().is_loopback() {
            continue;
        }
        let datagram = Bytes::copy_from_slice(&buffer[..length]);
        connections.retain(|_, queue| !queue.is_closed());
        while tasks.try_join_next().is_some() {}
        if !connections.contains_key(&from) {
            if connections.len() >= MOST_CONNECTIONS {
                continue;
            }
            let (queue, waiting) = mpsc::channel(QUEUE);
            connections.insert(from, queue);
            let (socket, target, trust) = (socket.clone(), target.clone(), trust.clone());
            tasks.spawn(async move {
                if let Err(error) = connection(&socket, from, waiting, &target, &trust).await {
                    tracing::debug!(%error, "the way by TURN ended");
                }
            });
        }
        if let Some(queue) = connections.get(&from) {
            let _ = queue.try_send(datagram);
        }
    }
}

async fn connection(
    socket: &UdpSocket,
    local: SocketAddr,
    queue: mpsc::Receiver<Bytes>,
    target: &Target,
    trust: &Trust,
) -> std::io::Result<()> {
    let opened = timeout(OPEN_TIMEOUT, async {
        let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
        stream.set_nodelay(true)?;
        let boxed: Box<dyn Stream> = if target.secure {
            let name = ServerName::try_from(target.host.clone()).map_err(std::io::Error::other)?;
            let connector = TlsConnector::from(trust.config().clone());
            Box::new(connector.connect(name, stream).await?)
        } else {
            Box::new(stream)
        };
        Ok::<_, std::io::Error>(boxed)
    });
    let (reader, writer) = tokio::io::split(opened.await.map_err(std::io::Error::other)??);
    tokio::select! {
        ended = to_server(queue, writer) => ended,
        ended = to_library(reader, socket, local) => ended,
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn to_server(
    mut queue: mpsc::Receiver<Bytes>,
    mut writer: impl AsyncWrite + Unpin,
) -> std::io::Result<()> {
    while let Some(datagram) = queue.recv().await {
        // ChannelData is padded in streams (RFC 8656 §12.5).
        let mut message = datagram.to_vec();
        message.resize(message.len().next_multiple_of(4), 0);
        writer.write_all(&message).await?;
        writer.flush().await?;
    }
    Ok(())
}

async fn to_library(
    mut reader: impl AsyncRead + Unpin,
    socket: &UdpSocket,
    local: SocketAddr,
) -> std::io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        match first_frame(&buffer) {
            Frame::Whole { length, padded } => {
                let message = buffer.split_to(padded);
                // A port that is gone is noticed by nobody but its owner.
                let _ = socket.send_to(&message[..length], local).await;
            }
            Frame::Partial => {
                buffer.reserve(MAX_FRAME_BYTES);
                if reader.read_buf(&mut buffer).await? == 0 {
                    return Ok(());
                }
            }
            Frame::Malformed => return Err(std::io::Error::other("what the server sends is not TURN")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_for_streams_are_understood() {
        let target = |url: &str| Target::of(url).map(|it| (it.host, it.port, it.secure));
        let host = |name: &str, port, secure| Some((name.to_owned(), port, secure));
        assert_eq!(target("turns:relay.example:443?transport=tcp"), host("relay.example", 443, true));
        assert_eq!(target("turns:relay.example"), host("relay.example", 5349, true));
        assert_eq!(target("turns:[2001:db8::1]:8443?transport=tcp"), host("2001:db8::1", 8443, true));
        assert_eq!(target("turns:[2001:db8::1]"), host("2001:db8::1", 5349, true));
        assert_eq!(target("turn:192.0.2.1:3478?transport=tcp"), host("192.0.2.1", 3478, false));
        for url in
            ["turn:a:3478?transport=udp", "turn:a", "stun:a", "turns:a:port", "turns:a?transport=udp", ""]
        {
            assert_eq!(target(url), None, "{url}");
        }
    }
}
