//! One TLS port for the web app and for TURN: networks that pass nothing but HTTPS pass it.
//!
//! Who asks for `stun.turn` (ALPN, RFC 7443) speaks TURN; who asks for HTTP speaks HTTP; who asks for nothing, as
//! browsers do for TURN and simple programs for HTTP, is told apart by the first byte.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use bytes::{Buf as _, BytesMut};
use dragoman_core::turn_frame::{MAX_FRAME_BYTES, opens_turn};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::association::PROVE_WITHIN;
use super::{ALPN, Shared, carry};

/// See the module's page.
#[derive(Clone)]
pub(crate) struct TurnOrHttp {
    tls: Tls,
    shared: Arc<Shared>,
}

impl TurnOrHttp {
    pub(super) fn new(config: RustlsConfig, shared: Arc<Shared>) -> Self {
        // Small messages must not wait for the acknowledgement of the one before (Nagle): 40 ms at every join.
        Self { tls: RustlsAcceptor::new(config).acceptor(NoDelayAcceptor::new()), shared }
    }
}

type Tls = RustlsAcceptor<NoDelayAcceptor>;
type Accepted<S> = Pin<Box<dyn Future<Output = io::Result<(Begun, S)>> + Send>>;

impl<S> Accept<TcpStream, S> for TurnOrHttp
where
    S: Send + 'static,
    <Tls as Accept<TcpStream, S>>::Service: Send,
{
    type Stream = Begun;
    type Service = <Tls as Accept<TcpStream, S>>::Service;
    type Future = Accepted<Self::Service>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (handshake, shared) = (self.tls.accept(stream, service), self.shared.clone());
        Box::pin(async move {
            let (mut stream, service) = handshake.await?;
            let mut begin = BytesMut::new();
            let is_turn = match stream.get_ref().1.alpn_protocol() {
                Some(protocol) => protocol == ALPN,
                None => {
                    begin.reserve(MAX_FRAME_BYTES);
                    let read = timeout(PROVE_WITHIN, stream.read_buf(&mut begin)).await;
                    read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
                    begin.first().copied().is_some_and(opens_turn)
                }
            };
            if !is_turn {
                return Ok((Begun { begin, stream }, service));
            }
            let client = stream.get_ref().0.peer_addr()?;
            tokio::spawn(carry::stream(shared, stream, client, begin));
            // The server has nothing more to do with it, and is quiet about connections that come to nothing.
            Err(io::ErrorKind::ConnectionAborted.into())
        })
    }
}

/// A TLS stream of which the beginning was read already.
pub(crate) struct Begun {
    begin: BytesMut,
    stream: TlsStream<TcpStream>,
}

impl AsyncRead for Begun {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.begin.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.begin.len().min(buffer.remaining());
        buffer.put_slice(&self.begin[..length]);
        self.begin.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Begun {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
