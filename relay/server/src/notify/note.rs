//! Notes: what is told once to whoever it concerns and needs no end, to all their devices and the gateway.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::{AccountId, MediatorId};
use dragoman_core::time::UnixMillis;
use futures_util::future::join_all;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Kind, Message, Parts, RingId, Target};

/// Something to be told.
#[derive(Debug, Clone)]
pub struct Note {
    /// To whom.
    pub to: Recipient,
    /// What.
    pub kind: NoteKind,
    /// Which session or booking it is about; only a digest of it leaves the relay.
    pub about: Uuid,
    /// Of no use after that.
    pub until: UnixMillis,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A mediator, by the gateway as well.
    Mediator(MediatorId),
    /// Somebody of the staff.
    Account(AccountId),
    /// The coordinators of an agency, and those who belong to none.
    Coordinators(Option<AgencyCode>),
}

/// What is told. It says nothing about the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// A mediator is asked for a planned session.
    BookingAsks,
    /// A planned session was taken, given back, assigned or called off.
    BookingChanged,
    /// A planned session is near.
    BookingSoon,
    /// Nobody takes a planned session: coordinators must look at it.
    BookingWaits,
    /// Nobody answers a call: coordinators must look at it.
    CallWaits,
}

impl NoteKind {
    fn kind(self) -> Kind {
        match self {
            Self::BookingAsks => Kind::BookingAsks,
            Self::BookingChanged => Kind::BookingChanged,
            Self::BookingSoon => Kind::BookingSoon,
            Self::BookingWaits => Kind::BookingWaits,
            Self::CallWaits => Kind::CallWaits,
        }
    }
}

impl Note {
    /// Notes of one kind about one thing replace each other at the push service and on the device.
    fn message(&self) -> Message {
        let mut digest = Sha256::new_with_prefix(b"dragoman-note-1");
        digest.update([self.kind as u8]);
        digest.update(self.about.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        let ring = RingId(URL_SAFE_NO_PAD.encode(&digest[..24]));
        Message { kind: self.kind.kind(), ring, expires_at: self.until }
    }
}

/// Tells it everywhere.
pub(super) async fn carry(parts: Arc<Parts>, note: Note) {
    let (targets, mediator) = match &note.to {
        Recipient::Mediator(mediator) => (parts.targets(*mediator).await, Some(*mediator)),
        Recipient::Account(account) => {
            (devices(parts.store.push_subscriptions_of_account(*account).await), None)
        }
        Recipient::Coordinators(agency) => {
            (devices(parts.store.push_subscriptions_of_coordinators(agency.as_ref()).await), None)
        }
    };
    let message = note.message();
    join_all(targets.iter().map(async |target| {
        let answer = parts.deliver(target, &message, note.until, None).await;
        parts.conclude(target, answer, mediator).await;
    }))
    .await;
}

fn devices(read: Result<Vec<crate::store::PushSubscription>, crate::store::StoreError>) -> Vec<Target> {
    let devices = read.unwrap_or_else(|error| {
        tracing::error!(%error, "devices could not be read; they are not told");
        Vec::new()
    });
    devices.into_iter().map(Target::Device).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_what_it_is_about_to_nobody_else() {
        let note = |kind, about| Note {
            to: Recipient::Coordinators(None),
            kind,
            about: Uuid::from_u128(about),
            until: UnixMillis(7),
        };
        let topic = |kind, about| note(kind, about).message().ring.as_str().to_owned();
        let first = topic(NoteKind::BookingAsks, 1);
        assert_eq!((first.len(), &first), (32, &topic(NoteKind::BookingAsks, 1)));
        assert_ne!(first, topic(NoteKind::BookingAsks, 2));
        assert_ne!(first, topic(NoteKind::BookingSoon, 1));
        let text = serde_json::to_string(&note(NoteKind::CallWaits, 1).message()).unwrap();
        assert!(text.starts_with(r#"{"kind":"call_waits","ring":""#) && text.ends_with(r#""expires_at":7}"#));
    }
}
