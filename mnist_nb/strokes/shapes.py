"""Strokes as shapes: their boxes and lines, which of them are near each other, and what hangs together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Pair = list[int]  # two indices, the lower one first


def shapes_of(groups: Sequence[Sequence[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the boxes (N, 4) of groups of strokes, left, top, right and bottom, and their lines (N,).

    The line of a dot has two points at its place; that of several strokes is a MultiLineString.
    """
    boxes = [[*np.concatenate(group).min(0), *np.concatenate(group).max(0)] for group in groups]
    lines = [[shapely.LineString(each if len(each) > 1 else [*each, *each]) for each in group] for group in groups]
    every = [group[0] if len(group) == 1 else shapely.MultiLineString(group) for group in lines]
    return np.array(boxes, float), np.array(every)


def longest_side(boxes: np.ndarray) -> float:
    """Return the longest side of what is in boxes (N, 4), all of them together."""
    return float((boxes[:, 2:].max(0) - boxes[:, :2].min(0)).max())


def near_pairs(lines: np.ndarray, reach: np.ndarray) -> list[Pair]:
    """Return the pairs of lines (N,) of which either is within its reach (N,) of the other."""
    pairs = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=reach)
    return np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1).T.tolist()


def joined(pairs: Sequence[Pair], count: int) -> np.ndarray:
    """Return the group of each of `count` things, int (count,), when these pairs belong together."""
    matrix = coo_array((np.ones(len(pairs)), np.reshape(pairs, (-1, 2)).T.astype(int)), shape=2 * (count,))
    return connected_components(matrix, directed=False)[1]
