"""What learning a hand gives: for each of several writers, and for made-up ones in several ways."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np

from .. import data
from ..judging.statistics import right
from ..learning.handwriting import FEWEST, from_scratch, personalize, split
from ..learning.model_file import weights_sha256
from ..learning.recognizer import Recognizer
from ..strokes import hands
from ..strokes.file import Drawings
from ..strokes.ink import images_of

DECIDING = "experiments.writers"  # The code that decides what a hand gives is this and all that it imports.
DRAWN = 100  # drawings of each digit that a made-up writer makes


def by_writer(
    recognizer: Recognizer, drawings: Drawings, each: int, seed: int = 1, splits: int = 1
) -> dict[str, list[tuple[float, float, float]]]:
    """Personalise for every writer of `Drawings` on up to `each` drawings of a digit, and read what is held back.

    So `splits` times, with seeds from `seed` on that choose the drawings to learn from. Returns, for each writer, a
    list of (share of errors before, after, accuracy on MNIST's test set after); a writer without enough is left out.
    """
    x_test, y_test = data.load_data()[1]
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for writer, number in itertools.product(sorted(set(drawings.writers)), range(seed, seed + splits)):
        few, rest = split(drawings.labels, np.flatnonzero(drawings.writers == writer), each, number)
        if len(few) < FEWEST or not len(rest):
            continue
        new = personalize(recognizer, [drawings.strokes[index] for index in few], drawings.labels[few], seed=number)
        images = images_of([drawings.strokes[index] for index in rest])
        before, after = (
            float((~right(reader.probabilities(images), drawings.labels[rest])).mean()) for reader in (recognizer, new)
        )
        mnist = float(right(new.probabilities(x_test), y_test).mean())
        rows.setdefault(writer, []).append((before, after, mnist))
    return rows


def made_up_hand(
    way: str, each: int, writer: int, seed: int = 1, recognizer: Recognizer | None = None
) -> dict[str, Any]:
    """Learn the hand of the made-up writer with seed `writer` from `each` drawings of a digit; say what it gave.

    `way` is "last layer", "all layers" or "from scratch". Returns a dict: shares of `errors` on the writer's other
    drawings, `errors_before`, `mnist` and `mnist_before`, accuracies on MNIST's test set; `seconds` of learning;
    `weights_sha256`, and that of the `model` that learned, the shipped one unless `recognizer` is another.
    """
    recognizer = recognizer or Recognizer.load()
    drawings, labels = hands.writer(DRAWN, writer)
    few, rest = split(labels, np.arange(len(labels)), each, seed)
    learned = [drawings[index] for index in few], labels[few]
    begun = time.perf_counter()
    if way == "from scratch":
        new = from_scratch(*learned, seed=seed)
    else:
        new = personalize(recognizer, *learned, layers="all" if way == "all layers" else "last", seed=seed)
    seconds = time.perf_counter() - begun
    held_back = images_of([drawings[index] for index in rest]), labels[rest]

    def accuracy(reader: Recognizer, examples: tuple[np.ndarray, np.ndarray]) -> float:
        return float(right(reader.probabilities(examples[0]), examples[1]).mean())

    _, test = data.load_data()
    errors_before, errors = (1 - accuracy(reader, held_back) for reader in (recognizer, new))
    mnist_before, mnist = (accuracy(reader, test) for reader in (recognizer, new))
    return {
        "errors": errors,
        "errors_before": errors_before,
        "mnist": mnist,
        "mnist_before": mnist_before,
        "seconds": seconds,
        "weights_sha256": weights_sha256(new.model),
        "model": weights_sha256(recognizer.model),
    }


def hand_decided_by(way: str, each: int, writer: int, model: str, seed: int = 1) -> dict[str, Any]:
    """Return the fields that decide what `made_up_hand` gives, `model` being the digest of the weights that learn."""
    return {"hand": way, "each": each, "writer": writer, "seed": seed, "model": model}
