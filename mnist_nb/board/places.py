"""Places on a board, x right and y down, in px: which are some, and how strokes are kept on it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..strokes.ink import Drawing

Place = tuple[float, float]  # x, y in px
TRACED = 0.85  # share of the board that the digits of a picture fill
FITTED = 0.7  # share of the board that a drawing fills which does not fit as it is


def place(x: Any, y: Any) -> Place:
    """Return x and y as finite floats. Raises ValueError for anything else."""
    try:
        x, y = float(x), float(y)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"x and y must be numbers of px; found {x!r:.80} and {y!r:.80}.") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"x and y must be finite; found {x} and {y}.")
    return x, y


def on_board(last: Place, end: Place, width: float, height: float) -> Place:
    """Return where a pen is that goes from its `last` place to `end`: there, or where it leaves the board."""
    share = 1.0
    for begun, ended, limit in zip(last, end, (width, height), strict=True):
        if not 0 <= ended <= limit and ended != begun:
            share = min(share, max(0.0, ((limit if ended > limit else 0) - begun) / (ended - begun)))
    return end if share == 1 else (last[0] + share * (end[0] - last[0]), last[1] + share * (end[1] - last[1]))


def fitted(drawing: Drawing, width: float, height: float, share: float | None = None) -> Drawing:
    """Return a drawing as it is where it fits the board, else scaled into the board's middle.

    With a share of the board, it is scaled in any case, to fill that.
    """
    points, size = np.concatenate(drawing), np.array([width, height])
    low, high = points.min(0), points.max(0)
    if share is None and (low >= 0).all() and (high <= size).all():
        return drawing
    scale = (share or FITTED) * (size / np.maximum(high - low, 1e-9)).min()
    return [(stroke - (low + high) / 2) * scale + size / 2 for stroke in drawing]
