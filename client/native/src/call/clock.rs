//! The 20 ms clock of a call: one frame out, one frame of everybody in, on one timeline.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dragoman_core::time::UnixMillis;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{Begin, CallOptions, End, Shared, Timeline};
use crate::audio::{AudioSink, AudioSource, FRAME, FRAME_MS, Heard, VoiceEncoder};
use crate::error::Result;

/// A machine that slept longer than this does not make up for it: what it missed is silence.
const MAX_CATCH_UP: Duration = Duration::from_secs(2);

/// Runs until the call ends; then completes the sinks.
pub(super) async fn run(
    shared: Arc<Shared>,
    options: CallOptions,
    mut end: watch::Receiver<Option<End>>,
) -> Result<()> {
    let CallOptions { source, sinks, speaks, decode_rate, begin, protection, .. } = options;
    let mut clock = Clock {
        shared,
        source,
        sinks,
        encoder: speaks.then(|| VoiceEncoder::with_fec(protection.fec)).transpose()?,
        // RFC 3550 §5.1: the first timestamp is random.
        first_timestamp: rand::random(),
        frame: decode_rate as usize / 50,
        failure: None,
    };
    let ticking = async {
        wait_for(begin, &clock.shared.clone()).await;
        clock.tick_forever().await;
    };
    tokio::select! {
        () = ticking => {}
        _ = end.wait_for(Option::is_some) => {}
    }
    let mut result = clock.failure.map_or(Ok(()), Err);
    for sink in clock.sinks {
        result = result.and(sink.finish());
    }
    result
}

async fn wait_for(begin: Begin, shared: &Shared) {
    let mut connected = shared.connected.subscribe();
    let mut view = shared.view.subscribe();
    // The senders live in `shared`, so waiting does not fail.
    let _ = connected.wait_for(|connected| *connected).await;
    let _ = view.wait_for(|view| begin.is_reached(view.as_ref())).await;
}

struct Clock {
    shared: Arc<Shared>,
    source: AudioSource,
    sinks: Vec<AudioSink>,
    encoder: Option<VoiceEncoder>,
    first_timestamp: u32,
    /// Samples of a decoded frame.
    frame: usize,
    /// The first sink that failed; it is told at the end, and the others go on.
    failure: Option<crate::error::ClientError>,
}

impl Clock {
    async fn tick_forever(&mut self) {
        let start = Instant::now();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let started_unix = UnixMillis(i64::try_from(unix).unwrap_or(i64::MAX));
        self.shared.timeline.send_replace(Some(Timeline { started: start.into_std(), started_unix }));
        let mut index = 0_u64;
        loop {
            // Like a microphone's, a frame is there when its 20 ms are over.
            let due = start + Duration::from_millis(FRAME_MS * (index + 1));
            sleep_until(due).await;
            if due.elapsed() > MAX_CATCH_UP {
                let now = u64::try_from(start.elapsed().as_millis()).unwrap_or(0) / FRAME_MS;
                tracing::warn!(frames = now - index, "this machine stood still; the sound has a gap");
                index = now;
            }
            self.send(index).await;
            self.play(index + 1);
            index += 1;
        }
    }

    async fn send(&mut self, index: u64) {
        let Some(encoder) = &mut self.encoder else { return };
        let mut frame = [0.0; FRAME];
        self.source.fill(index * FRAME as u64, &mut frame);
        let packet = match encoder.encode(&frame) {
            Ok(packet) => packet,
            Err(error) => return tracing::warn!(%error, "a frame could not be encoded"),
        };
        // The media clock wraps (RFC 3550 §5.1).
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are meant")]
        let timestamp = self.first_timestamp.wrapping_add((index * FRAME as u64) as u32);
        let sent = match self.shared.ready_transport() {
            Some(transport) => transport.send(timestamp, packet).await,
            None => false,
        };
        let counter = if sent { &self.shared.sent } else { &self.shared.unsent };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// What is taken from the jitter buffers now is heard from now on: it is frame `index` of the timeline.
    fn play(&mut self, index: u64) {
        let voices = self.shared.lock_voices().pull();
        if self.sinks.is_empty() {
            return;
        }
        let mut mixed = vec![0.0; self.frame];
        for voice in &voices {
            mixed.iter_mut().zip(&voice.samples).for_each(|(to, from)| *to += from * voice.gain);
        }
        mixed.iter_mut().for_each(|sample| *sample = sample.clamp(-1.0, 1.0));
        let heard = Heard { index, mixed: &mixed, voices: &voices };
        let mut kept = Vec::with_capacity(self.sinks.len());
        for mut sink in self.sinks.drain(..) {
            match sink.take(&heard) {
                Ok(()) => kept.push(sink),
                Err(error) => {
                    tracing::error!(%error, "a recording can not go on");
                    self.failure.get_or_insert(error);
                }
            }
        }
        self.sinks = kept;
    }
}
