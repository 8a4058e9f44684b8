//! Word error rate: how many words of a transcript are wrong, missing or too many.

use std::ops::AddAssign;

use unicode_normalization::UnicodeNormalization;

/// Counts of a comparison; add them up over many phrases before taking the rate.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WordErrors {
    /// Words replaced, missing or inserted.
    pub errors: usize,
    /// Words in the reference.
    pub words: usize,
}

impl WordErrors {
    /// Errors by words of the reference: 0.0 is perfect, and it may exceed 1.0.
    /// Text where there should be none counts as 1.0.
    pub fn rate(&self) -> f64 {
        match (self.errors, self.words) {
            (0, _) => 0.0,
            (_, 0) => 1.0,
            (errors, words) => errors as f64 / words as f64,
        }
    }
}

impl AddAssign for WordErrors {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.words += other.words;
    }
}

/// The word error rate of `hypothesis` against `reference`; case and punctuation do not count.
pub fn word_error_rate(reference: &str, hypothesis: &str) -> f64 {
    word_errors(reference, hypothesis).rate()
}

/// Counts the word errors of `hypothesis` against `reference`; case and punctuation do not count.
pub fn word_errors(reference: &str, hypothesis: &str) -> WordErrors {
    let reference = normalised_words(reference);
    let hypothesis = normalised_words(hypothesis);
    // Levenshtein distance over words, one row at a time.
    let mut row: Vec<usize> = (0..=hypothesis.len()).collect();
    for (done, expected) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (index, word) in hypothesis.iter().enumerate() {
            let replaced = diagonal + usize::from(word != expected);
            diagonal = row[index + 1];
            row[index + 1] = replaced.min(diagonal + 1).min(row[index] + 1);
        }
    }
    WordErrors { errors: row[hypothesis.len()], words: reference.len() }
}

/// Lower-case words in one Unicode form. Apostrophes vanish ("don't" is one word), other punctuation divides.
fn normalised_words(text: &str) -> Vec<String> {
    let is_apostrophe = |c: &char| matches!(c, '\'' | '’' | 'ʼ' | '`');
    let folded = text.nfkc().flat_map(char::to_lowercase).filter(|c| !is_apostrophe(c)).nfc();
    let spaced: String = folded
        .map(|c| {
            let belongs = c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
            if belongs { c } else { ' ' }
        })
        .collect();
    spaced.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_unicode_form_do_not_count() {
        assert_eq!(word_error_rate("A jeni mirë?", "a jeni mire\u{308}"), 0.0);
        assert_eq!(word_error_rate("Don't worry – you're safe.", "dont worry, you’re safe"), 0.0);
        assert_eq!(word_error_rate("Да ли сте добро?", "да ли сте ДОБРО"), 0.0);
    }

    #[test]
    fn replaced_missing_and_inserted_words_count_once_each() {
        assert_eq!(
            word_errors("one two three four", "one too three four"),
            WordErrors { errors: 1, words: 4 }
        );
        assert_eq!(word_errors("one two three four", "one three four"), WordErrors { errors: 1, words: 4 });
        assert_eq!(word_errors("one two", "well one two"), WordErrors { errors: 1, words: 2 });
        assert_eq!(word_errors("one two", ""), WordErrors { errors: 2, words: 2 });
    }

    #[test]
    fn rates_add_up_over_phrases_and_survive_empty_references() {
        let mut all = word_errors("one two three four", "one");
        all += word_errors("a b c d e f", "a b c d e f");
        assert_eq!(all.rate(), 0.3);
        assert_eq!(word_error_rate("", ""), 0.0);
        assert_eq!(word_error_rate("...", "thank you"), 1.0);
    }
}
