"""A picture of handwritten digits, read."""

from __future__ import annotations

import io
import itertools
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import shapely
from matplotlib.figure import Figure
from scipy import ndimage

from ..figures import finished
from ..strokes.grouping import CLEARLY, WIDE, group_shapes, in_rows
from ..strokes.reading import Reading
from ..strokes.shapes import joined, near_pairs
from .contrast import contrast_of
from .frames import name
from .normal import image_of
from .opening import Picture, opened
from .parts import Parts, parts_of
from .rules import without_rules

LARGEST = 4_000_000  # px that are worked on: a larger picture is halved until it has fewer
SMALL = 0.3  # of the page's digits' height: the longest side of what is a point, a comma or a speck
TALL = 2.5  # of the same: the height of what is no digit among them
EDGE = 1  # px from the edge of the picture
SOLID = 0.4  # of its longest side: the width of the line of what is a blot
DOUBTED = 0.9  # a confidence below this may come of two digits that touch
STEEPEST = 0.2  # px down per px right, of a row
PALE = 0.5  # of the page's ink: the darkness of what is no ink when it is no digit either
PALEST = 0.25  # of the same: the darkness of what is no ink at all
LIKELY = 0.5  # the confidence of pieces that are one digit
SOFT = 0.4  # of the page's ink: the sharpness of shadows and smudges
GAP = 3.0  # widths of a line: a gap in it, from middle to middle
CUTS = 5  # places where two digits that touch may be divided
MARGIN = 0.15  # of the width, from either side: there are no cuts
TALL_PART = 0.5  # of the height of digits that touch: the height of each
MOST_DIVIDED = 40  # digits of a page
SHOWN, LARGER = 900, 12  # px of the longer side of a picture as it is shown, and how much larger than it is
CROWDED = 12  # digits: more are named by their digit alone


@dataclass
class Page:
    """What `read_picture` found: `rows` of readings from the top, each from left to right.

    `picture` is what was read, upright, uint8 (H, W) or (H, W, 3); boxes are in its px.
    """

    rows: list[list[Reading]]
    picture: np.ndarray = field(repr=False)

    @property
    def readings(self) -> list[Reading]:
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
        crowded = len(self.readings) > CROWDED
        named = [
            (
                each,
                tuple(scale * side for side in each.box),
                f"{each.digit}{'?' * each.unsure}" if crowded else each.caption,
            )
            for each in self.readings
        ]
        name(axes, named, width, height, 72 / 100, paper=True)
        return finished(figure, self._spoken())

    def _spoken(self):
        read = "; ".join(" ".join(map(_digit, row)) for row in self.rows)
        return f"A picture, reading: {read or 'nothing'}."

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Offer the picture with its boxes to a notebook."""
        data = io.BytesIO()
        self.figure().savefig(data, format="png", dpi=100)
        png = {"text/plain": f"Page reading {self.text!r}", "image/png": b64encode(data.getvalue()).decode()}
        return png, {"image/png": {"alt": self._spoken()}}


def read_picture(picture: Picture, recognizer: Any = None) -> Page:
    """Read the handwritten digits in a picture."""
    if recognizer is None:
        from ..learning.recognizer import Recognizer

        recognizer = Recognizer.load()
    upright = opened(picture)
    shown = np.asarray(upright)
    grey = np.asarray(upright.convert("L"))
    shrunk = 1
    while grey.shape[0] * grey.shape[1] / shrunk**2 > LARGEST:
        shrunk += 1
    if shrunk > 1:
        grey = np.asarray(upright.convert("L").reduce(shrunk))
    contrast = contrast_of(grey)
    ink, _ = without_rules(contrast.ink, contrast.noise)
    parts = parts_of(ink, contrast.noise)
    return Page(_Reader(parts, recognizer, shrunk).rows(), shown)


class _Reader:
    """Finds digits among parts."""

    def __init__(self, parts: Parts, recognizer: Any, shrunk: int) -> None:
        self.parts, self.recognizer, self.shrunk = parts, recognizer, shrunk
        self.known: dict[tuple[int, ...], Reading] = {}
        self.darkness: dict[Reading, float] = {}

    def rows(self):
        kept = self._candidates()
        if not len(kept):
            return []
        self._read_all([(int(index),) for index in kept])
        parts = self.parts

        def judge(group):
            return self._read(tuple(int(kept[index]) for index in group)).confidence

        groups = group_shapes(
            parts.boxes[kept], parts.lines[kept], [parts.ends[index] for index in kept], parts.lengths[kept], judge
        )
        groups = self._mended([tuple(sorted(int(kept[index]) for index in group)) for group in groups])
        self.groups = {self.known[group]: group for group in groups}
        readings = self._digits(list(self.groups))
        readings = self._divided(readings)
        if not readings:
            return []
        boxes = np.array([reading.box for reading in readings])
        level = boxes.copy()
        level[:, [1, 3]] -= _slope(boxes) * boxes[:, [0, 2]].mean(1)[:, None]
        rows = in_rows([[index] for index in range(len(readings))], level)
        return [[readings[index] for (index,) in row] for row in rows]

    def _mended(self, groups):
        """Return groups of parts, those joined that are one digit of a line with gaps: read better than its pieces."""
        self._read_all(groups)
        lines = np.array([shapely.union_all(self.parts.lines[list(group)]) for group in groups])
        widths = np.array([self.parts.widths[list(group)].max() for group in groups])
        pairs = near_pairs(lines, GAP * widths)
        self._read_all([tuple(sorted(groups[one] + groups[other])) for one, other in pairs])
        better = []
        for one, other in pairs:
            whole = self.known[tuple(sorted(groups[one] + groups[other]))].confidence
            pieces = min(self.known[groups[each]].confidence for each in (one, other))
            if whole > max(pieces + CLEARLY, LIKELY):
                better.append([one, other])
        joint = joined(better, len(groups))
        members = [np.flatnonzero(joint == each) for each in np.unique(joint)]
        groups = [tuple(sorted(part for index in each for part in groups[index])) for each in members]
        self._read_all(groups)
        return groups

    def _candidates(self):
        """Return the parts that are or belong to digits, by their size alone."""
        boxes, widths = self.parts.boxes, self.parts.widths
        if not len(boxes):
            return np.zeros(0, int)
        width, height = (boxes[:, 2:] - boxes[:, :2]).T
        sides = np.maximum(width, height)
        typical = _weighted_median(height, self.parts.lengths * self.parts.darkness**2)
        small = sides < SMALL * typical
        sharp = self.parts.sharpness
        sharp = sharp > SOFT * _weighted_median(sharp, self.parts.lengths * self.parts.darkness**2)
        return np.flatnonzero(sharp & (small | (widths < SOLID * sides)) & (sides < 2 * TALL * typical))

    def _digits(self, readings):
        """Return readings without what is too small or too large to be a digit of this page."""
        if not readings:
            return []
        boxes = np.array([reading.box for reading in readings])
        heights, sides = boxes[:, 3] - boxes[:, 1], (boxes[:, 2:] - boxes[:, :2]).max(1)
        sure = np.array([not reading.unsure for reading in readings])
        pale = np.array([self.darkness[reading] for reading in readings])
        weights = sides * pale**2 * (sure if sure.any() else 1)  # What is dark, large and sure says what digits are like.
        typical = _weighted_median(heights, weights)
        kept = (sides >= SMALL * typical) & (heights <= TALL * typical)
        edges = np.array(self.parts.numbers.shape[::-1]) * self.shrunk
        at_edge = (boxes[:, :2] <= EDGE).any(1) | (boxes[:, 2:] >= edges - EDGE).any(1)
        pale /= _weighted_median(pale, weights)
        kept &= (pale > PALEST) & (sure | ~(at_edge | (pale < PALE) | (heights < PALE * typical)))
        return [reading for reading, keep in zip(readings, kept, strict=True) if keep]

    def _ink_of(self, group):
        """Return the ink of these parts alone, float (h, w), and its left upper corner."""
        boxes = self.parts.boxes[list(group)]
        left, top = boxes[:, :2].min(0).astype(int)
        right, bottom = boxes[:, 2:].max(0).astype(int)
        place = slice(top, bottom), slice(left, right)
        numbers = self.parts.numbers[place]
        mine = np.isin(numbers, [index + 1 for index in group])
        # The soft edge of a line lies outside of it, and belongs to it as well.
        soft = ndimage.binary_dilation(mine, iterations=2) & ((numbers == 0) | mine)
        return np.where(soft, self.parts.ink[place], 0), (left, top)

    def _read_all(self, groups):
        new = [group for group in groups if group not in self.known]
        if not new:
            return
        inks = [self._ink_of(group) for group in new]
        for group, reading in zip(new, self._readings(inks), strict=True):
            self.known[group] = reading
            self.darkness[reading] = float(self.parts.darkness[list(group)].max())

    def _read(self, group):
        self._read_all([group])
        return self.known[group]

    def _readings(self, inks):
        images = np.stack([image_of(ink) for ink, _ in inks])
        probabilities = self.recognizer.probabilities(images)
        unsure_below = getattr(self.recognizer, "unsure_below", 0.0)
        readings = []
        for (ink, (left, top)), image, shares in zip(inks, images, probabilities, strict=True):
            rows, columns = np.flatnonzero((ink > 0.5).any(1)), np.flatnonzero((ink > 0.5).any(0))
            box = (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
            readings.append(Reading(image, shares, tuple(float(self.shrunk * each) for each in box), unsure_below))
        return readings

    def _divided(self, readings):
        """Return readings of digits, and of those that touch where the parts are read clearly better than the whole."""
        wide = [each for each in readings if self._may_be_more(each)][:MOST_DIVIDED]
        pieces = {}
        for whole in wide:
            ink, corner = self._ink_of(self.groups[whole])
            cuts = [0, *_valleys(ink), ink.shape[1]]
            for left, right in itertools.combinations(cuts, 2):
                piece = ink[:, left:right]
                tall = np.flatnonzero((piece > 0.5).any(1))
                if (left, right) != (0, ink.shape[1]) and tall.size and np.ptp(tall) + 1 > TALL_PART * ink.shape[0]:
                    pieces[whole, left, right] = piece, (corner[0] + left, corner[1])
        read = dict(zip(pieces, self._readings(list(pieces.values())), strict=True)) if pieces else {}
        divided = []
        for whole in readings:
            mine = {(left, right): reading for (of, left, right), reading in read.items() if of is whole}
            best, most = [whole], whole.confidence + CLEARLY
            for parts in _chains(mine):
                if (lowest := min(part.confidence for part in parts)) > most:
                    best, most = parts, lowest
            divided += best
        return divided

    def _may_be_more(self, reading):
        left, top, right, bottom = reading.box
        shape = (right - left) / (bottom - top)
        return shape > WIDE or (shape > 0.8 and reading.confidence < DOUBTED)


def _digit(reading):
    return f"{reading.digit}{'?' * reading.unsure}"


def _valleys(ink):
    """Return the columns of ink (H, W) at which it may be cut, those with the least ink first found, in order."""
    width = ink.shape[1]
    profile = ndimage.gaussian_filter1d((ink > 0.5).sum(0).astype(float), max(1.0, 0.02 * width))
    inner = np.arange(max(1, int(MARGIN * width)), min(width - 1, int((1 - MARGIN) * width)))
    low = inner[(profile[inner] <= profile[inner - 1]) & (profile[inner] <= profile[inner + 1])]
    middles = [int(run[len(run) // 2]) for run in np.split(low, np.flatnonzero(np.diff(low) > 1) + 1) if len(run)]
    return sorted(sorted(middles, key=lambda column: profile[column])[:CUTS])


def _chains(pieces):
    """Yield the ways to lay pieces {(left, right): reading} end to end from the first left to the last right."""
    if not pieces:
        return
    end = max(right for _, right in pieces)

    def onward(left):
        for (begin, right), reading in pieces.items():
            if begin == left:
                if right == end:
                    yield [reading]
                else:
                    yield from ([reading, *rest] for rest in onward(right))

    yield from onward(0)


def _weighted_median(values, weights):
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _slope(boxes):
    """Return how far rows go down per px to the right: so that together they are least high."""
    across = (boxes[:, 0] + boxes[:, 2]) / 2
    best, least = 0.0, np.inf
    for slope in sorted(np.linspace(-STEEPEST, STEEPEST, 61), key=abs):
        top, bottom = boxes[:, 1] - slope * across, boxes[:, 3] - slope * across
        order = np.argsort(top)
        reached = np.maximum.accumulate(bottom[order])
        covered = reached[-1] - top.min() - np.maximum(top[order][1:] - reached[:-1], 0).sum()
        if covered < least * 0.98:
            best, least = float(slope), covered
    return best
