"""A trained network that reads images and drawings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .data import CLASSES, IMAGE_SIZE
from .ink import InkError, strokes_to_image
from .paths import model_path

BATCH = 1_000


class ModelError(ValueError):
    """A model file cannot be used; the message names the file, what is wrong and the remedy."""


class Recognizer:
    """Reads digits with a Keras model that maps images (N, 28, 28), 0 to 255, to probabilities (N, 10)."""

    def __init__(self, model):
        import tensorflow as tf

        self.model = model
        # One traced function for every batch size: `model.predict` would take 100 times as long for one image.
        signature = tf.TensorSpec((None, IMAGE_SIZE, IMAGE_SIZE), tf.float32)
        self._forward = tf.function(lambda images: model(images, training=False), input_signature=[signature])
        self.probabilities(np.zeros((1, IMAGE_SIZE, IMAGE_SIZE), np.uint8))  # Traces it now, not under the pen.

    @classmethod
    def load(cls, path=None):
        """Return the Recognizer of a `.keras` file, of the shipped `models/best.keras` when `path` is None.

        Raises ModelError when the file is missing, damaged, or not a reader of 28x28 digits.
        """
        return cls(load_model(path))

    def probabilities(self, images):
        """Return the probabilities float32 (N, 10) of images uint8 (N, 28, 28), ink 255 on ground 0."""
        images = np.asarray(images)
        if images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images must have shape (N, 28, 28); found {images.shape}.")
        if images.dtype != np.uint8:
            raise ValueError(f"images must be uint8 with ink 0 to 255, as MNIST's are; found {images.dtype}.")
        batches = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
        results = [self._forward(batch.astype(np.float32)).numpy() for batch in batches]
        return np.concatenate(results) if results else np.zeros((0, CLASSES), np.float32)

    def read(self, drawing):
        """Return the probabilities float32 (10,) of one drawing, a list of (n, 2) arrays of points."""
        return self.probabilities(strokes_to_image(drawing)[None])[0]

    def read_many(self, drawings):
        """Return the digits int64 (N,) that N drawings show. Raises InkError naming the drawing at fault."""
        images = np.zeros((len(drawings), IMAGE_SIZE, IMAGE_SIZE), np.uint8)
        for index, drawing in enumerate(drawings):
            try:
                images[index] = strokes_to_image(drawing)
            except InkError as error:
                raise InkError(f"drawing {index}: {error}") from error
        return self.probabilities(images).argmax(1)


def load_model(path=None):
    """Return the Keras model, with its optimizer, of a `.keras` file; `models/best.keras` when None.

    Raises ModelError when the file is missing, damaged, or not a reader of 28x28 digits.
    """
    shipped = path is None
    path = model_path("best") if shipped else Path(path)
    remedy = "Run notebooks/05_train.ipynb to train it" + (", or restore it from the repository." if shipped else ".")
    if not path.is_file():
        raise ModelError(f"{path}: no such model. {remedy}")
    import keras

    try:
        model = keras.models.load_model(path)
    except Exception as error:  # Keras lets zip, JSON, HDF5 and its own errors through, depending on the damage.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{path}: not a model that Keras can load ({reason[:200]}). {remedy}") from error
    if model.input_shape != (None, IMAGE_SIZE, IMAGE_SIZE) or model.output_shape != (None, CLASSES):
        raise ModelError(
            f"{path}: expected a model from (None, 28, 28) to (None, 10), found "
            f"{model.input_shape} to {model.output_shape}. {remedy}"
        )
    return model
