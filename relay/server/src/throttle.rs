//! Slows down the guessing of passwords.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dragoman_core::time::UnixMillis;

/// Wrong passwords for one login name before it must wait.
const TRIES: u32 = 10;
/// How long it must wait.
const WAIT: Duration = Duration::from_secs(15 * 60);
/// Most login names remembered; beyond that the map is emptied, which gives guessers a few tries more, never less.
const MAX_NAMES: usize = 10_000;

/// Wrong passwords by login name.
#[derive(Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, (u32, UnixMillis)>>,
}

impl Throttle {
    /// Whether this login name may be tried now.
    pub fn may_try(&self, login: &str, now: UnixMillis) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(login).is_none_or(|(count, last)| *count < TRIES || *last + WAIT <= now)
    }

    /// Notes a wrong password.
    pub fn note_failure(&self, login: &str, now: UnixMillis) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MAX_NAMES {
            failures.clear();
        }
        let entry = failures.entry(login.to_owned()).or_insert((0, now));
        *entry = if entry.1 + WAIT <= now { (1, now) } else { (entry.0 + 1, now) };
    }

    /// The right password clears the slate.
    pub fn forget(&self, login: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(login);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wrong_passwords_close_a_name_for_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        for _ in 0..TRIES {
            assert!(throttle.may_try("ana", UnixMillis(0)));
            throttle.note_failure("ana", UnixMillis(0));
        }
        assert!(!throttle.may_try("ana", UnixMillis(1)));
        assert!(throttle.may_try("ben", UnixMillis(1)));
        assert!(throttle.may_try("ana", UnixMillis(0) + WAIT));
    }
}
