"""Which strokes on a board belong to the same digit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Shares of the longer of two strokes' longest side. Strokes of one digit mostly cross; the bar of a 5 hangs
# above it, and the stem of a 4 may miss its corner by a little. Chosen on drawings by `mnist_nb.strokes.hands`.
NEAR = 0.12  # between strokes that stand side by side
NEAR_OVER = 0.25  # between strokes that stand over one another
TALL = 0.75  # share of the height of both that makes a stroke a digit's own height
TOUCH = 0.02  # between two strokes of a digit's own height
ABREAST = 0.04  # how far two digits that touch may reach into each other


def group_strokes(strokes: Sequence[np.ndarray]) -> list[list[list[int]]]:
    """Return rows of digits: for each row from the top, its digits from left to right as lists of stroke indices.

    `strokes` are (n, 2) arrays, x right, y down, in one unit. Only geometry counts: a stroke added
    later may join an earlier one, and may join two groups that were apart.
    """
    if not len(strokes):
        return []
    boxes = np.array([[*np.min(stroke, axis=0), *np.max(stroke, axis=0)] for stroke in strokes], float)
    lines = np.array([shapely.LineString(stroke if len(stroke) > 1 else [*stroke, *stroke]) for stroke in strokes])
    pairs = [pair for pair in _near_pairs(boxes, lines) if _belong_together(boxes[pair], lines[pair])]
    joined = coo_array((np.ones(len(pairs)), np.reshape(pairs, (-1, 2)).T.astype(int)), shape=2 * (len(strokes),))
    count, group_of = connected_components(joined, directed=False)
    return _in_rows([np.flatnonzero(group_of == group).tolist() for group in range(count)], boxes)


def _near_pairs(boxes, lines):
    """Return the pairs of strokes, lists of two indices, that are near enough to be looked at."""
    reach = NEAR_OVER * (boxes[:, 2:] - boxes[:, :2]).max(1)
    pairs = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=reach)
    return np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1).T.tolist()


def _belong_together(boxes, lines):
    """Tell whether two strokes with boxes (2, 4) are parts of one digit."""
    low, high = boxes[:, :2], boxes[:, 2:]
    size = (high - low).max() or 1.0
    distance = shapely.distance(*lines) / size
    beside = (low[:, 0].max() - high[:, 0].min()) / size  # Below zero, they stand over one another.
    heights = high[:, 1] - low[:, 1]
    if heights.min() > TALL * (high[:, 1].max() - low[:, 1].min()):
        return distance <= TOUCH and beside < -ABREAST
    return distance <= (NEAR if beside > 0 else NEAR_OVER)


def _in_rows(groups, boxes):
    """Return the groups as rows from top to bottom, each from left to right.

    Two groups stand in one row when the middle of either lies within the height of the other.
    """
    left, top = np.array([boxes[group, :2].min(0) for group in groups]).T
    right, bottom = np.array([boxes[group, 2:].max(0) for group in groups]).T
    middle, height = (top + bottom) / 2, bottom - top
    rows = []
    for group in np.lexsort((left, top)):
        row = next((row for row in rows if _abreast(group, row, middle, height)), None)
        if row is None:
            rows.append([group])
        else:
            row.append(group)
    return [[groups[group] for group in sorted(row, key=lambda group: left[group] + right[group])] for row in rows]


def _abreast(group, row, middle, height):
    return (np.abs(middle[row] - middle[group]) <= np.maximum(height[row], height[group]) / 2).any()
