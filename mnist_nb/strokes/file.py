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

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data import CLASSES
from ..files import replacing
from .ink import Drawing, InkError, as_strokes

VERSION = 1
ARRAYS = ("label", "writer", "n_strokes", "n_points", "xy")


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


def load_drawings(path: str | Path) -> Drawings:
    """Return the `Drawings` in a file of strokes. Raises StrokeFileError when it is missing or not such a file."""
    path = Path(path)
    if path.is_dir():
        raise StrokeFileError(f"{path}: a folder. Name a file in it, such as drawings.npz.")
    if not path.is_file():
        raise StrokeFileError(f"{path}: no such file. Save drawings from a board first, or name another file.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = {key: archive[key] for key in archive.files}
    except Exception as error:  # NumPy and zipfile let many kinds through, depending on the damage.
        raise StrokeFileError(f"{path}: not a file of strokes, or a damaged one. Name another file.") from error
    if problem := _problem(found):
        raise StrokeFileError(f"{path}: {problem}. Name another file.")
    ends = np.cumsum(found["n_points"])
    strokes = np.split(found["xy"].astype(float), ends[:-1]) if len(ends) else []
    ends = np.cumsum(found["n_strokes"])
    drawings: list[Drawing] = [strokes[end - count : end] for end, count in zip(ends, found["n_strokes"], strict=True)]
    return Drawings(drawings, found["label"].astype(int), found["writer"].astype(str))


def save_drawings(
    path: str | Path, drawings: Sequence[Drawing], labels: np.ndarray | Sequence[int], *, writer: str = "me"
) -> int:
    """Add drawings with their labels, integers 0 to 9, to a file of strokes; it is made when it is not there.

    The file is replaced in one step, so it is whole at any time and an interrupted save leaves it as it
    was. Returns how many drawings it then holds. Raises StrokeFileError when the file that is there is
    no file of strokes (it is left alone), when labels do not fit, or when it cannot be written, and
    InkError when a drawing is none.
    """
    path = Path(path)
    labels = list(labels)
    if len(drawings) != len(labels):
        raise StrokeFileError(f"{path}: {len(drawings)} drawings but {len(labels)} labels. Give one for each.")
    for number, label in enumerate(labels):
        if isinstance(label, bool) or label not in range(CLASSES):
            raise StrokeFileError(f"{path}: label {number} must be an integer 0 to 9; found {label!r}.")
    added = []
    for number, drawing in enumerate(drawings):
        try:
            added.append(as_strokes(drawing))
        except InkError as error:
            raise InkError(f"drawing {number}: {error}") from error
    earlier = load_drawings(path) if path.exists() else Drawings([], np.zeros(0, int), np.zeros(0, str))
    every = earlier.strokes + added
    strokes = [stroke for drawing in every for stroke in drawing]
    arrays: dict[str, Any] = {
        "version": np.array(VERSION),
        "label": np.append(earlier.labels, np.array(labels, int)),
        "writer": np.append(earlier.writers, np.full(len(added), str(writer))),
        "n_strokes": np.array([len(drawing) for drawing in every], int),
        "n_points": np.array([len(stroke) for stroke in strokes], int),
        "xy": np.concatenate(strokes) if strokes else np.zeros((0, 2)),
    }
    try:
        with replacing(path) as unfinished, open(unfinished, "wb") as file:
            np.savez_compressed(file, **arrays)
    except OSError as error:
        raise StrokeFileError(f"{path}: cannot be written ({error.strerror}). Name another file.") from error
    return len(every)


def _problem(found):
    """Return what keeps arrays from being a file of strokes, or nothing."""
    if missing := [key for key in ARRAYS if key not in found]:
        return f"not a file of strokes: it has no {' and no '.join(missing)}"
    if found.get("version", VERSION) != VERSION:
        return f"version {found['version']} of the format, and this program knows version {VERSION}"
    label, writer, n_strokes, n_points, xy = (found[key] for key in ARRAYS)
    if not all(array.dtype.kind in "iu" for array in (label, n_strokes, n_points)) or xy.dtype.kind not in "iuf":
        return "label, n_strokes and n_points must be integers and xy numbers"
    if any(array.ndim != 1 for array in (label, writer, n_strokes, n_points)) or xy.ndim != 2 or xy.shape[1] != 2:
        return "its arrays have other shapes than a file of strokes"
    if not len(label) == len(writer) == len(n_strokes) or n_strokes.sum() != len(n_points):
        return "its labels, writers and strokes differ in number"
    if n_points.sum() != len(xy):
        return "its strokes and points differ in number"
    if (n_strokes < 1).any() or (n_points < 1).any() or not np.isfinite(xy).all():
        return "it has an empty stroke or a coordinate that is not a finite number"
    if not ((label >= 0) & (label < CLASSES)).all():
        return "it has a label that is not a digit 0 to 9"
    return ""
