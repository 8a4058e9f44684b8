//! Where the others' voices go: one file, a file for each, a loudspeaker, or the caller's own function.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::Role;

use super::device::Loudspeaker;
use super::{FRAME, WavRecorder};
use crate::error::{ClientError, Result};

/// What was heard in 20 ms.
#[derive(Debug)]
pub struct Heard<'a> {
    /// Number of the frame on the client's one timeline; frame 0 began when the client began to play.
    pub index: u64,
    /// Everybody together.
    pub mixed: &'a [f32],
    /// Each voice alone. Who has never been heard is not in it.
    pub voices: &'a [HeardVoice],
}

/// One voice in 20 ms.
#[derive(Debug)]
pub struct HeardVoice {
    /// Who, once signalling told it.
    pub speaker: Option<ParticipantId>,
    /// As what.
    pub role: Option<Role>,
    /// The frame, at the call's decoding rate, as it was spoken.
    pub samples: Vec<f32>,
    /// How loud it is in the mix: below 1 beneath an interpretation.
    pub gain: f32,
    /// Whether a packet was played, rather than something made up in its place.
    pub from_packet: bool,
}

/// See the module's page. A sink is called in the middle of the audio path and must not wait.
pub enum AudioSink {
    /// All voices in one file, on one timeline.
    MixedWav(AlignedFile),
    /// One file for each speaker, all on the same timeline.
    PerSpeaker(SpeakerFolder),
    /// A device.
    Loudspeaker(Loudspeaker),
    /// The caller's function.
    Callback(Box<dyn FnMut(&Heard<'_>) + Send>),
}

impl std::fmt::Debug for AudioSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MixedWav(_) => "MixedWav",
            Self::PerSpeaker(_) => "PerSpeaker",
            Self::Loudspeaker(_) => "Loudspeaker",
            Self::Callback(_) => "Callback",
        })
    }
}

impl AudioSink {
    /// Records everybody into one file.
    ///
    /// # Errors
    /// If the file can not be made.
    pub fn mixed_wav(path: &Path) -> Result<Self> {
        Ok(Self::MixedWav(AlignedFile::create(path)?))
    }

    /// Records each speaker into a file of its own in `folder`, named by participant id and role.
    ///
    /// # Errors
    /// If the folder can not be made.
    pub fn per_speaker(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)
            .map_err(|e| ClientError::File { path: folder.to_owned(), reason: e.to_string() })?;
        Ok(Self::PerSpeaker(SpeakerFolder { folder: folder.to_owned(), files: BTreeMap::new() }))
    }

    /// Hands every frame to a function.
    pub fn callback(function: impl FnMut(&Heard<'_>) + Send + 'static) -> Self {
        Self::Callback(Box::new(function))
    }

    pub(crate) fn take(&mut self, heard: &Heard<'_>) -> Result<()> {
        match self {
            Self::MixedWav(file) => file.write(heard.index, heard.mixed),
            Self::PerSpeaker(folder) => folder.write(heard),
            Self::Loudspeaker(loudspeaker) => {
                loudspeaker.play(heard.mixed);
                Ok(())
            }
            Self::Callback(function) => {
                function(heard);
                Ok(())
            }
        }
    }

    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::MixedWav(file) => file.recorder.finish(),
            Self::PerSpeaker(folder) => {
                folder.files.into_values().try_for_each(|file| file.recorder.finish())
            }
            Self::Loudspeaker(_) | Self::Callback(_) => Ok(()),
        }
    }
}

/// A file whose sample 0 is the beginning of the timeline: where nothing was heard is silence.
#[derive(Debug)]
pub struct AlignedFile {
    recorder: WavRecorder,
    frames: u64,
}

impl AlignedFile {
    fn create(path: &Path) -> Result<Self> {
        Ok(Self { recorder: WavRecorder::create(path)?, frames: 0 })
    }

    fn write(&mut self, index: u64, samples: &[f32]) -> Result<()> {
        if index < self.frames {
            return Ok(());
        }
        self.recorder.write_silence((index - self.frames) * FRAME as u64)?;
        self.frames = index + 1;
        self.recorder.write(samples)
    }
}

/// The files of [`AudioSink::PerSpeaker`].
#[derive(Debug)]
pub struct SpeakerFolder {
    folder: PathBuf,
    files: BTreeMap<ParticipantId, AlignedFile>,
}

impl SpeakerFolder {
    fn write(&mut self, heard: &Heard<'_>) -> Result<()> {
        for voice in heard.voices {
            let Some(speaker) = voice.speaker else { continue };
            if !self.files.contains_key(&speaker) {
                // Until the session's view came, the role is not known; a frame later it is.
                let Some(role) = voice.role else { continue };
                let role = format!("{role:?}").to_lowercase();
                let file = AlignedFile::create(&self.folder.join(format!("{speaker}-{role}.wav")))?;
                self.files.insert(speaker, file);
            }
            if let Some(file) = self.files.get_mut(&speaker) {
                file.write(heard.index, &voice.samples)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::read_wav;

    #[test]
    fn each_speaker_is_on_the_common_timeline() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = AudioSink::per_speaker(folder.path()).unwrap();
        let speaker = ParticipantId(uuid::Uuid::from_u128(1));
        for index in [3, 4, 9] {
            let voices = [HeardVoice {
                speaker: Some(speaker),
                role: Some(Role::Mediator),
                samples: vec![0.5; FRAME],
                gain: 1.0,
                from_packet: true,
            }];
            sink.take(&Heard { index, mixed: &[], voices: &voices }).unwrap();
        }
        sink.finish().unwrap();
        let samples = read_wav(&folder.path().join(format!("{speaker}-mediator.wav"))).unwrap();
        assert_eq!(samples.len(), 10 * FRAME);
        let loud: Vec<bool> = samples.chunks(FRAME).map(|frame| frame[0] > 0.1).collect();
        assert_eq!(loud, [false, false, false, true, true, false, false, false, false, true]);
    }
}
