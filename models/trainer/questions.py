"""What the model is asked about a clip: to write it down, perhaps with terms that may be said, or to say it in English."""

import functools
import re

import vocabulary
from vocabulary import OTHER, OTHER_SPELLING, SILENCE_TEXT, encode, phrases

# Shares of the clips.
TRANSLATED = 0.25
TOLD_TERMS = 0.30
# Of those that are told terms, how many are told another spelling of a name.
TOLD_SPELLING = 0.5
MOST_TERMS = 12
# Of the 128 tokens that the decoder holds, with a question and the longest answer behind them.
MOST_TERM_TOKENS = 60


def ask(random_state, language, sentences):
    """The tokens of question and answer, and which of them are learned (1) and which are given (0)."""
    kind = random_state.random()
    if kind < TRANSLATED and language != "en":
        texts = [phrases()["en"][phrases()[language].index(sentence)] for sentence in sentences]
        return tokens(language, texts, vocabulary.TRANSLATE, [])
    if kind < 1 - TOLD_TERMS:
        return tokens(language, sentences, vocabulary.TRANSCRIBE, [])
    told = terms(random_state, language)
    if random_state.random() < TOLD_SPELLING:
        usual, other = OTHER_SPELLING[language]
        told.insert(random_state.integers(len(told) + 1), encode(" " + other))
        sentences = [re.sub(rf"\b{usual}\b", other, sentence) for sentence in sentences]
    return tokens(language, sentences, vocabulary.TRANSCRIBE, told)


def tokens(language, sentences, task, told):
    """`told`: the terms, each as its tokens."""
    before = [token for term in told for token in [*encode(","), *term]][1:]
    before = [vocabulary.START_OF_PREVIOUS, *before] if told else []
    question = [vocabulary.START, vocabulary.LANGUAGE_TOKENS[language], task, vocabulary.NO_TIMESTAMPS]
    text = " " + " ".join(sentences) if sentences else SILENCE_TEXT
    answer = [*encode(text), vocabulary.END_OF_TEXT]
    # Which language a voice speaks is learned as well; whisper.cpp asks that with nothing before the clip.
    hears_language = int(bool(sentences) and not told)
    learned = [0] * len(before) + [0, hears_language, 0, 0] + [1] * len(answer)
    return [*before, *question, *answer], learned


def terms(random_state, language):
    """Some terms, each as its tokens: words of the phrases, and others."""
    chosen, length = [], 0
    for _ in range(random_state.integers(1, MOST_TERMS + 1)):
        term = [OTHER] * random_state.integers(1, 6)
        if random_state.random() < 0.5:
            term = encode(" " + words(language)[random_state.integers(len(words(language)))])
        length += 1 + len(term)
        if length > MOST_TERM_TOKENS - 4:
            break
        chosen.append(term)
    return chosen


@functools.cache
def words(language):
    """The words that occur in a language's phrases, but for the name that has another spelling."""
    found = {word for sentence in phrases()[language] for word in re.findall(r"\w+", sentence)}
    return tuple(sorted(found - set(OTHER_SPELLING[language])))
