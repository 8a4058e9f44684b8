"""A very small Whisper: the same computation as whisper.cpp's, weights under the names of its file format."""

import jax
import jax.numpy as jnp
import numpy as np

from mel import BANDS
from vocabulary import letters, used_tokens

WIDTH = 96
HEADS = 3
AUDIO_LAYERS = 3
TEXT_LAYERS = 2
# 10 s in steps of 20 ms, and 128 tokens of which whisper.cpp lets 60 be text.
AUDIO_CONTEXT = 500
TEXT_CONTEXT = 128
# In this dimension every used token is 0 and the decoder's last norm is a constant 1: the file gives all other tokens
# a large negative number there, so that they are never chosen. A used token scores between about -10 and 30; what is this
# low weighs nothing in a softmax.
RESERVED = 0
NEVER = -60.0


def sinusoids(length):
    """Whisper's fixed positions of the encoder."""
    scales = np.exp(-np.log(10000) / (WIDTH // 2 - 1) * np.arange(WIDTH // 2))
    angles = np.arange(length)[:, None] * scales[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def initial(seed):
    """Fresh weights. Matrices are stored as (outputs, inputs), as in the file."""
    random = np.random.default_rng(seed)
    weights = {}

    def matrix(name, *shape):
        inputs = int(np.prod(shape[1:]))
        weights[name] = (random.standard_normal(shape) / np.sqrt(inputs)).astype(np.float32)

    def table(name, rows, scale):
        weights[name] = (random.standard_normal((rows, WIDTH)) * scale).astype(np.float32)

    def vector(name, length, value=0.0):
        weights[name] = np.full(length, value, np.float32)

    def norm(name):
        vector(f"{name}.weight", WIDTH, 1.0)
        vector(f"{name}.bias", WIDTH)

    def block(name, attentions):
        for attention in attentions:
            norm(f"{name}.{attention}_ln")
            for part in ("query", "key", "value", "out"):
                matrix(f"{name}.{attention}.{part}.weight", WIDTH, WIDTH)
                # Whisper's keys have no bias.
                if part != "key":
                    vector(f"{name}.{attention}.{part}.bias", WIDTH)
        norm(f"{name}.mlp_ln")
        matrix(f"{name}.mlp.0.weight", 4 * WIDTH, WIDTH)
        vector(f"{name}.mlp.0.bias", 4 * WIDTH)
        matrix(f"{name}.mlp.2.weight", WIDTH, 4 * WIDTH)
        vector(f"{name}.mlp.2.bias", WIDTH)

    matrix("encoder.conv1.weight", WIDTH, BANDS, 3)
    vector("encoder.conv1.bias", WIDTH)
    matrix("encoder.conv2.weight", WIDTH, WIDTH, 3)
    vector("encoder.conv2.bias", WIDTH)
    for layer in range(AUDIO_LAYERS):
        block(f"encoder.blocks.{layer}", ["attn"])
    norm("encoder.ln_post")
    table("decoder.positional_embedding", TEXT_CONTEXT, 0.02)
    table("decoder.token_embedding.weight", len(used_tokens()), 0.1)
    for layer in range(TEXT_LAYERS):
        block(f"decoder.blocks.{layer}", ["attn", "cross_attn"])
    norm("decoder.ln")
    # Only for training: spells the sound, one more letter stands for "none".
    matrix("speller.weight", len(letters()) + 1, WIDTH)
    vector("speller.bias", len(letters()) + 1)
    return hold_reserved(weights)


def hold_reserved(weights):
    """Puts the reserved dimension back to its constants."""
    weights = dict(weights)
    embedding = jnp.asarray(weights["decoder.token_embedding.weight"])
    weights["decoder.token_embedding.weight"] = embedding.at[:, RESERVED].set(0.0)
    weights["decoder.ln.weight"] = jnp.asarray(weights["decoder.ln.weight"]).at[RESERVED].set(0.0)
    weights["decoder.ln.bias"] = jnp.asarray(weights["decoder.ln.bias"]).at[RESERVED].set(1.0)
    return weights


def linear(weights, name, x):
    y = x @ weights[f"{name}.weight"].T
    bias = weights.get(f"{name}.bias")
    return y if bias is None else y + bias


def norm(weights, name, x):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def convolution(weights, name, x, stride):
    """Three neighbours at a time, as one matrix product."""
    length = x.shape[1]
    padded = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
    neighbours = jnp.stack([padded[:, shift : shift + length : stride] for shift in range(3)], axis=-1)
    kernel = weights[f"{name}.weight"].reshape(WIDTH, -1)
    y = neighbours.reshape(*neighbours.shape[:2], -1) @ kernel.T + weights[f"{name}.bias"]
    return jax.nn.gelu(y, approximate=True)


def attention(weights, name, x, source, mask=None):
    def split(part, y):
        return linear(weights, f"{name}.{part}", y).reshape(y.shape[0], y.shape[1], HEADS, WIDTH // HEADS)

    query, key, value = split("query", x), split("key", source), split("value", source)
    scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(WIDTH // HEADS)
    if mask is not None:
        scores = jnp.where(mask, scores, -1e9)
    mixed = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), value)
    return linear(weights, f"{name}.out", mixed.reshape(x.shape))


def feed_forward(weights, name, x):
    inner = jax.nn.gelu(linear(weights, f"{name}.mlp.0", norm(weights, f"{name}.mlp_ln", x)), approximate=True)
    return linear(weights, f"{name}.mlp.2", inner)


def encode(weights, mel):
    """(clips, 2n, 80) to (clips, n, width)."""
    x = convolution(weights, "encoder.conv1", mel, 1)
    x = convolution(weights, "encoder.conv2", x, 2)
    x = x + sinusoids(AUDIO_CONTEXT)[: x.shape[1]]
    for layer in range(AUDIO_LAYERS):
        name = f"encoder.blocks.{layer}"
        y = norm(weights, f"{name}.attn_ln", x)
        x = x + attention(weights, f"{name}.attn", y, y)
        x = x + feed_forward(weights, name, x)
    return norm(weights, "encoder.ln_post", x)


def spell(weights, heard):
    return linear(weights, "speller", heard)


def decode(weights, heard, tokens):
    """Scores of the next token after each of `tokens` (numbers within the used tokens; one more is any other)."""
    length = tokens.shape[1]
    other = np.zeros((1, WIDTH), np.float32)
    other[0, RESERVED] = NEVER
    embedding = jnp.concatenate([weights["decoder.token_embedding.weight"], other])
    x = embedding[tokens] + weights["decoder.positional_embedding"][:length]
    mask = np.tril(np.ones((length, length), bool))
    for layer in range(TEXT_LAYERS):
        name = f"decoder.blocks.{layer}"
        y = norm(weights, f"{name}.attn_ln", x)
        x = x + attention(weights, f"{name}.attn", y, y, mask)
        x = x + attention(weights, f"{name}.cross_attn", norm(weights, f"{name}.cross_attn_ln", x), heard)
        x = x + feed_forward(weights, name, x)
    return norm(weights, "decoder.ln", x) @ embedding.T
