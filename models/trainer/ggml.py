"""Writes whisper.cpp's file format (ggml, matrices in 8-bit blocks) from trained weights."""

import struct

import numpy as np

import mel
import model
import vocabulary

MAGIC = 0x67676D6C
F32, F16, Q8_0 = 0, 1, 8
# ggml's file type 7 (q8_0) by version 2 of its quantiser.
FILE_TYPE = 2007
BLOCK = 32


def blocks(matrix):
    """q8_0: a half-precision scale, then 32 signed bytes."""
    rows = matrix.astype(np.float32).reshape(-1, BLOCK)
    scale = np.abs(rows).max(axis=1, keepdims=True) / 127
    numbers = np.round(rows / np.where(scale > 0, scale, 1)).astype(np.int8)
    return np.concatenate([scale.astype(np.float16).view(np.int8), numbers], axis=1).tobytes()


def whole_embedding(used):
    """All 51,865 rows: those learned, and a row that never wins for every other token."""
    rows = np.zeros((vocabulary.N_VOCAB, model.WIDTH), np.float32)
    rows[:, model.RESERVED] = model.NEVER
    rows[list(vocabulary.used_tokens())] = used
    return rows


def tensors(weights):
    """(name, array, type) of everything in the file; the speller is only for training."""
    for name, value in weights.items():
        value = np.asarray(value, np.float32)
        if name.startswith("speller."):
            continue
        if name == "decoder.token_embedding.weight":
            yield name, whole_embedding(value), Q8_0
        elif "conv" in name and name.endswith(".bias"):
            yield name, value.reshape(-1, 1), F32
        elif "conv" in name:
            yield name, value, F16
        elif value.ndim == 2 and name.endswith(".weight"):
            yield name, value, Q8_0
        else:
            yield name, value, F32
    yield "encoder.positional_embedding", model.sinusoids(model.AUDIO_CONTEXT), F32


def write(path, weights):
    """Writes the whole file beside its place and then moves it there."""
    header = (
        MAGIC, vocabulary.N_VOCAB,
        model.AUDIO_CONTEXT, model.WIDTH, model.HEADS, model.AUDIO_LAYERS,
        model.TEXT_CONTEXT, model.WIDTH, model.HEADS, model.TEXT_LAYERS,
        mel.BANDS, FILE_TYPE,
    )  # fmt: skip
    filters = mel.filters()
    words = sorted(vocabulary.ranks(), key=vocabulary.ranks().get)
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        file.write(struct.pack("<12i", *header))
        file.write(struct.pack("<2i", *filters.shape) + filters.astype("<f4").tobytes())
        file.write(struct.pack("<i", len(words)))
        for word in words:
            file.write(struct.pack("<I", len(word)) + word)
        for name, value, kind in tensors(weights):
            encoded = name.encode()
            file.write(struct.pack("<3i", value.ndim, len(encoded), kind))
            # ggml counts dimensions from the fastest.
            file.write(struct.pack(f"<{value.ndim}i", *reversed(value.shape)) + encoded)
            if kind == Q8_0:
                file.write(blocks(value))
            else:
                file.write(value.astype("<f4" if kind == F32 else "<f2").tobytes())
    partial.replace(path)
