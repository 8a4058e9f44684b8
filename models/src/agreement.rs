//! Captions that settle: what two drafts of the same speech agree on is shown as settled and does not change any more.
//!
//! LocalAgreement-2 (D. Liu, G. Spanakis, J. Niehues, "Low-latency sequence-to-sequence speech recognition and
//! translation by partial hypothesis selection", Interspeech 2020): each draft is made of everything from the beginning of
//! the segment until now, and the longest common beginning of two drafts in a row is taken as said.

use crate::word::Word;

/// The drafts of one segment, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    settled: Vec<Word>,
    /// What the last draft had beyond the settled words.
    open: Vec<Word>,
}

impl Agreement {
    /// Takes the next draft of the segment. Settled words stay, also where a later draft has others in their place: a
    /// reader must not see what was said change. The line that ends the segment is made of all of it, and may.
    pub fn take(&mut self, draft: Vec<Word>) {
        // The draft goes on where the settled words end: by time, since it may have more or fewer words before.
        let from = match self.settled.last() {
            Some(last) => {
                draft.iter().position(|word| word.middle_ms() >= last.end_ms).unwrap_or(draft.len())
            }
            None => 0,
        };
        let mut open: Vec<Word> = draft.into_iter().skip(from).collect();
        let agreed = self.open.iter().zip(&open).take_while(|(before, now)| before.is_same_as(now)).count();
        self.settled.extend(open.drain(..agreed));
        self.open = open;
    }

    /// Words that stay.
    pub fn settled(&self) -> &[Word] {
        &self.settled
    }

    /// Words of the last draft that may still change.
    pub fn open(&self) -> &[Word] {
        &self.open
    }

    /// Whether nothing was heard yet.
    pub fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Words of 200 ms each, from the beginning.
    fn draft(text: &str) -> Vec<Word> {
        let words = text.split_whitespace().zip(0_u64..);
        words
            .map(|(text, n)| Word {
                text: text.to_owned(),
                start_ms: n * 200,
                end_ms: n * 200 + 200,
                probability: 0.9,
            })
            .collect()
    }

    fn text(words: &[Word]) -> String {
        words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_two_drafts_agree_on_is_settled_and_the_rest_may_change() {
        let mut agreement = Agreement::default();
        for (heard, settled, open) in [
            ("where", "", "where"),
            ("where do", "where", "do"),
            ("where did you", "where", "did you"),
            ("where did you sleep", "where did you", "sleep"),
            ("Where did you sleep last", "where did you sleep", "last"),
        ] {
            agreement.take(draft(heard));
            assert_eq!((text(agreement.settled()), text(agreement.open())), (settled.into(), open.into()));
        }
    }

    #[test]
    fn punctuation_and_capitals_are_not_disagreement() {
        let mut agreement = Agreement::default();
        agreement.take(draft("yes I"));
        agreement.take(draft("Yes, I do."));
        assert_eq!(text(agreement.settled()), "Yes, I");
    }

    #[test]
    fn settled_words_stay_when_a_draft_loses_or_changes_them() {
        let mut agreement = Agreement::default();
        agreement.take(draft("my name is"));
        agreement.take(draft("my name is"));
        agreement.take(Vec::new());
        assert_eq!((text(agreement.settled()), text(agreement.open())), ("my name is".into(), String::new()));
        agreement.take(draft("his name was Arben"));
        assert_eq!(
            (text(agreement.settled()), text(agreement.open())),
            ("my name is".into(), "Arben".into())
        );
    }

    proptest! {
        #[test]
        fn settled_words_only_ever_grow(drafts in prop::collection::vec("([ab] ){0,6}", 0..8)) {
            let mut agreement = Agreement::default();
            let mut before = Vec::new();
            for heard in drafts {
                agreement.take(draft(&heard));
                prop_assert!(agreement.settled().starts_with(&before));
                before = agreement.settled().to_vec();
            }
        }
    }
}
