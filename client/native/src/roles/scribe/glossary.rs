//! Words that may be said in a session, for the speech model. They are fetched beside the call: nothing waits for them, for a
//! transcript without them is better than none.

use std::sync::Arc;
use std::time::Duration;

use dragoman_core::glossary::{Term, prompt_of};
use dragoman_core::wire::SessionView;
use tokio::sync::watch;

use crate::call::Call;
use crate::net::ApiClient;
use crate::speech::{Expected, SpeechEngine};

/// Most characters of terms that are handed on for a language; the model takes what it has room for.
const PROMPT_CHARS: usize = 1_000;
const TRIES: usize = 10;
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Fetches the terms once what is said is written down.
pub(super) async fn fetch(
    api: ApiClient,
    call: Arc<Call>,
    engine: SpeechEngine,
    expected: watch::Sender<Expected>,
) {
    let mut view = call.view();
    let is_written = |view: &Option<SessionView>| view.as_ref().is_some_and(|view| view.transcribing);
    let Ok(view) = view.wait_for(is_written).await.map(|view| view.clone()) else { return };
    let Some(view) = view else { return };
    for _ in 0..TRIES {
        match api.glossary(view.id).await {
            Ok(terms) => {
                expected.send_replace(told(&terms, &view, &engine));
                return;
            }
            Err(error) => tracing::warn!(%error, "the session's glossary can not be read now"),
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// The terms of each language, by the code under which the model writes it.
fn told(terms: &[Term], view: &SessionView, engine: &SpeechEngine) -> Expected {
    let languages = [Some(&view.languages.source), view.via.as_ref(), Some(&view.languages.target)];
    let told = languages.into_iter().flatten().filter_map(|tag| {
        let code = engine.plan(tag.as_str()).code()?;
        let prompt = prompt_of(terms, tag, PROMPT_CHARS);
        (!prompt.is_empty()).then(|| (code.code().to_owned(), prompt))
    });
    told.collect()
}
