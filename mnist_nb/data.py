"""MNIST as it ships with the package, checked against the digests of the original files."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

import numpy as np

MNIST_PATH = Path(__file__).with_name("datasets") / "mnist.npz"
CLASSES = 10
IMAGE_SIZE = 28
VALIDATION_IMAGES = 5_000

Examples = tuple[np.ndarray, np.ndarray]  # images and their labels

# MD5 of the four uncompressed IDX files that Yann LeCun published; an array and its IDX header
# give the file's bytes back, so these check the arrays themselves.
IDX_MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}

# Test labels that fewer than 3 of 5 human reviewers agreed with: index -> the label they preferred.
# Source: Northcutt, Athalye and Mueller 2021, "Pervasive Label Errors", cleanlab/label-errors.
DOUBTFUL_TEST_LABELS = {
    947: 9, 1621: 6, 1901: 4, 2130: 9, 2462: 0, 2597: 3, 2654: 1, 3520: 4,
    3558: 0, 5937: 3, 6651: 6, 6783: 6, 8527: 9, 9679: 3, 9729: 6,
}  # fmt: skip


class DataError(ValueError):
    """A data file cannot be used; the message names the file, what is wrong and the remedy."""


def idx_md5(array: np.ndarray) -> str:
    """Return the MD5 that a uint8 array has as an IDX file, the format MNIST was published in."""
    header = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape)
    digest = hashlib.md5(header, usedforsecurity=False)
    digest.update(np.ascontiguousarray(array))  # type: ignore[arg-type]  # mypy takes it for no buffer.
    return digest.hexdigest()


def load_data(path: str | Path | None = None, *, original: bool = True) -> tuple[Examples, Examples]:
    """Return `(x_train, y_train), (x_test, y_test)` as `keras.datasets.mnist.load_data()` does.

    Images are uint8 (60000, 28, 28) and (10000, 28, 28) with ink 255 on ground 0; labels are uint8
    (60000,) and (10000,). `path` names an `.npz` file with the keys x_train, y_train, x_test and
    y_test; the file shipped with the package is read when it is None. `original=False` admits other
    28x28 digits, such as a subset of MNIST: then types and shapes are checked, digests are not.

    Raises DataError when the file is missing, damaged, or not what was asked for.
    """
    shipped = path is None
    path = MNIST_PATH if path is None else Path(path)
    remedy = (
        "Install mnist_nb again, or restore the file from the repository."
        if shipped
        else "Check the path, or leave it out to read the MNIST that ships with mnist_nb."
    )
    arrays = _read_arrays(path, remedy)
    _check_arrays(arrays, path, remedy)
    if original:
        if not shipped:
            remedy = "If other 28x28 digits are meant, pass original=False."
        for key, expected in IDX_MD5.items():
            found = idx_md5(arrays[key])
            if found != expected:
                raise DataError(
                    f"{path}: {key} is not MNIST's: expected MD5 {expected}, found {found} "
                    f"for shape {arrays[key].shape}. {remedy}"
                )
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def hold_out(images: np.ndarray, labels: np.ndarray, count: int = VALIDATION_IMAGES) -> tuple[Examples, Examples]:
    """Split off the last `count` examples: return `(x_fit, y_fit), (x_validation, y_validation)`.

    The tail is what Keras's `validation_split` takes as well. MNIST stores a writer's digits next
    to each other, so a tail keeps most writers on one side, where a shuffled split would not.
    """
    if not 0 < count < len(images):
        raise DataError(
            f"cannot hold out {count} of {len(images)} images for validation: choose 1 to {len(images) - 1}."
        )
    return (images[:-count], labels[:-count]), (images[-count:], labels[-count:])


def _read_arrays(path, remedy):
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected an .npz archive with {', '.join(IDX_MD5)}. {remedy}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in IDX_MD5 if key not in archive]
            if missing:
                raise DataError(
                    f"{path}: expected the arrays {', '.join(IDX_MD5)}, found {', '.join(archive) or 'none'}. {remedy}"
                )
            return {key: archive[key] for key in IDX_MD5}
    except DataError:
        raise
    except (OSError, EOFError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, zipfile.zlib.error) as error:
        raise DataError(
            f"{path}: expected an .npz archive of plain arrays, found a file that cannot be read ({error}). {remedy}"
        ) from error


def _check_arrays(arrays, path, remedy):
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise DataError(
                f"{path}: x_{part} must be uint8 of shape (N, 28, 28), found {images.dtype} {images.shape}. {remedy}"
            )
        if labels.dtype.kind not in "iu" or labels.shape != (len(images),) or len(labels) == 0:
            raise DataError(
                f"{path}: y_{part} must be {len(images) or 'one or more'} integer labels, "
                f"found {labels.dtype} {labels.shape}. {remedy}"
            )
        if labels.min() < 0 or labels.max() >= CLASSES:
            raise DataError(
                f"{path}: y_{part} must hold labels 0 to 9, found {labels.min()} to {labels.max()}. {remedy}"
            )
