"""Which strokes on a board belong to the same digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import shapely

from .shapes import joined, longest_side, near_pairs, shapes_of

# Shares of the longer of two strokes' longest side. Strokes of one digit mostly cross; the bar of a 5 hangs
# above it, and the stem of a 4 may miss its corner by a little. Chosen on drawings by `mnist_nb.strokes.hands`.
NEAR = 0.12  # between strokes that stand side by side
NEAR_OVER = 0.25  # between strokes that stand over one another
TALL = 0.75  # share of the height of both that makes a stroke a digit's own height
TOUCH = 0.02  # between two strokes of a digit's own height
ABREAST = 0.04  # how far two digits that touch may reach into each other
ASIDE = 0.4  # of the wider one's width: how far apart the middles of two digits are that reach into each other
AGAIN = 0.08  # how far a stroke that is gone over again strays from the first
PIECE = 0.25  # of the longer side of another: what is smaller is no digit above or below it
STRAIGHT, BENT = 0.8, 0.6  # of a stroke's length: the way between the ends of a one, and of a dash
DASH = 0.3  # of a digit's height: the length of a dash
DASHES = 3  # in a digit, or more
SKIPPED = 0.8  # of a stroke's length: the gap that a pen leaves where it skips
AHEAD = 0.85  # cosine of the angle between the end of a stroke and what goes on from there
END = 0.3  # of a stroke's length: how much of it says in which direction it ends
STEEP = 2.0  # down per right, of a one that was broken by a pen that skips
WIDE = 1.25  # widths in a height: a digit that is wider may be two
CLEAR = 0.04  # of the height of two strokes that stand over one another: the gap of two rows
HALVES = 0.4  # by how much worse the whole may be read than its parts when it is as high as other digits
CLEARLY = 0.02  # by how much parts are read better than the whole when they are digits of their own

End = tuple[tuple[float, float], tuple[float, float]]  # a place (x, y), and the direction (x, y) out of it
Ends = Sequence[End]  # both ends of a line
Judge = Callable[[list[int]], float]  # strokes of a group -> how surely they are one digit, 0 to 1
MOST_DOUBTFUL = 60  # pairs that a judge is asked about: a scribble has any number of them


def group_strokes(strokes: Sequence[np.ndarray], judge: Judge | None = None) -> list[list[list[int]]]:
    """Return rows of digits: for each row from the top, its digits from left to right as lists of stroke indices.

    `strokes` are (n, 2) arrays, x right, y down, in one unit. Only geometry counts: a stroke added
    later may join an earlier one, and may join two groups that were apart. Where geometry is in doubt, as with a
    digit close below another, `judge` says whether the whole or the parts are digits; without one, what is near joins.
    """
    if not len(strokes):
        return []
    boxes, lines = shapes_of([[stroke] for stroke in strokes])
    groups = group_shapes(boxes, lines, [_ends_of(line) for line in lines], shapely.length(lines), judge)
    return in_rows(groups, boxes)


def group_shapes(
    boxes: np.ndarray, lines: np.ndarray, ends: Sequence[Ends], lengths: np.ndarray, judge: Judge | None = None
) -> list[list[int]]:
    """Return which shapes belong to the same digit, as lists of indices; `group_strokes` says by what rules.

    Each of N shapes, a stroke or a part of the ink in a picture, has its box (N, 4), left, top, right and bottom, the
    line along its middle (N,), a Shapely geometry, the line's two ends, and its length (N,).
    """
    sides = (boxes[:, 2:] - boxes[:, :2]).max(1)
    chords = np.array([math.dist(*(place for place, _ in both)) for both in ends])
    near = near_pairs(lines, np.maximum(NEAR_OVER * sides, SKIPPED * chords))
    doubtful, pairs = [], _dashes(near, boxes, lines, lengths, chords)
    for pair in near:
        belongs = _belong_together(boxes[pair], lines[pair], [ends[stroke] for stroke in pair], lengths[pair])
        if belongs is None:
            doubtful.append(pair)
        elif belongs:
            pairs.append(pair)
    if judge is None or len(doubtful) > MOST_DOUBTFUL:
        pairs, doubtful = pairs + doubtful, []
    group_of = joined(pairs, len(lines))
    heights = {group: np.ptp(boxes[group_of == group][:, [1, 3]]) for group in np.unique(group_of)}
    before = group_of
    for pair in sorted(doubtful, key=lambda pair: (shapely.distance(*lines[pair]), pair)):
        one, other = (np.flatnonzero(group_of == group_of[stroke]).tolist() for stroke in pair)
        if group_of[pair[0]] == group_of[pair[1]]:
            continue
        others = [height for group, height in heights.items() if group not in before[one + other]]
        if _is_one_digit(one, other, boxes, lines, others, judge):
            pairs.append(pair)
            group_of = joined(pairs, len(lines))
    return [np.flatnonzero(group_of == group).tolist() for group in np.unique(group_of)]


def _is_one_digit(one, other, boxes, lines, heights, judge):
    """Tell whether two groups of strokes are one digit, by how well it is read against its parts.

    When others on the board, of these `heights`, are as high as the whole, parts over one another are halves.
    """
    whole = judge(sorted(one + other))
    low, high = boxes[one + other, :2].min(0), boxes[one + other, 2:].max(0)
    wide = (high - low)[0] > WIDE * (high - low)[1]
    apart = min(shapely.distance(lines[i], lines[j]) for i in one for j in other) > CLEAR * (high - low).max()
    halves = any(TALL * height < (high - low)[1] < height / TALL for height in heights)
    better = CLEARLY if wide or (apart and not halves) else -HALVES if halves else -CLEARLY
    return whole - better > 1 or whole - better > min(judge(one), judge(other))


def _dashes(near, boxes, lines, lengths, chords):
    """Return the pairs among near ones that are neighbours in a digit of dashes: many short straight strokes."""
    is_dash = (chords > BENT * lengths) & (lengths < DASH * np.ptp(boxes[:, [1, 3]]))
    pairs = [pair for pair in near if is_dash[pair].all()]
    pairs = [pair for pair in pairs if shapely.distance(*lines[pair]) < SKIPPED * lengths[pair].max()]
    group_of = joined(pairs, len(lines))
    whole = {
        group
        for group, count in enumerate(np.bincount(group_of))
        if count >= DASHES and DASH * longest_side(boxes[group_of == group]) > lengths[group_of == group].max()
    }
    return [pair for pair in pairs if group_of[pair[0]] in whole]


def _belong_together(boxes, lines, ends, lengths):
    """Tell whether two strokes with boxes (2, 4) are parts of one digit; None when it is in doubt.

    `ends` are theirs, as `_ends_of` returns them.
    """
    low, high = boxes[:, :2], boxes[:, 2:]
    size = (high - low).max() or 1.0
    distance = shapely.distance(*lines) / size
    beside = (low[:, 0].max() - high[:, 0].min()) / size  # Below zero, they stand over one another.
    heights = high[:, 1] - low[:, 1]
    straight = all(math.dist(a[0], b[0]) > STRAIGHT * length for (a, b), length in zip(ends, lengths, strict=True))
    if distance > 0 and straight and _goes_on(*ends, SKIPPED * lengths.min()):
        return True
    if heights.min() > TALL * (high[:, 1].max() - low[:, 1].min()):
        if (
            distance < AGAIN
            and shapely.hausdorff_distance(*(line.segmentize(0.05 * size) for line in lines)) < AGAIN * size
        ):
            return True  # It was gone over again.
        if distance > TOUCH or beside >= -ABREAST:
            return False
        apart = abs(np.diff((low[:, 0] + high[:, 0]) / 2)[0]) > ASIDE * (high[:, 0] - low[:, 0]).max()
        return None if apart else True
    if distance > (NEAR if beside > 0 else NEAR_OVER):
        return False
    stacked = low[:, 1].max() > high[:, 1].min() - ABREAST * size
    sides = (high - low).max(1)
    return None if stacked and distance > TOUCH and sides.min() > PIECE * sides.max() else True


def _ends_of(line):
    """Return both ends of a line, each a place (x, y) and the direction (x, y) in which the line comes out of it."""
    ends = []
    for place, inside in ((0.0, END), (1.0, 1 - END)):
        (x, y), (u, v) = (line.interpolate(share, normalized=True).coords[0] for share in (place, inside))
        length = math.hypot(x - u, y - v) or 1.0
        ends.append(((x, y), ((x - u) / length, (y - v) / length)))
    return ends


def _goes_on(ends, others, longest):
    """Tell whether a steep line goes on where another one ends, in its direction: a pen has skipped so far."""
    for (x, y), (right, down) in ends:
        for (u, v), (their_right, their_down) in others:
            gap = math.hypot(u - x, v - y)
            if not 0 < gap < longest or abs(v - y) < STEEP * abs(u - x):
                continue
            leaves = (right * (u - x) + down * (v - y)) / gap
            arrives = -(their_right * (u - x) + their_down * (v - y)) / gap
            if min(leaves, arrives) > AHEAD:
                return True
    return False


def in_rows(groups: Sequence[list[int]], boxes: np.ndarray) -> list[list[list[int]]]:
    """Return groups of shapes with boxes (N, 4) as rows from top to bottom, each from left to right.

    Two groups stand in one row when the middle of either lies within the height of the other.
    """
    left, top = np.array([boxes[group, :2].min(0) for group in groups]).T
    right, bottom = np.array([boxes[group, 2:].max(0) for group in groups]).T
    middle, height = (top + bottom) / 2, bottom - top
    rows: list[list[int]] = []
    for group in np.lexsort((left, top)):
        row = next((row for row in rows if _abreast(group, row, middle, height)), None)
        if row is None:
            rows.append([group])
        else:
            row.append(group)
    return [[groups[group] for group in sorted(row, key=lambda group: left[group] + right[group])] for row in rows]


def _abreast(group, row, middle, height):
    return (np.abs(middle[row] - middle[group]) <= np.maximum(height[row], height[group]) / 2).any()
