"""Spoken examples: espeak-ng says every phrase in many ways once; each use then gets its own room, noise and codec."""

import concurrent.futures
import io
import pathlib
import random
import re
import shutil
import subprocess
import wave

import av
import numpy as np
from scipy import fft

from mel import RATE
from vocabulary import HERE, LANGUAGES, OTHER_SPELLING, encode, phrases

CACHE = HERE / ".cache"
# Never used here: +f3, +m4, +linda and +adam, and the speeds 130, 150, 170 and 190. Those are the examination.
VOICES = (
    ["", "+f1", "+f2", "+f4", "+f5", "+m1", "+m2", "+m3", "+m5", "+m6", "+m7", "+m8"]
    + ["+Annie", "+Andy", "+steph", "+paul", "+ed", "+john", "+belinda", "+max"]
)
SPEEDS = (115, 125, 135, 145, 155, 165, 175, 185, 195, 205)
RENDERINGS = 36
# Longest text of whisper.cpp for our 128-token decoder is 60; some room for the start and the end.
MOST_TOKENS = 52
LONGEST = 10 * RATE
# A phrase with a name that can be spelled in two ways is said so much more often than the others.
NAMES_MORE_OFTEN = 6


def resample(samples, factor):
    """Stretches by linear interpolation: changes speed, pitch and the speaker's size together."""
    places = np.arange(0, len(samples) - 1, 1 / factor)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def render(language, sentence, voice, speed, pitch):
    """One sentence from espeak-ng at 16 kHz, without the silence around it."""
    command = ["espeak-ng", "-v", language + voice, "-s", str(speed), "-p", str(pitch), "--stdout", sentence]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    # To a pipe espeak-ng cannot write the length, so the header's is wrong: take what follows its 44 bytes.
    with wave.open(io.BytesIO(output)) as header:
        rate = header.getframerate()
    samples = np.frombuffer(output[44:], np.int16).astype(np.float32) / 32768
    spectrum = np.fft.rfft(samples)
    length = round(len(samples) * RATE / rate)
    # Cutting the spectrum resamples without aliasing.
    samples = np.fft.irfft(spectrum[: length // 2 + 1], length).astype(np.float32) * (length / len(samples))
    loud = np.flatnonzero(np.abs(samples) > 0.003)
    return samples[loud[0] : loud[-1] + 1]


def render_all(seed):
    """All renderings as a list of (language, sentence, samples); kept in a cache, for they never change."""
    if not shutil.which("espeak-ng"):
        raise SystemExit("espeak-ng is not installed: it is the only speaker that this model learns from.")
    file = CACHE / f"renderings-{seed}-{RENDERINGS}.npz"
    plan = []
    choose = random.Random(seed)
    for language in LANGUAGES:
        for sentence in phrases()[language]:
            for turn in range(RENDERINGS):
                voice = VOICES[turn % len(VOICES)]
                plan.append((language, sentence, voice, choose.choice(SPEEDS), choose.randint(25, 75)))
    if not file.exists():
        CACHE.mkdir(exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            clips = list(pool.map(lambda entry: render(*entry), plan))
        sound = np.concatenate([(clip * 32767).astype(np.int16) for clip in clips])
        np.savez(file, sound=sound, ends=np.cumsum([len(clip) for clip in clips]))
    saved = np.load(file)
    sound, ends = saved["sound"], saved["ends"]
    starts = np.concatenate([[0], ends[:-1]])
    return [(entry[0], entry[1], sound[a:b]) for entry, a, b in zip(plan, starts, ends)]


def filtered(samples, response):
    """Multiplies the spectrum by `response(hertz)`; what rings on beyond the end is kept up to the next fast length."""
    length = fft.next_fast_len(len(samples), real=True)
    spectrum = fft.rfft(samples, length)
    hertz = np.linspace(0, RATE / 2, len(spectrum), dtype=np.float32)
    return fft.irfft(spectrum * response(hertz), length)


def noise(random_state, length):
    """Hiss, rumble or mains hum with a random slope of its spectrum, at a level of 1."""
    slope = random_state.uniform(-0.3, 1.2)
    hiss = random_state.standard_normal(length, np.float32)
    sound = filtered(hiss, lambda hertz: np.maximum(hertz, 20) ** -slope)[:length]
    if random_state.random() < 0.15:
        time = np.arange(length) / RATE
        hum = sum(np.sin(2 * np.pi * 50 * n * time + n) / n for n in range(1, 6))
        sound = sound / sound.std() * 0.5 + hum
    return (sound / sound.std()).astype(np.float32)


def through_opus(samples, bits_per_second):
    """Encodes and decodes as a call does."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate, encoder.options = bits_per_second, {"application": "voip", "compression_level": "3"}
    encoder.open()
    decoder = av.CodecContext.create("libopus", "r")
    decoder.extradata = bytes(encoder.extradata)
    whole = np.pad(samples, (0, -len(samples) % 320))
    frames = (whole.reshape(-1, 1, 320) * 32767).clip(-32768, 32767).astype(np.int16)
    decoded = []
    for number, samples_of_frame in enumerate(frames):
        frame = av.AudioFrame.from_ndarray(samples_of_frame, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, number * 320
        for packet in encoder.encode(frame):
            decoded += decoder.decode(packet)
    # Opus always decodes to 48 kHz here, in 16-bit samples.
    sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in decoded]).astype(np.float32) / 32768
    return resample(sound, RATE / decoded[0].sample_rate)


def colour(random_state, samples):
    """A microphone's tilt and cut-offs, and sometimes a small room."""
    tilt = random_state.uniform(-0.3, 0.3)
    top = random_state.uniform(3200, 7000) if random_state.random() < 0.3 else 1e6
    bottom = random_state.uniform(80, 300) if random_state.random() < 0.3 else 1.0

    def response(hertz):
        passed = 1 / (1 + (hertz / top) ** 8) * (1 - 1 / (1 + (hertz / bottom) ** 4))
        return passed * np.maximum(hertz / 1000, 0.05) ** tilt

    samples = filtered(samples, response)
    if random_state.random() < 0.3:
        tail = round(random_state.uniform(0.03, 0.2) * RATE)
        echo = random_state.standard_normal(tail, np.float32) * np.exp(-np.arange(tail, dtype=np.float32) * 5 / tail)
        echo *= random_state.uniform(0.1, 0.5) / np.sqrt((echo**2).sum())
        echo[0] = 1
        length = fft.next_fast_len(len(samples) + tail, real=True)
        samples = fft.irfft(fft.rfft(samples, length) * fft.rfft(echo, length), length)
    return samples.astype(np.float32)


def silence(random_state, longest):
    return np.zeros(round(random_state.uniform(0.02, longest) * RATE), np.float32)


def often(language, sentence):
    """How often a rendering is in the list that is chosen from."""
    return NAMES_MORE_OFTEN if re.search(rf"\b{OTHER_SPELLING[language][0]}\b", sentence) else 1


class Examples:
    """Makes (samples, language, sentences) examples from the renderings, the same ones for the same seed."""

    def __init__(self, renderings):
        self.of_language = {
            code: [r for r in renderings if r[0] == code for _ in range(often(code, r[1]))] for code in LANGUAGES
        }

    def make(self, random_state):
        """One clip as a call would deliver it: silence before and after, noise, a level, perhaps a codec."""
        language = LANGUAGES[random_state.integers(len(LANGUAGES))]
        kind = random_state.random()
        pieces, sentences = [silence(random_state, 0.9)], []
        if kind >= 0.06:
            for _ in range(1 if kind < 0.70 else 2):
                of_language = self.of_language[language]
                _, sentence, sound = of_language[random_state.integers(len(of_language))]
                pieces += [sound.astype(np.float32) / 32768, silence(random_state, 0.7)]
                sentences.append(sentence)
        samples = np.concatenate(pieces)
        if sentences:
            samples = resample(samples, random_state.uniform(0.9, 1.12))
        else:
            samples = np.zeros(round(random_state.uniform(0.3, 4) * RATE), np.float32)
        if len(samples) > LONGEST or len(encode(" " + " ".join(sentences))) > MOST_TOKENS:
            return self.make(random_state)
        samples = colour(random_state, samples)
        voice_level = samples.std() or 0.1
        if not sentences or random_state.random() < 0.85:
            ratio = random_state.uniform(3, 40)
            samples = samples + noise(random_state, len(samples)) * voice_level * 10 ** (-ratio / 20)
        samples *= 10 ** (random_state.uniform(-25, 0) / 20) / max(np.abs(samples).max(), 1e-6)
        if random_state.random() < 0.25:
            samples = through_opus(samples, int(random_state.choice([12000, 16000, 24000, 32000])))
        return samples.astype(np.float32)[:LONGEST], language, sentences
