"""A network that learns one person's hand: fine-tuned on a few drawings, while MNIST is replayed."""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .. import data
from ..data import CLASSES, DataError, LabelError, as_labels
from ..files import is_portable
from ..paths import MODELS
from ..strokes import hands
from ..strokes.ink import Drawing, images_of
from .model_file import ModelError, load_notes, save_model
from .precision import in_float32
from .recipe import Recipe
from .recognizer import Recognizer
from .training import LINE_WIDTHS, InParts, TrainingSet, seeded, train, training_batches

FEWEST = 5  # drawings
CLEARLY = 0.9  # A reading so confident that contradicts its label makes the label doubtful.
COPIES, REPLAYED = 3_000, 15_000  # images of the drawings and of MNIST in each epoch
AGAIN, AS_IT_IS = 1.5, 0.2  # the most that a copy differs from its drawing (`hands.drawn_again`); share with no change
# Distortions, batches and schedule of the fine-tuning, by the layers that learn; the drawings come as images.
CLEAN = Recipe(warm_up=0.1, disturbed=0.0, pen_digits=0, pen_others=0)
TUNING = {
    "last": dataclasses.replace(CLEAN, epochs=4, peak_learning_rate=1e-3),
    "all": dataclasses.replace(CLEAN, epochs=1, peak_learning_rate=4e-4),
}
SCRATCH = dataclasses.replace(CLEAN, epochs=12, warm_up=0.3)


class PersonalError(ValueError):
    """Drawings that nothing can be learned from; the message says why and what to do."""


def personalize(
    recognizer: Recognizer, drawings: Sequence[Drawing], labels: np.ndarray | Sequence[int], *, layers: str = "last",
    seed: int = 1,
) -> Recognizer:  # fmt: skip
    """Return a new Recognizer that has learned from N labelled drawings; the given one stays as it is.

    `drawings` are lists of (n, 2) arrays of points, as `DigitBoard` and `load_drawings` give them, and `labels`
    the digits (N,) they show. Beside them run images of MNIST, which should be read as `recognizer` reads them.
    `layers` is "last" to leave the features as they are and train the last layer, or "all", which takes longer;
    normalisation stays as it is either way. The same seed gives the same weights on the same machine. Raises
    PersonalError for fewer than five drawings, one class only, or labels that do not fit, and InkError for a
    drawing without ink; warns of labels that contradict what a drawing clearly shows.
    """
    if layers not in TUNING:
        raise ValueError(f"layers must be one of {', '.join(TUNING)}; found {layers!r}.")
    labels = checked_labels(recognizer, drawings, labels)
    x, _ = data.hold_out(*data.load_data()[0])[0]
    own, digits = _copies(drawings, labels, seed)
    replayed = x[np.random.default_rng([seed, 6]).choice(len(x), REPLAYED, replace=False)]
    examples = TrainingSet(
        np.concatenate([own, replayed]),
        np.concatenate([np.eye(CLASSES, dtype=np.float32)[digits], recognizer.given_a_digit(replayed)]),
        np.repeat([True, False], [len(own), len(replayed)]),
    )

    recipe = dataclasses.replace(TUNING[layers], seed=seed)
    model = seeded(recognizer.model, seed)
    model.set_weights(recognizer.model.get_weights())
    steps = recipe.steps_per_epoch(len(examples))
    batches = training_batches(examples, recipe)
    last = max(place for place, layer in enumerate(model.layers) if layer.weights)
    if layers == "last":  # What the other layers make of an image stays the same, so it is computed once.
        features = keras.Model(model.inputs, model.layers[last - 1].output)
        learner = keras.Sequential([keras.Input(features.output.shape[1:]), *model.layers[last:]])
        batches = batches.take(steps).map(lambda images, targets: (features(images, training=False), targets))
        batches = batches.cache().repeat()
    else:
        learner = InParts([model.inputs[0], *model.layers], parts=recipe.parts)
    normalising = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in normalising:
        layer.trainable = False
    learner.compile(keras.optimizers.Adam(recipe.learning_rate(len(examples))), "categorical_crossentropy")
    learner.fit(batches, epochs=recipe.epochs, steps_per_epoch=steps, shuffle=False, verbose=0)
    for layer in normalising:
        layer.trainable = True
    return Recognizer(model, recognizer.unsure_below, recognizer.digit_when)


def from_scratch(drawings: Sequence[Drawing], labels: np.ndarray | Sequence[int], *, seed: int = 1) -> Recognizer:
    """Return a Recognizer with a network that has seen nothing but these drawings, three times as often."""
    images, digits = _copies(drawings, np.asarray(labels), seed)
    model, _ = train(dataclasses.replace(SCRATCH, seed=seed), images, digits)
    return Recognizer(in_float32(model))


def _copies(drawings, labels, seed):
    """Return COPIES images of drawings, most of them as the hand might make them again, and their labels."""
    rng = np.random.default_rng([seed, 5])
    chosen = np.resize(rng.permutation(len(drawings)), COPIES)
    strengths = np.maximum(0, rng.uniform(-AGAIN * AS_IT_IS / (1 - AS_IT_IS), AGAIN, COPIES))
    again = [
        hands.drawn_again(drawings[index], strength, rng) for index, strength in zip(chosen, strengths, strict=True)
    ]
    return images_of(again, rng.uniform(*LINE_WIDTHS, COPIES)), labels[chosen]


def checked_labels(
    recognizer: Recognizer, drawings: Sequence[Drawing], labels: np.ndarray | Sequence[int]
) -> np.ndarray:
    """Return labels as int64 (N,); raise PersonalError when they do not fit the drawings, InkError for an empty one."""
    try:
        images = images_of(drawings)
        labels = as_labels(labels)
    except LabelError as error:
        raise PersonalError(
            f"Labels must be digits, 0 to 9; found {error.found}. Correct it, or leave that drawing out."
        ) from None
    except DataError as error:
        raise PersonalError(f"{error}") from None
    if len(labels) != len(drawings):
        raise PersonalError(f"There are {len(drawings)} drawings and {len(labels)} labels. Give a label for each.")
    if len(drawings) < FEWEST:
        raise PersonalError(
            f"{len(drawings)} drawings are too few to learn from. Draw {FEWEST} or more, best of every digit."
        )
    if len(set(labels.tolist())) == 1:
        raise PersonalError(f"All {len(labels)} drawings are labelled {labels[0]}. Draw at least two different digits.")
    read = recognizer.probabilities(images)
    doubtful = np.flatnonzero((read.max(1) > CLEARLY) & (read.argmax(1) != labels))
    if len(doubtful) >= len(labels) / 2:
        first = doubtful[0]
        raise PersonalError(
            f"{len(doubtful)} of {len(labels)} labels contradict what the drawings clearly show: drawing {first} is "
            f"labelled {labels[first]} and looks like a {read[first].argmax()}. Check that they are in the same order."
        )
    if len(doubtful):
        warnings.warn(f"Drawings {doubtful.tolist()} clearly show other digits than their labels say.", stacklevel=3)
    return labels


def split(labels: np.ndarray, indices: np.ndarray, each: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Split drawings: up to `each` of a digit, and at most half of its drawings, to learn from, the rest held back.

    `labels` are those of all drawings and `indices` those to split. Returns two arrays of indices, the first one
    with a drawing of every digit before the second of any.
    """
    shuffled = np.random.default_rng(seed).permutation(indices)
    of_digit = [shuffled[labels[shuffled] == digit] for digit in range(CLASSES)]
    learned = [few[: min(each, len(few) // 2)] for few in of_digit]
    first = [few[place] for place in range(each) for few in learned if place < len(few)]
    return np.array(first, int), np.setdiff1d(indices, first)


def save_personal(recognizer: Recognizer, name: str, *, replace: bool = False, **notes: Any) -> Path:
    """Save a Recognizer as `models/<name>.keras`, with notes as `save_model` takes them, and return the path.

    A model that this function did not write is replaced only with `replace`. Raises ModelError otherwise, and
    for a name that is none.
    """
    path = personal_path(name, replace=replace)
    knows = {"unsure_below": recognizer.unsure_below, "digit_when": recognizer.digit_when}
    knows = {name: value for name, value in knows.items() if value is not None}
    return save_model(recognizer.model, path, personal=True, **knows, **notes)


def personal_path(name: str, *, replace: bool = False) -> Path:
    """Return where `save_personal` saves a network under a name. Raises ModelError where it would, and says why."""
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,60}", name) or not is_portable(name):
        raise ModelError(f"{name!r:.80} is no name for a model. Use up to 60 letters, digits, - and _ only.")
    path = MODELS / f"{name}.keras"
    theirs = path.exists() and load_notes(path).get("personal")
    if not replace and not theirs and (path.exists() or name in ("best", "document")):
        raise ModelError(
            f"{path.name} is for another model. Choose another name, or say replace=True to lose that one."
        )
    return path
