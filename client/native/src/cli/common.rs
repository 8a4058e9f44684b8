//! Options and steps that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dragoman_client::audio::device::{Loudspeaker, Microphone};
use dragoman_client::audio::{AudioSink, AudioSource, ProcessingOptions};
use dragoman_client::call::{Begin, Call, CallOptions, CallReport};
use dragoman_client::net::{ApiClient, RelayAddress, Trust};
use dragoman_client::{ClientError, Result};
use dragoman_core::wire::ParticipantMessage;
use serde::Serialize;

/// Whom to believe.
#[derive(Debug, Clone, Args)]
pub(crate) struct TrustOptions {
    /// Trust this certificate too (PEM); the relay's own is tls-cert.pem in its data folder.
    #[arg(long, value_name = "PEM")]
    ca: Option<PathBuf>,
}

impl TrustOptions {
    pub(crate) fn trust(&self) -> Result<Trust> {
        Trust::new(self.ca.as_deref())
    }

    pub(crate) fn api(&self, relay: &RelayAddress) -> Result<ApiClient> {
        ApiClient::new(relay.clone(), self.trust()?)
    }
}

/// Where sound comes from and goes to.
#[derive(Debug, Clone, Args)]
pub(crate) struct SoundOptions {
    /// Speak this recording instead of the microphone.
    #[arg(long, value_name = "IN.wav")]
    play: Option<PathBuf>,
    /// Begin the recording again when it ends.
    #[arg(long = "loop", requires = "play")]
    looped: bool,
    /// Record all voices together instead of using the loudspeaker.
    #[arg(long, value_name = "OUT.wav")]
    record: Option<PathBuf>,
    /// Record each voice into a file of its own, named by participant and role.
    #[arg(long, value_name = "DIR")]
    record_dir: Option<PathBuf>,
    /// The microphone to use, as listed by `devices`.
    #[arg(long, value_name = "NAME")]
    input: Option<String>,
    /// The loudspeaker to use, as listed by `devices`.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// What is done to one's own voice; usual is `room` with a microphone, and `none` with files.
    #[arg(long, value_enum, value_name = "HOW")]
    processing: Option<ProcessingChoice>,
    /// Begin to play and record when: connected, answered (a mediator is there), live (all hear all).
    #[arg(long, value_enum, default_value_t = BeginAt::Connected, value_name = "WHEN")]
    begin: BeginAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BeginAt {
    Connected,
    Answered,
    Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProcessingChoice {
    /// For a loudspeaker in the room: takes out its echo and steady noise, and brings voices to the usual level.
    Room,
    /// The same without taking out an echo, for headphones.
    Headset,
    /// Nothing.
    None,
}

impl ProcessingChoice {
    fn options(self) -> Option<ProcessingOptions> {
        match self {
            Self::Room => Some(ProcessingOptions::default()),
            Self::Headset => Some(ProcessingOptions { echo: false, ..ProcessingOptions::default() }),
            Self::None => None,
        }
    }
}

impl SoundOptions {
    /// Whether files are used, and no device.
    fn is_headless(&self) -> bool {
        self.play.is_some() || self.record.is_some() || self.record_dir.is_some()
    }

    pub(crate) fn call_options(&self) -> Result<CallOptions> {
        let source = match &self.play {
            Some(path) => AudioSource::wav(path, self.looped)?,
            None if self.is_headless() => AudioSource::Silence,
            None => AudioSource::Microphone(Microphone::open(self.input.as_deref())?),
        };
        let mut sinks = Vec::new();
        if let Some(path) = &self.record {
            sinks.push(AudioSink::mixed_wav(path)?);
        }
        if let Some(folder) = &self.record_dir {
            sinks.push(AudioSink::per_speaker(folder)?);
        }
        if !self.is_headless() {
            sinks.push(AudioSink::Loudspeaker(Loudspeaker::open(self.output.as_deref())?));
        }
        let begin = match self.begin {
            BeginAt::Connected => Begin::Connected,
            BeginAt::Answered => Begin::Answered,
            BeginAt::Live => Begin::Live,
        };
        let usual = if self.is_headless() { ProcessingChoice::None } else { ProcessingChoice::Room };
        let processing = self.processing.unwrap_or(usual).options();
        Ok(CallOptions { source, sinks, processing, begin, ..CallOptions::default() })
    }
}

/// How long to take part.
#[derive(Debug, Clone, Args)]
pub(crate) struct LengthOptions {
    /// Leave after this many seconds of playing and recording.
    #[arg(long, value_name = "N")]
    seconds: Option<f64>,
    /// Say stop after this many seconds of playing and recording.
    #[arg(long, value_name = "N")]
    stop_after: Option<f64>,
}

impl LengthOptions {
    /// Whether it is said beforehand when to act.
    pub(crate) fn is_limited(&self) -> bool {
        self.seconds.is_some() || self.stop_after.is_some()
    }

    /// Until the time is over, the call has ended, or the process is told to end.
    pub(crate) async fn attend(&self, call: &Call) -> Result<()> {
        let after = |seconds: Option<f64>| async move {
            match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
                Some(time) => {
                    while call.timeline().is_none() {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    if let Some(timeline) = call.timeline() {
                        tokio::time::sleep_until((timeline.started + time).into()).await;
                    }
                }
                None => std::future::pending().await,
            }
        };
        let stop = async {
            after(self.stop_after).await;
            call.send(ParticipantMessage::Stop).await?;
            std::future::pending::<Result<()>>().await
        };
        tokio::select! {
            () = after(self.seconds) => Ok(()),
            stopped = stop => stopped,
            _ = call.ended() => Ok(()),
            () = told_to_end() => Ok(()),
        }
    }
}

/// Control-C, or SIGTERM.
pub(crate) async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Leaves, prints the report if wished, and fails if the relay ended the call.
pub(crate) async fn conclude(call: Call, json: bool) -> Result<()> {
    let report = call.finish().await?;
    if json {
        print_json(&report)?;
    } else {
        print_plainly(&report);
    }
    report.end.error().map_or(Ok(()), Err)
}

pub(crate) fn print_json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|e| ClientError::Protocol(e.to_string()))?;
    println!("{text}");
    Ok(())
}

fn print_plainly(report: &CallReport) {
    println!("{:.1} s, {} packets sent, {} reconnects", report.seconds, report.sent, report.reconnects);
    for (speaker, voice) in &report.voices {
        let role = voice.role.map_or("?".to_owned(), |role| format!("{role:?}").to_lowercase());
        let counters = &voice.counters;
        println!(
            "  {role} {}: {} packets received, {} lost, {} frames concealed",
            speaker.loggable(),
            counters.received,
            counters.lost,
            counters.concealed
        );
    }
}
