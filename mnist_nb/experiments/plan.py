"""The runs that notebooks and README show: what the record holds when it is complete.

Sizes are chosen so that all of it can be measured again in an afternoon on two cores.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ..learning.recipe import Recipe
from .contenders import CONTENDERS, NO_DRAWINGS, STILL
from .recorded import Task

SEEDS = 5  # runs of each, with seeds 1, 2, ...

# Notebook 8: each contender with every seed, but for one that takes ten times as long; and how our cost grows.
ONE_SEED = {"document, whole"}
GROWING = "ours, MNIST only"
GROWTH_IMAGES = (1_000, 3_000, 10_000, 30_000, 60_000)
GROWTH_EPOCHS = 3  # of the runs on one thread and on more
CONTENDER_TWIN = "ours, one epoch", {"seed": 1, "images": 10_000}  # short: every run of the notebook trains it again


def contender_runs(threads: int, seeds: int = SEEDS) -> list[tuple[str, dict[str, Any]]]:
    """Return the runs of notebook 8 as names of contenders and options of `benchmark.measure`, in turns.

    What every table and figure needs comes first, then further seeds. `threads` is how many this machine has.
    """
    twin, options = CONTENDER_TWIN
    rows = [(twin, options), *((name, {"seed": 1}) for name in CONTENDERS)]
    rows += [(GROWING, {"seed": 1, "images": images}) for images in GROWTH_IMAGES]
    rows += [(GROWING, threaded(count)) for count in sorted({1, threads})]
    for seed in range(2, seeds + 1):
        rows += [(name, {"seed": seed}) for name in CONTENDERS if name not in ONE_SEED]
    return [(name, options) for name, options in rows if CONTENDERS[name].available]


def threaded(count: int) -> dict[str, Any]:
    """Return the options of a run on so many threads."""
    return {"seed": 1, "threads": count, "most_epochs": GROWTH_EPOCHS}


# Notebook 9: the front of time and accuracy.
FRONT_SEED = 1


# Notebook 10: networks at equal budgets.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "softmax regression": {"network": "softmax_regression"},
    "perceptron, 300 hidden": {"network": "mlp"},
    "LeNet-5": {"network": "lenet5"},
    "document": {"network": "document_cnn", "dropout": 0.25},
    "document, scaled": {"network": "scaled_document_cnn", "dropout": 0.25},
    "ours, width 0.16": {"network": "digit_cnn", "width": 0.16},
    "ours, width 0.5": {"network": "digit_cnn", "width": 0.5},
    "ours": {"network": "digit_cnn"},
    "ours, width 1.5": {"network": "digit_cnn", "width": 1.5},
}
EQUAL = Recipe(epochs=6, batch_size=100, **NO_DRAWINGS)
EQUAL_IMAGES = 12_000


def architecture(name: str, seed: int) -> Task:
    """Return what a run of one of ARCHITECTURES trains."""
    return dataclasses.replace(EQUAL, seed=seed, **ARCHITECTURES[name]), EQUAL_IMAGES


# Notebook 13: what each part of our training data buys.
ABLATION: dict[str, dict[str, Any]] = {
    "MNIST only": STILL | NO_DRAWINGS,
    "with distortions": NO_DRAWINGS,
    "with pen drawings": {},
}
ABLATION_IMAGES, ABLATION_EPOCHS, ABLATION_SEEDS = 55_000, 2, 3


def ablation(step: str, seed: int, epochs: int = ABLATION_EPOCHS) -> Task:
    """Return what a run of one of ABLATION trains."""
    return Recipe(epochs=epochs, seed=seed, **ABLATION[step]), ABLATION_IMAGES


# Notebook 9: a search, and both recipes with several seeds afterwards.
SEARCHED = Recipe(epochs=4, batch_size=100, **NO_DRAWINGS)
SEARCH_IMAGES, SEARCH_SEED, SEARCH_RESULTS = 5_000, 1, 40

# Notebook 11: hands that were made up, learned in several ways from several numbers of drawings a digit.
WRITERS = (11, 12, 13)  # seeds of the hands
WAYS = {"last layer": (1, 2, 5, 10), "all layers": (5, 10), "from scratch": (5, 10)}  # and drawings of each digit


def twin(**fields: Any) -> Task:
    """Return a run so short that every run of a notebook makes it again: LeNet-5, once over a few images."""
    asked: dict[str, Any] = {"network": "lenet5", "epochs": 1, "batch_size": 50, **NO_DRAWINGS, **fields}
    return Recipe(**asked), 4_000
