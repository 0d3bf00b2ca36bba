"""Written forms as pen strokes: digits as people write them, and letters for what is no digit.

A template is a list of strokes, each an array of control points float (m, 2), x right, y down, with the whole about
100 high. The pen runs smoothly through the points; a point given twice is a corner.
"""

from __future__ import annotations

import numpy as np

from . import digit_forms, letter_forms
from .digit_forms import WITHHELD_DIGITS as WITHHELD_DIGITS
from .letter_forms import WITHHELD_LETTERS as WITHHELD_LETTERS

Template = list[np.ndarray]


def _strokes(form: str) -> Template:
    return [np.array([point.split(",") for point in stroke.split()], float) for stroke in form.split("|")]


DIGITS: dict[int, dict[str, Template]] = {
    digit: {name: _strokes(form) for name, form in forms.items()} for digit, forms in digit_forms.DIGITS.items()
}
LETTERS: dict[str, Template] = {name: _strokes(form) for name, form in letter_forms.LETTERS.items()}
