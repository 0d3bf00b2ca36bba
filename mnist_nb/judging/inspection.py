"""What a network looks at: the maps of its layers, and what it loses when a part of an image is covered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..data import IMAGE_SIZE

if TYPE_CHECKING:
    import keras


def activations(model: keras.Model, image: np.ndarray, kind: str = "ReLU") -> list[tuple[str, np.ndarray]]:
    """Return what each layer of a kind makes of an image uint8 (28, 28): a list of (name, float32 (H, W, C))."""
    import keras

    layers = [layer for layer in model.layers if type(layer).__name__ == kind]
    several = keras.Model(model.inputs[0], [layer.output for layer in layers])
    outputs = several(np.asarray(image, np.float32)[None], training=False)
    return [(layer.name, output.numpy()[0]) for layer, output in zip(layers, outputs, strict=True)]


def occlusion(read: Callable[[np.ndarray], np.ndarray], image: np.ndarray, digit: int, size: int = 5) -> np.ndarray:
    """Return how much each part of an image matters for a digit, float (28, 28).

    A square of `size` px is covered with ground at every place in turn. The value of a pixel is the
    probability of `digit` that is lost when the square around it is covered; it is negative where
    covering helps. `read` gives the probabilities (N, 10) of images uint8 (N, 28, 28).
    """
    covered = np.repeat(np.asarray(image)[None], IMAGE_SIZE**2, axis=0)
    reach = size // 2
    for index, (row, column) in enumerate(np.ndindex(IMAGE_SIZE, IMAGE_SIZE)):
        covered[index, max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1] = 0
    whole = read(np.asarray(image)[None])[0, digit]
    return (whole - read(covered)[:, digit]).reshape(IMAGE_SIZE, IMAGE_SIZE)
