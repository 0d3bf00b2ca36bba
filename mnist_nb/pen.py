"""Digits as pen strokes: hand-made templates, smoothed into drawings.

A template is a list of strokes, a stroke a list of control points (x, y), x right, y down, with the
digit 100 high. The pen runs smoothly through the points; a point given twice is a corner.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

TEMPLATES = {
    0: [[(52, 2), (22, 10), (6, 42), (12, 82), (36, 99), (60, 86), (70, 50), (64, 14), (48, 2)]],
    1: [[(34, 2), (32, 40), (30, 70), (28, 100)]],
    2: [[(10, 24), (24, 4), (50, 3), (60, 22), (48, 52), (8, 97), (8, 97), (36, 92), (68, 97)]],
    3: [[(12, 12), (34, 0), (56, 12), (52, 34), (28, 46), (28, 46), (56, 54), (64, 76), (44, 98), (8, 90)]],
    4: [[(24, 2), (16, 34), (8, 60), (8, 60), (40, 58), (70, 54)], [(52, 28), (50, 62), (46, 100)]],
    5: [[(22, 4), (18, 40), (18, 40), (44, 38), (62, 60), (52, 90), (26, 99), (6, 88)], [(22, 4), (44, 4), (66, 0)]],
    6: [[(50, 2), (24, 28), (10, 62), (20, 94), (44, 98), (60, 80), (50, 58), (30, 58), (14, 74)]],
    7: [[(6, 8), (36, 6), (66, 3), (66, 3), (48, 46), (30, 100)]],
    8: [[(54, 16), (34, 1), (14, 18), (34, 46), (58, 70), (38, 99), (12, 82), (28, 54), (52, 30), (56, 14)]],
    9: [[(58, 20), (36, 3), (12, 22), (22, 46), (46, 42), (58, 20), (58, 20), (56, 60), (48, 100)]],
}


def drawing_of(digit, *, points=24):
    """Return a digit 0 to 9 as a drawing: a list of float (n, 2) arrays, 100 high, about `points` a smooth run."""
    return [smooth(stroke, points) for stroke in TEMPLATES[digit]]


def smooth(control_points, points=24):
    """Return a stroke (n, 2) that runs through control points (m, 2) on a cubic spline between corners."""
    control_points = np.asarray(control_points, float)
    corners = np.flatnonzero((control_points[1:] == control_points[:-1]).all(1)) + 1
    runs = []
    for run in np.split(control_points, corners):
        distance = np.append(0, np.cumsum(np.linalg.norm(np.diff(run, axis=0), axis=1)))
        runs.append(CubicSpline(distance, run)(np.linspace(0, distance[-1], points)))
    return np.concatenate(runs)


def side_by_side(digits, *, left, top, height, gap=0.35):
    """Return the strokes that write `digits`, such as "407", on a board: `height` px tall, `gap` heights apart."""
    strokes = []
    for digit in map(int, digits):
        drawing = drawing_of(digit)
        points = np.concatenate(drawing)
        low, high = points.min(0), points.max(0)
        scale = height / 100
        strokes += [(stroke - low) * scale + (left, top) for stroke in drawing]
        left += (high[0] - low[0]) * scale + gap * height
    return strokes
