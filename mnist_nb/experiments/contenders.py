"""What the benchmark compares: each contender trains a model as its authors do, and reads as its users would."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..figures import DOCUMENT_COLOUR, ERROR_COLOUR, OUR_COLOUR

if TYPE_CHECKING:
    from .peers import Task, Trained

PEERS, OURS = "experiments.peers", "experiments.ours"  # units of code with functions that train
NO_DRAWINGS: dict[str, Any] = {"pen_digits": 0, "pen_others": 0}
STILL: dict[str, Any] = {"rotation": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0, "disturbed": 0.0}


@dataclass(frozen=True)
class Contender:
    """What the benchmark compares: a way to train a model, and how it is named and shown."""

    description: str
    unit: str  # of code: where its function is
    function: str
    colour: str
    module: str  # what it cannot do without; its import is not charged to training
    options: dict[str, Any] = field(default_factory=dict)  # with which the function is called
    curve: bool = True  # whether its learning curve is shown

    def train(self, task: Task) -> Trained:
        """Train a model and return it."""
        return getattr(importlib.import_module(f"mnist_nb.{self.unit}"), self.function)(task, **self.options)

    @property
    def ours(self) -> bool:
        """Whether it is our recipe, changed or not."""
        return self.function == "ours"

    @property
    def available(self) -> bool:
        """Whether what it needs is installed."""
        return importlib.util.find_spec(self.module.partition(".")[0]) is not None


def _peer(description, function, colour, module="keras", **how):
    return Contender(description, PEERS, function, colour, module, **how)


def _ours(description, function, colour, **how):
    return Contender(description, OURS, function, colour, "mnist_nb.learning.training", **how)


# In the order of the tables.
CONTENDERS = {
    "document": _peer(
        "the document's code: its network, batches of 32, its `fit` with two callbacks", "document", DOCUMENT_COLOUR
    ),
    "document, whole": _peer(
        "the same after the document's first `fit` of 50 epochs", "document", "#3c434d", options={"whole": True}
    ),
    "document, 50 steps": _peer(
        "the same with 50 steps to a call of TensorFlow",
        "document",
        DOCUMENT_COLOUR,
        options={"steps_per_execution": 50},
        curve=False,
    ),
    "document, faster": _ours(
        "its network, batch size, split and epochs, in our training", "document_faster", DOCUMENT_COLOUR, curve=False
    ),
    "keras.io": _peer("the convolutional network of keras.io's first example, 15 epochs", "keras_example", "#e0a526"),
    "PyTorch": _peer("PyTorch's basic MNIST example, 14 epochs", "torch_example", ERROR_COLOUR, "torch"),
    "scikit-learn": _peer(
        "MLPClassifier with 100 hidden units, 20 passes", "perceptron", "#5b5ea6", "sklearn.neural_network"
    ),
    "ours": _ours("our recipe", "ours", OUR_COLOUR),
    "ours, MNIST only": _ours("our recipe without pen drawings", "ours", "#5fb3c0", options=NO_DRAWINGS),
    "ours, one epoch": _ours(
        "three blocks, half as wide, for one epoch, with images as they are and without pen drawings",
        "ours",
        "#16404d",
        options=STILL | NO_DRAWINGS | {"network": "shallow_cnn", "width": 0.5, "epochs": 1},
    ),
}

# The recipe of `models/best.keras` until it took half the time, for what a training costs against it.
FORMER: dict[str, Any] = {
    **{"network": "former_cnn", "epochs": 14, "disturbed": 0.06},
    **{"pen_digits": 6_000, "pen_others": 1_500},
}
# Changes of our recipe that notebook 9 shows the front of time and accuracy with, each measured as a contender is.
FRONT = {
    name: _ours(name, "ours", OUR_COLOUR, options=changes)
    for name, changes in {
        "our recipe": {},
        "4 epochs": {"epochs": 4},
        "6 epochs": {"epochs": 6},
        "12 epochs": {"epochs": 12},
        "half as wide": {"width": 0.5},
        "three quarters as wide, 12 epochs": {"width": 0.75, "epochs": 12},
        "half again as wide, 6 epochs": {"width": 1.5, "epochs": 6},
        "three blocks": {"network": "shallow_cnn"},
        "five blocks": {"network": "former_cnn"},
        "seven blocks": {"network": "deep_cnn"},
        "batches of 100": {"batch_size": 100},
        "batches of 400": {"batch_size": 400},
        "half the rate": {"peak_learning_rate": 3e-3},
        "averaged weights": {"averaging": 0.99},
        "more drawings, 8 epochs": {"epochs": 8, "pen_digits": 9_000, "pen_others": 5_000},
        "the former recipe": FORMER,
    }.items()
}
