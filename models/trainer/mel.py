"""The log-mel spectrogram exactly as whisper.cpp computes it, so that training hears what inference hears."""

import functools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from vocabulary import asset

RATE = 16000
WINDOW = 400
HOP = 160
BANDS = 80
FLOOR = 1e-10


@functools.cache
def filters():
    """Whisper's 80 triangular bands over the 201 bins of a 400-point transform."""
    return np.load(asset("mel_filters.npz"))["mel_80"].astype(np.float32)


@functools.cache
def hann():
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(samples, frames):
    """The first `frames` columns for a clip, as (frames, 80). whisper.cpp pads to 30 s with silence below the floor;
    every quieter value is lifted to 8 decades below the loudest."""
    half = WINDOW // 2
    # Mirrored at the start, zeros at the end: that is whisper.cpp's way, not the original's.
    padded = np.concatenate([samples[half:0:-1], samples, np.zeros(WINDOW, np.float32)])
    heard = min((len(samples) + half) // HOP + 1, frames)
    windows = sliding_window_view(padded, WINDOW)[::HOP][:heard]
    spectrum = fft.rfft(windows * hann(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    bands = np.full((frames, BANDS), np.log10(FLOOR), np.float32)
    bands[:heard] = np.log10(np.maximum(power @ filters().T, FLOOR))
    return (np.maximum(bands, bands.max() - 8.0) + 4.0) / 4.0
