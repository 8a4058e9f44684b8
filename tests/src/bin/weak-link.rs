//! Puts a weak link before a relay, so that browsers and clients on this machine (or in this network) have it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use dragoman_tests::weak::{Counts, Impairment, Loss, PROFILES, Profile, Proxy, Tally};

/// A weak link before a relay that was started with --media-public and the address of --listen here:
///
///   scripts/run --demo --media-public 127.0.0.1:9443
///   scripts/weak-link --profile balkan-4g
#[derive(Parser)]
#[command(name = "weak-link", verbatim_doc_comment)]
struct Arguments {
    /// Which link; see --list
    #[arg(long, default_value = "balkan-4g")]
    profile: String,
    /// The same number is the same fate, packet by packet
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The relay's UDP port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8443")]
    relay: String,
    /// Where clients come, UDP: what the relay announces
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9443")]
    listen: SocketAddr,
    /// Shows all links and ends
    #[arg(long)]
    list: bool,
}

/// How often it says what went through.
const TELL_EVERY: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        PROFILES.iter().for_each(show);
        return ExitCode::SUCCESS;
    }
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weak-link: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let profile = Profile::find(&arguments.profile)
        .with_context(|| format!("there is no profile '{}': see --list", arguments.profile))?;
    let relay = tokio::net::lookup_host(&arguments.relay)
        .await
        .ok()
        .and_then(|mut found| found.next())
        .with_context(|| format!("--relay: '{}' is no host with a port", arguments.relay))?;
    let proxy = Proxy::start(arguments.listen, relay, profile.passage, arguments.seed)
        .await
        .with_context(|| format!("--listen: cannot open UDP {}", arguments.listen))?;
    show(profile);
    eprintln!(
        "clients come to {} and go on to {relay}, seed {}. The relay must say so: start it with --media-public {}",
        proxy.local_addr(),
        arguments.seed,
        proxy.local_addr()
    );
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + TELL_EVERY, TELL_EVERY);
    let mut told = Counts::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let counts = proxy.counts();
                if counts != told {
                    tell(&counts);
                    told = counts;
                }
            }
            ended = tokio::signal::ctrl_c() => {
                tell(&proxy.counts());
                return Ok(ended?);
            }
        }
    }
}

fn tell(counts: &Counts) {
    let way = |tally: &Tally| {
        format!(
            "{} packets, {:.1} % lost ({} on the way, {} by a full queue, {} in outages)",
            tally.packets,
            tally.loss() * 100.0,
            tally.lost_on_the_way,
            tally.queue_full,
            tally.outage
        )
    };
    eprintln!(
        "{} sockets, {} moves; up: {}; down: {}",
        counts.clients,
        counts.moves,
        way(&counts.up),
        way(&counts.down)
    );
}

fn show(profile: &Profile) {
    let Profile { name, about, source, passage } = profile;
    println!("{name}: {about}");
    if passage.up == passage.down {
        println!("    both ways: {}", describe(&passage.up));
    } else {
        println!("    up:   {}\n    down: {}", describe(&passage.up), describe(&passage.down));
    }
    if let Some(moves) = passage.moves {
        println!(
            "    another address after {} s and then every {} s",
            moves.first.as_secs(),
            moves.every.as_secs()
        );
    }
    println!("    figures: {source}");
}

fn describe(does: &Impairment) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let mut parts = Vec::new();
    match does.loss {
        Loss::None => {}
        Loss::Random(share) => parts.push(format!("{} lost at random", percent(share))),
        Loss::GilbertElliott { worsens, recovers, loss_when_good, loss_when_bad } => parts.push(format!(
            "{} lost in bursts (Gilbert-Elliott: {} of packets begin a bad time of {:.1} packets in the mean; lost are {} in it, {} else)",
            percent(does.loss.mean()),
            percent(worsens),
            1.0 / recovers,
            percent(loss_when_bad),
            percent(loss_when_good)
        )),
    }
    if !does.delay.is_zero() {
        parts.push(format!("{} ms", does.delay.as_millis()));
    }
    if !does.jitter.is_zero() {
        let order = if does.reorder { "packets overtake each other" } else { "order is kept" };
        parts.push(format!("exponential jitter of {} ms in the mean, {order}", does.jitter.as_millis()));
    }
    if does.duplicate > 0.0 {
        parts.push(format!("{} doubled", percent(does.duplicate)));
    }
    if let Some(rate) = does.rate {
        parts.push(format!(
            "{} kb/s after a queue of {} kB",
            rate.bits_per_second / 1_000,
            rate.queue_bytes / 1_000
        ));
    }
    if let Some(outage) = does.outage {
        let again = outage.every.map_or(String::new(), |every| format!(", every {} s", every.as_secs()));
        parts.push(format!(
            "nothing for {:.1} s from {} s on{again}",
            outage.length.as_secs_f64(),
            outage.from.as_secs()
        ));
    }
    if parts.is_empty() { "nothing happens to packets".to_owned() } else { parts.join("; ") }
}
