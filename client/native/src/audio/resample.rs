//! From any rate to any other, whole files and streams.

use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{
    Adjustable as _, Async, Fft, FixedAsync, FixedSync, Indexing, PolynomialDegree, Resampler as _,
};

use crate::error::{ClientError, Result};

/// The most that [`StreamResampler::set_ratio`] changes.
const MOST_CHANGE: f64 = 1.01;

/// A whole mono recording at once; sample 0 stays at time 0.
///
/// # Errors
/// If a rate is zero.
pub fn resample_all(samples: Vec<f32>, from: u32, to: u32) -> Result<Vec<f32>> {
    if from == to || samples.is_empty() {
        return Ok(samples);
    }
    let wrong =
        |e: &dyn std::fmt::Display| ClientError::Device(format!("cannot resample {from} Hz to {to} Hz: {e}"));
    let length = samples.len();
    let mut fft =
        Fft::<f32>::new(from as usize, to as usize, 1_024, 1, FixedSync::Both).map_err(|e| wrong(&e))?;
    let input = InterleavedOwned::new_from(samples, 1, length).map_err(|e| wrong(&e))?;
    let output = fft.process_all(&input, length, None).map_err(|e| wrong(&e))?;
    Ok(output.take_data())
}

/// A mono stream from a device or to one, 10 ms at a time.
pub struct StreamResampler {
    inner: Option<Inner>,
    waiting: Vec<f32>,
}

/// Both are large.
enum Inner {
    Adjustable(Box<Async<f32>>),
    Filtered(Box<Fft<f32>>),
}

impl std::fmt::Debug for StreamResampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamResampler").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

impl StreamResampler {
    /// Passes samples through where the rates are the same.
    ///
    /// # Errors
    /// If a rate is zero.
    pub fn new(from: u32, to: u32) -> Result<Self> {
        if from == to { Ok(Self { inner: None, waiting: Vec::new() }) } else { Self::adjustable(from, to) }
    }

    /// One whose ratio can be changed a little while it runs: two clocks are never quite the same.
    ///
    /// # Errors
    /// If a rate is zero.
    pub fn adjustable(from: u32, to: u32) -> Result<Self> {
        let chunk = (from as usize / 100).max(1);
        let ratio = f64::from(to) / f64::from(from);
        let made = Async::new_poly(ratio, MOST_CHANGE, PolynomialDegree::Septic, chunk, 1, FixedAsync::Input);
        let inner =
            made.map_err(|e| ClientError::Device(format!("cannot resample {from} Hz to {to} Hz: {e}")))?;
        Ok(Self { inner: Some(Inner::Adjustable(Box::new(inner))), waiting: Vec::new() })
    }

    /// One that filters what the lower of the two rates can not hold (a telephone's), and whose chunks always come out at
    /// the same length; its ratio can not be changed.
    ///
    /// # Errors
    /// If a rate is zero.
    pub fn filtered(from: u32, to: u32) -> Result<Self> {
        let made = Fft::new(from as usize, to as usize, (from as usize / 100).max(1), 1, FixedSync::Both);
        let inner =
            made.map_err(|e| ClientError::Device(format!("cannot resample {from} Hz to {to} Hz: {e}")))?;
        Ok(Self { inner: Some(Inner::Filtered(Box::new(inner))), waiting: Vec::new() })
    }

    /// Multiplies the ratio of samples out to samples in, from now on; by at most a hundredth more or less.
    pub fn set_ratio(&mut self, factor: f64) {
        let factor = factor.clamp(1.0 / MOST_CHANGE, MOST_CHANGE);
        if let Some(Inner::Adjustable(inner)) = &mut self.inner
            && let Err(error) = inner.set_resample_ratio_relative(factor, true)
        {
            tracing::debug!(%error, "the resampler keeps its ratio");
        }
    }

    /// Takes any number of samples and hands what is ready to `out`.
    pub fn push(&mut self, samples: &[f32], mut out: impl FnMut(&[f32])) {
        let Self { inner, waiting } = self;
        match inner {
            None => out(samples),
            Some(Inner::Adjustable(inner)) => pass(inner.as_mut(), waiting, samples, out),
            Some(Inner::Filtered(inner)) => pass(inner.as_mut(), waiting, samples, out),
        }
    }
}

fn pass(
    inner: &mut impl rubato::Resampler<f32>,
    waiting: &mut Vec<f32>,
    samples: &[f32],
    mut out: impl FnMut(&[f32]),
) {
    waiting.extend_from_slice(samples);
    loop {
        let needed = inner.input_frames_next();
        if waiting.len() < needed {
            return;
        }
        let chunk: Vec<f32> = waiting.drain(..needed).collect();
        let indexing: Option<&Indexing> = None;
        let Ok(input) = InterleavedOwned::new_from(chunk, 1, needed) else { return };
        if let Ok(ready) = inner.process(&input, indexing) {
            out(&ready.take_data());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, seconds: u32) -> Vec<f32> {
        (0..rate * seconds).map(|n| (n as f32 / rate as f32 * 440.0 * std::f32::consts::TAU).sin()).collect()
    }

    #[test]
    fn a_file_keeps_its_length_and_its_time() {
        for rate in [8_000, 16_000, 22_050, 44_100] {
            let made = resample_all(tone(rate, 1), rate, 48_000).unwrap();
            assert!(made.len().abs_diff(48_000) < 100, "{rate}: {}", made.len());
            let same: f32 =
                made.iter().zip(tone(48_000, 1)).skip(4_800).take(38_400).map(|(a, b)| a * b).sum();
            assert!(same / 38_400.0 > 0.49, "{rate}: in phase, {same}");
        }
    }

    #[test]
    fn a_stream_keeps_its_rate() {
        for rate in [16_000, 44_100, 48_000] {
            let mut stream = StreamResampler::new(rate, 48_000).unwrap();
            let mut count = 0;
            for chunk in tone(rate, 2).chunks(333) {
                stream.push(chunk, |ready| count += ready.len());
            }
            assert!(count.abs_diff(96_000) < 1_500, "{rate}: {count}");
        }
    }
    #[test]
    fn a_stream_is_made_a_little_longer_and_shorter() {
        for factor in [0.997, 1.0, 1.003] {
            let mut stream = StreamResampler::adjustable(48_000, 48_000).unwrap();
            stream.set_ratio(factor);
            let mut made = Vec::new();
            tone(48_000, 2)
                .chunks(480)
                .for_each(|chunk| stream.push(chunk, |ready| made.extend_from_slice(ready)));
            let wanted = 96_000.0 * factor;
            assert!((made.len() as f64 - wanted).abs() < 100.0, "{factor}: {}", made.len());
            assert!(made.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.07), "{factor}: a click");
        }
    }

    #[test]
    fn a_telephone_rate_keeps_its_lengths_and_takes_nothing_from_above() {
        let mut down = StreamResampler::filtered(48_000, 8_000).unwrap();
        let mut up = StreamResampler::filtered(8_000, 48_000).unwrap();
        let (mut low, mut back, mut alias) = (0, 0, 0.0_f32);
        for frame in tone(48_000, 1).chunks_exact(960) {
            let mut narrow = Vec::new();
            down.push(frame, |ready| narrow.extend_from_slice(ready));
            assert_eq!(narrow.len(), 160);
            low += narrow.len();
            up.push(&narrow, |ready| back += ready.len());
        }
        assert_eq!((low, back), (8_000, 48_000));
        let high = (0..48_000).map(|n| (n as f32 / 48_000.0 * 5_500.0 * std::f32::consts::TAU).sin());
        down.push(&high.collect::<Vec<_>>()[..], |ready| {
            alias = ready.iter().fold(alias, |most, sample| most.max(sample.abs()));
        });
        // What is left of the tone before, and the onset.
        let mut left = 0.0_f32;
        down.push(
            &(0..9_600)
                .map(|n| (n as f32 / 48_000.0 * 5_500.0 * std::f32::consts::TAU).sin())
                .collect::<Vec<_>>(),
            |ready| left = ready.iter().fold(0.0, |most, sample| most.max(sample.abs())),
        );
        assert!(left < 0.01, "{left}");
    }
}
