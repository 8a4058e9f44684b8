//! Speech to test with: the phrases of the small model, spoken by espeak-ng.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use dragoman_client::audio::read_wav;
use serde::Deserialize;

/// `models/phrases.json`: the same phrases in three languages, in the same order.
#[derive(Debug, Deserialize)]
pub struct Phrases {
    /// English.
    pub en: Vec<String>,
    /// Albanian.
    pub sq: Vec<String>,
    /// Serbian, Latin script.
    pub sr: Vec<String>,
}

impl Phrases {
    /// Reads them.
    ///
    /// # Errors
    /// If the file is not of this form.
    pub fn read() -> anyhow::Result<Self> {
        Ok(serde_json::from_str(include_str!("../../models/phrases.json"))?)
    }
}

/// Speaks a text into a WAV file; `voice` is espeak-ng's, such as `sq+f2`.
///
/// # Errors
/// If espeak-ng is not installed or fails.
pub fn speak(text: &str, voice: &str, words_a_minute: u32, file: &Path) -> anyhow::Result<()> {
    let speed = words_a_minute.to_string();
    let spoken =
        Command::new("espeak-ng").args(["-v", voice, "-s", &speed, "-w"]).arg(file).arg(text).status();
    let status = spoken.context("espeak-ng is not installed: run scripts/setup test")?;
    ensure!(status.success(), "espeak-ng failed: {status}");
    Ok(())
}

/// A text, spoken at 150 words a minute, at 48 kHz.
///
/// # Errors
/// If espeak-ng is not installed or fails.
pub fn spoken(text: &str, voice: &str) -> anyhow::Result<Vec<f32>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("voice.wav");
    speak(text, voice, 150, &file)?;
    Ok(read_wav(&file)?)
}
