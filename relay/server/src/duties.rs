//! Tells the engine who is on duty: shifts become spans of the next two days, at the start, after each change, and
//! every half hour.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dragoman_core::availability::calendar::occurrences;
use dragoman_core::availability::{DutySpan, Span};
use dragoman_core::ids::MediatorId;
use dragoman_core::relay::Input;
use tokio::sync::Mutex;

use crate::clock;
use crate::engine::{Engine, EngineError};
use crate::http::App;
use crate::store::Store;

/// How far ahead the engine knows duties. Longer than [`EVERY`], so that a failed turn or two do no harm.
const AHEAD: Duration = Duration::from_secs(48 * 60 * 60);
/// How often they are worked out anew.
const EVERY: Duration = Duration::from_secs(30 * 60);

/// What the engine was told. One refresh at a time: what is handed in last is the newest.
#[derive(Default)]
pub struct Duties {
    told: Mutex<BTreeMap<MediatorId, Vec<DutySpan>>>,
}

impl Duties {
    /// Works all duties out and hands in those that changed.
    ///
    /// # Errors
    /// If the store or the engine fails; what was not handed in is tried again the next time.
    pub async fn refresh(&self, store: &Store, engine: &Engine) -> anyhow::Result<()> {
        let mut told = self.told.lock().await;
        let now = clock::now();
        let shifts = store.shifts().await?;
        // Each occurrence for itself: whoever switched off in one is on duty again in the next, even if they meet.
        let current = occurrences(&shifts, Span { from: now, until: now + AHEAD });
        let gone: Vec<MediatorId> =
            told.keys().filter(|mediator| !current.contains_key(mediator)).copied().collect();
        for mediator in gone {
            if hand_in(engine, mediator, Vec::new()).await? {
                told.remove(&mediator);
            }
        }
        for (mediator, spans) in current {
            if told.get(&mediator) != Some(&spans) && hand_in(engine, mediator, spans.clone()).await? {
                told.insert(mediator, spans);
            }
        }
        Ok(())
    }
}

/// Keeps the engine's knowledge fresh for as long as the relay runs.
pub async fn keep_fresh(app: Arc<App>) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(error) = app.duties.refresh(&app.store, &app.engine).await {
            tracing::error!(error = %format!("{error:#}"), "duties could not be told to the engine");
        }
    }
}

/// The one place where the engine learns a mediator's duties; `false`: it refused, which concerns nobody else.
async fn hand_in(engine: &Engine, mediator: MediatorId, duties: Vec<DutySpan>) -> Result<bool, EngineError> {
    match engine.input(Input::SetDuties(mediator, duties)).await {
        Err(EngineError::Refused(refusal)) => {
            tracing::warn!(mediator = %mediator.loggable(), %refusal, "the engine did not take somebody's duties");
            Ok(false)
        }
        other => other.map(|()| true),
    }
}
