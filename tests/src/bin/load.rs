//! The relay under load: N three-party sessions at once, each speaking all the time, against a relay in a process of its own.
//!
//! `load [SESSIONS] [SECONDS] [EARLIER]`: with EARLIER (0, 1 or 2, usual: 2) frames sent along once more to each listener,
//! and two from each speaker unless it is 0. Progress on standard error, one JSON object as the last line of standard output.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dragoman_tests::call::{Call, Party};
use dragoman_tests::client::{Client, secret_of};
use dragoman_tests::peer::Peer;
use dragoman_tests::relay::RelayProcess;
use serde_json::{Value, json};

/// 32 kb/s for 20 ms.
const PAYLOAD_BYTES: usize = 80;
const FRAME: Duration = Duration::from_millis(20);
/// ICE agents check their path every few seconds.
const CHECK_EVERY: u64 = 250;
/// After the load began, before counting does.
const SETTLE: Duration = Duration::from_secs(3);

#[derive(Default)]
struct Tally {
    sent: AtomicU64,
    received: AtomicU64,
    lost: AtomicU64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map_while(|text| text.parse::<u64>().ok());
    let (sessions, seconds) = (numbers.next().unwrap_or(100), numbers.next().unwrap_or(20));
    let earlier = numbers.next().unwrap_or(2);
    match run(sessions, seconds, earlier).await {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(sessions: u64, seconds: u64, earlier: u64) -> Result<Value> {
    let data = tempfile::tempdir()?;
    let options = vec!["--redundancy".to_owned(), earlier.to_string()];
    let relay = RelayProcess::start_with(data.path(), options).await?;
    let links = relay.links().await?;
    let link = |path: &str| links.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    eprintln!("load: making {sessions} mediators");
    let mediators = make_mediators(&relay.url, &link("/coordinator"), sessions).await?;
    let idle_bytes = resident_bytes(relay.id())?;

    eprintln!("load: {sessions} sessions of three begin");
    let mut calls = Vec::new();
    let (mut signalling, mut connecting, mut first_audio) = (Vec::new(), Vec::new(), Vec::new());
    for mediator in mediators {
        let officer = Client::signed_in(&relay.url, &link("/officer")).await?;
        let mut call = Call::establish_as(officer, mediator, "so").await?;
        if earlier > 0 {
            for party in [&mut call.officer, &mut call.mediator, &mut call.interviewee] {
                party.peer = Peer::connect_with_red(&mut party.socket).await?;
            }
        }
        for party in [&call.officer, &call.mediator, &call.interviewee] {
            signalling.push(party.peer.join_times.0);
            connecting.push(party.peer.join_times.1);
        }
        first_audio.push(until_heard(&mut call, earlier > 0).await?);
        calls.push(call);
    }
    let tally = Arc::new(Tally::default());
    let end = Instant::now() + SETTLE + Duration::from_secs(seconds);
    let parties: Vec<Party> =
        calls.into_iter().flat_map(|call| [call.officer, call.mediator, call.interviewee]).collect();
    let participants = parties.len() as u64;
    // People do not begin to speak in the same instant.
    let apart = FRAME / u32::try_from(participants)?;
    let begin = tokio::time::Instant::now();
    let talking: Vec<_> = (0..)
        .zip(parties)
        .map(|(number, party)| tokio::spawn(talk(party, begin + apart * number, end, tally.clone())))
        .collect();
    tokio::time::sleep(SETTLE).await;

    eprintln!("load: {participants} participants talk for {seconds} s");
    let metrics = Client::new(&relay.url)?;
    let before = (Measures::read(&metrics, relay.id()).await?, tally.sent.load(Ordering::Relaxed));
    let began = Instant::now();
    tokio::time::sleep_until((end - Duration::from_millis(500)).into()).await;
    let after = (Measures::read(&metrics, relay.id()).await?, tally.sent.load(Ordering::Relaxed));
    let elapsed = began.elapsed().as_secs_f64();
    for task in talking {
        task.await??;
    }
    let delta = after.0.since(&before.0);
    let (received, lost) = (tally.received.load(Ordering::Relaxed), tally.lost.load(Ordering::Relaxed));
    Ok(json!({
        "sessions": sessions,
        "participants": participants,
        "earlier_frames_in_a_packet": earlier,
        "seconds": elapsed.round(),
        "sent_packets_per_second": ((after.1 - before.1) as f64 / elapsed).round(),
        "forwarded_packets_per_second": (delta.forwarded / elapsed).round(),
        "forwarded_packets_per_cpu_second": (delta.forwarded / delta.cpu_seconds).round(),
        "relay_cpu_share_of_one_core": (delta.cpu_seconds / elapsed * 1000.0).round() / 1000.0,
        "relay_delay_us": { "p50": delta.quantile(0.5), "p99": delta.quantile(0.99) },
        "dropped_by_the_relay": delta.dropped,
        "received_by_listeners": received,
        "missing_at_listeners": lost,
        "memory_bytes_per_participant": (after.0.resident_bytes.saturating_sub(idle_bytes)) / participants,
        "join_ms": {
            "signalling": percentiles(&mut signalling),
            "ice_and_dtls": percentiles(&mut connecting),
            "first_audio_after_request_to_enter": percentiles(&mut first_audio),
        },
    }))
}

/// Mediators for a language that nobody else speaks, each with an account that was enrolled as a person would.
async fn make_mediators(url: &str, coordinator_link: &str, count: u64) -> Result<Vec<Client>> {
    let coordinator = Client::signed_in(url, coordinator_link).await?;
    let mut clients = Vec::new();
    for number in 0..count {
        let form = json!({
            "alias": format!("Load {number}"), "qualification": "interpreter", "active": true,
            "languages": [{ "tag": "so", "level": "native" }, { "tag": "en", "level": "fluent" }],
            "undertaking_signed_at": 1, "vetted_until": 9_000_000_000_000_i64,
        });
        let made = coordinator.post("/api/v1/mediators", &form).await?;
        let account = json!({ "login": format!("load-{number}"), "role": "mediator", "language": "en", "mediator": made["mediator"]["id"] });
        let made = coordinator.post("/api/v1/accounts", &account).await?;
        let client = Client::new(url)?;
        let secret = secret_of(made["url"].as_str().unwrap_or_default())?;
        client
            .post("/api/v1/links/enrol", &json!({ "secret": secret, "password": "a password for load" }))
            .await?;
        clients.push(client);
    }
    Ok(clients)
}

/// From a fresh entry of the interviewee (socket, SDP, ICE, DTLS) to the first packet heard from the officer.
async fn until_heard(call: &mut Call, red: bool) -> Result<Duration> {
    let began = Instant::now();
    let session = call.session;
    call.interviewee.socket = call.interviewee.client.session_socket(session).await?;
    let socket = &mut call.interviewee.socket;
    call.interviewee.peer =
        if red { Peer::connect_with_red(socket).await? } else { Peer::connect(socket).await? };
    for _ in 0..200 {
        call.officer.peer.send(&[0; PAYLOAD_BYTES]).await?;
        if call.interviewee.peer.receive(FRAME).await?.is_some() {
            return Ok(began.elapsed());
        }
    }
    anyhow::bail!("no audio within 4 s")
}

/// Sends a packet every 20 ms and counts what arrives; a hole in a stream's numbers is a packet missing.
async fn talk(mut party: Party, begin: tokio::time::Instant, end: Instant, tally: Arc<Tally>) -> Result<()> {
    let mut frames = tokio::time::interval_at(begin, FRAME);
    frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut highest = std::collections::HashMap::<u32, u16>::new();
    let mut count = 0_u64;
    // The relay's views are read, so that its queue to this socket stays empty.
    let mut socket = party.socket;
    let reading = tokio::spawn(async move { while socket.next::<Value>().await.is_ok() {} });
    while Instant::now() < end {
        tokio::select! {
            _ = frames.tick() => {
                party.peer.send(&[0x55; PAYLOAD_BYTES]).await?;
                tally.sent.fetch_add(1, Ordering::Relaxed);
                count += 1;
                if count.is_multiple_of(CHECK_EVERY) {
                    party.peer.check().await?;
                }
            }
            arrived = party.peer.receive(FRAME * 5) => {
                let Some(packet) = arrived? else { continue };
                tally.received.fetch_add(1, Ordering::Relaxed);
                if let Some(last) = highest.insert(packet.ssrc, packet.sequence) {
                    let missing = packet.sequence.wrapping_sub(last).wrapping_sub(1);
                    if missing < 0x8000 {
                        tally.lost.fetch_add(u64::from(missing), Ordering::Relaxed);
                    }
                }
            }
        }
    }
    reading.abort();
    Ok(())
}

/// The relay's own counters, and what the system says of its process.
struct Measures {
    forwarded: f64,
    dropped: f64,
    cpu_seconds: f64,
    resident_bytes: u64,
    delays: Vec<(f64, f64)>,
}

impl Measures {
    async fn read(client: &Client, process: u32) -> Result<Self> {
        let text = String::from_utf8(client.get("/metrics").await?)?;
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse().ok()).unwrap_or(0.0)
        };
        let bucket = |line: &str| {
            let (bound, count) =
                line.strip_prefix("dragoman_forward_delay_seconds_bucket{le=\"")?.split_once("\"} ")?;
            Some((bound.parse().unwrap_or(f64::INFINITY), count.parse().ok()?))
        };
        Ok(Self {
            forwarded: value("dragoman_rtp_forwarded_total"),
            dropped: value("dragoman_dropped_send_total"),
            cpu_seconds: cpu_seconds(process)?,
            resident_bytes: resident_bytes(process)?,
            delays: text.lines().filter_map(bucket).collect(),
        })
    }

    fn since(&self, before: &Self) -> Self {
        let delays =
            self.delays.iter().zip(&before.delays).map(|((bound, now), (_, then))| (*bound, now - then));
        Self {
            forwarded: self.forwarded - before.forwarded,
            dropped: self.dropped - before.dropped,
            cpu_seconds: self.cpu_seconds - before.cpu_seconds,
            resident_bytes: self.resident_bytes,
            delays: delays.collect(),
        }
    }

    /// The histogram's bound below which this share lies, in microseconds.
    fn quantile(&self, share: f64) -> f64 {
        let total = self.delays.last().map_or(0.0, |(_, count)| *count);
        let found = self.delays.iter().find(|(_, count)| *count >= total * share);
        found.map_or(f64::NAN, |(bound, _)| (bound * 1e6).round())
    }
}

/// User and system time of a process (proc(5), fields 14 and 15; 100 ticks a second on Linux).
fn cpu_seconds(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("stat")?.1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks as f64 / 100.0)
}

fn resident_bytes(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

fn percentiles(times: &mut [Duration]) -> Value {
    times.sort();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map(|time| (time.as_secs_f64() * 10_000.0).round() / 10.0)
    };
    json!({ "p50": at(0.5), "p95": at(0.95) })
}
