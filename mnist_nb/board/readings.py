"""What a board reads in its strokes: one reading a digit, in rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..strokes import reading as strokes_reading
from ..strokes.ink import strokes_to_image
from ..strokes.layout import lay_out
from .history import Stroke

MOST_KNOWN = 1_000  # readings
Labels = Mapping[tuple[Stroke, ...], int]  # {strokes of a digit: what a person said it is}

Known = dict[tuple[Stroke, ...], "Reading"]  # {strokes of a digit, or of what might be one: what they read as}


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading(strokes_reading.Reading):
    """What one digit's strokes are read as."""

    strokes: tuple[Stroke, ...]  # As they were drawn, one after the other.
    points: int = field(default=0, repr=False)  # Number of points read; a stroke under way may have more by now.


def read_rows(
    recognizer: Any, strokes: Sequence[Stroke], labels: Labels | None = None, known: Known | None = None
) -> tuple[list[list[Reading]], list[tuple[Stroke, ...]]]:
    """Find digits among strokes, a sequence of `Stroke`, and read each; return rows of `Reading`, and marks.

    `labels` maps the strokes of a digit to what a person said it is. What is read is kept in `known`, and not read
    again while its strokes stay as they are. A mark, such as a point, is a tuple of strokes.
    """
    known = {} if known is None else known
    if len(known) > MOST_KNOWN:
        known.clear()

    def read(group):
        drawn = tuple(strokes[index] for index in group)
        known[drawn] = _read(recognizer, drawn, known.get(drawn))
        return known[drawn]

    found, marks = lay_out([stroke.points for stroke in strokes], lambda group: read(group).confidence)
    rows = [[read(group) for group in row] for row in found]
    return with_labels(rows, labels or {}), [tuple(strokes[index] for index in mark) for mark in marks]


def with_labels(rows: list[list[Reading]], labels: Labels) -> list[list[Reading]]:
    """Return rows of readings with what a person said of them, {strokes: digit}."""
    return [[replace(reading, label=labels.get(reading.strokes)) for reading in row] for row in rows]


def _read(recognizer, strokes, known):
    count = sum(map(len, strokes))
    if known is not None and known.points == count:
        return known
    drawing = [stroke.points for stroke in strokes]
    points = np.concatenate(drawing)
    box = (*points.min(0), *points.max(0))
    image = strokes_to_image(drawing)
    # Whatever reads drawings will do; what reads images gets the very image that is shown.
    reads_images = hasattr(recognizer, "probabilities")
    probabilities = recognizer.probabilities(image[None])[0] if reads_images else recognizer.read(drawing)
    unsure_below = getattr(recognizer, "unsure_below", 0.0)
    return Reading(image, np.asarray(probabilities), box, unsure_below, strokes=strokes, points=count)
