"""Keras models that others made: what they expect of an image, and what their ten outputs are, found out or told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_softmax

from ..data import CLASSES, IMAGE_SIZE, hold_out, load_data

if TYPE_CHECKING:
    import keras

SHAPES = ((IMAGE_SIZE, IMAGE_SIZE), (IMAGE_SIZE, IMAGE_SIZE, 1), (IMAGE_SIZE * IMAGE_SIZE,))
# Keras's Rescaling of pixels 0 to 255: (scale, offset) of what models are trained on.
SCALES = {
    "0 to 255": (1.0, 0.0),
    "0 to 1": (1 / 255, 0.0),
    "-1 to 1": (2 / 255, -1.0),
    "standardised": (1 / 255 / 0.3081, -0.1307 / 0.3081),
    "1 to 0, ink dark": (-1 / 255, 1.0),
    "255 to 0, ink dark": (-1.0, 255.0),
}
IMAGES = 1_000  # of the validation images
NOISE = 0.03  # The shares that a model reads right of pixels of two scales may differ so much by chance.
CHANCE = 0.15  # The share that a model reads right without having learned; the most frequent digit has 11%.


class ForeignError(ValueError):
    """A model cannot be used for reading digits; the message says why."""


def adapted(
    model: keras.Model, scale: float | tuple[float, float] | None = None, logits: bool | None = None
) -> tuple[keras.Model, str]:
    """Return a model from images (N, 28, 28), 0 to 255, to probabilities (N, 10), and what was found, in words.

    `model` may take 28x28, 28x28x1 or 784 numbers and give ten. `scale` is the factor that its pixels were multiplied
    by, or (factor, offset), as of Keras's `Rescaling`, and `logits` whether it gives logits; what is None is found out
    on MNIST's validation images: the scale of which it reads most right, and the right ones most surely. Nothing is
    said of a model that is returned as it is. Raises ForeignError for other shapes, and for one that reads no better
    than chance.
    """
    import keras

    given, gives = _shapes(model)
    if given[0] is not None or given[1:] not in SHAPES or gives != (None, CLASSES):
        wanted = "28x28, 28x28x1 or 784 numbers"
        raise ForeignError(
            f"expected a model from (None, 28, 28) to (None, 10), or from {wanted}; found {given} to {gives}"
        )
    told = None if scale is None else _told(scale)
    images, labels = (part[:IMAGES] for part in hold_out(*load_data()[0])[1])
    pixels = images.astype(np.float32).reshape(IMAGES, *given[1:])
    trials = {}
    for name, (factor, offset) in SCALES.items() if told is None else (("as told", told),):
        outputs = np.asarray(model.predict_on_batch(pixels * np.float32(factor) + np.float32(offset)), float)
        if not np.isfinite(outputs).all():
            continue
        is_logits = not _are_probabilities(outputs) if logits is None else logits
        scores = log_softmax(outputs, axis=1) if is_logits else np.log(np.clip(outputs, 1e-30, None))
        loss = -scores[np.arange(IMAGES), labels].mean()
        trials[name] = ((outputs.argmax(1) == labels).mean(), loss, factor, offset, is_logits)
    if not trials:
        raise ForeignError("it gives numbers that are not finite for images of digits")
    most = max(accuracy for accuracy, *_ in trials.values())
    equal = [name for name, (accuracy, *_) in trials.items() if accuracy >= most - NOISE]
    name = min(equal, key=lambda name: trials[name][1])  # Pixels of another scale make it much too sure, or unsure.
    accuracy, _, factor, offset, is_logits = trials[name]
    if accuracy < CHANCE:
        raise ForeignError(
            f"it reads {accuracy:.0%} of {IMAGES} images of digits right, no better than chance"
            + ("" if told is None and logits is None else "; leave out scale and logits to have them found out")
        )
    layers = [] if given[1:] == SHAPES[0] else [keras.layers.Reshape(given[1:])]
    layers += [] if (factor, offset) == (1, 0) else [keras.layers.Rescaling(factor, offset)]
    layers += [*(model.layers if type(model) is keras.Sequential else [model])]
    layers += [keras.layers.Softmax()] if is_logits else []
    if len(layers) == len(model.layers):
        return model, ""
    found = f"pixels {name}" if told is None else f"pixels as told, {factor:g} * pixel + {offset:g}"
    kind = "logits" if is_logits else "probabilities"
    found = f"reads {accuracy:.1%} of {IMAGES} validation images with {found} and {kind}"
    return keras.Sequential([keras.Input((IMAGE_SIZE, IMAGE_SIZE)), *layers], name=model.name), found


def unusable_weights(model: keras.Model) -> str:
    """Return the name of the first of a model's weights that holds a number which is not finite; "" when none does."""
    return next((weight.path for weight in model.weights if not np.isfinite(np.asarray(weight)).all()), "")


def _shapes(model):
    try:
        return tuple(model.input_shape), tuple(model.output_shape)
    except (AttributeError, TypeError, ValueError):  # Several inputs, or none that are known.
        raise ForeignError("it must have one input of 28x28, 28x28x1 or 784 numbers and one output of ten") from None


def _told(scale):
    pair = scale if isinstance(scale, tuple | list) else (scale, 0.0)
    if len(pair) != 2 or not all(isinstance(each, int | float) and math.isfinite(each) for each in pair) or not pair[0]:
        raise ForeignError(f"scale must be a factor other than 0, such as 1/255, or (factor, offset); found {scale!r}")
    return float(pair[0]), float(pair[1])


def _are_probabilities(outputs):
    return bool((outputs >= -1e-6).all() and np.allclose(outputs.sum(1), 1, atol=1e-3))
