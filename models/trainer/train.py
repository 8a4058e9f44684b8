"""Trains the small Whisper on espeak-ng's voices and writes the ggml file again and again while it learns."""

import argparse
import concurrent.futures
import functools
import multiprocessing
import pathlib
import pickle
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import ggml
import mel
import model
import questions
import speech
import vocabulary

SEED = 1
BATCH = 16
# Clips in one portion, and how often each is used before the next portion is ready.
PORTION = 1536
PASSES = 4
# Shapes of a batch in training: steps of 20 ms that the encoder hears, tokens, letters. Short ones are quicker; the
# last pass and some batches before it have the full length, for that is what whisper.cpp always computes. Where terms
# are told, there are more tokens.
SHAPES = ((96, 24, 32), (160, 40, 48), (240, 60, 80), (model.AUDIO_CONTEXT, 60, 80))
TOKENS_WITH_TERMS = model.TEXT_CONTEXT
FULL_LENGTH_SHARE = 0.04
# Spelling the sound teaches the encoder to listen long before the decoder would.
SPELLING_WEIGHT = 0.5
CHECKPOINT = speech.CACHE / "checkpoint.pickle"


@functools.cache
def examples():
    return speech.Examples(speech.render_all(SEED))


@functools.cache
def places():
    used = vocabulary.used_tokens()
    return {token: place for place, token in enumerate([*used, vocabulary.OTHER])}


def make_clips(portion):
    """A portion of clips: the smallest shape that holds it, mel, tokens, which of them are learned, and letters of each."""
    random_state = np.random.default_rng([SEED, portion])
    alphabet = {letter: 1 + place for place, letter in enumerate(vocabulary.letters())}
    clips = []
    for _ in range(PORTION):
        samples, language, sentences = examples().make(random_state)
        tokens, learned = questions.ask(random_state, language, sentences)
        tokens = [places()[token] for token in tokens]
        spelled = [alphabet[c] for c in " ".join(sentences).lower() if c in alphabet]
        needed = (-(-len(samples) // (2 * mel.HOP)) + 2, len(tokens), len(spelled))
        has_terms = tokens[0] == places()[vocabulary.START_OF_PREVIOUS]
        shapes = [widened(shape) for shape in SHAPES] if has_terms else SHAPES
        shape = next((shape for shape in shapes if np.all(np.less_equal(needed, shape))), shapes[-1])
        sound = mel.log_mel(samples, 2 * shape[0]).astype(np.float16)
        clips.append((shape, sound, tokens, learned, spelled))
    return clips


def widened(shape):
    return (shape[0], TOKENS_WITH_TERMS, shape[2])


def pad(rows, width):
    """Rows of different lengths as one array, with a mask of what is real."""
    padded, real = np.zeros((len(rows), width), np.int32), np.zeros((len(rows), width), np.float32)
    for row, values, there in zip(rows, padded, real):
        values[: len(row)], there[: len(row)] = row, 1
    return padded, real


def batches(clips, random_state, full_length):
    """Shuffled batches of clips of similar length."""
    groups = {}
    for clip in clips:
        widest = full_length or random_state.random() < FULL_LENGTH_SHARE
        full = widened(SHAPES[-1]) if clip[0][1] == TOKENS_WITH_TERMS else SHAPES[-1]
        groups.setdefault(full if widest else clip[0], []).append(clip)
    plan = []
    for shape, group in groups.items():
        random_state.shuffle(group)
        plan += [(shape, group[at : at + BATCH]) for at in range(0, len(group) - BATCH + 1, BATCH)]
    random_state.shuffle(plan)
    for (steps, most_tokens, most_letters), group in plan:
        _, sounds, tokens, learned, spelled = zip(*group)
        sounds = np.stack([widen(sound, 2 * steps) for sound in sounds]).astype(np.float32)
        mask_bands(sounds, random_state)
        tokens, _ = pad(tokens, most_tokens)
        learned, _ = pad(learned, most_tokens)
        spelled, letters_real = pad(spelled, most_letters)
        yield sounds, tokens, learned.astype(np.float32), spelled, letters_real


def widen(sound, frames):
    """Adds the silence that whisper.cpp adds: it lies at the clip's lowest value, or what is left of the floor."""
    missing = frames - len(sound)
    if missing <= 0:
        return sound
    lowest = max(sound.max() - 2.0, (np.log10(mel.FLOOR) + 4.0) / 4.0)
    return np.concatenate([sound, np.full((missing, mel.BANDS), lowest, np.float16)])


def mask_bands(sounds, random_state):
    """Hides a few neighbouring bands, so that no single one decides."""
    for sound in sounds:
        if random_state.random() < 0.5:
            width = random_state.integers(1, 12)
            start = random_state.integers(0, mel.BANDS - width)
            sound[:, start : start + width] = sound.mean()


def loss(weights, sounds, tokens, learned, spelled, letters_real):
    heard = model.encode(weights, sounds)
    scores = jax.nn.log_softmax(model.decode(weights, heard, tokens[:, :-1]))
    chosen = jnp.take_along_axis(scores, tokens[:, 1:, None], axis=2)[..., 0]
    weight = learned[:, 1:]
    text_loss = -(chosen * weight).sum() / weight.sum()
    letters = model.spell(weights, heard)
    spell_loss = optax.ctc_loss(letters, jnp.zeros(letters.shape[:2]), spelled, 1 - letters_real)
    spell_loss = (spell_loss / jnp.maximum(letters_real.sum(1), 1)).mean()
    right = ((scores.argmax(-1) == tokens[:, 1:]) * weight).sum() / weight.sum()
    return text_loss + SPELLING_WEIGHT * spell_loss, (text_loss, spell_loss, right)


def step_function(optimiser):
    @functools.partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(weights, averaged, state, *batch):
        (_, report), gradients = jax.value_and_grad(loss, has_aux=True)(weights, *batch)
        updates, state = optimiser.update(gradients, state, weights)
        weights = model.hold_reserved(optax.apply_updates(weights, updates))
        averaged = jax.tree.map(lambda old, new: 0.998 * old + 0.002 * new, averaged, weights)
        return weights, averaged, state, report

    return step


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portions", type=int, default=26, help=f"portions of {PORTION} clips, {PASSES} passes each")
    parser.add_argument("--output", type=pathlib.Path, default=vocabulary.HERE.parent / "ggml-dragoman-test.bin")
    return parser.parse_args()


def main():
    options = arguments()
    jax.config.update("jax_compilation_cache_dir", str(speech.CACHE / "compiled"))
    steps = options.portions * PASSES * (PORTION // BATCH)
    rate = optax.warmup_cosine_decay_schedule(0.0, 2e-3, 300, steps, 2e-5)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, b2=0.98, weight_decay=0.01))
    weights = jax.tree.map(jnp.asarray, model.initial(SEED))
    averaged, state, first = jax.tree.map(jnp.copy, weights), optimiser.init(weights), 0
    if CHECKPOINT.exists():
        weights, averaged, state, first = jax.tree.map(jnp.asarray, pickle.loads(CHECKPOINT.read_bytes()))
        first = int(first)
    step = step_function(optimiser)
    examples()
    began = time.monotonic()
    # A process of its own makes the next portion while this one learns.
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as workers:
        coming = workers.submit(make_clips, first)
        for portion in range(first, options.portions):
            clips = coming.result()
            if portion + 1 < options.portions:
                coming = workers.submit(make_clips, portion + 1)
            random_state = np.random.default_rng([SEED, portion])
            for turn in range(PASSES):
                reports = []
                full_length = (portion, turn) == (options.portions - 1, PASSES - 1)
                for batch in batches(clips, random_state, full_length):
                    weights, averaged, state, report = step(weights, averaged, state, *batch)
                    reports.append(report)
                text_loss, spell_loss, right = np.mean(np.asarray(reports), axis=0)
                minutes = (time.monotonic() - began) / 60
                losses = f"text {text_loss:.4f}  spelling {spell_loss:.4f}  tokens right {right:.4f}"
                print(f"{minutes:6.1f} min  portion {portion}.{turn}  {losses}", flush=True)
            CHECKPOINT.write_bytes(pickle.dumps(jax.tree.map(np.asarray, (weights, averaged, state, portion + 1))))
            ggml.write(options.output, averaged)


if __name__ == "__main__":
    main()
