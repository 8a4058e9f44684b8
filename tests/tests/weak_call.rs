//! A call between native clients over a link that loses three of ten packets in each direction: it stays up, and what
//! was said can still be heard.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_client::audio::{AudioSink, AudioSource, SAMPLE_RATE, read_wav};
use dragoman_client::call::{Begin, Call, CallOptions};
use dragoman_tests::correlation::align;
use dragoman_tests::natives::{accept, ready_desk, request, signed_in};
use dragoman_tests::relay::TestRelay;
use dragoman_tests::speech::{Phrases, speak};
use dragoman_tests::weak::{Passage, Profile};

/// Silence around each phrase.
const PAUSE: usize = SAMPLE_RATE as usize;
/// Which phrases are said, by their place in `models/phrases.json`.
const SAID: [usize; 5] = [4, 7, 12, 15, 39];
/// Of the median phrase. Half of the packets get through both links (0.7 × 0.7); 0.48 to 0.53 was measured with in-band
/// FEC alone, and 0.71 to 0.76 with redundant audio.
const LEAST_CORRELATION: f64 = 0.55;

type Recording = Arc<Mutex<Vec<f32>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_over_a_link_that_loses_three_of_ten_stays_up_and_is_understood() -> Result<()> {
    let (relay, proxy) = TestRelay::start_behind(Passage::CLEAR, 30).await?;
    let (officer_link, mediator_link) = (&relay.links.officer, &relay.links.mediators[0].link);
    let (officer_api, mediator_api) = (signed_in(officer_link).await?, signed_in(mediator_link).await?);
    let mut desk = ready_desk(&mediator_api).await?;
    let session = request(&officer_api, "sq").await?;
    accept(&mut desk).await?;

    let (clip, turns) = speech()?;
    let heard = Recording::default();
    let speaker = CallOptions { source: AudioSource::clip(clip.clone().into(), false), ..answered() };
    let listener = CallOptions { sinks: vec![record(heard.clone())], ..answered() };
    let listener = Call::start(mediator_api, session, listener).await?;
    listener.connected().await?;
    let speaker = Call::start(officer_api, session, speaker).await?;
    speaker.connected().await?;
    proxy.set(Profile::find("lossy-30").context("no such profile")?.passage);
    tokio::time::sleep(Duration::from_secs_f64(clip.len() as f64 / f64::from(SAMPLE_RATE) + 1.0)).await;

    let counts = proxy.counts();
    let (spoken, listened) = (speaker.finish().await?, listener.finish().await?);
    println!("{counts:?}\n{:?}", listened.voices.values().next().map(|voice| voice.counters));
    assert_eq!((spoken.reconnects, listened.reconnects), (0, 0), "unsent frames: {}", spoken.unsent);
    let recorded = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let mut correlations: Vec<f64> = turns
        .iter()
        .map(|turn| {
            let ends = (turn.end + 2 * PAUSE).min(recorded.len());
            align(&clip[turn.clone()], &recorded[turn.start.min(ends)..ends]).correlation
        })
        .collect();
    correlations.sort_by(f64::total_cmp);
    println!("correlation of each phrase: {correlations:.2?}");
    assert!(correlations[correlations.len() / 2] >= LEAST_CORRELATION, "{correlations:?}");
    Ok(())
}

fn answered() -> CallOptions {
    CallOptions { begin: Begin::Answered, ..CallOptions::default() }
}

fn record(into: Recording) -> AudioSink {
    AudioSink::callback(move |heard| {
        into.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(heard.mixed);
    })
}

/// The phrases with silence between them, and where each lies.
fn speech() -> Result<(Vec<f32>, Vec<std::ops::Range<usize>>)> {
    let folder = tempfile::tempdir()?;
    let phrases = Phrases::read()?;
    let (mut clip, mut turns) = (vec![0.0; PAUSE], Vec::new());
    for number in SAID {
        let file = folder.path().join("phrase.wav");
        speak(&phrases.en[number], "en+f3", 150, &file)?;
        let begins = clip.len();
        clip.extend(read_wav(&file)?);
        turns.push(begins..clip.len());
        clip.resize(clip.len() + PAUSE, 0.0);
    }
    Ok((clip, turns))
}
