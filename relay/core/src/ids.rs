//! Identifiers as newtypes: one kind can not be passed for another, and each has a short form that is safe to log.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A short digest for log lines: it tells two apart within a log, and names nobody outside it.
            pub fn loggable(self) -> Loggable {
                Loggable { prefix: $prefix, digest: digest_of(self.0) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

identifier!(
    /// One interview, from request to sealed record.
    SessionId, "s"
);
identifier!(
    /// Someone or something in one session. A new one for every session, so it links no two of them.
    ParticipantId, "p"
);
identifier!(
    /// A person on the roster who interprets.
    MediatorId, "m"
);
identifier!(
    /// Somebody who can sign in.
    AccountId, "a"
);
identifier!(
    /// A loan of mediators from one agency to another.
    LoanId, "l"
);
identifier!(
    /// A planned session.
    BookingId, "b"
);
identifier!(
    /// When a mediator is on duty, once or again and again.
    ShiftId, "d"
);
identifier!(
    /// A calendar that programs outside read by a secret address.
    FeedId, "f"
);

/// The form of an identifier that may stand in a log line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Loggable {
    prefix: &'static str,
    digest: [u8; 4],
}

impl fmt::Display for Loggable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.prefix, hex::encode(self.digest))
    }
}

impl fmt::Debug for Loggable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn digest_of(id: Uuid) -> [u8; 4] {
    let digest = Sha256::digest(id.as_bytes());
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loggable_form_is_stable_short_and_not_the_id() {
        let id = SessionId(Uuid::from_u128(7));
        let logged = id.loggable().to_string();
        assert_eq!(logged, id.loggable().to_string());
        assert_eq!(logged.len(), 10);
        assert!(!id.to_string().contains(&logged[2..]));
    }
}
