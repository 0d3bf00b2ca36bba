"""A picture of handwritten digits, read."""

from __future__ import annotations

import io
import math
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..figures import finished
from .contrast import contrast_of, is_light_on_dark
from .frames import name
from .opening import Picture, opened
from .parts import parts_of
from .reader import Found, Reader
from .rules import without_rules

LARGEST = 4_000_000  # px that are worked on: a larger picture is made smaller by a whole number
SHOWN, LARGER = 700, 12  # px of the longer side of a picture as it is shown, and how much larger than it is


@dataclass
class Page:
    """What `read_picture` found: `rows` of readings from the top, each from left to right.

    `picture` is what was read, upright, uint8 (H, W) or (H, W, 3); boxes are in its px.
    """

    rows: list[list[Found]]
    picture: np.ndarray = field(repr=False)

    @property
    def readings(self) -> list[Found]:
        """Every reading in the order of the text."""
        return [reading for row in self.rows for reading in row]

    @property
    def text(self) -> str:
        """The digits, a line for each row."""
        return "\n".join("".join(str(reading.digit) for reading in row) for row in self.rows)

    def as_dict(self) -> dict[str, Any]:
        """Return text and readings as JSON can hold them."""
        readings = [
            {"digit": each.digit, "confidence": round(each.confidence, 4), "unsure": each.unsure, "box": list(each.box)}
            for each in self.readings
        ]
        return {"text": self.text, "readings": readings}

    def figure(self) -> Figure:
        """Return the picture as a Matplotlib figure with a box around each digit and its name, or the digit alone."""
        height, width = self.picture.shape[:2]
        scale = min(SHOWN / max(height, width), LARGER)
        height, width = max(1, round(scale * height)), max(1, round(scale * width))
        figure = plt.figure(figsize=(width / 100, height / 100), layout="none")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0), frameon=False)
        axes.set_axis_off()
        axes.imshow(self.picture, "gray", vmin=0, vmax=255, extent=(0, width, height, 0), aspect="auto")
        named = [(each, tuple(scale * side for side in each.box)) for each in self.readings]
        name(axes, named, width, height, 72 / 100, paper=True)
        return finished(figure, self._spoken())

    def _spoken(self):
        read = "; ".join(" ".join(reading.short for reading in row) for row in self.rows)
        return f"A picture, reading: {read or 'nothing'}."

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Offer the picture with its boxes to a notebook."""
        data = io.BytesIO()
        self.figure().savefig(data, format="png", dpi=100)
        png = {"text/plain": f"Page reading {self.text!r}", "image/png": b64encode(data.getvalue()).decode()}
        return png, {"image/png": {"alt": self._spoken()}}


def read_picture(picture: Picture, recognizer: Any = None) -> Page:
    """Return the handwritten digits in a picture, read by a recognizer, the stored one when None.

    `picture` is a path or the bytes of a PNG, JPEG, TIFF, WebP, BMP or GIF file, a PIL image, or an array (H, W),
    (H, W, 1), (H, W, 3) or (H, W, 4), uint8 or float from 0 to 1. Dark ink on light paper or light on dark, evenly lit
    or not, ruled or squared; digits from some 15 px to the whole picture. `recognizer` is a `Recognizer`, or anything
    with its `probabilities(images)`; it may have `unsure_below`. Raises PictureError, a ValueError, for what is no
    picture, is damaged, or has more than 50 million pixels, and TypeError for what does not read images.
    """
    if recognizer is not None and not hasattr(recognizer, "probabilities"):
        raise TypeError(f"pictures are read with a Recognizer, such as Recognizer.load(); found {recognizer!r:.80}.")
    if recognizer is None:
        from ..learning.recognizer import Recognizer

        recognizer = Recognizer.load()
    upright = opened(picture)
    shown = np.asarray(upright)
    shrunk = max(1, math.ceil(math.sqrt(upright.width * upright.height / LARGEST)))
    grey = np.asarray(upright.convert("L").reduce(shrunk))
    contrasts = [contrast_of(grey, light) for light in is_light_on_dark(grey)]
    cleared = [(*without_rules(each.ink, each.noise), each.noise) for each in contrasts]
    ruled = max(lines for _, lines, _ in cleared)  # Where the paper has lines, they tell what is ink and what ground.
    inks = [(ink, noise) for ink, lines, noise in cleared if 2 * lines >= ruled]
    readers = [Reader(parts_of(ink, noise), recognizer, shrunk) for ink, noise in inks]
    return Page(max(readers, key=Reader.sure).rows(), shown)
