//! TURN: a call over TLS alone, and nothing relayed to where nobody in a session has anything to do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dragoman_client::call::{Call, CallOptions};
use dragoman_client::net::{ApiClient, Link, Trust};
use dragoman_core::ids::ParticipantId;
use dragoman_core::wire::IceServer;
use dragoman_relay::clock;
use dragoman_tests::natives::{accept, options, ready_desk, request};
use dragoman_tests::relay::{RelayProcess, TestRelay, free_address};
use dragoman_tests::turn::{Answer, TurnClient};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FORBIDDEN: usize = 1_000;
const SEED: u64 = 20_261_125;

/// A relay with TURN over UDP and TCP, and where that is.
async fn relay() -> Result<(TestRelay, SocketAddr)> {
    let address = free_address()?;
    let relay = TestRelay::start_with(|settings| settings.turn = Some(address.to_string())).await?;
    Ok((relay, address))
}

fn credentials(relay: &TestRelay) -> Result<IceServer> {
    let participant = ParticipantId(uuid::Uuid::new_v4());
    relay.app.turn.servers(participant, clock::now()).into_iter().next().context("no server")
}

/// Addresses that must not be reached, of every kind there is; `bait` and its like are really open.
fn forbidden(rng: &mut ChaCha8Rng, media: SocketAddr, bait: SocketAddr, number: usize) -> SocketAddr {
    let any: [u8; 4] = rng.random();
    let [_, b, c, d] = any;
    let port = rng.random();
    let v4 = |octets: [u8; 4]| IpAddr::from(octets);
    let ip: IpAddr = match number % 20 {
        0 => return bait,
        // The relay's own web app, and other ports beside the media port.
        1 => return SocketAddr::new(media.ip(), media.port().wrapping_add(1 + u16::from(b))),
        // The media port itself, in another form or at another address of this machine.
        2 => return SocketAddr::new(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(), media.port()),
        3 => return SocketAddr::new(v4([127, 0, 0, d.max(2)]), media.port()),
        4 => return SocketAddr::new(v4([0, 0, 0, 0]), media.port()),
        5 => return SocketAddr::new("::1".parse().unwrap_or(v4(any)), bait.port()),
        6 => v4([127, b, c, d]),
        7 => v4([10, b, c, d]),
        8 => v4([192, 168, c, d]),
        9 => v4([172, 16 + b % 16, c, d]),
        10 => v4([169, 254, 169, 254]),
        11 => v4([224 + b % 16, b, c, d]),
        12 => v4([255, 255, 255, 255]),
        13 => v4([100, 64 + b % 64, c, d]),
        14 => Ipv4Addr::from([169, 254, 169, 254]).to_ipv6_mapped().into(),
        15 => Ipv4Addr::from([10, b, c, d]).to_ipv6_mapped().into(),
        16 => IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 1, u16::from(d)]),
        17 => IpAddr::from([0xfd00, u16::from(b), 0, 0, 0, 0, 0, 1]),
        18 => IpAddr::from([0x64, 0xff9b, 0, 0, 0, 0, 0x7f00, 1]),
        // Anybody.
        _ => v4(any),
    };
    SocketAddr::new(ip, port)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_allocations_reach_nothing_that_is_forbidden() -> Result<()> {
    let (relay, address) = relay().await?;
    let media = relay.app.media.local_addr();
    let bait = UdpSocket::bind("127.0.0.1:0")?;
    bait.set_nonblocking(true)?;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    println!("seed {SEED}");
    let received = relay.app.media.counters().dropped_unknown.get();
    for number in 0..FORBIDDEN {
        // A participant has a few; each is given back, as a client does that leaves.
        let mut client = TurnClient::connect(address, credentials(&relay)?).await?;
        ensure!(client.allocate().await? == Answer::Success, "allocation {number}");
        let peer = forbidden(&mut rng, media, bait.local_addr()?, number);
        assert_eq!(client.create_permission(&[peer]).await?, Answer::Error(403), "{peer}");
        // Not even beside an address that is allowed.
        assert_eq!(client.create_permission(&[media, peer]).await?, Answer::Error(403), "{peer}");
        assert_eq!(client.channel_bind(0x4000, peer).await?, Answer::Error(403), "{peer}");
        client.send_indication(peer, b"forbidden").await?;
        client.channel_data(0x4000, b"forbidden").await?;
        ensure!(client.refresh(0).await? == Answer::Success, "end {number}");
    }
    let mut client = TurnClient::connect(address, credentials(&relay)?).await?;
    ensure!(client.allocate().await? == Answer::Success, "the last allocation");
    assert_eq!(client.create_permission(&[media]).await?, Answer::Success, "the media port is allowed");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(bait.recv(&mut [0; 100]).is_err(), "nothing was sent to an open port");
    assert_eq!(relay.app.media.counters().dropped_unknown.get(), received, "nor to the media port");
    client.send_indication(media, b"\xffjunk").await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(relay.app.media.counters().dropped_unknown.get(), received + 1, "what is allowed arrives");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_participants_get_in_and_each_has_a_quota() -> Result<()> {
    let (relay, address) = relay().await?;
    let good = credentials(&relay)?;
    let wrong = IceServer { credential: "guess".to_owned(), ..good.clone() };
    let over = IceServer { username: good.username.replacen("1", "0", 1), ..good.clone() };
    for bad in [wrong, over, IceServer { username: String::new(), ..good.clone() }] {
        let mut client = TurnClient::connect(address, bad).await?;
        assert_eq!(client.allocate().await?, Answer::Error(401));
        // Without an allocation nothing else works either.
        assert_eq!(client.create_permission(&[relay.app.media.local_addr()]).await?, Answer::Error(401));
    }
    let mut clients = Vec::new();
    let refused = loop {
        let mut client = TurnClient::connect(address, good.clone()).await?;
        match client.allocate().await? {
            Answer::Success => clients.push(client),
            Answer::Error(code) => break code,
        }
        ensure!(clients.len() < 100, "no quota");
    };
    assert_eq!(refused, 486);
    // The same request again is the same allocation; another one of the same client is a mistake.
    let Some(first) = clients.first_mut() else { anyhow::bail!("no allocation at all") };
    assert_eq!(first.allocate().await?, Answer::Error(437));
    assert_eq!(first.allocate_by(6).await?, Answer::Error(437));
    assert_eq!(first.refresh(0).await?, Answer::Success);
    assert_eq!(first.allocate_by(6).await?, Answer::Error(442), "only UDP is relayed");
    assert_eq!(first.allocate().await?, Answer::Success, "a place came back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn junk_over_tcp_ends_the_connection_and_nothing_else() -> Result<()> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (relay, address) = relay().await?;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    for number in 0..100 {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let mut junk: Vec<u8> = (0..rng.random_range(1..3_000)).map(|_| rng.random()).collect();
        // HTTP, TLS, anything: neither STUN nor ChannelData.
        junk[0] = 0x50 + (number % 0x60) as u8;
        let _ = stream.write_all(&junk).await;
        let ended = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0; 10])).await;
        assert!(matches!(ended.context("it stays open")?, Ok(0) | Err(_)), "junk is not answered");
    }
    let mut client = TurnClient::connect(address, credentials(&relay)?).await?;
    assert_eq!(client.allocate().await?, Answer::Success);
    Ok(())
}

/// Two native clients whose only way is the TLS port of the web app: no packet of theirs reaches the media port.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_works_over_tls_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let relay = RelayProcess::start_with_tls(folder.path()).await?;
    let links = relay.links().await?;
    let trust = Trust::new(Some(&relay.certificate()))?;
    let signed_in = async |link: &serde_json::Value| {
        let link: Link = link.as_str().context("no link")?.parse()?;
        let api = ApiClient::new(link.relay.clone(), trust.clone())?;
        api.sign_in(&link).await?;
        anyhow::Ok(api)
    };
    let officer = signed_in(&links["officer"]).await?;
    let mediator = signed_in(&links["mediators"][0]["link"]).await?;
    let mut desk = ready_desk(&mediator).await?;
    let session = request(&officer, "sq").await?;
    ensure!(accept(&mut desk).await? == session, "another session");
    // A tone for each, so that silence is not taken for sound.
    let tone = |hertz: f32| -> Arc<[f32]> {
        (0..48_000).map(|n| (n as f32 * hertz * std::f32::consts::TAU / 48_000.0).sin() * 0.3).collect()
    };
    let enter = async |api: ApiClient, hertz: f32| {
        let (options, heard) = options(tone(hertz));
        let options = CallOptions { only_by_turn: true, ..options };
        anyhow::Ok((Call::start(api, session, options).await?, heard))
    };
    let began = std::time::Instant::now();
    let (_officer, by_officer) = enter(officer, 440.0).await?;
    let (_mediator, by_mediator) = enter(mediator, 660.0).await?;
    let loud = |heard: &std::sync::Mutex<Vec<f32>>| {
        let heard = heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        heard.iter().filter(|sample| sample.abs() > 0.1).count() > 48_000
    };
    while !(loud(&by_officer) && loud(&by_mediator)) {
        ensure!(began.elapsed() < Duration::from_secs(30), "no sound over TLS alone");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("both heard each other for more than a second, {:?} after joining", began.elapsed());
    Ok(())
}
