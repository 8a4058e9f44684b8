//! Half an hour in which nobody speaks gives no words: silence, noise at three levels, mains hum, tones as of music, coughs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::f32::consts::TAU;
use std::path::Path;

use dragoman_speech::{
    Catalogue, SAMPLE_RATE, SegmenterOptions, SpeechSegmenter, Transcriber, TranscriberOptions,
    WhisperLanguage,
};

const RATE: f32 = SAMPLE_RATE as f32;
/// Of each kind, in seconds; the seven kinds are half an hour together.
const LENGTH: usize = 260;

/// Repeatable white noise, -1 to 1 (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

fn samples(mut of: impl FnMut(f32) -> f32) -> Vec<f32> {
    (0..LENGTH * SAMPLE_RATE as usize).map(|n| of(n as f32 / RATE)).collect()
}

/// A room: noise that is darker the lower `brightness` is.
fn noise(level: f32, brightness: f32, seed: u64) -> Vec<f32> {
    let (mut noise, mut smoothed) = (Noise(seed), 0.0);
    samples(|_| {
        smoothed += brightness * (noise.next() - smoothed);
        level * smoothed
    })
}

/// 50 Hz and what a transformer adds to it.
fn hum() -> Vec<f32> {
    samples(|t| {
        [(50.0, 0.2), (100.0, 0.12), (150.0, 0.06), (250.0, 0.03)]
            .iter()
            .map(|(f, a)| a * (TAU * f * t).sin())
            .sum()
    })
}

/// Chords that change twice a second, struck and fading.
fn tones() -> Vec<f32> {
    let scale = [220.0, 246.9, 277.2, 293.7, 329.6, 370.0, 415.3];
    samples(|t| {
        let beat = (t * 2.0) as usize;
        let chord = [0, 2, 4].map(|third| scale[(beat * 3 + third) % scale.len()]);
        let fading = (-(t * 2.0).fract() * 3.0).exp();
        0.15 * fading
            * chord.iter().map(|f| (TAU * f * t).sin() + 0.3 * (TAU * 2.0 * f * t).sin()).sum::<f32>()
    })
}

/// Every few seconds a burst of noise with the formants of an open throat, and sometimes a second one.
fn coughs() -> Vec<f32> {
    let mut noise = Noise(77);
    let (mut low, mut band) = (0.0_f32, 0.0_f32);
    samples(|t| {
        let within = t % 4.0;
        let is_double = ((t / 4.0) as u32).is_multiple_of(3);
        let burst = |since: f32| {
            if since < 0.0 { 0.0 } else { (1.0 - (-since * 200.0).exp()) * (-since * 14.0).exp() }
        };
        let loudness = burst(within - 1.0) + if is_double { 0.7 * burst(within - 1.4) } else { 0.0 };
        // A resonance at 900 Hz (state variable filter).
        let f = 2.0 * (std::f32::consts::PI * 900.0 / RATE).sin();
        low += f * band;
        band += f * (noise.next() - low - 0.5 * band);
        0.8 * loudness * band.clamp(-1.0, 1.0)
    })
}

#[test]
fn half_an_hour_without_speech_has_no_words() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ggml-dragoman-test.bin");
    let catalogue = Catalogue::built_in().unwrap();
    let options = TranscriberOptions::for_entry(catalogue.find("test").unwrap());
    let mut transcriber = Transcriber::load(path, options).unwrap();
    let kinds: [(&str, Vec<f32>); 7] = [
        ("silence", samples(|_| 0.0)),
        ("quiet noise", noise(0.003, 1.0, 1)),
        ("noise", noise(0.03, 0.3, 2)),
        ("loud noise", noise(0.4, 0.1, 3)),
        ("hum", hum()),
        ("tones", tones()),
        ("coughs", coughs()),
    ];
    let mut invented = Vec::new();
    for (kind, sound) in kinds {
        let mut segmenter =
            SpeechSegmenter::new(SegmenterOptions::for_context(transcriber.max_clip_ms())).unwrap();
        let mut segments = Vec::new();
        for (number, frame) in (0_u64..).zip(sound.chunks(SAMPLE_RATE as usize / 50)) {
            segments.extend(segmenter.push(number * 20, frame));
        }
        segments.extend(segmenter.finish());
        let mut words = 0;
        for segment in &segments {
            let lines = transcriber.transcribe(&segment.samples, WhisperLanguage::ENGLISH).unwrap();
            let shown = lines.iter().filter(|line| line.is_shown());
            for line in shown {
                words += line.words.len();
                invented.push((
                    kind,
                    line.text.clone(),
                    line.average_log_probability,
                    line.no_speech_probability,
                ));
            }
        }
        println!("{kind}: {} segments taken for speech, {words} words", segments.len());
    }
    assert!(invented.is_empty(), "{invented:?}");
}
