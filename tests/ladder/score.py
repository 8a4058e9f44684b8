"""Adds each cell's wideband PESQ (ITU-T P.862.2, mean opinion score 1.04 to 4.64) to the figures, piece by piece."""

import concurrent.futures
import json
import pathlib
import sys

import numpy as np
from pesq import NoUtterancesError, pesq

RATE = 16_000
# What P.862.2's scale begins with: for a piece of which so little came that no utterance is found.
WORST = 1.04


def sound(file):
    return np.fromfile(file, "<f4")


def score_of(folder, cell, pieces):
    """The mean over all pieces."""
    said, heard = sound(folder / "script.f32"), sound(folder / cell["sound"])
    scores = []
    for begin, end in pieces:
        if not heard[begin:end].any():
            # The scale is undefined for digital silence.
            scores.append(WORST)
            continue
        try:
            scores.append(float(pesq(RATE, said[begin:end], heard[begin:end], "wb")))
        except NoUtterancesError:
            scores.append(WORST)
    return sum(scores) / len(scores)


def main():
    folder = pathlib.Path(sys.argv[1])
    file = folder / "figures.json"
    figures = json.loads(file.read_text())
    with concurrent.futures.ProcessPoolExecutor() as pool:
        jobs = [pool.submit(score_of, folder, cell, figures["pieces"]) for cell in figures["cells"]]
        for cell, job in zip(figures["cells"], jobs):
            cell["pesq"] = round(job.result(), 3)
    file.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
