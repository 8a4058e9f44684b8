//! Hours of two people talking, given to the scribe's speech engine faster than they talk: does it keep its memory?
//!
//!   scribe-hours [HOURS] [SPEED]      usual: 4 hours, 8 times as fast
//!
//! Leaks come with what is written and not with the clock, so hours of speech count, however quickly they pass. Looks at
//! the memory of this process and of the worker once a minute of speech; the slope is that of a straight line (least
//! squares) from half an hour on. The last line of standard output is one JSON object.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dragoman_client::audio::resample_all;
use dragoman_client::speech::{EngineOptions, Sound, SpeechEngine, Told};
use dragoman_core::ids::ParticipantId;
use dragoman_speech::{SAMPLE_RATE, WhisperLanguage};
use dragoman_tests::relay::client_program;
use dragoman_tests::speech::{Phrases, spoken};
use dragoman_tests::written::small_model;
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

const FRAME_MS: u64 = 20;
const FRAME: usize = SAMPLE_RATE as usize / 50;
const WARM_UP_MINUTES: f64 = 30.0;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |usual: f64| arguments.next().map_or(Ok(usual), |text| text.parse::<f64>());
    let (hours, speed) = (number(4.0)?, number(8.0)?);
    let phrases = Phrases::read()?;
    let loops = [
        (ParticipantId(Uuid::from_u128(1)), WhisperLanguage::ENGLISH, talk(&phrases.en, "en+f3", 0)?),
        (ParticipantId(Uuid::from_u128(2)), WhisperLanguage::ALBANIAN, talk(&phrases.sq, "sq+m4", 3)?),
    ];
    let options = EngineOptions { program: client_program()?, ..EngineOptions::new(small_model())? };
    let engine = tokio::task::spawn_blocking(move || SpeechEngine::start(options)).await??;
    let worker = engine.worker().context("the worker has a process")?;
    let (written, mut inbox) = mpsc::channel(1_024);
    for (speaker, ..) in &loops {
        engine.listen_to(*speaker, written.clone());
    }
    let counting = tokio::spawn(async move {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        while let Some(told) = inbox.recv().await {
            let kind = match told {
                Told::Line(line) if line.broken_off => "broken_off",
                Told::Line(_) => "lines",
                Told::Gap { .. } => "gaps",
                Told::Draft { .. } => "drafts",
                _ => "other",
            };
            *counts.entry(kind).or_default() += 1;
        }
        counts
    });

    let began = Instant::now();
    let frames = (hours * 3_600_000.0) as u64 / FRAME_MS;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for frame in 0..frames {
        for (speaker, language, samples) in &loops {
            let at = usize::try_from(frame)? % (samples.len() / FRAME) * FRAME;
            let samples = samples[at..at + FRAME].to_vec();
            let at_ms = 1_000 + frame * FRAME_MS;
            engine.push(Sound { speaker: *speaker, language: *language, at_ms, samples });
        }
        if frame % (60_000 / FRAME_MS) == 0 {
            let minute = (frame * FRAME_MS) as f64 / 60_000.0;
            ours.push((minute, resident(std::process::id())?));
            theirs.push((minute, resident(worker)?));
            ensure!(engine.worker() == Some(worker), "the worker died");
        }
        let due = Duration::from_secs_f64((frame * FRAME_MS) as f64 / 1_000.0 / speed);
        tokio::time::sleep_until((began + due).into()).await;
    }
    let dropped = engine.dropped();
    drop((engine, written));
    let counts = counting.await?;
    let shown = |points: &[(f64, f64)]| {
        json!({
            "mb_after_warm_up": points.iter().find(|(minute, _)| *minute >= WARM_UP_MINUTES).map(|(_, mb)| mb.round()),
            "mb_at_the_end": points.last().map(|(_, mb)| mb.round()),
            "slope_mb_an_hour": slope(points).map(|slope| (slope * 1_000.0).round() / 1_000.0),
        })
    };
    println!(
        "{}",
        json!({ "hours": hours, "speed": speed, "frames_dropped": dropped, "told": counts, "scribe": shown(&ours), "worker": shown(&theirs) })
    );
    Ok(())
}

/// A minute or so of phrases, two seconds apart.
fn talk(phrases: &[String], voice: &str, from: usize) -> Result<Vec<f32>> {
    let mut talk = Vec::new();
    for phrase in phrases.iter().skip(from).take(14) {
        let samples = spoken(phrase, voice)?;
        talk.extend(resample_all(samples, dragoman_client::audio::SAMPLE_RATE, SAMPLE_RATE)?);
        talk.resize(talk.len() + 2 * SAMPLE_RATE as usize, 0.0);
    }
    Ok(talk)
}

/// Resident memory of a process, in MB.
fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1_024.0)
}

/// MB an hour, by least squares from the warm-up on.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let warm: Vec<_> = points.iter().filter(|(minute, _)| *minute >= WARM_UP_MINUTES).collect();
    let count = warm.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| warm.iter().map(|point| pick(point)).sum::<f64>() / count;
    let (minutes, megabytes) = (mean(|point| point.0), mean(|point| point.1));
    let above: f64 = warm.iter().map(|(minute, mb)| (minute - minutes) * (mb - megabytes)).sum();
    let below: f64 = warm.iter().map(|(minute, _)| (minute - minutes).powi(2)).sum();
    (warm.len() > 1).then_some(above / below * 60.0)
}
