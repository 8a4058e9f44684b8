//! Audio between participants: one UDP port, one thread, no domain knowledge.
//!
//! Only this folder names the WebRTC libraries, so they can be replaced. Everything outside speaks to it through
//! [`Media`].

pub mod forwarder;
pub mod ice;
mod microphone;
mod peer;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod secure;
mod slot;
mod socket;
pub mod stats;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::red::Redundancy;
use dragoman_core::session_types::Route;
use tokio::sync::{mpsc, oneshot};

use forwarder::{Forwarder, SlotChanges};
use sdp::ClientOffer;
use secure::Identity;
use stats::Counters;

/// Of the media thread, from -20 (before all others) to 19.
#[cfg(target_os = "linux")]
const NICENESS: i32 = -10;
/// Commands that wait for the media thread; a full queue makes the sender wait, never the audio.
const COMMAND_QUEUE: usize = 256;

/// The media thread is gone; the relay is shutting down.
#[derive(Debug, thiserror::Error)]
#[error("the media thread has ended")]
pub struct MediaEnded;

/// Handle to the media thread. Cheap to clone.
#[derive(Clone)]
pub struct Media {
    commands: mpsc::Sender<Command>,
    counters: Arc<Counters>,
    local: SocketAddr,
    announced: Arc<[SocketAddr]>,
}

enum Command {
    Accept {
        session: SessionId,
        participant: ParticipantId,
        offer: ClientOffer,
        reply: oneshot::Sender<(String, SlotChanges)>,
    },
    SetRoutes {
        session: SessionId,
        routes: Vec<Route>,
        reply: oneshot::Sender<SlotChanges>,
    },
    RemoveSession {
        session: SessionId,
    },
}

impl Command {
    fn carry_out(self, forwarder: &mut Forwarder, now: Instant) {
        // A caller that went away does not need its answer.
        match self {
            Self::Accept { session, participant, offer, reply } => {
                let _ = reply.send(forwarder.accept(session, participant, &offer, now));
            }
            Self::SetRoutes { session, routes, reply } => {
                let _ = reply.send(forwarder.set_routes(session, routes));
            }
            Self::RemoveSession { session } => forwarder.remove_session(session),
        }
    }
}

impl Media {
    /// Opens the UDP port and starts the thread. `public` are the addresses told to clients, where port 0 stands for
    /// the port that is opened; where it is empty, those of `listen`, or of all interfaces if `listen` is unspecified. Listeners
    /// who take it are sent `redundancy`.
    ///
    /// # Errors
    /// If the port can not be opened or no certificate can be made.
    pub fn start(listen: SocketAddr, public: &[SocketAddr], redundancy: Redundancy) -> anyhow::Result<Self> {
        let socket = std::net::UdpSocket::bind(listen)
            .map_err(|error| anyhow::anyhow!("media: cannot open UDP {listen}: {error}. Is another relay running? Choose another --media address"))?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let candidates = candidates(local, public)?;
        let announced = candidates.as_slice().into();
        let identity = Arc::new(Identity::generate()?);
        let counters = Arc::new(Counters::default());
        let forwarder = Forwarder::new(identity, candidates, redundancy, counters.clone());
        let (commands, inbox) = mpsc::channel(COMMAND_QUEUE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let for_thread = counters.clone();
        std::thread::Builder::new().name("media".into()).spawn(move || {
            prefer_this_thread();
            let ended = runtime.block_on(async {
                let socket = tokio::net::UdpSocket::from_std(socket)?;
                socket::run(socket, forwarder, inbox, for_thread).await
            });
            if let Err(error) = ended {
                tracing::error!(%error, "the media thread failed; no audio is carried until the relay is restarted");
            }
        })?;
        Ok(Self { commands, counters, local, announced })
    }

    /// Makes (or replaces) a participant's transport; the SDP answer, and all slots that changed.
    ///
    /// # Errors
    /// [`MediaEnded`].
    pub async fn accept(
        &self,
        session: SessionId,
        participant: ParticipantId,
        offer: ClientOffer,
    ) -> Result<(String, SlotChanges), MediaEnded> {
        self.ask(|reply| Command::Accept { session, participant, offer, reply }).await
    }

    /// Sets who hears whom; all slots that changed. When this returns, no packet goes along a route that is not named.
    ///
    /// # Errors
    /// [`MediaEnded`].
    pub async fn set_routes(
        &self,
        session: SessionId,
        routes: Vec<Route>,
    ) -> Result<SlotChanges, MediaEnded> {
        self.ask(|reply| Command::SetRoutes { session, routes, reply }).await
    }

    /// Ends all transports of a session.
    pub async fn remove_session(&self, session: SessionId) {
        let _ = self.commands.send(Command::RemoveSession { session }).await;
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The UDP port that is open.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The addresses that clients are told.
    pub fn announced(&self) -> &[SocketAddr] {
        &self.announced
    }

    /// Whether the media thread still runs.
    pub fn is_running(&self) -> bool {
        !self.commands.is_closed()
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, MediaEnded> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| MediaEnded)?;
        answer.await.map_err(|_| MediaEnded)
    }
}

/// Sound comes before everything else on this machine. Where that is not allowed (it needs the right to raise priorities,
/// such as systemd's `LimitNICE`), the thread is one among others.
fn prefer_this_thread() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS) {
        tracing::info!(%error, "the media thread has no priority over others");
    }
}

/// The addresses that clients are told.
fn candidates(local: SocketAddr, public: &[SocketAddr]) -> anyhow::Result<Vec<SocketAddr>> {
    if !public.is_empty() {
        let with_port = |address: &SocketAddr| match address.port() {
            0 => SocketAddr::new(address.ip(), local.port()),
            _ => *address,
        };
        return Ok(public.iter().map(with_port).collect());
    }
    let addresses: Vec<IpAddr> = if local.ip().is_unspecified() {
        let mut found: Vec<IpAddr> =
            if_addrs::get_if_addrs()?.into_iter().map(|interface| interface.ip()).collect();
        found.retain(|ip| ip.is_ipv4() || local.is_ipv6());
        found.retain(|ip| !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local()));
        // Loopback last: it is only of use on the machine itself.
        found.sort_by_key(|ip| ip.is_loopback());
        found
    } else {
        vec![local.ip()]
    };
    Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, local.port())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_addresses_take_the_opened_port_unless_they_name_another() {
        let local = "127.0.0.1:8443".parse().unwrap();
        let public = ["203.0.113.7:0".parse().unwrap(), "[2001:db8::7]:9000".parse().unwrap()];
        let told: Vec<String> =
            candidates(local, &public).unwrap().iter().map(SocketAddr::to_string).collect();
        assert_eq!(told, ["203.0.113.7:8443", "[2001:db8::7]:9000"]);
        assert_eq!(candidates(local, &[]).unwrap(), [local]);
    }
}
