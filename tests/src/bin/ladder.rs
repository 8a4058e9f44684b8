//! Climbs the loss ladder: measures every cell in real time, several beside each other, and writes figures and recordings
//! into a folder, from which `scripts/ladder` makes the table and the plot.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use dragoman_tests::ladder::{Cell, FRAME, Recording, Scorer, Script, Servers, Session, Through, pieces};
use dragoman_tests::weak::Link;
use serde_json::{Value, json};

/// Measures how many words are understood at each loss and with each protection.
#[derive(Parser)]
#[command(name = "ladder")]
struct Arguments {
    /// Where figures and recordings go
    #[arg(long)]
    out: PathBuf,
    /// The same number is the same fate, packet by packet
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sentences in each of the three languages, 40 at most
    #[arg(long, default_value_t = 20)]
    sentences: usize,
    /// Cells that are measured at the same time: as many as the machine bears in real time
    #[arg(long, default_value_t = 16)]
    group: usize,
    /// Only cells whose loss is called so, such as "30 %"; may be given more than once
    #[arg(long)]
    rung: Vec<String>,
    /// Only cells through our own relay, without Janus
    #[arg(long)]
    relay_only: bool,
}

/// The control session may have so many frames made up (share), and clocks may be so late; a group that did worse is
/// measured again, at most so often.
const CONTROL: f64 = 0.002;
const CLOCK_LATE: Duration = Duration::from_millis(60);
const TRIES: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ladder: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    std::fs::create_dir_all(&arguments.out)?;
    let mut scorer = Scorer::load()?;
    eprintln!("speaking");
    let script = Script::speak(arguments.sentences)?;
    write_sound(&arguments.out.join("script.f32"), &script.sound)?;
    let before = scorer.before_the_network(&script)?;
    let seconds = script.sound.len() as f64 / f64::from(dragoman_speech::SAMPLE_RATE);
    eprintln!("{seconds:.0} s, {} words, {} wrong before the network", before.words, before.errors);
    let mut cells = Cell::all();
    let named = |cell: &Cell| arguments.rung.iter().any(|name| name == cell.rung.name);
    cells.retain(|cell| arguments.rung.is_empty() || named(cell));
    cells.retain(|cell| !arguments.relay_only || cell.through == Through::Relay);
    let mut figures = Vec::new();
    for group in cells.chunks(arguments.group.max(1)) {
        let measured = measure(arguments, &script, group).await?;
        for (cell, recording) in group.iter().zip(&measured.recordings) {
            let score = tokio::task::block_in_place(|| scorer.score(&script, recording))?;
            let file = format!("{}.f32", figures.len());
            write_sound(&arguments.out.join(&file), &score.aligned)?;
            let made_up_ms = recording.made_up as f64 * FRAME.as_secs_f64() * 1_000.0;
            let wire_bytes = recording.weak.bytes + recording.weak.packets * Link::<()>::HEADER_BYTES;
            eprintln!(
                "{:?} {} {:?} {:?}: {} of {} words wrong, {} frames made up",
                cell.through,
                cell.rung.name,
                cell.weak,
                cell.protection,
                score.errors.errors,
                score.errors.words,
                recording.made_up
            );
            figures.push(json!({
                "through": cell.through,
                "loss": cell.rung.name,
                "weak": cell.weak,
                "protection": cell.protection,
                "words": score.errors.words,
                "word_errors": score.errors.errors,
                "lost_packets": recording.weak.loss(),
                "made_up_ms_per_minute": made_up_ms * 60.0 / seconds,
                "from_in_band_copies_ms_per_minute": recording.repaired as f64 * 20.0 * 60.0 / seconds,
                "late_frames": recording.late,
                "wire_kbps": wire_bytes as f64 * 8.0 / seconds / 1_000.0,
                "delay_ms": score.delay_ms,
                "clock_late_ms": milliseconds(recording.clock_late),
                "sound": file,
            }));
        }
        // After each group, so that what was measured is kept whatever comes.
        let report = report(arguments, &script, seconds, &before, &figures);
        std::fs::write(arguments.out.join("figures.json"), serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}

fn report(
    arguments: &Arguments,
    script: &Script,
    seconds: f64,
    before: &dragoman_speech::WordErrors,
    figures: &[Value],
) -> Value {
    let pieces: Vec<[usize; 2]> = pieces(script).into_iter().map(|piece| [piece.start, piece.end]).collect();
    json!({
        "seed": arguments.seed,
        "sentences": script.phrases.len(),
        "seconds": seconds,
        "cells_at_the_same_time": arguments.group,
        "before_the_network": { "words": before.words, "word_errors": before.errors },
        "pieces": pieces,
        "cells": figures,
    })
}

/// A group's recordings, in the order of its cells.
struct Measured {
    recordings: Vec<Recording>,
    /// The largest lateness of a clock, and the control's made-up frames: how far the machine kept up.
    worst: (Duration, usize),
}

async fn measure(arguments: &Arguments, script: &Script, group: &[Cell]) -> Result<Measured> {
    let mut best: Option<Measured> = None;
    for attempt in 1..=TRIES {
        let measured = measure_once(arguments, script, group).await?;
        let (late, made_up) = measured.worst;
        eprintln!(
            "clocks at most {:.0} ms late; {made_up} frames of the control made up",
            milliseconds(late)
        );
        let most = (script.packets(true).len() as f64 * CONTROL) as usize;
        if late <= CLOCK_LATE && made_up <= most {
            return Ok(measured);
        }
        eprintln!("the machine did not keep up in attempt {attempt} of {TRIES}");
        let is_better = best.as_ref().is_none_or(|best| (made_up, late) < (best.worst.1, best.worst.0));
        if is_better {
            best = Some(measured);
        }
    }
    best.context("nothing was measured")
}

async fn measure_once(arguments: &Arguments, script: &Script, group: &[Cell]) -> Result<Measured> {
    let servers = Servers::start(group).await?;
    let mut sessions = Vec::new();
    for (number, cell) in (1..).zip(group.iter().chain([&Cell::control()])) {
        sessions.push(Session::connect(&servers, *cell, number, arguments.seed).await?);
    }
    let spread = FRAME / u32::try_from(sessions.len())?;
    // Played for the length of this function only; a scope of tasks would need what tokio does not have.
    let plays = sessions.into_iter().zip(0_u32..).map(|(session, n)| session.play(script, spread * n));
    let mut recordings = futures_util::future::try_join_all(plays).await?;
    let clock_late = recordings.iter().map(|recording| recording.clock_late).max().unwrap_or_default();
    let control = recordings.pop().context("the control is missing")?;
    Ok(Measured { recordings, worst: (clock_late, control.made_up) })
}

/// 32-bit floats, little-endian.
fn write_sound(path: &Path, samples: &[f32]) -> Result<()> {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
