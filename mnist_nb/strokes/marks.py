"""Strokes that are no digits: points and commas, minus and plus, underlines, and boxes and circles around a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from .shapes import joined, longest_side, near_pairs, shapes_of

# Shares of a length that is named in the comment.
SMALL = 0.25  # of the row's height: the longest side of a point, a comma or the dot of a pen
FLAT = 0.2  # of the width: the height of a line that lies
SHORT = 0.9  # of the row's height: the length of a minus
LONG = 1.5  # of the tallest other stroke: the length of an underline
APART = 0.04  # of the tallest other stroke: the gap over an underline
STRAIGHT = 0.93  # of a stroke's length: the way between the ends of one arm of a plus
LYING = 2.0  # right per down of a line that lies, and down per right of one that stands
HALVES = (0.25, 0.75)  # of an arm of a plus: where the other one crosses it
PEN = 0.05  # of its longest side: how wide a line is taken to be that closes a frame
INSIDE = 0.35  # of a frame's height: the height of what makes it a frame
LEANING = 0.45  # right per down, of the one line that strikes through a zero


def find_marks(strokes: Sequence[np.ndarray]) -> list[list[int]]:
    """Return frames, underlines and pluses among strokes, (n, 2) arrays, x right, y down, as lists of stroke indices.

    A stroke is a mark only beside digits: alone on a board, a line is what the reader makes of it.
    """
    if len(strokes) < 2:
        return []
    boxes, lines = shapes_of([[stroke] for stroke in strokes])
    marks = _frames(boxes, lines)
    taken = {index for mark in marks for index in mark}
    for find in (_underlines, _pluses):
        left = [index for index in range(len(strokes)) if index not in taken]
        found = [[left[index] for index in mark] for mark in find(boxes[left], lines[left])]
        if sum(map(len, found)) < len(left):  # What is left over would be no digit at all otherwise.
            marks += found
            taken |= {index for mark in found for index in mark}
    return sorted(marks)


def find_small(groups: Sequence[Sequence[np.ndarray]]) -> list[int]:
    """Return which groups of strokes are points, commas or minuses beside digits, as their indices."""
    found = _small(*shapes_of(groups)) if len(groups) > 1 else []
    return found if len(found) < len(groups) else []


def _frames(boxes, lines):
    """Return the strokes that together go around others without touching them."""
    near = near_pairs(lines, PEN * (boxes[:, 2:] - boxes[:, :2]).max(1))
    part_of = joined(near, len(lines))
    parts = [np.flatnonzero(part_of == part).tolist() for part in np.unique(part_of)]
    heights = np.array([boxes[part, 3].max() - boxes[part, 1].min() for part in parts])
    inks = np.array([shapely.multilinestrings(lines[part]) for part in parts])
    outlines = shapely.envelope(inks)
    frames = []
    for part, height, ink, outline in zip(parts, heights, inks, outlines, strict=True):
        # What it could go around, before its line is looked at: that takes long for a scribble.
        inside = shapely.contains_properly(outline, outlines) & (heights >= INSIDE * height)
        if not inside.any():
            continue
        side = longest_side(boxes[part])
        around = ink.simplify(PEN / 2 * side).buffer(PEN * side, quad_segs=2)
        for piece in shapely.get_parts(around):
            within = [np.flatnonzero(shapely.contains(shapely.Polygon(ring), inks)) for ring in piece.interiors]
            if any(inside[found].any() and not _strikes_through(lines, parts, found) for found in within):
                frames.append(part)
                break
    return frames


def _strikes_through(lines, parts, found):
    """Tell whether of these parts there is only the stroke that tells a zero from an O."""
    if len(found) > 1 or len(parts[found[0]]) > 1 or not _is_straight(line := lines[parts[found[0]][0]]):
        return False
    (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
    return abs(x1 - x0) > LEANING * abs(y1 - y0)


def _underlines(boxes, lines):
    """Return the long flat strokes that lie below or above others, or between their rows."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    found = []
    for index in np.flatnonzero(height < FLAT * width):
        others = np.delete(np.arange(len(lines)), index)
        spanned = others[(boxes[others, 0] < boxes[index, 2]) & (boxes[others, 2] > boxes[index, 0])]
        if not len(spanned):
            continue
        tallest = height[spanned].max()
        clear = min(lines[index].distance(lines[other]) for other in spanned) > APART * tallest
        below = boxes[index, 1] > boxes[spanned, 3].max() - APART * tallest
        wide = width[index] > LONG * tallest
        under_one = below and clear and width[index] > np.ptp(boxes[spanned][:, [0, 2]])
        if tallest > 2 * height[index] and (wide or under_one):
            found.append([int(index)])
    return found


def _pluses(boxes, lines):
    """Return the pairs of straight strokes, one lying and one standing, that cross in their middles."""
    found = []
    straight = np.flatnonzero([_is_straight(line) for line in lines])
    for near in near_pairs(lines[straight], np.zeros(len(straight))) if len(straight) > 1 else []:
        pair = straight[near].tolist()
        arms = lines[pair]
        crossing = shapely.intersection(*arms)
        if crossing.geom_type != "Point":
            continue
        ways = [np.abs(np.subtract(arm.coords[-1], arm.coords[0])) for arm in arms]
        lying = [right > LYING * down for right, down in ways]
        standing = [down > LYING * right for right, down in ways]
        shares = [arm.project(crossing) / arm.length for arm in arms]
        crossed = all(HALVES[0] < share < HALVES[1] for share in shares)
        longest, shortest = max(arm.length for arm in arms), min(arm.length for arm in arms)
        alone = (shapely.distance(np.delete(lines, pair), crossing) > longest / 2).all()
        if any(lying) and any(standing) and crossed and alone and shortest > longest / 2:
            found.append(pair)
    return found


def _small(boxes, lines):
    """Return what is small against the row it stands in, and what is short, flat and alone there."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    found = []
    for index in range(len(lines)):
        others = np.delete(np.arange(len(lines)), index)
        gap = np.maximum(boxes[others, 1] - boxes[index, 3], boxes[index, 1] - boxes[others, 3])
        row = others[gap < SMALL * height[others]]  # A comma hangs below, and a point may.
        if not len(row) or not (tall := height[row].max()):
            continue
        flat = height[index] < FLAT * width[index] and width[index] < SHORT * tall
        if max(width[index], height[index]) < SMALL * tall or (flat and _beside(boxes, index, row)):
            found.append(index)
    return found


def _beside(boxes, index, others):
    """Tell whether a stroke stands beside others rather than over or under one of them."""
    middle = boxes[index, [0, 2]].mean()
    return not ((boxes[others, 0] <= middle) & (middle <= boxes[others, 2])).any()


def _is_straight(line):
    return line.length > 0 and np.hypot(*np.subtract(line.coords[-1], line.coords[0])) >= STRAIGHT * line.length
