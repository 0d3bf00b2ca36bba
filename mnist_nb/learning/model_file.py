"""A `.keras` file: written whole or not at all, with notes on how it was made, and read with care."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import CLASSES, IMAGE_SIZE
from ..files import PathError, as_path, replacing
from ..paths import model_path
from .foreign import unusable_weights

if TYPE_CHECKING:
    import keras

HDF5 = b"\x89HDF\r\n\x1a\n"
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
    model = load_any(path)
    path, remedy = _found(path)
    if (model.input_shape, model.output_shape) != ((None, IMAGE_SIZE, IMAGE_SIZE), (None, CLASSES)):
        raise ModelError(
            f"{path}: expected a model from (None, 28, 28) to (None, 10), found "
            f"{model.input_shape} to {model.output_shape}. {remedy}"
        )
    return model


def load_any(path: str | Path | None = None) -> keras.Model:
    """Return the Keras model of any shape in a `.keras` or `.h5` file; `models/best.keras` when None.

    Raises ModelError when the file is missing or damaged, has layers that Keras does not know here, or weights that
    are not finite.
    """
    path, remedy = _found(path)
    import keras

    try:
        model = keras.models.load_model(path)
    except Exception as error:  # Keras lets zip, JSON, HDF5 and its own errors through, depending on the damage.
        raise ModelError(f"{path}: not a model that Keras can load ({_reason(error, path)}). {remedy}") from error
    if weight := unusable_weights(model):
        raise ModelError(f"{path}: its weights {weight} hold numbers that are not finite. {remedy}")
    return model


def _reason(error, path):
    """Return in one line why Keras could not load a model: the layer that it does not know, or what it says itself."""
    import keras

    text = " ".join(str(error).split()) or type(error).__name__
    made_with = _made_with(path)
    other = f"; it was made with Keras {made_with}, and this is {keras.__version__}"
    other = other if made_with not in ("", keras.__version__) else ""
    if unknown := re.search(r"(?:locate class|Unknown layer:?|Could not deserialize) ['\"]?([\w.]+)['\"]?", text):
        return f"Keras {keras.__version__} does not know its layer {unknown[1].rpartition('.')[2]}{other}"
    if "Lambda" in text:
        return f"a layer Lambda in it would run code of its maker's{other}"
    return f"{text[:200]}{other}"


def _made_with(path):
    """Return the version of Keras that a `.keras` file names, as text; "" when it names none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return str(json.loads(archive.read("metadata.json"))["keras_version"])
    except (zipfile.BadZipFile, ValueError, OSError, KeyError, TypeError):
        return ""


def load_notes(path: str | Path | None = None) -> dict[str, Any]:
    """Return the notes that `save_model` put into a `.keras` file, a dict; empty for a file without any.

    Raises ModelError when the file is missing or damaged.
    """
    file, remedy = _found(path)
    try:
        if file.read_bytes()[: len(HDF5)] == HDF5:  # The older format of models has no place for them.
            return {}
        with zipfile.ZipFile(file) as archive:
            notes = json.loads(archive.read(NOTES)) if NOTES in archive.namelist() else {}
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ModelError(f"{file}: not a model that Keras can load ({error}). {remedy}") from error
    if not isinstance(notes, dict):
        raise ModelError(f"{file}: its notes must be an object; found {type(notes).__name__}. {remedy}")
    threshold = notes.get("unsure_below", 0.0)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise ModelError(f"{file}: its note unsure_below must be a number 0 to 1; found {threshold!r:.80}. {remedy}")
    digit_when = notes.get("digit_when", [0, 0])
    if not isinstance(digit_when, list) or [type(each) in (int, float) for each in digit_when] != [True, True]:
        raise ModelError(f"{file}: its note digit_when must be two numbers; found {digit_when!r:.80}. {remedy}")
    return notes


def weights_sha256(model: keras.Model) -> str:
    """Return the SHA-256 digest, in hexadecimal, of a model's weights: the same for the same weights."""
    return hashlib.sha256(b"".join(weights.tobytes() for weights in model.get_weights())).hexdigest()


def _found(path):
    shipped = path is None
    try:
        path = model_path("best") if shipped else as_path(path)
    except PathError as error:
        raise ModelError(f"{error}") from None
    remedy = "Run notebooks/05_train.ipynb to train it" + (", or restore it from the repository." if shipped else ".")
    if path.is_dir():
        raise ModelError(f"{path}: a folder, and a model is one file, such as best.keras. {remedy}")
    if not path.is_file():
        raise ModelError(f"{path}: no such model. {remedy}")
    return path, remedy
