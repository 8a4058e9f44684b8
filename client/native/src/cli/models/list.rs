//! `models list`.

use dragoman_client::Result;
use dragoman_speech::{ErrorRate, KnownLanguages, Measured, ModelEntry, Shelf};

use super::{catalogue, file_of};

pub(super) fn run(shelf: &Shelf) -> Result<()> {
    let (chosen, measured) = (shelf.chosen(), shelf.measured());
    println!(
        "{:<22} {:>8} {:>8}  {:<14} {:<12}  on this machine",
        "name", "file", "memory", "languages", "licence"
    );
    for entry in &catalogue()?.models {
        let here = file_of(entry, shelf).is_some();
        let state = match (here, measured.get(&entry.name)) {
            (false, _) => String::new(),
            (true, None) => "here, not measured".to_owned(),
            (true, Some(measured)) => verdict(measured),
        };
        let mark = if chosen.as_deref() == Some(&entry.name) { " [used]" } else { "" };
        println!(
            "{:<22} {:>5} MB {:>5} MB  {:<14} {:<12}  {state}{mark}",
            entry.name,
            entry.bytes / 1_000_000,
            entry.memory_mb,
            languages(entry),
            entry.licence
        );
        println!("    {}", entry.notes);
        for rate in &entry.error_rates {
            println!("    {}", published(rate));
        }
    }
    println!("\nThe models are in {}", shelf.folder().display());
    Ok(())
}

/// What to expect of a model here.
pub(super) fn verdict(measured: &Measured) -> String {
    let speed = 1.0 / measured.real_time_factor.max(1e-6);
    let expect = match (measured.is_live(), measured.keeps_up()) {
        (true, _) => "live captions",
        (false, true) => "captions after each sentence",
        (false, false) => "too slow for a call",
    };
    format!("{expect} ({speed:.1} times as fast as speech, a draft in {} ms)", measured.draft_ms)
}

fn languages(entry: &ModelEntry) -> String {
    match &entry.languages {
        KnownLanguages::Multilingual => "multilingual".to_owned(),
        KnownLanguages::Only(codes) => {
            codes.iter().map(|language| language.code()).collect::<Vec<_>>().join(" ")
        }
    }
}

fn published(rate: &ErrorRate) -> String {
    let [low, high] = rate.percent;
    let range = if low == high { format!("{low}") } else { format!("{low} to {high}") };
    format!("published word error rate for {}: {range} %", rate.languages.join(", "))
}
