//! Live captions, measured: two people speak at the same time through the relay, a scribe writes, and the officer's screen
//! says when the first words of each phrase came up and when its line was there; words are counted, without loss and with a
//! tenth of all packets lost; and the relay's own delay with the scribe and with somebody else who only listens, who take
//! turns, so that whatever else the machine does meets both.
//!
//! `captions [SENTENCES] [TURNS]`: so many of each language, 12 if it is not said, and so many turns each, 4 if it is not said.
//! One JSON object is the last line of standard output.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dragoman_client::audio::SAMPLE_RATE;
use dragoman_client::call::{Begin, Call, CallOptions};
use dragoman_client::net::{ApiClient, Link, Trust};
use dragoman_client::roles::Scribe;
use dragoman_client::speech::{EngineOptions, SpeechEngine};
use dragoman_core::session_types::Role;
use dragoman_relay::media::stats::Counters;
use dragoman_speech::word_errors;
use dragoman_tests::relay::{TestRelay, client_program};
use dragoman_tests::speech::{Phrases, spoken};
use dragoman_tests::weak::{Impairment, Loss, Passage};
use dragoman_tests::written::{Seen, WrittenSession, small_model};
use serde_json::{Value, json};

/// Between two phrases: longer than anybody waits for a line.
const PAUSE: usize = SAMPLE_RATE as usize * 2;
/// The voice begins and ends where it is louder than this.
const AUDIBLE: f32 = 0.01;
const SEED: u64 = 1;

#[tokio::main]
async fn main() -> ExitCode {
    let number = |nth: usize, usual: usize| {
        std::env::args()
            .nth(nth)
            .map_or(Ok(usual), |text| text.parse())
            .context("not a number of sentences or turns")
    };
    let result = match (number(1, 12), number(2, 4)) {
        (Ok(sentences), Ok(turns)) => run(sentences, turns).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match result {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("captions: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(sentences: usize, turns: usize) -> Result<Value> {
    ensure!(sentences > 0 && turns > 0, "at least one sentence and one turn are needed");
    let phrases = Phrases::read()?;
    let options = EngineOptions { program: client_program()?, ..EngineOptions::new(small_model())? };
    let engine = tokio::task::spawn_blocking(move || SpeechEngine::start(options)).await??;
    let voices =
        [Voice::speak(&phrases.en, sentences, "en+f3")?, Voice::speak(&phrases.sq, sentences, "sq+m4")?];
    let lossy = Passage::both_ways(Impairment { loss: Loss::Random(0.10), ..Impairment::CLEAR });
    let (weak, _) = measure(&voices, lossy, Some(&engine)).await?;
    let (mut clear, mut with, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..turns {
        // Who comes second in one turn comes first in the next.
        let scribe_first = turn % 2 == 0;
        for scribe in [scribe_first, !scribe_first] {
            let (report, delays) = measure(&voices, Passage::CLEAR, scribe.then_some(&engine)).await?;
            if scribe {
                clear.push(report);
                with.push(delays);
            } else {
                without.push(delays);
            }
        }
    }
    let shown = |turns: &[Delays]| json!({ "mean": Delays::together(turns).mean_us(), "turns": turns.iter().map(Delays::mean_us).collect::<Vec<_>>() });
    let ratio = Delays::together(&with).mean_us() / Delays::together(&without).mean_us();
    Ok(json!({
        "sentences": sentences * 2,
        "with_10_percent_lost": weak,
        "without_loss": clear,
        "relay_delay_us": { "with_the_scribe": shown(&with), "with_an_observer_instead": shown(&without), "ratio": (ratio * 100.0).round() / 100.0 },
    }))
}

/// What one person says.
struct Voice {
    clip: Arc<[f32]>,
    said: Vec<String>,
    /// From when until when each phrase is heard.
    spans: Vec<(Duration, Duration)>,
}

impl Voice {
    fn speak(phrases: &[String], count: usize, voice: &str) -> Result<Self> {
        let (mut clip, mut spans) = (vec![0.0; PAUSE], Vec::new());
        let said: Vec<String> = phrases.iter().take(count).cloned().collect();
        for text in &said {
            let begins = clip.len();
            clip.extend(spoken(text, voice)?);
            let is_audible = |sample: &f32| sample.abs() > AUDIBLE;
            let first = clip[begins..].iter().position(is_audible).context("nothing is heard")?;
            let last = clip.iter().rposition(is_audible).context("nothing is heard")?;
            spans.push((time_of(begins + first), time_of(last)));
            clip.resize(clip.len() + PAUSE, 0.0);
        }
        Ok(Self { clip: clip.into(), said, spans })
    }
}

fn time_of(samples: usize) -> Duration {
    Duration::from_secs_f64(samples as f64 / f64::from(SAMPLE_RATE))
}

/// What was written, if there is an engine to write it, and the relay's delays meanwhile.
async fn measure(
    voices: &[Voice; 2],
    passage: Passage,
    engine: Option<&SpeechEngine>,
) -> Result<(Value, Delays)> {
    let (relay, proxy) = TestRelay::start_behind(Passage::CLEAR, SEED).await?;
    let clips = [voices[0].clip.clone(), voices[1].clip.clone()];
    let (officer, mediator) = (&relay.links.officer, &relay.links.mediators[0].link);
    let begin = if engine.is_some() { Begin::Transcribing } else { Begin::Live };
    let session = WrittenSession::establish(officer, mediator, clips, begin).await?;
    let mut observer = None;
    let scribe = match engine {
        Some(engine) => {
            let link: Link = session.scribe_link.parse()?;
            Some(Scribe::join(ApiClient::new(link.relay.clone(), Trust::new(None)?)?, &link, engine).await?)
        }
        None => {
            let link: Link = session.observer_link.parse()?;
            let api = ApiClient::new(link.relay.clone(), Trust::new(None)?)?;
            observer = Some(Call::join(api, &link, CallOptions::default()).await?);
            None
        }
    };
    let began = session.begins().await?;
    proxy.set(passage);
    let length = voices.iter().map(|voice| time_of(voice.clip.len())).max().unwrap_or_default();
    let before = Delays::read(relay.app.media.counters());
    tokio::time::sleep(length + Duration::from_secs(1)).await;
    let delays = Delays::read(relay.app.media.counters()).since(&before);
    let seen = session.seen();
    let mut report = json!({});
    if scribe.is_some() {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for ((voice, began), role) in voices.iter().zip(began).zip([Role::Officer, Role::Interviewee]) {
            let id = session.id(role)?;
            let mut heard = Vec::new();
            for (at, seen) in &seen {
                if let Seen::Line(line) = seen
                    && line.speaker == id
                {
                    heard.push((*at, line.text.as_str()));
                }
            }
            let drafts: Vec<Instant> = seen
                .iter()
                .filter(|(_, seen)| matches!(seen, Seen::Draft(draft) if draft.speaker == id && !(draft.open.is_empty() && draft.settled.is_empty())))
                .map(|(at, _)| *at)
                .collect();
            for (from, until) in &voice.spans {
                let (from, until) = (began + *from, began + *until);
                let next = until + time_of(PAUSE);
                first.extend(drafts.iter().find(|at| (from..next).contains(*at)).map(|at| *at - from));
                let line = heard.iter().rev().find(|(at, _)| (from..next).contains(at));
                last.extend(line.map(|(at, _)| at.saturating_duration_since(until)));
            }
            let text: Vec<&str> = heard.iter().map(|(_, text)| *text).collect();
            let errors = word_errors(&voice.said.join(" "), &text.join(" "));
            let name = format!("{role:?}").to_lowercase();
            report[name] = json!({ "lines": heard.len(), "words": errors.words, "wrong": errors.errors });
        }
        report["first_words_after_speech_began_ms"] = percentiles(first);
        report["line_after_speech_ended_ms"] = percentiles(last);
    }
    if let Some(scribe) = scribe {
        scribe.finish().await?;
    }
    if let Some(observer) = observer {
        observer.finish().await?;
    }
    Ok((report, delays))
}

/// What the relay counted of its own delay.
struct Delays {
    count: u64,
    sum_us: u64,
}

impl Delays {
    fn read(counters: &Counters) -> Self {
        let count = counters.delay.iter().map(dragoman_relay::media::stats::Count::get).sum();
        Self { count, sum_us: counters.delay_sum_us.get() }
    }

    fn since(&self, before: &Self) -> Self {
        Self { count: self.count - before.count, sum_us: self.sum_us - before.sum_us }
    }

    fn together(turns: &[Self]) -> Self {
        let sum = |of: fn(&Self) -> u64| turns.iter().map(of).sum();
        Self { count: sum(|turn| turn.count), sum_us: sum(|turn| turn.sum_us) }
    }

    fn mean_us(&self) -> f64 {
        (self.sum_us as f64 / self.count.max(1) as f64 * 10.0).round() / 10.0
    }
}

fn percentiles(mut times: Vec<Duration>) -> Value {
    times.sort();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len().max(1)) - 1;
        times.get(index).map(Duration::as_millis)
    };
    json!({ "phrases": times.len(), "p50": at(0.5), "p95": at(0.95) })
}
