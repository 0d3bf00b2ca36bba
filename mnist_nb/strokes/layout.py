"""How what was drawn is laid out: digits in rows, and marks that are none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .grouping import Judge, group_strokes
from .marks import find_marks, find_small


def lay_out(strokes: Sequence[np.ndarray], judge: Judge | None = None) -> tuple[list[list[list[int]]], list[list[int]]]:
    """Return rows of digits as `group_strokes` does, without marks, and the marks, both as lists of stroke indices.

    Marks are points, commas, minus and plus, underlines, and boxes and circles around digits. `judge` is asked as
    `group_strokes` says.
    """
    marks = find_marks(strokes)
    rows = _rows(strokes, marks, judge)
    groups = [group for row in rows for group in row]
    small = find_small([[strokes[index] for index in group] for group in groups])
    if small:
        marks = sorted(marks + [groups[place] for place in small])
        rows = _rows(strokes, marks, judge)
    return rows, marks


def _rows(strokes, marks, judge):
    """Return rows of digits among the strokes that are no marks, as lists of stroke indices."""
    left = sorted(set(range(len(strokes))) - {index for mark in marks for index in mark})

    def judged(group):
        return judge([left[index] for index in group])

    rows = group_strokes([strokes[index] for index in left], judge and judged)
    return [[[left[index] for index in group] for group in row] for row in rows]
