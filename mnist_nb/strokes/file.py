"""Labelled drawings in one file of strokes.

The file is a NumPy `.npz` archive without pickles:

| key | shape | what |
|---|---|---|
| version | () | of this format: 1; a file without it is read as 1 |
| label | (N,) | the digit that each drawing shows |
| writer | (N,) | who drew it, as text |
| n_strokes | (N,) | strokes of each drawing |
| n_points | (S,) | points of each stroke, drawing after drawing |
| xy | (P, 2) | the points, x right, y down, stroke after stroke |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from ..data import CLASSES, DataError, as_labels, read_arrays
from ..files import PathError, alone_with, as_path, replacing
from .ink import Drawing, InkError, as_strokes

VERSION = 1
ARRAYS = ("label", "writer", "n_strokes", "n_points", "xy")
LARGEST = 2**28  # bytes that one array of a file may take once it is unpacked; 16 million points


class StrokeFileError(ValueError):
    """A file of strokes cannot be read or written; the message names the file, what is wrong and the remedy."""


@dataclass(frozen=True)
class Drawings:
    """What a file of strokes holds, in the order it was saved."""

    strokes: list[Drawing]  # N drawings, each a list of float64 (n, 2) arrays.
    labels: np.ndarray  # int64 (N,)
    writers: np.ndarray  # str (N,)

    def __len__(self) -> int:
        return len(self.strokes)

    def place_of(self, drawing: Drawing) -> int | None:
        """Return where a drawing with these very strokes stands first, counted from 0; None when none does."""
        return next((place for place, held in enumerate(self.strokes) if same_strokes(held, drawing)), None)

    def without(self, place: int) -> Self:
        """Return all but the drawing at a place, counted from 0."""
        rest = [each for other, each in enumerate(self.strokes) if other != place]
        return type(self)(rest, np.delete(self.labels, place), np.delete(self.writers, place))

    def relabelled(self, place: int, label: int) -> Self:
        """Return the same with another label for the drawing at a place, counted from 0."""
        labels = self.labels.copy()
        labels[place] = label
        return type(self)(self.strokes, labels, self.writers)

    def added(self, drawings: Sequence[Drawing], labels: np.ndarray, writer: str) -> Self:
        """Return the same with more drawings at the end, all by one writer."""
        writers = np.append(self.writers, np.full(len(drawings), writer))
        return type(self)([*self.strokes, *drawings], np.append(self.labels, labels), writers)


def load_drawings(path: str | Path) -> Drawings:
    """Return the `Drawings` in a file of strokes. Raises StrokeFileError when it is missing or not such a file."""
    file = _as_path(path)
    if file.is_dir():
        raise StrokeFileError(f"{file}: a folder. Name a file in it, such as drawings.npz.")
    if not file.is_file():
        raise StrokeFileError(f"{file}: no such file. Save drawings from a board first, or name another file.")
    try:
        found = read_arrays(file, LARGEST)
    except Exception as error:  # NumPy and zipfile let many kinds through, depending on the damage.
        raise StrokeFileError(f"{file}: not a file of strokes, or a damaged one. Name another file.") from error
    if problem := _problem(found):
        raise StrokeFileError(f"{file}: {problem}. Name another file.")
    ends = np.cumsum(found["n_points"])
    strokes = np.split(found["xy"].astype(float), ends[:-1]) if len(ends) else []
    ends = np.cumsum(found["n_strokes"])
    drawings: list[Drawing] = [strokes[end - count : end] for end, count in zip(ends, found["n_strokes"], strict=True)]
    return Drawings(drawings, found["label"].astype(int), found["writer"].astype(str))


def save_drawings(
    path: str | Path, drawings: Sequence[Drawing], labels: np.ndarray | Sequence[int], *, writer: str = "me",
    correct: bool = False,
) -> int:  # fmt: skip
    """Add drawings with their labels, integers 0 to 9, to a file of strokes; it is made when it is not there.

    With `correct`, a drawing whose very strokes the file holds is not added: its label becomes the new one, and its
    writer stays. Returns how many drawings the file then holds. What is in it is safe, as `change_drawings` says.
    Raises StrokeFileError when the file that is there is no file of strokes (it is left alone), when labels do not
    fit, or when it cannot be written, and InkError when a drawing is none.
    """
    path = _as_path(path)
    try:
        digits = as_labels(labels)
    except DataError as error:
        raise StrokeFileError(f"{path}: {error}") from None
    if not hasattr(drawings, "__len__"):
        raise StrokeFileError(f"{path}: drawings must be a list of them; found {type(drawings).__name__}.")
    if len(drawings) != len(digits):
        raise StrokeFileError(f"{path}: {len(drawings)} drawings but {len(digits)} labels. Give one for each.")
    if not isinstance(writer, str) or "\0" in writer:
        raise StrokeFileError(f"{path}: writer must be text; found {writer!r:.80}.")
    added = []
    for number, drawing in enumerate(drawings):
        try:
            added.append(as_strokes(drawing))
        except InkError as error:
            raise InkError(f"drawing {number}: {error}") from error

    def change(held):
        new = []
        for number, drawing in enumerate(added):
            place = held.place_of(drawing) if correct else None
            if place is None:
                new.append(number)
            else:
                held = held.relabelled(place, digits[number])
        return held.added([added[number] for number in new], digits[new], writer)

    return len(change_drawings(path, change))


def change_drawings(path: str | Path, change: Callable[[Drawings], Drawings]) -> Drawings:
    """Put in place of what a file of strokes holds what `change` makes of it, and return that.

    One process at a time changes a file, and it is replaced in one step: nothing is lost when several save at once,
    and an interrupted change leaves it as it was. `change` is given no drawings when there is no such file. Raises
    StrokeFileError when the file is no file of strokes, or cannot be written.
    """
    place = _as_path(path)
    try:
        with alone_with(place):
            held = load_drawings(place) if place.exists() else Drawings([], np.zeros(0, int), np.zeros(0, str))
            changed = change(held)
            with replacing(place) as unfinished, open(unfinished, "wb") as file:
                np.savez_compressed(file, **_arrays_of(changed))
    except OSError as error:
        raise StrokeFileError(f"{place}: cannot be written ({error.strerror or error}). Name another file.") from error
    return changed


def _as_path(path):
    try:
        return as_path(path)
    except PathError as error:
        raise StrokeFileError(str(error)) from None


def same_strokes(one: Drawing, other: Drawing) -> bool:
    """Return whether two drawings have the very same strokes."""
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _arrays_of(drawings):
    strokes = [stroke for drawing in drawings.strokes for stroke in drawing]
    return {
        "version": np.array(VERSION),
        "label": drawings.labels,
        "writer": drawings.writers,
        "n_strokes": np.array([len(drawing) for drawing in drawings.strokes], int),
        "n_points": np.array([len(stroke) for stroke in strokes], int),
        "xy": np.concatenate(strokes) if strokes else np.zeros((0, 2)),
    }


def _problem(found):
    """Return what keeps arrays from being a file of strokes, or nothing."""
    if missing := [key for key in ARRAYS if key not in found]:
        return f"not a file of strokes: it has no {' and no '.join(missing)}"
    version = found.get("version", np.array(VERSION))
    if version.size != 1 or version.dtype.kind not in "iu":
        return "its version is no number"
    if version != VERSION:
        return f"version {version.item()} of the format, and this program knows version {VERSION}"
    label, writer, n_strokes, n_points, xy = (found[key] for key in ARRAYS)
    if not all(array.dtype.kind in "iu" for array in (label, n_strokes, n_points)) or xy.dtype.kind not in "iuf":
        return "label, n_strokes and n_points must be integers and xy numbers"
    if any(array.ndim != 1 for array in (label, writer, n_strokes, n_points)) or xy.ndim != 2 or xy.shape[1] != 2:
        return "its arrays have other shapes than a file of strokes"
    counts = [(n_strokes < 1).any(), (n_points < 1).any()]
    if not len(label) == len(writer) == len(n_strokes) or n_strokes.sum() != len(n_points):
        return "its labels, writers and strokes differ in number"
    if n_points.sum() != len(xy):
        return "its strokes and points differ in number"
    if any(counts) or not np.isfinite(xy).all():
        return "it has an empty stroke or a coordinate that is not a finite number"
    if not ((label >= 0) & (label < CLASSES)).all():
        return "it has a label that is not a digit 0 to 9"
    return ""
