"""A trained network that reads images and drawings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.special import expit

from ..data import CLASSES, IMAGE_SIZE, as_array
from ..strokes.ink import Drawing, images_of, strokes_to_image
from .foreign import ForeignError, adapted
from .model_file import ModelError, load_any, load_model, load_notes

if TYPE_CHECKING:
    import keras

BATCH = 1_000


def evidence(probabilities: np.ndarray) -> np.ndarray:
    """Return how far the likeliest digit stands out, float (N,), from a model's probabilities (N, 10).

    That is the largest logit less the mean of the ten. What is no digit raises none of them much, so this tells it
    from a digit better than the largest probability, which also falls where two digits are likely (Hendrycks et al.
    2022, who take the largest logit as it is).
    """
    logits = np.log(np.clip(np.asarray(probabilities, float), 1e-30, None))
    return logits.max(1) - logits.mean(1)


class Recognizer:
    """Reads digits with a Keras model that maps images (N, 28, 28), 0 to 255, to probabilities (N, 10).

    A reading whose largest probability is below `unsure_below` should be taken for a guess. With `digit_when`, (slope,
    offset), an image may also show no digit at all: it shows one with probability 1 / (1 + exp(-slope * evidence -
    offset)), and what remains is shared among the ten.
    """

    def __init__(
        self, model: keras.Model, unsure_below: float = 0.0, digit_when: Sequence[float] | None = None
    ) -> None:
        import tensorflow as tf

        self.model, self.unsure_below, self.digit_when = model, unsure_below, digit_when
        # One traced function for every batch size: `model.predict` would take many times as long for one image.
        signature = tf.TensorSpec((None, IMAGE_SIZE, IMAGE_SIZE), tf.float32)
        forward = tf.function(lambda images: model(images, training=False), input_signature=[signature])
        forward = forward.get_concrete_function()
        self._forward = lambda images: forward(tf.constant(images, tf.float32)).numpy()
        self.probabilities(np.zeros((1, IMAGE_SIZE, IMAGE_SIZE), np.uint8))  # Warms up now, not under the pen.

    @classmethod
    def load(
        cls, path: str | Path | None = None, *, scale: float | tuple[float, float] | None = None,
        logits: bool | None = None,
    ) -> Self:  # fmt: skip
        """Return the Recognizer of a `.keras` or `.h5` file, of the shipped `models/best.keras` when `path` is None.

        It may be anybody's model with an input of 28x28, 28x28x1 or 784 numbers and ten outputs. Which pixels it
        expects and whether it gives logits is found out on MNIST's validation images, and said in a line, or told:
        `scale` is what pixels 0 to 255 are multiplied by, such as 1/255, or (factor, offset), and `logits` whether
        its outputs need a softmax. Raises ModelError when the file is missing, damaged, or no reader of digits.
        """
        notes = load_notes(path)
        knows = {"unsure_below": notes.get("unsure_below", 0.0), "digit_when": notes.get("digit_when")}
        if notes and scale is None and logits is None:  # Saved by `save_model`: it takes 0 to 255.
            return cls(load_model(path), **knows)
        try:
            model, found = adapted(load_any(path), scale, logits)
        except ForeignError as error:
            raise ModelError(f"{path}: {error}.") from error
        if found:
            print(f"{path}: {found}.")
        return cls(model, **knows)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities float32 (N, 10) of images uint8 (N, 28, 28), ink 255 on ground 0."""
        given = self.given_a_digit(images)
        if self.digit_when is None:
            return given
        slope, offset = self.digit_when
        is_digit = expit(slope * evidence(given) + offset).astype(np.float32)[:, None]
        return is_digit * given + (1 - is_digit) / CLASSES

    def given_a_digit(self, images: np.ndarray) -> np.ndarray:
        """Return what `probabilities` would be if every image surely showed a digit: what the model says."""
        try:
            images = as_array(images)
        except ValueError as error:
            raise ValueError(f"images must have shape (N, 28, 28); {error}.") from None
        if images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images must have shape (N, 28, 28); found {images.shape}.")
        if images.dtype != np.uint8:
            raise ValueError(f"images must be uint8 with ink 0 to 255, as MNIST's are; found {images.dtype}.")
        batches = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
        results = [self._forward(batch) for batch in batches]
        return np.concatenate(results) if results else np.zeros((0, CLASSES), np.float32)

    def read(self, drawing: Drawing) -> np.ndarray:
        """Return the probabilities float32 (10,) of one drawing, a list of (n, 2) arrays of points."""
        return self.probabilities(strokes_to_image(drawing)[None])[0]

    def read_many(self, drawings: Sequence[Drawing]) -> np.ndarray:
        """Return the digits int64 (N,) that N drawings show. Raises InkError naming the drawing at fault."""
        return self.probabilities(images_of(drawings)).argmax(1)
