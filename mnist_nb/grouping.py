"""Which strokes on a board belong to the same digit."""

from __future__ import annotations

import numpy as np

# Two strokes belong together when the gap between their boxes is less than this share of the larger
# one's longest side. Digits of one number stand further apart; the bar of a 5 hangs lower.
GAP_ACROSS = 0.12
GAP_DOWN = 0.25


def group_strokes(strokes):
    """Return lists of stroke indices, one list a digit, from left to right.

    `strokes` are (n, 2) arrays, x right, y down, in one unit. Only geometry counts: a stroke added
    later may join an earlier one, and may join two groups that were apart.
    """
    if not strokes:
        return []
    boxes = np.array([[*np.min(stroke, axis=0), *np.max(stroke, axis=0)] for stroke in strokes], float)
    low, high = boxes[:, :2], boxes[:, 2:]
    gaps = np.maximum(low[:, None], low[None]) - np.minimum(high[:, None], high[None])
    sides = (high - low).max(1)
    reference = np.maximum(sides[:, None], sides[None])
    touching = (gaps[..., 0] <= GAP_ACROSS * reference) & (gaps[..., 1] <= GAP_DOWN * reference)
    groups, waiting = [], set(range(len(strokes)))
    while waiting:
        group, frontier = set(), {min(waiting)}
        while frontier:
            group |= frontier
            frontier = set(np.flatnonzero(touching[list(frontier)].any(0))) - group
        waiting -= group
        groups.append(sorted(int(index) for index in group))
    return sorted(groups, key=lambda group: (low[group, 0].min() + high[group, 0].max()) / 2)
