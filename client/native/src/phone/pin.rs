//! The number that whoever picks up the phone has to know.

use std::path::Path;

use subtle::{Choice, ConstantTimeEq as _};

use crate::error::{ClientError, Result};

/// Fewest and most digits.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=12;
const MOST: usize = *LENGTHS.end();

/// See the module's page. It is never shown and never logged.
#[derive(Clone)]
pub struct Pin {
    padded: [u8; MOST],
    length: usize,
}

impl Pin {
    /// Reads a PIN of 4 to 12 digits.
    ///
    /// # Errors
    /// [`ClientError::Phone`] if it is none; what was given is not repeated.
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        if !LENGTHS.contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ClientError::Phone("a PIN has 4 to 12 digits and nothing else".to_owned()));
        }
        Ok(Self { padded: padded(text), length: text.len() })
    }

    /// Reads it from a file.
    ///
    /// # Errors
    /// If the file can not be read or holds no PIN.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| ClientError::File { path: path.to_owned(), reason: e.to_string() })?;
        Self::new(&text)
    }

    /// Compares in a time that does not tell how much of it is right.
    fn is(&self, entry: &str) -> bool {
        let same_length = Choice::from(u8::from(entry.len() == self.length));
        (self.padded.ct_eq(&padded(entry)) & same_length).into()
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin")
    }
}

fn padded(text: &str) -> [u8; MOST] {
    let mut padded = [0; MOST];
    for (to, byte) in padded.iter_mut().zip(text.bytes()) {
        *to = byte;
    }
    padded
}

/// What is typed, key by key.
#[derive(Default)]
pub(super) struct Entry(String);

impl Entry {
    /// `#` ends an entry: `Some` says whether it was right. `*` begins it anew.
    pub(super) fn press(&mut self, key: char, pin: &Pin) -> Option<bool> {
        match key {
            '#' => return Some(pin.is(&std::mem::take(&mut self.0))),
            '*' => self.0.clear(),
            // One more than the most is wrong already, whatever follows.
            digit if self.0.len() <= MOST => self.0.push(digit),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(keys: &str) -> Option<bool> {
        let (pin, mut entry) = (Pin::new("4711\n").unwrap(), Entry::default());
        keys.chars().filter_map(|key| entry.press(key, &pin)).last()
    }

    #[test]
    fn only_the_whole_pin_is_right() {
        assert_eq!(enter("4711"), None);
        for (keys, right) in [
            ("4711#", true),
            ("12*4711#", true),
            ("0000#4711#", true),
            ("471#", false),
            ("47110#", false),
            ("#", false),
            ("4711471147114711#", false),
        ] {
            assert_eq!(enter(keys), Some(right), "{keys}");
        }
    }

    #[test]
    fn what_is_no_pin_is_refused_and_a_pin_is_not_shown() {
        for text in ["", "123", "1234567890123", "12a4", "+4711"] {
            assert!(Pin::new(text).is_err(), "{text}");
        }
        assert_eq!(format!("{:?}", Pin::new("4711").unwrap()), "Pin");
    }
}
