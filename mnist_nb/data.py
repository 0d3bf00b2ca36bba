"""MNIST as it ships with the package, checked against the digests of the original files."""

from __future__ import annotations

import hashlib
import math
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .files import PathError, as_path

MNIST_PATH = Path(__file__).with_name("datasets") / "mnist.npz"
CLASSES = 10
IMAGE_SIZE = 28
VALIDATION_IMAGES = 5_000
LARGEST = 2**30  # bytes that one array of a file may take once it is unpacked; MNIST's largest takes 47 million

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


class LabelError(DataError):
    """A label is no digit; holds its `place`, counted from 0, and what was `found` there."""

    def __init__(self, place: int, found: object) -> None:
        super().__init__(f"label {place} must be an integer 0 to 9; found {found!r:.80}.")
        self.place, self.found = place, found


def as_array(values: object) -> np.ndarray:
    """Return an array of lists, tuples or arrays, as `np.asarray` does. Raises ValueError for anything else.

    That is for rows of several lengths, and for ranges: one of any length would fill the memory.
    """
    if not isinstance(values, list | tuple) and not hasattr(values, "__array__"):
        raise ValueError(f"found {'None' if values is None else type(values).__name__}")
    if _holds_range(values):
        raise ValueError("found a range")
    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError):
        raise ValueError("found rows of several lengths") from None


def _holds_range(values):
    return isinstance(values, range) or (isinstance(values, list | tuple) and any(map(_holds_range, values)))


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
    try:
        path = MNIST_PATH if path is None else as_path(path)
    except PathError as error:
        raise DataError(str(error)) from None
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
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 0 < count < len(images):
        raise DataError(
            f"cannot hold out {count} of {len(images)} images for validation: choose 1 to {len(images) - 1}."
        )
    return (images[:-count], labels[:-count]), (images[-count:], labels[-count:])


def as_labels(labels: np.ndarray | Sequence[int], count: int | None = None) -> np.ndarray:
    """Return labels, whole numbers 0 to 9 in one row, as int64 (N,); `count` says how many there should be.

    Raises DataError that says what was found in place of such labels, LabelError for a single one.
    """
    wanted = f"{'N' if count is None else count} whole numbers 0 to 9"
    try:
        array = as_array(labels)
    except ValueError as error:
        raise DataError(f"labels must be {wanted}; {error}.") from None
    if array.ndim == 2 and array.shape[1] == CLASSES:
        raise DataError(f"labels must be {wanted}; found one-hot rows {array.shape}. Give labels.argmax(1).")
    if array.ndim == 2 and array.shape[1] == 1:
        raise DataError(f"labels must be {wanted} in one row; found a column {array.shape}. Give labels.ravel().")
    if array.ndim != 1:
        raise DataError(f"labels must be {wanted} in one row; found shape {array.shape}.")
    if count is not None and len(array) != count:
        raise DataError(f"{count} are to be labelled, and there are {len(array)} labels. Give one for each.")
    if array.dtype.kind in "iuf" and not any(isinstance(label, bool) for label in labels):
        wrong = np.flatnonzero(~np.isin(array, range(CLASSES))).tolist()
    else:
        wrong = [place for place, label in enumerate(labels) if not _is_digit(label)]
    if wrong:
        raise LabelError(wrong[0], labels[wrong[0]])
    return array.astype(int)


def _is_digit(label):
    is_real = isinstance(label, int | float | np.integer | np.floating) and not isinstance(label, bool)
    return is_real and label in range(CLASSES)


def as_images(images: np.ndarray) -> np.ndarray:
    """Return images uint8 (N, 28, 28), ink 255 on ground 0, as they are; raise DataError for anything else."""
    wanted = "images must be uint8 (N, 28, 28) with pixels 0 to 255"
    try:
        array = as_array(images)
    except ValueError as error:
        raise DataError(f"{wanted}; {error}.") from None
    found = f"{array.dtype} {array.shape}"
    if array.shape[1:] == (IMAGE_SIZE, IMAGE_SIZE, 1):
        raise DataError(f"{wanted}; found {found}. Give images[..., 0].")
    if array.ndim != 3 or array.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        raise DataError(f"{wanted}; found {found}.")
    if array.dtype.kind == "f" and array.size and np.nanmin(array) >= 0 and np.nanmax(array) <= 1:
        raise DataError(f"{wanted}; found {found} from 0 to 1. Give (255 * images).round().astype('uint8').")
    if array.dtype != np.uint8:
        raise DataError(f"{wanted}; found {found}. Give images.astype('uint8') if they hold 0 to 255.")
    if array.size and array.max() <= 1:
        raise DataError(f"{wanted}; the largest found is {array.max()}. Give 255 * images.")
    return array


def unlike_mnist(images: np.ndarray, labels: np.ndarray) -> str:
    """Return a sentence when digits, uint8 (N, 28, 28) with labels (N,), lie or look otherwise than MNIST's, else "".

    The mean image of each digit is compared with MNIST's: EMNIST's lie on their side, mirrored, and scans are dark on
    light.
    """
    x, y = load_data()[0]
    alike: dict[str, list[float]] = {"": [], "transposed": [], "inverted": [], "transposed and inverted": []}
    for digit in np.unique(labels):
        theirs, mnists = (part.mean(0) for part in (images[labels == digit], x[y == digit]))
        straight, turned = (_correlation(each, mnists) for each in (theirs, theirs.T))
        for found, correlations in zip((straight, turned, -straight, -turned), alike.values(), strict=True):
            correlations.append(found)
    means = {name: float(np.mean(found)) for name, found in alike.items() if found}
    most = max(means, key=means.__getitem__, default="")
    if not most or means[most] < 0.5 or means[most] < means[""] + 0.1:
        return ""
    remedy = {"transposed": "images.transpose(0, 2, 1)", "inverted": "255 - images"}
    remedy["transposed and inverted"] = f"255 - {remedy['transposed']}"
    return f"These images look like MNIST's {most}. A network learns them as they are; give {remedy[most]} otherwise."


def _correlation(one, other):
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / max(1e-12, np.sqrt((one**2).sum() * (other**2).sum())))


def read_arrays(path: Path, largest: int) -> dict[str, np.ndarray]:
    """Return the arrays of an `.npz` file, none of them pickled and none larger than `largest` bytes.

    Sizes are looked up before anything is unpacked: a damaged or malicious header claims any. Raises ValueError, or
    what NumPy and zipfile raise.
    """
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.file_size > largest:
                raise ValueError(f"{member.filename} claims {member.file_size} bytes; {largest} are the most")
            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(file)
                if math.prod(shape) * dtype.itemsize > largest:
                    raise ValueError(f"{member.filename} claims shape {shape}; {largest} bytes are the most")
    with np.load(path, allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def _read_arrays(path, remedy):
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected an .npz archive with {', '.join(IDX_MD5)}. {remedy}")
    try:
        arrays = read_arrays(path, LARGEST)
    except Exception as error:  # NumPy and zipfile let many kinds through, depending on the damage.
        raise DataError(
            f"{path}: expected an .npz archive of plain arrays, found a file that cannot be read ({error}). {remedy}"
        ) from error
    if missing := [key for key in IDX_MD5 if key not in arrays]:
        found = ", ".join(arrays) or "none"
        raise DataError(f"{path}: expected the arrays {', '.join(IDX_MD5)}, found {found} (no {missing[0]}). {remedy}")
    return {key: arrays[key] for key in IDX_MD5}


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
