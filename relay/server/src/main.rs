//! `dragoman-relay`: serve, or verify a record.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dragoman_relay::config::{Config, Settings};
use dragoman_relay::serve::Server;
use dragoman_relay::{config, demo, record, serve, simulate};
use tracing_subscriber::EnvFilter;

/// Finds an interpreter in seconds, carries the call, and leaves a record that a court can check.
#[derive(Parser)]
#[command(name = "dragoman-relay", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the relay
    Serve {
        /// File with settings (TOML), named as the flags are
        #[arg(long, env = "DRAGOMAN_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Check a downloaded record; names the first damaged entry
    Verify {
        /// The record
        file: PathBuf,
        /// The relay's public key, if you know it (hexadecimal, printed when the relay starts)
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
    },
    /// Play calls to a roster by the rules of ringing, and compare them with ringing everyone at once, one by one, and
    /// with an oracle
    Simulate {
        /// Who is on duty when (JSON; `docs/simulation/roster.json` is one)
        #[arg(long, value_name = "FILE")]
        roster: PathBuf,
        /// Who calls when (JSON; `docs/simulation/demand.json` is one)
        #[arg(long, value_name = "FILE")]
        demand: PathBuf,
        /// Decides all chance: the same seed gives the same month
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Rules of ringing to try (TOML), as for the relay itself; without it, the default ones
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// Print all figures as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a link with which an account's owner chooses a new password
    NewLink {
        /// The account's login name
        login: String,
        /// File with settings (TOML)
        #[arg(long, env = "DRAGOMAN_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Print the links of a demonstration, each with a QR code
    #[command(hide = true)]
    Links {
        /// `demo-links.json` of the demonstration's data folder
        file: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("DRAGOMAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dragoman-relay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve { config, settings } => {
            let server = Server::open(checked(config, *settings)?).await?;
            server.greet().await?;
            server.run().await
        }
        Command::NewLink { login, config, settings } => {
            println!("{}", serve::new_link(&checked(config, *settings)?, &login).await?);
            Ok(())
        }
        Command::Verify { file, key } => {
            let verified = record::verify_file(&file, key.as_deref())?;
            let manifest = verified.manifest;
            println!(
                "The record is whole: session {}, {} entries, {} transcript lines.",
                manifest.session, manifest.entries, verified.lines
            );
            println!("Last hash of its log: {}", manifest.chain);
            if let Some(review) = manifest.review {
                println!("Last hash of its transcript's {} revisions: {}", review.entries, review.chain);
            }
            println!("Signed by relay key {}", manifest.relay_key);
            Ok(())
        }
        Command::Simulate { roster, demand, seed, policy, json } => {
            let policy = policy.as_deref().map(config::dispatch_policy).transpose()?.unwrap_or_default();
            let compared = simulate::run(&roster, &demand, &policy, seed)?;
            if json {
                println!("{}", serde_json::to_string_pretty(&compared)?);
            } else {
                println!("Seed {seed}, {} calls\n\n{compared}", compared.policy.all.requests);
            }
            Ok(())
        }
        Command::Links { file } => demo::print_links(&file),
    }
}

fn checked(file: Option<PathBuf>, settings: Settings) -> anyhow::Result<Config> {
    match file {
        Some(file) => settings.filled_from(&file)?.check(),
        None => settings.check(),
    }
}
