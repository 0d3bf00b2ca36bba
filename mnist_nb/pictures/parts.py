"""The ink of a picture in parts that hang together, and what of them may be digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage

from .normal import width_of

FAINT, CLEAR = 3.0, 6.0  # spreads of the paper: what ink is part of, and what it has somewhere
FAINTEST, CLEAREST = 0.05, 0.09  # of the paper's light: as before, on paper without noise
HALF = 0.45  # of the darkest ink of a part: there its line ends
DARKEST = 90  # percentile of its ink
SMALLEST = 6  # px in a part
SIDE = 5  # px: the longest side of a part
OUTLINE = 2  # px from the ground
MOST = 1_500  # parts; the largest stay
POINTS = 150  # of a part's middle line
EVERYWHERE = np.ones((3, 3))  # neighbours across corners


@dataclass
class Parts:
    """Parts of the ink of a picture: N of them, with numbers from 1 in `numbers`, int32 (H, W), 0 between them.

    `boxes` (N, 4) are left, top, right and bottom in px, `widths` (N,) of their lines in px, `lengths` (N,) of the
    same, `darkness` (N,) the share of the paper's light that their darkest ink takes, `sharpness` (N,) the share
    of that by which ink grows in a px where it grows most, `lines` (N,) points along their middles, and `ends` of
    each as `strokes.grouping` takes them. `ink`, float32 (H, W), is 1 in the middle of a line, one half at its edge;
    `noise` is the spread of the paper's light.
    """

    numbers: np.ndarray
    ink: np.ndarray
    noise: float
    boxes: np.ndarray
    widths: np.ndarray
    lengths: np.ndarray
    darkness: np.ndarray
    sharpness: np.ndarray
    lines: np.ndarray
    ends: list

    def __len__(self) -> int:
        return len(self.boxes)


def parts_of(ink: np.ndarray, noise: np.ndarray) -> Parts:
    """Return the parts of ink, float (H, W), that stand out of the paper's noise."""
    numbers, count = ndimage.label(ink > np.maximum(FAINTEST, FAINT * noise), EVERYWHERE)
    clear = np.zeros(count + 1, bool)
    clear[np.unique(numbers[ink > np.maximum(CLEAREST, CLEAR * noise)])] = True
    clear[0] = False
    places = ndimage.find_objects(numbers)
    relative = np.zeros_like(ink, np.float32)
    for number in np.flatnonzero(clear):
        place = places[number - 1]
        inside = numbers[place] == number
        if max(inside.shape) >= SIDE:
            values = ink[place]
            darkest = _high(values[inside])
            relative[place][inside] = np.clip(values[inside] * (0.5 / HALF / darkest), 0, 1)
    numbers, count = ndimage.label(relative > 0.5, EVERYWHERE)
    return _measured(numbers, relative, ink, float(np.median(noise)))


def _measured(numbers, relative, ink, noise):
    """Return Parts of these numbers, the small ones taken out."""
    sizes = np.bincount(numbers.ravel())
    sizes[0] = 0
    places = ndimage.find_objects(numbers)
    sides = np.array([0] + [max(side.stop - side.start for side in place) for place in places])
    kept = np.flatnonzero((sizes >= SMALLEST) & (sides >= SIDE))
    kept = kept[np.argsort(-sizes[kept], kind="stable")][:MOST]
    renumbered = np.zeros(len(sizes), np.int32)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    numbers = renumbered[numbers]
    boxes, widths, lengths, darkness, sharpness, lines, ends = [], [], [], [], [], [], []
    for number, old in enumerate(kept, start=1):
        place = places[old - 1]
        around = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in place)
        inside = numbers[around] == number
        depth = ndimage.distance_transform_edt(inside)
        width = width_of(depth[inside])
        down, right = np.nonzero(inside & (depth == ndimage.maximum_filter(depth, 3)))
        points = np.stack([right + around[1].start + 0.5, down + around[0].start + 0.5], axis=1)
        points = points[:: max(1, len(points) // POINTS)]
        boxes.append((place[1].start, place[0].start, place[1].stop, place[0].stop))
        widths.append(width)
        lengths.append(sizes[old] / width)
        darkness.append(_high(ink[around][inside]))
        steep = np.hypot(*np.gradient(ink[around]))
        sharpness.append(_high(steep[inside & (depth < OUTLINE)]) / darkness[-1])
        lines.append(shapely.MultiPoint(points))
        ends.append(_ends_of(points))
    boxes = np.array(boxes, float).reshape(-1, 4)
    measures = [np.array(each) for each in (widths, lengths, darkness, sharpness, lines)]
    return Parts(numbers, relative, noise, boxes, *measures, ends)


def _high(values):
    """Return the percentile of values (n,) that counts as the darkest ink."""
    place = len(values) * DARKEST // 100
    return np.partition(values, place)[place]


def _ends_of(points):
    """Return both ends of points (n, 2) along their main direction: place and direction of each."""
    middle = points.mean(0)
    (right, down) = np.linalg.svd(points - middle, full_matrices=False)[2][0] if len(points) > 1 else (1.0, 0.0)
    along = (points - middle) @ (right, down)
    first, last = points[along.argmin()], points[along.argmax()]
    return [(tuple(first), (-right, -down)), (tuple(last), (right, down))]
