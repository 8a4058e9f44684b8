//! Where log lines go: to standard error, but while the screen is in use they are kept, and told when it is gone.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Pieces that are kept; then the oldest is dropped.
const KEPT: usize = 200;

/// `None`: there is no screen.
static KEEPS: Mutex<Option<VecDeque<Vec<u8>>>> = Mutex::new(None);

/// The writer of the program's log.
#[derive(Debug, Default)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *KEEPS.lock().unwrap_or_else(PoisonError::into_inner) {
            None => io::stderr().write_all(bytes)?,
            Some(kept) => {
                kept.push_back(bytes.to_owned());
                let excess = kept.len().saturating_sub(KEPT);
                kept.drain(..excess);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Keeps the log until it is dropped.
#[derive(Debug)]
pub(crate) struct Kept(());

impl Kept {
    pub(crate) fn begin() -> Self {
        KEEPS.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
        Self(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let kept = KEEPS.lock().unwrap_or_else(PoisonError::into_inner).take();
        for piece in kept.into_iter().flatten() {
            // There is nowhere else to say that it fails.
            let _ = io::stderr().write_all(&piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_behind_the_screen_is_kept_and_bounded() {
        let kept = Kept::begin();
        for number in 0..KEPT + 10 {
            write!(Log, "{number}").unwrap();
        }
        let held = KEEPS.lock().unwrap().clone().unwrap();
        assert_eq!((held.len(), held[0].as_slice()), (KEPT, b"10".as_slice()));
        // Nothing is to be told in a test.
        *KEEPS.lock().unwrap() = Some(VecDeque::new());
        drop(kept);
        assert!(KEEPS.lock().unwrap().is_none());
    }
}
