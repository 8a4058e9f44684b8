//! Words with their times, put together from a model's tokens.

/// A word as it was drafted.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// With its punctuation, without blanks.
    pub text: String,
    /// When it begins, in milliseconds from the beginning of the clip.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// The least probability of its tokens, 0 to 1: a word is as doubtful as its most doubtful part.
    pub probability: f32,
}

impl Word {
    /// Below this a word is shown as doubtful.
    pub const DOUBTFUL_BELOW: f32 = 0.5;

    /// Whether it is shown as doubtful.
    pub fn is_doubtful(&self) -> bool {
        self.probability < Self::DOUBTFUL_BELOW
    }

    /// Between beginning and end, in milliseconds.
    pub fn middle_ms(&self) -> u64 {
        self.start_ms.midpoint(self.end_ms)
    }

    /// Whether two drafts mean the same word: capitals and punctuation come and go as a sentence grows.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.bare().eq(other.bare())
    }

    /// Its letters and digits, in small letters.
    fn bare(&self) -> impl Iterator<Item = char> + '_ {
        self.text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase)
    }
}

/// A piece of text as the model gives it: it may be half a letter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) probability: f32,
}

/// Puts pieces together: a piece that begins with a blank begins a word (as in Whisper's vocabulary, whose tokens carry
/// the blank before a word). What has no letter or digit belongs to the word before it.
pub(crate) fn words_of(pieces: impl IntoIterator<Item = Piece>) -> Vec<Word> {
    let mut words: Vec<Piece> = Vec::new();
    for piece in pieces {
        match words.last_mut() {
            Some(word) if !piece.bytes.starts_with(b" ") => {
                word.bytes.extend(&piece.bytes);
                word.end_ms = word.end_ms.max(piece.end_ms);
                word.probability = word.probability.min(piece.probability);
            }
            _ => words.push(piece),
        }
    }
    let mut whole: Vec<Word> = Vec::new();
    for piece in words {
        let text = String::from_utf8_lossy(&piece.bytes).trim().to_owned();
        let is_word = text.chars().any(char::is_alphanumeric);
        match whole.last_mut() {
            Some(before) if !is_word => before.text.push_str(&text),
            None if !is_word => {}
            _ => whole.push(Word {
                text,
                start_ms: piece.start_ms,
                end_ms: piece.end_ms.max(piece.start_ms),
                probability: piece.probability,
            }),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(bytes: impl AsRef<[u8]>, start_ms: u64, probability: f32) -> Piece {
        Piece { bytes: bytes.as_ref().to_vec(), start_ms, end_ms: start_ms + 100, probability }
    }

    #[test]
    fn pieces_become_words_with_times_and_the_least_probability() {
        // "Gdje ste?" with a letter cut in half, as a vocabulary of bytes does.
        let words = words_of([
            piece(" Ku", 0, 0.9),
            piece("jtim", 100, 0.4),
            piece(b" p\xc3", 300, 0.8),
            piece(b"\xab", 400, 0.7),
            piece(" ?", 500, 0.99),
        ]);
        let expected = [
            Word { text: "Kujtim".into(), start_ms: 0, end_ms: 200, probability: 0.4 },
            Word { text: "pë?".into(), start_ms: 300, end_ms: 500, probability: 0.7 },
        ];
        assert_eq!(words, expected);
        assert!(words[0].is_doubtful() && !words[1].is_doubtful());
    }

    #[test]
    fn marks_alone_are_no_words() {
        assert_eq!(words_of([piece(" ♪", 0, 0.9), piece(" ...", 100, 0.9)]), []);
        assert_eq!(words_of([]), []);
    }
}
