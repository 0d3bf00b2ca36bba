"""The drawings of a board in files of strokes: each of them once, with the label that was given last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..strokes.file import Drawings, StrokeFileError, change_drawings, load_drawings, same_strokes, save_drawings
from ..strokes.ink import Drawing
from .history import Stroke
from .readings import Reading

Strokes = tuple[Stroke, ...]  # of a digit


class Collection:
    """What of a board is in which file. All methods raise StrokeFileError when a file cannot be used."""

    def __init__(self) -> None:
        self._labels: dict[tuple[Path, Strokes], int] = {}  # what was saved, and as what
        self._kept: dict[Strokes, Drawing] = {}  # as a file holds it, where it had to be fitted to the board

    def unsaved(self, path: Path, readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings that a file does not hold with the digit that they have now."""
        return [reading for reading in readings if self._labels.get((path, reading.strokes)) != reading.digit]

    def save(self, path: Path, readings: Sequence[Reading], writer: str) -> int:
        """Write readings into a file, and return how many drawings it then holds.

        A digit that is there gets its new label. What was saved of a digit before strokes were added to it goes.
        """
        drawings = [self._as_kept(reading.strokes) for reading in readings]
        held = save_drawings(path, drawings, [each.digit for each in readings], writer=writer, correct=True)
        parts = [
            strokes
            for where, strokes in self._labels
            if where == path and any(set(strokes) < set(reading.strokes) for reading in readings)
        ]
        if parts:
            gone = [self._as_kept(strokes) for strokes in parts]
            held = len(change_drawings(path, lambda held: _without(held, gone)))
        for strokes in parts:
            del self._labels[path, strokes]
        self._labels |= {(path, reading.strokes): reading.digit for reading in readings}
        return held

    def entry(self, path: Path, number: int | None = None) -> tuple[Drawings, int]:
        """Return what a file holds, and the number of a drawing in it, counted from 1: the last when None."""
        drawings = load_drawings(path)
        number = len(drawings) if number is None else number
        if isinstance(number, bool) or not isinstance(number, int):
            raise StrokeFileError(f"{path}: the number of a drawing must be a whole one, from 1; found {number!r:.80}.")
        if not 1 <= number <= len(drawings):
            count = f"{len(drawings)} digit{'s' * (len(drawings) != 1)}"
            raise StrokeFileError(f"{path}: there is no drawing {number}; it holds {count}.")
        return drawings, number

    def put_on_board(self, path: Path, strokes: Strokes, drawing: Drawing, label: int) -> None:
        """Note that these strokes of the board are a drawing of a file."""
        self._labels[path, strokes] = label
        self._kept[strokes] = drawing

    def remove(self, path: Path, number: int, strokes: Strokes) -> int:
        """Take a drawing, which is on the board as these strokes, out of a file; return how many that then holds."""
        drawing, place = self._as_kept(strokes), number - 1

        def change(held):  # It may stand elsewhere by now.
            there = place < len(held) and same_strokes(held.strokes[place], drawing)
            return held.without(place) if there else _without(held, [drawing])

        held = len(change_drawings(path, change))
        self._labels.pop((path, strokes), None)
        return held

    def _as_kept(self, strokes):
        return self._kept.get(strokes) or [stroke.points for stroke in strokes]


def _without(held, drawings):
    """Return what a file holds without these drawings, as far as they are in it."""
    for drawing in drawings:
        place = held.place_of(drawing)
        held = held if place is None else held.without(place)
    return held
