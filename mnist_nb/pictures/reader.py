"""From parts of ink to digits: which parts are one, which hold several, which are none, and the rows they stand in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from scipy import ndimage

from ..strokes.grouping import CLEARLY, WIDE, group_shapes, in_rows
from ..strokes.ink import Drawing
from ..strokes.reading import Reading
from ..strokes.shapes import joined, near_pairs
from .normal import image_of
from .parts import Parts
from .tracing import strokes_of

SMALL = 0.3  # of the page's digits' height: the longest side of what is a point, a comma or a speck
TALL = 2.5  # of the same: the height of what is no digit among them
LONG = 3.5  # of the same: the longest side of a line that no digit has
EDGE = 3  # px from the edge of the picture
FILLED = 0.8  # of the picture: a row of pale digits that touch its edges covers as much
NEAR_EDGE, SHADOW = 0.02, 0.65  # of the longer side, from the edge; of the light: what a shadow's border takes
ALONG = 0.5  # of its longest side: what runs along the edge of a picture so far is no digit
BROAD = 2.0  # widths of a line of this page: no line at the edge is wider
SOLID = 0.5  # of its longest side: the width of the line of what is a blot
DOUBTED = 0.9  # a confidence below this may come of two digits that touch
RECTANGLE = 0.85  # of the box around a hole: what it fills of it when it is a rectangle, tilted by a few degrees
WALL, THIN = 0.7, 0.1  # of the typical part's longest side, the length of a wall between cells; of that, its width
STRAIGHT, PARALLEL, ALIKE = 1.0, 0.5, 0.05  # px; degrees; logarithm of two lengths' ratio: how walls differ
WALLS = 4  # or more: as many are of a table, and no ones
STEEPEST = 0.2  # px down per px right, of a row
PALE = 0.65  # of the page's ink: the darkness of what is no ink when it is no digit either
PALEST = 0.25  # of the same: the darkness of what is no ink at all
LIKELY = 0.35  # the confidence of pieces that are one digit
MOSTLY = 0.5  # of all ink: the least that digits have on a page of digits
ABOVE_NOISE = 13  # spreads of the paper: the darkness of its digits
SOFT = 0.4  # of the page's ink: the sharpness of shadows and smudges
GAP = 4.0  # widths of a line: a gap in it, from middle to middle
LOW = 0.55  # of the digits' height: so low may a piece be that looks like a digit
DIGITS = 0.05  # by how much better a whole is read than each of its pieces that are digits
HIGH = 1.5  # of the same: as high may a whole be
MOST_PIECES = 8  # of one digit whose line has gaps
CROSSED = 1.8  # widths of a line: the ink that a cut between digits may cross
CUTS = 5  # places where two digits that touch may be divided
MARGIN = 0.15  # of the width, from either side: there are no cuts
TALL_PART = 0.5  # of the height of digits that touch: the height of each
MOST_DIVIDED = 40  # digits of a page


@dataclass(frozen=True, eq=False)
class Found(Reading):
    """What one digit in a picture is read as, with its ink, float (H, W), one half at the edge of a line."""

    ink: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    origin: tuple[float, float] = (0.0, 0.0)  # px in the picture: where the ink's left upper corner is
    scale: float = 1.0  # px of the picture in a px of the ink

    def strokes(self) -> Drawing:
        """Return strokes along the middle of the ink, float64 (n, 2) arrays of x and y in px of the picture."""
        return [np.add(self.scale * stroke, self.origin) for stroke in strokes_of(np.pad(self.ink, 1))]


class Reader:
    """Finds the digits among parts of ink; `shrunk` is how many px of the picture a px of the parts is."""

    def __init__(self, parts: Parts, recognizer: Any, shrunk: int) -> None:
        self.parts, self.recognizer, self.shrunk = parts, recognizer, shrunk
        self.known: dict[tuple[int, ...], Found] = {}
        self.darkness: dict[Found, float] = {}
        self.form = self._frames()
        self.form |= self._walls()
        self.kept = self._candidates()
        self._read_all([(int(index),) for index in self.kept])

    def sure(self) -> float:
        """Return how much dark ink is surely of digits."""
        return sum(self.darkness[reading] for reading in self.known.values() if not reading.unsure)

    def rows(self) -> list[list[Found]]:
        """Return the digits in rows."""
        kept = self.kept
        if not len(kept):
            return []
        parts = self.parts

        def judge(group):
            return self._read(tuple(int(kept[index]) for index in group)).confidence

        groups = group_shapes(
            parts.boxes[kept], parts.lines[kept], [parts.ends[index] for index in kept], parts.lengths[kept], judge
        )
        groups = self._mended([tuple(sorted(int(kept[index]) for index in group)) for group in groups])
        self.groups = {self.known[group]: group for group in groups}
        readings = self._digits(list(self.groups))
        if not self._stands_out(readings):
            return []
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
        near = joined(pairs, len(groups))
        together = [np.flatnonzero(near == each).tolist() for each in np.unique(near)]
        wholes = [each for each in together if 2 < len(each) <= MOST_PIECES] + pairs
        self._read_all([self._joint(groups, each) for each in wholes])
        heights = np.array([np.ptp([self.known[group].box[side] for side in (1, 3)]) for group in groups])
        lengths = np.array([self.parts.lengths[list(group)].sum() for group in groups])
        typical = _weighted_median(heights, lengths)
        low, highest = heights < LOW * typical, HIGH * typical
        left = set(range(len(groups)))
        mended = []
        for each in sorted(wholes, key=lambda each: (-len(each), -self.known[self._joint(groups, each)].confidence)):
            whole = self.known[self._joint(groups, each)]
            least = min(0.0 if low[index] else self.known[groups[index]].confidence for index in each)
            digits = sum(not (low[index] or self.known[groups[index]].unsure) for index in each)
            better = whole.confidence > max(least + (CLEARLY if digits < 2 else digits * DIGITS), LIKELY)
            begin, top, right, bottom = whole.box
            fits = bottom - top < max(highest, *heights[each]) + 1 and right - begin < WIDE * (bottom - top)
            if better and fits and left.issuperset(each):
                left.difference_update(each)
                mended.append(self._joint(groups, each))
        return [groups[index] for index in sorted(left)] + mended

    @staticmethod
    def _joint(groups, indices):
        return tuple(sorted(part for index in indices for part in groups[index]))

    def _ink(self):
        """Return how much ink each part (N,) has that may be a digit's, dark ink counting more."""
        return self.parts.lengths * self.parts.darkness**2 * ~self.form

    def _candidates(self):
        """Return the parts that may belong to digits, by size, darkness, sharpness and width, before any is read."""
        boxes, widths = self.parts.boxes, self.parts.widths
        if not len(boxes):
            return np.zeros(0, int)
        width, height = (boxes[:, 2:] - boxes[:, :2]).T
        sides = np.maximum(width, height)
        weights = self._ink()
        typical = _weighted_median(height, weights)
        small = sides < SMALL * typical
        inked = ~self.form
        for measure, least in ((self.parts.darkness, PALEST), (self.parts.sharpness, SOFT)):
            inked &= measure > least * _weighted_median(measure, weights)
        at_edge = (boxes[:, :2] < EDGE).any(1) | (boxes[:, 2:] > np.array(self.parts.ink.shape[::-1]) - EDGE).any(1)
        if not at_edge.all():  # Shadows and what lies around the paper are broader than lines.
            inked &= ~at_edge | (widths < BROAD * _weighted_median(widths, weights))
        return np.flatnonzero(
            inked & (small | (widths < SOLID * sides)) & (height < TALL * typical) & (sides < LONG * typical)
        )

    def _frames(self):
        """Tell which parts (N,) are boxes of a form, alone or in a row: a rectangle of them holds something."""
        boxes, sides = self.parts.boxes, (self.parts.boxes[:, 2:] - self.parts.boxes[:, :2]).max(1)
        frames = np.zeros(len(boxes), bool)
        for index, (left, top, right, bottom) in enumerate(boxes.astype(int)):
            within = (boxes[:, :2] > (left, top)).all(1) & (boxes[:, 2:] < (right, bottom)).all(1)
            if not within.any():
                continue
            holes, _ = ndimage.label(self.parts.numbers[top:bottom, left:right] != index + 1)
            for number, (rows, columns) in enumerate(ndimage.find_objects(holes), start=1):
                low, high = (left + columns.start, top + rows.start), (left + columns.stop, top + rows.stop)
                inside = within & (boxes[:, :2] >= low).all(1) & (boxes[:, 2:] <= high).all(1)
                if (inside & (sides > SMALL * np.ptp([low, high], axis=0).max())).any():
                    frames[index] |= (holes[rows, columns] == number).mean() > RECTANGLE
        return frames

    def _walls(self):
        """Tell which parts (N,) are walls of a table's cells: several that are straight, parallel and equally long."""
        bars, leans = [], []
        sides = (self.parts.boxes[:, 2:] - self.parts.boxes[:, :2]).max(1)
        long = sides > WALL * _weighted_median(sides, self._ink()) if len(sides) else sides > 0
        for index in np.flatnonzero(long & (self.parts.widths < THIN * self.parts.lengths)):
            points = shapely.get_coordinates(self.parts.lines[index])
            points = points - points.mean(0)
            (right, down), across = np.linalg.svd(points, full_matrices=False)[2]
            if np.percentile(abs(points @ across), 90) < STRAIGHT:
                bars.append(index)
                leans.append(np.degrees(np.arctan(right / down if down else np.inf)))
        walls = np.zeros(len(long), bool)
        if bars:
            lengths, lean = sides[bars], np.array(leans)
            alike = abs(np.log(lengths[:, None] / lengths)) < ALIKE
            walls[bars] = (alike & (abs(lean[:, None] - lean) < PARALLEL)).sum(1) >= WALLS
        return walls

    def _digits(self, readings):
        """Return readings without what is too small or too large to be a digit of this page."""
        if not readings:
            return []
        boxes = np.array([reading.box for reading in readings])
        heights, sides = boxes[:, 3] - boxes[:, 1], (boxes[:, 2:] - boxes[:, :2]).max(1)
        sure = np.array([not reading.unsure for reading in readings])
        pale = np.array([self.darkness[reading] for reading in readings])
        # What is dark, large and sure says what digits are like.
        weights = sides * pale**2 * (sure if sure.any() else 1)
        typical = _weighted_median(heights, weights)
        kept = (sides >= SMALL * typical) & (heights <= TALL * typical)
        pale = pale / _weighted_median(pale, weights)
        at_edge = np.array([self._along_edge(self.groups[reading]) for reading in readings])
        kept &= (pale > PALEST) & (sure | ~((at_edge > 0) | (pale < PALE) | (sides < PALE * typical)))
        if (at_edge == 0).any():  # What lies along the edge of a picture of several digits is the edge of the paper.
            kept &= (at_edge < ALONG) & ((at_edge == 0) | (pale > PALE))
        left = [reading for reading, keep in zip(readings, kept, strict=True) if keep]
        return [] if self._are_borders(left) else left

    def _are_borders(self, readings):
        """Tell whether all that there is lies at the edge of the picture and is pale: borders of shadows and sheets."""
        if not readings or any(self.darkness[reading] > SHADOW for reading in readings):
            return False
        height, width = self.parts.ink.shape
        boxes = np.array([reading.box for reading in readings]) / self.shrunk
        near = NEAR_EDGE * max(height, width)
        touch = (boxes[:, :2] < near) | (boxes[:, 2:] > np.array([width, height]) - near)
        low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
        return touch.any(1).all() and np.prod(high - low) < FILLED * height * width

    def _stands_out(self, readings):
        """Tell whether digits are ink on paper: most of what is dark here, and far darker than the paper varies."""
        if not readings:
            return False
        ink = self._ink()
        mine = {index for reading in readings for index in self.groups[reading]}
        darkness = np.median([self.darkness[reading] for reading in readings])
        return ink[list(mine)].sum() > MOSTLY * ink.sum() and darkness > ABOVE_NOISE * self.parts.noise

    def _along_edge(self, group):
        """Return how much of a group's longest side lies at an edge of the picture."""
        numbers = [index + 1 for index in group]
        bands = [
            side for turned in (self.parts.numbers, self.parts.numbers.T) for side in (turned[:EDGE], turned[-EDGE:])
        ]
        touching = max(int(np.isin(band, numbers).any(0).sum()) for band in bands)
        boxes = self.parts.boxes[list(group)]
        return touching / (boxes[:, 2:].max(0) - boxes[:, :2].min(0)).max()

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
            box = tuple(float(self.shrunk * each) for each in box)
            origin = float(self.shrunk * (left - 1)), float(self.shrunk * (top - 1))
            readings.append(Found(image, shares, box, unsure_below, ink=ink, origin=origin, scale=self.shrunk))
        return readings

    def _divided(self, readings):
        """Return readings of digits, and of those that touch where the parts are read clearly better than the whole."""
        wide = [each for each in readings if self._may_be_more(each)][:MOST_DIVIDED]
        pieces = {}
        for whole in wide:
            ink, corner = self._ink_of(self.groups[whole])
            most = CROSSED * self.parts.widths[list(self.groups[whole])].max()
            cuts = [0, *_valleys(ink, most), ink.shape[1]]
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


def _valleys(ink, most):
    """Return the columns of ink (H, W) at which it may be cut, in order: those with the least ink, `most` px of it."""
    width = ink.shape[1]
    profile = ndimage.gaussian_filter1d((ink > 0.5).sum(0).astype(float), max(1.0, 0.02 * width))
    inner = np.arange(max(1, int(MARGIN * width)), min(width - 1, int((1 - MARGIN) * width)))
    low = inner[
        (profile[inner] <= most) & (profile[inner] <= profile[inner - 1]) & (profile[inner] <= profile[inner + 1])
    ]
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
