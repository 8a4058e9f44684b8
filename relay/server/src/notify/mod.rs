//! Rings mediators who have no page open: their devices by Web Push, and the administrator's gateway. Tells the staff
//! what waits for them in the same way.
//!
//! Queue: notices of the engine wait for the notifier (`NOTICE_QUEUE`). When it is full, a further notice is dropped and
//! counted: the engine never waits, open pages ring all the same, the next wave rings others, and a ring whose end was
//! lost ends by its time. At most `MAX_RINGS` ring at once, and `SENDS_AT_ONCE` requests are under way; others wait.

mod endpoint;
mod note;
mod push;
mod ring;
mod vapid;
mod webhook;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dragoman_core::event::Event;
use dragoman_core::ids::{MediatorId, SessionId};
use dragoman_core::session::Session;
use dragoman_core::session_types::OfferNumber;
use dragoman_core::time::UnixMillis;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

pub(crate) use endpoint::is_loopback_host;
pub use endpoint::{Reach, check_endpoint};
pub use note::{Note, NoteKind, Recipient};
pub use webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER};

use crate::config::{Config, Transport};
use crate::media::stats::Count;
use crate::store::{PushSubscription, Store, StoreError};

/// Notices that wait for the notifier.
const NOTICE_QUEUE: usize = 256;
/// Rings that are carried at once.
const MAX_RINGS: usize = 512;
/// Notes that are told at once. They have slots and turns of their own: no note, however slow its device, holds up a ring.
const MAX_NOTES: usize = 256;
/// Requests to push services and the gateway that are under way at once, for rings.
const SENDS_AT_ONCE: usize = 32;
/// The same for notes.
const NOTES_AT_ONCE: usize = 8;
/// Mediators who lost their last device and were not looked at yet; the notifier waits.
const LOST_QUEUE: usize = 64;
/// How long the end of a ring is kept for a device that is offline.
const OVER_FOR: Duration = Duration::from_secs(60);
/// How long a push service keeps that a call waits for a coordinator: later it was answered or given up.
const CALL_WAITS_FOR: Duration = Duration::from_secs(10 * 60);

/// Where a mediator can be reached by the gateway, for instance a telephone number: looked up for each ring, kept
/// nowhere. `None`: the mediator left no such way.
pub type Contacts =
    Arc<dyn Fn(MediatorId, ContactUse) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync>;

/// What a contact is looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactUse {
    /// To know whether there is one: it is told to nobody.
    Reachability,
    /// To ring: the gateway is told.
    Ring,
}

/// Handle to the notifier. Cheap to clone.
#[derive(Clone)]
pub struct Notifier {
    notices: mpsc::Sender<Notice>,
    parts: Arc<Parts>,
}

/// What was counted, for `/metrics`.
#[derive(Debug, Default)]
pub struct NotifyCounters {
    /// Messages that a push service or the gateway took.
    pub sent: Count,
    /// Messages that none took, after one more try.
    pub failed: Count,
    /// Devices that were forgotten because their push service knows them no more.
    pub expired: Count,
    /// Notices that found the queue full.
    pub dropped: Count,
}

/// What all rings share.
struct Parts {
    store: Store,
    push: push::PushSender,
    webhook: Option<webhook::WebhookSender>,
    contacts: Contacts,
    sending: Semaphore,
    telling: Semaphore,
    counters: NotifyCounters,
    lost: mpsc::Sender<MediatorId>,
}

enum Notice {
    Rang(Ring),
    Over(RingId),
    Note(Note),
}

/// One ring to one mediator.
#[derive(Debug, Clone)]
struct Ring {
    id: RingId,
    mediator: MediatorId,
    expires_at: UnixMillis,
}

/// Names a ring to the outside, and tells nobody which session it is: 32 characters of base64url, as RFC 8030,
/// section 5.4, asks of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
struct RingId(String);

/// All that leaves the relay.
#[derive(Debug, Clone, Serialize)]
struct Message {
    kind: Kind,
    ring: RingId,
    expires_at: UnixMillis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Ring,
    RingOver,
    BookingAsks,
    BookingChanged,
    BookingSoon,
    BookingWaits,
    CallWaits,
}

/// Where a message goes.
enum Target {
    Device(PushSubscription),
    Gateway(String),
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accepted,
    /// The device is known no more.
    Gone,
    Refused,
    /// Not now; after so long, if that was said.
    Later(Option<Duration>),
}

impl Notifier {
    /// Reads or makes the key, and starts. The other half tells of mediators who may be reachable no more.
    ///
    /// # Errors
    /// If the key can not be read or written, or the gateway can not be asked.
    pub fn start(
        config: &Config,
        store: Store,
        contacts: Contacts,
    ) -> anyhow::Result<(Self, mpsc::Receiver<MediatorId>)> {
        let reach = device_reach(config);
        let push = push::PushSender::open(&config.data, &config.public_url, reach)?;
        let webhook = config.webhook.clone().map(webhook::WebhookSender::new).transpose()?;
        let (lost, losses) = mpsc::channel(LOST_QUEUE);
        let (sending, telling) = (Semaphore::new(SENDS_AT_ONCE), Semaphore::new(NOTES_AT_ONCE));
        let counters = NotifyCounters::default();
        let parts = Arc::new(Parts { store, push, webhook, contacts, sending, telling, counters, lost });
        let (notices, inbox) = mpsc::channel(NOTICE_QUEUE);
        tokio::spawn(work(parts.clone(), inbox));
        Ok((Self { notices, parts }, losses))
    }

    /// Rings and stops ringing as a session's events say. Never waits.
    pub fn note(&self, session: SessionId, events: &[Event]) {
        for event in events {
            match *event {
                Event::OfferRang { offer, mediator, expires_at, .. } => {
                    self.queue(Notice::Rang(Ring { id: RingId::of(session, offer), mediator, expires_at }));
                }
                Event::OfferAccepted { offer, .. } | Event::OfferClosed { offer, .. } => {
                    self.queue(Notice::Over(RingId::of(session, offer)));
                }
                _ => {}
            }
        }
    }

    /// Tells the coordinators whom it concerns that a call waits for them. Never waits.
    pub fn call_coordinators(&self, session: &Session, now: UnixMillis) {
        let to = Recipient::Coordinators(session.request.agency.clone());
        let until = now + CALL_WAITS_FOR;
        self.tell(Note { to, kind: NoteKind::CallWaits, about: session.id.0, until });
    }

    /// Tells somebody something. Never waits.
    pub fn tell(&self, note: Note) {
        self.queue(Notice::Note(note));
    }

    /// Rings once more for what rang when the relay ended: whether the devices were told is not known.
    pub fn ring_again(&self, session: &Session) {
        for offer in session.ringing() {
            let id = RingId::of(session.id, offer.number);
            self.queue(Notice::Rang(Ring { id, mediator: offer.mediator, expires_at: offer.expires_at }));
        }
    }

    /// Whether a mediator without an open page can be rung.
    ///
    /// # Errors
    /// The database's.
    pub async fn reaches(&self, mediator: MediatorId) -> Result<bool, StoreError> {
        let devices =
            self.push_key().is_some() && !self.parts.store.push_subscriptions_of(mediator).await?.is_empty();
        Ok(devices || self.parts.contact_of(mediator, ContactUse::Reachability).await.is_some())
    }

    /// Key for browsers; `None` where no device can be rung.
    pub fn push_key(&self) -> Option<&str> {
        self.parts.push.public_key()
    }

    /// Where devices may be.
    pub fn device_reach(&self) -> Reach {
        self.parts.push.reach()
    }

    /// What was counted.
    pub fn counters(&self) -> &NotifyCounters {
        &self.parts.counters
    }

    fn queue(&self, notice: Notice) {
        if self.notices.try_send(notice).is_err() {
            self.parts.counters.dropped.increment();
        }
    }
}

/// A relay that people reach by plain HTTP is one of this machine alone, for tests and demonstrations. Behind a proxy
/// with TLS (`--plain-http` with an https address for people) it is a real one.
fn device_reach(config: &Config) -> Reach {
    let alone = config.transport == Transport::Plain && config.public_url.starts_with("http://");
    if alone { Reach::AndLoopback } else { Reach::Public }
}

impl Parts {
    async fn contact_of(&self, mediator: MediatorId, purpose: ContactUse) -> Option<String> {
        match self.webhook {
            Some(_) => (self.contacts)(mediator, purpose).await,
            None => None,
        }
    }
}

impl RingId {
    fn of(session: SessionId, offer: OfferNumber) -> Self {
        let mut digest = Sha256::new_with_prefix(b"dragoman-ring-1");
        digest.update(session.0.as_bytes());
        digest.update(offer.0.to_be_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        Self(URL_SAFE_NO_PAD.encode(&digest[..24]))
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl Kind {
    fn is_note(self) -> bool {
        !matches!(self, Self::Ring | Self::RingOver)
    }

    /// For the device's battery (RFC 8030, section 5.3): what is planned ahead may wait until it wakes.
    fn urgency(self) -> &'static str {
        match self {
            Self::Ring | Self::RingOver | Self::CallWaits | Self::BookingSoon => "high",
            Self::BookingAsks | Self::BookingChanged | Self::BookingWaits => "normal",
        }
    }
}

impl Message {
    /// How long a push service keeps it for a device that is offline.
    fn lifetime(&self, now: UnixMillis) -> Duration {
        match self.kind {
            Kind::RingOver => OVER_FOR,
            _ => left_until(self.expires_at, now),
        }
    }
}

fn left_until(until: UnixMillis, now: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(until.0.saturating_sub(now.0)).unwrap_or_default())
}

/// Carries rings and notes until all handles are gone.
async fn work(parts: Arc<Parts>, mut inbox: mpsc::Receiver<Notice>) {
    // A ring ends when its sender is dropped.
    let mut rings: HashMap<RingId, watch::Sender<()>> = HashMap::new();
    let (mut carried, mut told) = (JoinSet::new(), JoinSet::new());
    loop {
        tokio::select! {
            notice = inbox.recv() => match notice {
                Some(Notice::Rang(ring)) if carried.len() < MAX_RINGS => {
                    let (rings_on, over) = watch::channel(());
                    rings.insert(ring.id.clone(), rings_on);
                    carried.spawn(ring::carry(parts.clone(), ring, over));
                }
                Some(Notice::Note(note)) if told.len() < MAX_NOTES => {
                    told.spawn(note::carry(parts.clone(), note));
                }
                Some(Notice::Rang(_) | Notice::Note(_)) => parts.counters.dropped.increment(),
                Some(Notice::Over(id)) => drop(rings.remove(&id)),
                None => return,
            },
            Some(ended) = carried.join_next() => match ended {
                Ok(id) => drop(rings.remove(&id)),
                Err(error) => tracing::error!(%error, "a ring was not carried to its end"),
            },
            Some(ended) = told.join_next() => if let Err(error) = ended {
                tracing::error!(%error, "a note was not told to its end");
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::config::Settings;

    #[test]
    fn only_a_relay_of_this_machine_alone_asks_this_machine() {
        let reach = |plain_http, public_url: Option<&str>| {
            let (data, listen) = (Some("/tmp/x".into()), Some("127.0.0.1:8443".into()));
            let public_url = public_url.map(str::to_owned);
            let settings = Settings { data, listen, plain_http, public_url, ..Settings::default() };
            device_reach(&settings.check().unwrap())
        };
        assert_eq!(reach(true, None), Reach::AndLoopback);
        assert_eq!(reach(true, Some("https://relay.example")), Reach::Public);
        assert_eq!(reach(false, None), Reach::Public);
        assert_eq!(reach(false, Some("http://localhost")), Reach::Public);
    }

    #[test]
    fn a_ring_has_a_name_of_its_own_that_is_a_topic_and_not_the_session() {
        let session = SessionId(Uuid::from_u128(7));
        let id = RingId::of(session, OfferNumber(1));
        assert_eq!(id, RingId::of(session, OfferNumber(1)));
        assert_ne!(id, RingId::of(session, OfferNumber(2)));
        assert_eq!(id.as_str().len(), 32);
        assert!(id.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }
}
