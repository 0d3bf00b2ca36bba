"""From the ink of a digit in a picture to strokes along the middle of its lines, as a pen would have drawn them."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from scipy import ndimage

from ..strokes.ink import Drawing
from .normal import width_of

LARGEST = 120  # px of the longest side of what is thinned
SMOOTH, STEP = 1.5, 3  # px along a stroke: the spread of its smoothing, and from point to point
SPUR = 0.75  # widths of a line: shorter paths are corners of its edge
AHEAD = 6  # px back on a path, from where its direction is told
NEIGHBOURS = [(0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1)]  # those across a corner last


def strokes_of(ink: np.ndarray) -> Drawing:
    """Return strokes, float64 (n, 2) arrays of x and y in px, along lines of ink, float (H, W), half at its edge.

    A line that branches goes on straight ahead, and its branches are strokes of their own.
    """
    scale = min(1, LARGEST / max(ink.shape))
    if scale < 1:
        size = [max(1, round(side * scale)) for side in ink.shape[::-1]]
        ink = np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BOX))
    inked = np.pad(ink > min(0.5, 0.5 * float(ink.max())), 1)
    width = width_of(ndimage.distance_transform_edt(inked)[inked])
    paths = _paths({(int(row), int(column)) for row, column in np.argwhere(thinned(inked))})
    longest = max(map(len, paths))
    kept = [
        path for path in paths if len(path) > min(0.75 * width, longest - 1)
    ]  # Shorter ones are corners of its edge.
    return [_smooth(np.array(path, float)[:, ::-1] - 0.5) / scale for path in kept]


def thinned(inked: np.ndarray) -> np.ndarray:
    """Return the middles, one px wide, of the lines of inked px, bool (H, W) with none at the border.

    After T. Y. Zhang and C. Y. Suen, A fast parallel algorithm for thinning digital patterns (1984).
    """
    inked, changed = inked.copy(), True
    while changed:
        changed = False
        for first in (True, False):
            around = np.stack([np.roll(inked, (-down, -right), (0, 1)) for down, right in _CIRCLE])
            count, ends = around.sum(0), (~around & np.roll(around, -1, 0)).sum(0)
            north, east, south, west = around[::2]
            sides = ~(north & east & south) & ~(east & south & west)
            sides = sides if first else ~(north & east & west) & ~(north & south & west)
            gone = inked & (count >= 2) & (count <= 6) & (ends == 1) & sides
            inked[gone] = False
            changed |= bool(gone.any())
    return inked


_CIRCLE = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]  # from the north, clockwise


def _paths(places):
    """Return paths that go through every one of these (row, column), each as straight on as it can, and meet."""
    left, paths = set(places), []
    while left:
        path = [min(left, key=lambda place: (sum(other in left for other in _around(place)) != 1, place))]
        left.remove(path[0])
        while ahead := [other for other in _around(path[-1]) if other in left]:
            back = path[max(0, len(path) - AHEAD)]
            path.append(max(ahead, key=lambda place: _along(back, path[-1], place)))
            left.remove(path[-1])
        for end, near in ((0, path[:3]), (len(path), path[-3:])):
            met = [other for other in _around(path[min(end, len(path) - 1)]) if other in places and other not in near]
            path[end:end] = met[:1]
        paths.append(path)
    return paths


def _around(place):
    return [(place[0] + down, place[1] + right) for down, right in NEIGHBOURS]


def _along(back, here, ahead):
    """Return how far a step from here to a place ahead goes on in the direction from a place back to here."""
    step = ahead[0] - here[0], ahead[1] - here[1]
    return (step[0] * (here[0] - back[0]) + step[1] * (here[1] - back[1])) / math.hypot(*step)


def _smooth(points):
    """Return points (n, 2) of a path without its steps, both ends where they were, every few of them."""
    smooth = ndimage.gaussian_filter1d(points, SMOOTH, axis=0, mode="nearest")
    smooth[[0, -1]] = points[[0, -1]]
    return smooth[sorted({*range(0, len(points), STEP), len(points) - 1})]
