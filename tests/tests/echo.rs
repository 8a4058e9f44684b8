//! A room whose loudspeaker is heard by its own microphone: how much of the echo is left, and of whoever speaks there.
//!
//! Speech is espeak-ng's. The echo comes back at -10 dB after 120 ms. Near-end speech is compared with what the same
//! processing makes of it without any echo, so that only the harm done for the echo's sake counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

use std::time::Instant;

use dragoman_client::audio::{FRAME, Processing, ProcessingOptions, SAMPLE_RATE, read_wav};
use dragoman_tests::speech::{Phrases, speak};

const SECOND: usize = SAMPLE_RATE as usize;
const ECHO_DELAY: usize = SECOND * 120 / 1_000;
/// -10 dB.
const ECHO_GAIN: f32 = 0.316_228;
const LENGTH: usize = 14 * SECOND;
/// Only the loudspeaker, only the room, and both at once: three parts of the time.
const FAR_ONLY: std::ops::Range<usize> = 2 * SECOND..6 * SECOND;
const NEAR_ONLY: std::ops::Range<usize> = 6 * SECOND..10 * SECOND;
const BOTH: std::ops::Range<usize> = 10 * SECOND..14 * SECOND;

/// How the loudspeaker is heard.
#[derive(Clone, Copy, Debug)]
enum Room {
    /// One echo.
    Direct,
    /// With the reverberation of a small bare room: 60 dB down in 300 ms.
    Reverberant,
}

struct Scene {
    far: Vec<f32>,
    near: Vec<f32>,
}

#[derive(Debug)]
struct Outcome {
    /// Echo return loss enhancement: echo in the microphone to echo that is left, in dB.
    enhancement: f64,
    /// Loudness of the near end with echo, against without: dB, and likeness of the wave (1: the same).
    near: (f64, f64),
    both: (f64, f64),
}

#[test]
fn the_echo_is_taken_out_and_the_voice_in_the_room_is_left() {
    let scene = scene();
    let clean = ProcessingOptions { gain: false, ..ProcessingOptions::default() };
    // Reverberation is longer than what the canceller models, and the gain control lifts what is left of it.
    for (room, least) in [(Room::Direct, 40.0), (Room::Reverberant, 25.0)] {
        for options in [clean, ProcessingOptions::default()] {
            let outcome = hear(&scene, room, options);
            println!("{room:?}, gain control {}: {outcome:.2?}", options.gain);
            let Outcome { enhancement, near, both } = outcome;
            assert!(enhancement >= least, "{room:?} {options:?}: {enhancement:.1} dB");
            assert!(near.0.abs() <= 1.5 && near.1 >= 0.95, "{room:?} {options:?}: alone {near:?}");
            assert!(both.0 >= -6.0 && both.1 >= 0.7, "{room:?} {options:?}: both at once {both:?}");
        }
    }
}

#[test]
fn ten_milliseconds_take_a_small_part_of_them() {
    let scene = scene();
    let mut processing = Processing::new(ProcessingOptions::default());
    let began = Instant::now();
    process(&mut processing, &scene.far, &scene.near);
    let each = began.elapsed().as_secs_f64() * 1e6 / (LENGTH / FRAME * 2) as f64;
    println!("{each:.0} us for 10 ms of sound");
    // Without optimisation and with others at work on the machine it must still keep up.
    assert!(each < 10_000.0, "{each}");
}

fn hear(scene: &Scene, room: Room, options: ProcessingOptions) -> Outcome {
    let echo = echo_in(room, &scene.far);
    let microphone: Vec<f32> = echo.iter().zip(&scene.near).map(|(echo, near)| echo + near).collect();
    let with_echo = process(&mut Processing::new(options), &scene.far, &microphone);
    let without = process(&mut Processing::new(options), &vec![0.0; LENGTH], &scene.near);
    // The gain of the gain control counts as echo that is left, as it is for the others.
    let enhancement = decibels(energy(&echo[FAR_ONLY]) / energy(&with_echo[FAR_ONLY]).max(1e-12));
    let harm = |part: std::ops::Range<usize>| {
        let (heard, wanted) = (&with_echo[part.clone()], &without[part]);
        let product: f64 = heard.iter().zip(wanted).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let likeness = product / (energy(heard) * energy(wanted)).sqrt();
        (decibels(energy(heard) / energy(wanted)), likeness)
    };
    Outcome { enhancement, near: harm(NEAR_ONLY), both: harm(BOTH) }
}

fn process(processing: &mut Processing, far: &[f32], microphone: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(LENGTH);
    for (far, microphone) in far.as_chunks::<FRAME>().0.iter().zip(microphone.as_chunks::<FRAME>().0) {
        let mut frame = *microphone;
        processing.played(far);
        processing.captured(&mut frame, 100);
        out.extend(frame);
    }
    out
}

fn echo_in(room: Room, far: &[f32]) -> Vec<f32> {
    let tail: Vec<(usize, f32)> = match room {
        Room::Direct => vec![(0, 1.0)],
        // Reflections every 3 to 7 ms with signs as a wall gives them; energy follows the decay.
        Room::Reverberant => (0..60_usize)
            .map(|n| {
                let at = n * SECOND / 200 + (n * 7_919) % (SECOND / 500);
                let decay = 10_f32.powf(-3.0 * at as f32 / (0.3 * SECOND as f32));
                (
                    if n == 0 { 0 } else { at },
                    if n == 0 { 1.0 } else { 0.5 * decay * if n % 3 == 0 { -1.0 } else { 1.0 } },
                )
            })
            .collect(),
    };
    let mut echo = vec![0.0; far.len()];
    for (at, gain) in tail {
        for (n, to) in echo.iter_mut().enumerate().skip(ECHO_DELAY + at) {
            *to += far[n - ECHO_DELAY - at] * gain;
        }
    }
    let scale = (energy(far) / energy(&echo).max(1e-12)).sqrt() as f32 * ECHO_GAIN;
    echo.iter_mut().for_each(|sample| *sample *= scale);
    echo
}

/// The loudspeaker speaks first, then the room, then both. A room is never quite silent.
fn scene() -> Scene {
    let phrases = Phrases::read().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let spoken = |texts: &[String], voice: &str, length: usize| {
        let file = folder.path().join("speech.wav");
        speak(&texts.join(" "), voice, 160, &file).unwrap();
        let mut samples = read_wav(&file).unwrap();
        let loudness = (energy(&samples) / samples.len() as f64).sqrt() as f32;
        // -23 dBFS
        samples.iter_mut().for_each(|sample| *sample *= 0.07 / loudness);
        samples.iter().copied().cycle().take(length).collect::<Vec<f32>>()
    };
    let mut far = spoken(&phrases.en, "en+m3", LENGTH);
    let mut near = spoken(&phrases.sq, "sq+f2", LENGTH);
    far[NEAR_ONLY].fill(0.0);
    near[..NEAR_ONLY.start].fill(0.0);
    let mut state = 1_u32;
    for sample in &mut near {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // About -75 dBFS.
        *sample += (state >> 8) as f32 / (1 << 24) as f32 * 6e-4 - 3e-4;
    }
    Scene { far, near }
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum()
}

fn decibels(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}
