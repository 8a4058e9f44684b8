//! Carries associations: reads messages from UDP or from streams, and lets time pass.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use dragoman_core::turn_frame::{Frame, MAX_FRAME_BYTES, first_frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::association::{Association, PROVE_WITHIN};
use super::outbox::{Outbox, STREAM_QUEUE};

/// Messages of one client that wait to be handled. Over UDP the newest is dropped when it is full; a stream is not
/// read, so that its sender waits.
const INBOX_QUEUE: usize = 64;
/// How long a stream may not take anything before it counts as broken.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// After a listening socket failed, for want of open files as a rule.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// TURN over UDP, until the process ends. Nothing is kept of a client before it has an allocation.
pub(super) async fn datagrams(shared: Arc<Shared>, socket: UdpSocket) {
    let socket = Arc::new(socket);
    let mut clients: HashMap<SocketAddr, mpsc::Sender<Bytes>> = HashMap::new();
    let mut buffer = [0; MAX_FRAME_BYTES];
    loop {
        let (length, client) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // An unreachable client's ICMP answers surface here; they concern nobody else.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => continue,
            Err(error) => {
                tracing::warn!(%error, "TURN over UDP");
                sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let message = &buffer[..length];
        if let Some(inbox) = clients.get(&client) {
            match inbox.try_send(Bytes::copy_from_slice(message)) {
                Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => continue,
                Err(mpsc::error::TrySendError::Closed(_)) => drop(clients.remove(&client)),
            }
        }
        let (now, outbox) = (Instant::now(), Outbox::Datagrams(socket.clone(), client));
        let mut association = Association::new(shared.clone(), client, outbox, now);
        association.handle(message, now);
        if association.has_allocation() {
            clients.retain(|_, inbox| !inbox.is_closed());
            let (sender, inbox) = mpsc::channel(INBOX_QUEUE);
            clients.insert(client, sender);
            tokio::spawn(attend(association, inbox));
        }
    }
}

/// TURN over TCP, or TLS with `tls`, until the process ends.
pub(super) async fn streams(shared: Arc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    loop {
        let (stream, client) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "TURN over TCP");
                sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        tokio::spawn(shaken_hands(shared.clone(), stream, client, tls.clone()));
    }
}

async fn shaken_hands(shared: Arc<Shared>, tcp: TcpStream, client: SocketAddr, tls: Option<TlsAcceptor>) {
    // Each packet of audio is its own segment.
    if tcp.set_nodelay(true).is_err() {
        return;
    }
    match tls {
        None => stream(shared, tcp, client, BytesMut::new()).await,
        Some(tls) => {
            if let Ok(Ok(secured)) = timeout(PROVE_WITHIN, tls.accept(tcp)).await {
                stream(shared, secured, client, BytesMut::new()).await;
            }
        }
    }
}

/// One client's stream, of which `begin` was read already, until it ends. Where there are too many, it ends at once.
pub(super) async fn stream(
    shared: Arc<Shared>,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    client: SocketAddr,
    begin: BytesMut,
) {
    let Ok(_permit) = shared.streams.clone().try_acquire_owned() else { return };
    let (reader, writer) = tokio::io::split(stream);
    let (to_client, queue) = mpsc::channel(STREAM_QUEUE);
    let (sender, inbox) = mpsc::channel(INBOX_QUEUE);
    let association = Association::new(shared, client, Outbox::Stream(to_client), Instant::now());
    // Whichever ends first ends the others.
    tokio::select! {
        () = read(reader, begin, sender) => {}
        () = write(writer, queue) => {}
        () = attend(association, inbox) => {}
    }
}

/// Lets a client's messages, the media port's and time take effect, until the association ends.
async fn attend(mut association: Association, mut inbox: mpsc::Receiver<Bytes>) {
    loop {
        let ends_at = association.ends_at();
        tokio::select! {
            message = inbox.recv() => match message {
                Some(message) => association.handle(&message, Instant::now()),
                None => return,
            },
            arrived = association.next_from_media() => match arrived {
                Some((peer, data)) => association.deliver(peer, &data, Instant::now()),
                None => return,
            },
            () = sleep_until(ends_at.into()) => return,
        }
    }
}

/// Cuts a stream into messages, until it ends or says what is not TURN.
async fn read(mut reader: impl AsyncRead + Unpin, mut buffer: BytesMut, inbox: mpsc::Sender<Bytes>) {
    loop {
        match first_frame(&buffer) {
            Frame::Whole { length, padded } => {
                let message = buffer.split_to(padded).freeze().slice(..length);
                if inbox.send(message).await.is_err() {
                    return;
                }
            }
            Frame::Partial => {
                buffer.reserve(MAX_FRAME_BYTES);
                if !matches!(reader.read_buf(&mut buffer).await, Ok(1..)) {
                    return;
                }
            }
            Frame::Malformed => return,
        }
    }
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Vec<u8>>) {
    while let Some(message) = queue.recv().await {
        let written = async {
            writer.write_all(&message).await?;
            writer.flush().await
        };
        if !matches!(timeout(WRITE_WITHIN, written).await, Ok(Ok(()))) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a client sends, the reader ends with the stream and hands on nothing that is no message.
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..5_000), begin in 0usize..100) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (begin, rest) = bytes.split_at(begin.min(bytes.len()));
            let (sender, mut inbox) = mpsc::channel(5_000);
            runtime.block_on(read(rest, begin.into(), sender));
            while let Ok(message) = inbox.try_recv() {
                prop_assert!(message[0] <= 3 || (0x40..=0x4f).contains(&message[0]));
            }
        }
    }
}
