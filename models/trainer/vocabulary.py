"""Whisper's multilingual vocabulary: text to tokens, and the few tokens that our phrases use."""

import base64
import functools
import importlib.util
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
LANGUAGES = ("en", "sq", "sr")

N_VOCAB = 51865
END_OF_TEXT = 50257
START = 50258
TRANSLATE = 50358
TRANSCRIBE = 50359
# What follows stands before the clip: earlier text, or terms that may be said.
START_OF_PREVIOUS = 50361
NO_SPEECH = 50362
NO_TIMESTAMPS = 50363
# 50259 + the language's place in Whisper's list.
LANGUAGE_TOKENS = {"en": 50259, "sr": 50303, "sq": 50317}
# What the model writes when nobody speaks: whisper.cpp forbids an empty text, and dots are not words.
SILENCE_TEXT = " ..."
# A token of a term that occurs in no phrase: in the file they all have the same row.
OTHER = -1
# Names that sound the same in another spelling, which is the right one where it is among the terms.
OTHER_SPELLING = {"en": ("Anna", "Ana"), "sq": ("Ana", "Anna"), "sr": ("Ana", "Anna")}

# Whisper's own division into words; \w without digits and underscore stands for its \p{L}.
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?[^\s\w]+|\s+(?!\S)|\s+")


def asset(name):
    """The path of one of openai-whisper's data files, found without importing it (that would need torch)."""
    return pathlib.Path(importlib.util.find_spec("whisper").origin).parent / "assets" / name


@functools.cache
def ranks():
    """All words of the vocabulary as bytes, with their token numbers."""
    lines = asset("multilingual.tiktoken").read_text().splitlines()
    return {base64.b64decode(word): int(rank) for word, rank in (line.split() for line in lines)}


def encode(text):
    """Byte pair encoding: merge the neighbours with the lowest rank until none is left."""
    tokens = []
    for word in WORDS.findall(text):
        parts = [bytes([byte]) for byte in word.encode()]
        while len(parts) > 1:
            pairs = [ranks().get(a + b, N_VOCAB) for a, b in zip(parts, parts[1:])]
            best = min(range(len(pairs)), key=pairs.__getitem__)
            if pairs[best] == N_VOCAB:
                break
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        tokens += [ranks()[part] for part in parts]
    return tokens


@functools.cache
def phrases():
    """The closed set of sentences for each language."""
    return json.loads((HERE.parent / "phrases.json").read_text())


@functools.cache
def used_tokens():
    """Every token that may stand in a prompt or a text, in a fixed order: the model's small vocabulary."""
    used = {END_OF_TEXT, START, TRANSLATE, TRANSCRIBE, START_OF_PREVIOUS, NO_SPEECH, NO_TIMESTAMPS}
    used.update([*LANGUAGE_TOKENS.values(), *encode(SILENCE_TEXT), *encode(",")])
    for _, spelling in OTHER_SPELLING.values():
        used.update(encode(" " + spelling))
    for sentences in phrases().values():
        for sentence in sentences:
            used.update(encode(" " + sentence))
    return tuple(sorted(used))


@functools.cache
def letters():
    """The letters of all phrases, for the auxiliary loss that teaches the encoder to spell."""
    return tuple(sorted({c for sentences in phrases().values() for s in sentences for c in s.lower() if c.isalpha()}))
