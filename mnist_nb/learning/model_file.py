"""A `.keras` file: written whole or not at all, with notes on how it was made, and read with care."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import CLASSES, IMAGE_SIZE
from ..files import replacing
from ..paths import model_path

if TYPE_CHECKING:
    import keras

NOTES = "mnist_nb.json"  # A member of the archive beside Keras's own, which Keras does not look at.


class ModelError(ValueError):
    """A model file cannot be used; the message names the file, what is wrong and the remedy."""


def save_model(model: keras.Model, path: str | Path, **notes: Any) -> Path:
    """Save a model, optimizer included, as a `.keras` file that is whole or not there at all.

    It is written beside its place and moved there in one step, so an interrupted save leaves the
    earlier file as it was. `notes`, anything that JSON can hold, travel with it. Returns the path.
    """
    with replacing(path) as unfinished:
        model.save(unfinished)
        if notes:
            with zipfile.ZipFile(unfinished, "a") as archive:
                archive.writestr(NOTES, json.dumps(notes, indent=2))
    return Path(path)


def load_model(path: str | Path | None = None) -> keras.Model:
    """Return the Keras model, with its optimizer, of a `.keras` file; `models/best.keras` when None.

    Raises ModelError when the file is missing, damaged, or not a reader of 28x28 digits.
    """
    path, remedy = _found(path)
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


def load_notes(path: str | Path | None = None) -> dict[str, Any]:
    """Return the notes that `save_model` put into a `.keras` file, a dict; empty for a file without any.

    Raises ModelError when the file is missing or damaged.
    """
    path, remedy = _found(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(NOTES)) if NOTES in archive.namelist() else {}
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ModelError(f"{path}: not a model that Keras can load ({error}). {remedy}") from error


def weights_sha256(model: keras.Model) -> str:
    """Return the SHA-256 digest, in hexadecimal, of a model's weights: the same for the same weights."""
    return hashlib.sha256(b"".join(weights.tobytes() for weights in model.get_weights())).hexdigest()


def _found(path):
    shipped = path is None
    path = model_path("best") if shipped else Path(path)
    remedy = "Run notebooks/05_train.ipynb to train it" + (", or restore it from the repository." if shipped else ".")
    if not path.is_file():
        raise ModelError(f"{path}: no such model. {remedy}")
    return path, remedy
