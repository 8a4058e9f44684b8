//! Sound files: any WAV in, 16-bit mono WAV out.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::SAMPLE_RATE;
use super::resample::resample_all;
use crate::error::{ClientError, Result};

/// Reads a WAV of any rate and number of channels as 48 kHz mono.
///
/// # Errors
/// [`ClientError::File`] if it is not a WAV file.
pub fn read_wav(path: &Path) -> Result<Vec<f32>> {
    let wrong = |e: hound::Error| ClientError::File { path: path.to_owned(), reason: e.to_string() };
    let reader = WavReader::open(path).map_err(wrong)?;
    let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
    let samples: Vec<f32> = match sample_format {
        SampleFormat::Float => reader.into_samples::<f32>().collect::<Result<_, _>>().map_err(wrong)?,
        SampleFormat::Int => {
            let scale = 1.0 / (1_i64 << (bits_per_sample.clamp(1, 32) - 1)) as f32;
            let samples = reader.into_samples::<i32>().map(|s| s.map(|s| s as f32 * scale));
            samples.collect::<Result<_, _>>().map_err(wrong)?
        }
    };
    let channels = usize::from(channels.max(1));
    let mono = samples.chunks(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    resample_all(mono, sample_rate, SAMPLE_RATE)
}

/// Writes 48 kHz mono, 16 bits; the header is brought up to date every second, so that a killed client leaves a file
/// that can be read.
pub struct WavRecorder {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
    unflushed: usize,
}

impl std::fmt::Debug for WavRecorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WavRecorder").field("path", &self.path).finish_non_exhaustive()
    }
}

impl WavRecorder {
    /// Makes the file.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn create(path: &Path) -> Result<Self> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::create(path, spec)
            .map_err(|e| ClientError::File { path: path.to_owned(), reason: e.to_string() })?;
        Ok(Self { path: path.to_owned(), writer, unflushed: 0 })
    }

    /// Appends samples.
    ///
    /// # Errors
    /// [`ClientError::File`], for example if the disk is full.
    pub fn write(&mut self, samples: &[f32]) -> Result<()> {
        let mut write = || {
            for sample in samples {
                // A cast from float saturates.
                self.writer.write_sample((sample * 32_767.0) as i16)?;
            }
            self.unflushed += samples.len();
            if self.unflushed >= SAMPLE_RATE as usize {
                self.unflushed = 0;
                self.writer.flush()?;
            }
            Ok(())
        };
        write()
            .map_err(|e: hound::Error| ClientError::File { path: self.path.clone(), reason: e.to_string() })
    }

    /// Appends silence.
    ///
    /// # Errors
    /// As for [`WavRecorder::write`].
    pub fn write_silence(&mut self, samples: u64) -> Result<()> {
        let silence = [0.0; super::FRAME];
        let mut left = samples;
        while left > 0 {
            let now = left.min(silence.len() as u64);
            self.write(&silence[..usize::try_from(now).unwrap_or(0)])?;
            left -= now;
        }
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn finish(self) -> Result<()> {
        let Self { path, writer, .. } = self;
        writer.finalize().map_err(|e| ClientError::File { path, reason: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stereo_of_another_rate_becomes_48_khz_mono() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in.wav");
        let spec = WavSpec {
            channels: 2,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&path, spec).unwrap();
        for n in 0..16_000_u32 {
            writer.write_sample((f64::from(n) * 0.05).sin() as f32 as i16 * 1_000 + 8_000).unwrap();
            writer.write_sample(0_i16).unwrap();
        }
        writer.finalize().unwrap();
        let samples = read_wav(&path).unwrap();
        assert!(samples.len().abs_diff(48_000) < 100);
        assert!((samples[24_000] - 0.122).abs() < 0.03, "half of 8000 / 32768: {}", samples[24_000]);
        assert!(read_wav(&folder.path().join("none.wav")).is_err());
    }

    #[test]
    fn a_recording_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.wav");
        let mut recorder = WavRecorder::create(&path).unwrap();
        recorder.write_silence(1_000).unwrap();
        recorder.write(&[0.5; 10]).unwrap();
        recorder.finish().unwrap();
        let samples = read_wav(&path).unwrap();
        assert_eq!(samples.len(), 1_010);
        assert!((samples[1_005] - 0.5).abs() < 1e-3);
    }
}
