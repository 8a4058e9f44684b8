//! The impairment proxy over real sockets: what goes in comes out as the link says, for many clients, on IPv4 and IPv6.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dragoman_tests::weak::{Impairment, Loss, Passage, Proxy};
use tokio::net::UdpSocket;
use tokio::time::timeout;

const SOON: Duration = Duration::from_millis(500);

/// Answers every packet with the same one, and tells where it came from.
struct Echo {
    address: SocketAddr,
    seen: tokio::sync::watch::Receiver<BTreeSet<SocketAddr>>,
    task: tokio::task::JoinHandle<()>,
}

impl Echo {
    async fn start(address: &str) -> Result<Self> {
        let socket = UdpSocket::bind(address).await?;
        let address = socket.local_addr()?;
        let (tell, seen) = tokio::sync::watch::channel(BTreeSet::new());
        let task = tokio::spawn(async move {
            let mut buffer = [0; 2_048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                tell.send_modify(|seen: &mut BTreeSet<SocketAddr>| {
                    seen.insert(from);
                });
                let _ = socket.send_to(&buffer[..length], from).await;
            }
        });
        Ok(Self { address, seen, task })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn client(proxy: &Proxy) -> Result<UdpSocket> {
    let own = if proxy.local_addr().is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = UdpSocket::bind(own).await?;
    socket.connect(proxy.local_addr()).await?;
    Ok(socket)
}

/// Which of `count` numbered packets come back, when one goes out every millisecond.
async fn round_trips(socket: &UdpSocket, count: u32) -> Result<Vec<u32>> {
    let mut back = Vec::new();
    let mut buffer = [0; 64];
    for number in 0..count {
        socket.send(&number.to_be_bytes()).await?;
        while let Ok(received) = timeout(Duration::from_millis(1), socket.recv(&mut buffer)).await {
            back.push(u32::from_be_bytes(buffer[..received?].try_into()?));
        }
    }
    while let Ok(received) = timeout(SOON, socket.recv(&mut buffer)).await {
        back.push(u32::from_be_bytes(buffer[..received?].try_into()?));
    }
    Ok(back)
}

fn losing(share: f64) -> Passage {
    Passage { up: Impairment { loss: Loss::Random(share), ..Impairment::CLEAR }, ..Passage::CLEAR }
}

#[tokio::test]
async fn clients_on_both_families_get_their_own_packets_back() -> Result<()> {
    for loopback in ["127.0.0.1:0", "[::1]:0"] {
        let echo = Echo::start(loopback).await?;
        let proxy = Proxy::start(loopback.parse()?, echo.address, Passage::CLEAR, 1).await?;
        let mut clients = Vec::new();
        for _ in 0..20 {
            clients.push(client(&proxy).await?);
        }
        for (number, client) in clients.iter().enumerate() {
            client.send(&[u8::try_from(number)?]).await?;
        }
        for (number, client) in clients.iter().enumerate() {
            let mut buffer = [0; 64];
            let length = timeout(SOON, client.recv(&mut buffer)).await.context("nothing came back")??;
            assert_eq!(buffer[..length], [u8::try_from(number)?]);
        }
        assert_eq!(echo.seen.borrow().len(), 20, "the far end can tell them apart");
        assert_eq!((proxy.counts().clients, proxy.counts().up.packets), (20, 20));
    }
    Ok(())
}

#[tokio::test]
async fn the_same_seed_loses_the_same_packets_and_another_one_others() -> Result<()> {
    let echo = Echo::start("127.0.0.1:0").await?;
    let mut runs = Vec::new();
    for seed in [5, 5, 6] {
        let proxy = Proxy::start("127.0.0.1:0".parse()?, echo.address, losing(0.3), seed).await?;
        let back = round_trips(&client(&proxy).await?, 300).await?;
        let counts = proxy.counts();
        assert_eq!(back.len() as u64, 300 - counts.up.lost_on_the_way);
        // Six standard errors.
        assert!((counts.up.loss() - 0.3).abs() < 6.0 * (0.21_f64 / 300.0).sqrt(), "{counts:?}");
        assert_eq!(counts.down.lost_on_the_way, 0, "directions are impaired separately");
        runs.push(back);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    Ok(())
}

#[tokio::test]
async fn delay_is_kept_in_each_direction() -> Result<()> {
    let echo = Echo::start("127.0.0.1:0").await?;
    let long = |milliseconds| Impairment { delay: Duration::from_millis(milliseconds), ..Impairment::CLEAR };
    let passage = Passage { up: long(40), down: long(80), moves: None };
    let proxy = Proxy::start("127.0.0.1:0".parse()?, echo.address, passage, 1).await?;
    let client = client(&proxy).await?;
    for _ in 0..5 {
        let sent = Instant::now();
        client.send(b"?").await?;
        let mut buffer = [0; 64];
        timeout(SOON, client.recv(&mut buffer)).await.context("nothing came back")??;
        let took = sent.elapsed();
        // The upper bound leaves room for a busy machine.
        assert!((Duration::from_millis(120)..Duration::from_millis(320)).contains(&took), "{took:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_cut_a_move_and_another_network_take_effect_at_once() -> Result<()> {
    let echo = Echo::start("127.0.0.1:0").await?;
    let proxy = Proxy::start("127.0.0.1:0".parse()?, echo.address, Passage::CLEAR, 1).await?;
    let client = client(&proxy).await?;
    assert_eq!(round_trips(&client, 10).await?.len(), 10);
    proxy.cut(true);
    assert_eq!(round_trips(&client, 10).await?.len(), 0);
    proxy.cut(false);
    proxy.move_clients();
    assert_eq!(round_trips(&client, 10).await?.len(), 10);
    let addresses = echo.seen.borrow().clone();
    assert_eq!((addresses.len(), proxy.counts().moves), (2, 1), "{addresses:?}");
    proxy.set(losing(1.0));
    assert_eq!(round_trips(&client, 10).await?.len(), 0);
    proxy.set(Passage::CLEAR);
    assert_eq!(round_trips(&client, 10).await?.len(), 10);
    assert_eq!((proxy.counts().up.outage, proxy.counts().up.lost_on_the_way), (10, 10));
    Ok(())
}
