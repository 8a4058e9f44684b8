//! One ring from its begin to its end, at every device of the mediator and at the gateway, each at its own pace.

use std::sync::Arc;
use std::time::Duration;

use dragoman_core::ids::MediatorId;
use dragoman_core::time::UnixMillis;
use futures_util::future::join_all;
use tokio::sync::watch;

use super::{Answer, ContactUse, Kind, Message, OVER_FOR, Parts, Ring, RingId, Target, left_until};
use crate::clock;

/// A busy push service that does not say when is asked again after this.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Longer than this nobody is waited for, whatever a push service wishes: notes are of use for days, and would pile up.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A ring whose end was not told ends by itself so long after its time.
const GRACE: Duration = Duration::from_secs(1);

/// Rings everywhere, waits until `over` is closed or the time is up, and ends the ring everywhere.
pub(super) async fn carry(parts: Arc<Parts>, ring: Ring, over: watch::Receiver<()>) -> RingId {
    let targets = parts.targets(ring.mediator).await;
    join_all(targets.iter().map(|target| parts.ring_at(target, &ring, over.clone()))).await;
    ring.id
}

impl Parts {
    pub(super) async fn targets(&self, mediator: MediatorId) -> Vec<Target> {
        let devices = self.store.push_subscriptions_of(mediator).await.unwrap_or_else(|error| {
            tracing::error!(%error, "devices could not be read; they do not ring");
            Vec::new()
        });
        let gateway = self.contact_of(mediator, ContactUse::Ring).await.map(Target::Gateway);
        devices.into_iter().map(Target::Device).chain(gateway).collect()
    }

    async fn ring_at(&self, target: &Target, ring: &Ring, mut over: watch::Receiver<()>) {
        let message = |kind| Message { kind, ring: ring.id.clone(), expires_at: ring.expires_at };
        let rang = self.deliver(target, &message(Kind::Ring), ring.expires_at, Some(&mut over)).await;
        // Without an answer it may ring all the same.
        if !matches!(rang, Answer::Accepted | Answer::Later(_)) {
            return self.conclude(target, rang, Some(ring.mediator)).await;
        }
        let left = left_until(ring.expires_at + GRACE, clock::now());
        let _ = tokio::time::timeout(left, closed(&mut over)).await;
        let ended = self.deliver(target, &message(Kind::RingOver), clock::now() + OVER_FOR, None).await;
        self.conclude(target, ended, Some(ring.mediator)).await;
    }

    /// Sends, and once more if asked to, as long as it is of use: before `until`, and while it still rings.
    pub(super) async fn deliver(
        &self,
        target: &Target,
        message: &Message,
        until: UnixMillis,
        over: Option<&mut watch::Receiver<()>>,
    ) -> Answer {
        let mut answer = self.attempt(target, message).await;
        if let Answer::Later(wished) = answer {
            let wait = wished.unwrap_or(RETRY_AFTER).min(LONGEST_WAIT);
            if clock::now() + wait < until && !ends_within(wait, over).await {
                answer = self.attempt(target, message).await;
            }
        }
        let count = if answer == Answer::Accepted { &self.counters.sent } else { &self.counters.failed };
        count.increment();
        answer
    }

    async fn attempt(&self, target: &Target, message: &Message) -> Answer {
        let turns = if message.kind.is_note() { &self.telling } else { &self.sending };
        let Ok(_turn) = turns.acquire().await else { return Answer::Refused };
        // What waited too long for its turn is of no use.
        let now = clock::now();
        if message.lifetime(now).is_zero() {
            return Answer::Refused;
        }
        match (target, &self.webhook) {
            (Target::Device(device), _) => self.push.send(device, message, now).await,
            (Target::Gateway(contact), Some(webhook)) => webhook.send(contact, message, now).await,
            (Target::Gateway(_), None) => Answer::Refused,
        }
    }

    /// Forgets a device that is gone; its mediator, if it is one's, may be reachable no more.
    pub(super) async fn conclude(&self, target: &Target, answer: Answer, mediator: Option<MediatorId>) {
        let (Target::Device(device), Answer::Gone) = (target, answer) else { return };
        if let Err(error) = self.store.forget_push_subscription(device).await {
            return tracing::error!(%error, "a device that is gone could not be forgotten");
        }
        self.counters.expired.increment();
        let Some(mediator) = mediator else { return };
        tracing::info!(mediator = %mediator.loggable(), "a device is gone and was forgotten");
        // The engine is gone only when the relay ends.
        let _ = self.lost.send(mediator).await;
    }
}

/// Waits; whether the ring ended meanwhile.
async fn ends_within(wait: Duration, over: Option<&mut watch::Receiver<()>>) -> bool {
    match over {
        Some(over) => tokio::time::timeout(wait, closed(over)).await.is_ok(),
        None => {
            tokio::time::sleep(wait).await;
            false
        }
    }
}

/// Nothing is ever sent: a ring is over when its sender is gone.
async fn closed(over: &mut watch::Receiver<()>) {
    while over.changed().await.is_ok() {}
}
