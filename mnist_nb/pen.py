"""Digits as pen strokes: hand-made templates of written forms, and drawings varied from them.

A template is a list of strokes, a stroke a list of control points (x, y), x right, y down, with the
digit about 100 high. The pen runs smoothly through the points; a point given twice is a corner.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

# Forms that people write, MNIST's common ones among those it hardly has: 1 with an upstroke, crossed 7,
# closed 4, slashed 0, open 9, digits in two strokes. Each is named for what sets it apart.
TEMPLATES = {
    0: {
        "oval": [[(52, 2), (22, 10), (6, 42), (12, 82), (36, 99), (60, 86), (70, 50), (64, 14), (48, 2)]],
        "clockwise": [[(30, 3), (56, 8), (68, 42), (60, 84), (34, 98), (10, 80), (6, 40), (18, 10), (36, 2)]],
        "round": [[(50, 6), (14, 14), (0, 50), (14, 88), (50, 98), (86, 86), (98, 50), (84, 14), (46, 5)]],
        "slashed": [
            [(50, 4), (18, 16), (8, 50), (16, 86), (40, 97), (64, 82), (72, 46), (62, 14), (46, 4)],
            [(76, 4), (42, 48), (4, 98)],
        ],
        "slashed inside": [
            [(46, 2), (14, 18), (6, 54), (20, 92), (46, 96), (68, 70), (70, 32), (58, 8), (44, 2)],
            [(62, 24), (40, 48), (16, 76)],
        ],
        "overlapping": [
            [(60, 12), (38, 0), (10, 22), (4, 60), (20, 94), (48, 94), (66, 60), (62, 22), (44, 6), (26, 16)]
        ],
        "looped top": [
            [(40, 16), (14, 34), (8, 70), (28, 98), (58, 88), (68, 50), (52, 16), (36, 14), (46, 0), (64, 4)]
        ],
        "narrow": [[(32, 0), (14, 20), (8, 56), (16, 92), (30, 99), (42, 80), (46, 42), (42, 12), (30, 0)]],
    },
    1: {
        "stick": [[(34, 0), (32, 50), (30, 100)]],
        "slanted stick": [[(58, 0), (34, 50), (14, 100)]],
        "flag": [[(10, 24), (24, 14), (38, 0), (38, 0), (37, 50), (36, 100)]],
        "upstroke": [[(0, 48), (24, 28), (46, 0), (46, 0), (44, 50), (40, 100)]],
        "long upstroke": [[(0, 70), (30, 38), (54, 0), (54, 0), (50, 50), (44, 100)]],
        "flat upstroke": [[(0, 42), (34, 26), (66, 2), (66, 2), (56, 50), (44, 100)]],
        "curved upstroke": [[(4, 30), (18, 26), (40, 4), (40, 4), (42, 40), (36, 100)]],
        "flag and base": [[(14, 22), (40, 0), (40, 0), (40, 98)], [(8, 99), (40, 97), (74, 98)]],
        "upstroke and base": [[(4, 40), (44, 0), (44, 0), (42, 98)], [(10, 98), (72, 100)]],
        "base in one stroke": [[(16, 20), (38, 0), (38, 0), (38, 98), (38, 98), (10, 98), (10, 98), (70, 97)]],
        "retraced": [[(34, 96), (36, 40), (38, 2), (38, 2), (36, 50), (32, 100)]],
        "narrow tent": [[(10, 92), (26, 40), (40, 0), (40, 0), (44, 50), (46, 100)]],
    },
    2: {
        "corner": [[(10, 24), (24, 4), (50, 3), (60, 22), (48, 52), (8, 97), (8, 97), (36, 92), (68, 97)]],
        "loop": [[(12, 22), (30, 2), (56, 8), (56, 36), (34, 72), (12, 94), (6, 84), (22, 78), (44, 94), (72, 92)]],
        "big loop": [[(16, 16), (42, 0), (64, 16), (52, 50), (24, 88), (4, 92), (8, 72), (32, 74), (52, 94), (80, 84)]],
        "swan": [[(8, 30), (18, 6), (44, 0), (60, 16), (52, 44), (26, 76), (6, 96), (40, 96), (70, 90)]],
        "angular": [[(6, 12), (30, 4), (58, 6), (58, 6), (30, 52), (4, 96), (4, 96), (66, 96)]],
        "flat top": [[(8, 6), (44, 2), (62, 14), (54, 40), (10, 94), (10, 94), (40, 98), (74, 94)]],
        "curled top": [[(26, 28), (12, 26), (14, 6), (40, 0), (58, 20), (46, 54), (8, 96), (8, 96), (66, 98)]],
        "short base": [[(8, 26), (28, 2), (52, 12), (50, 40), (30, 70), (14, 90), (26, 96), (48, 98)]],
    },
    3: {
        "round": [[(12, 12), (34, 0), (56, 12), (52, 34), (28, 46), (28, 46), (56, 54), (64, 76), (44, 98), (8, 90)]],
        "smooth": [[(10, 14), (36, 0), (58, 16), (46, 40), (30, 47), (52, 52), (64, 74), (42, 99), (6, 88)]],
        "flat top": [[(8, 4), (56, 4), (56, 4), (28, 40), (28, 40), (56, 50), (62, 76), (40, 98), (6, 90)]],
        "loop in the middle": [
            [(12, 8), (44, 2), (56, 20), (36, 42), (22, 48), (24, 40), (40, 44), (62, 64), (50, 94), (10, 94)]
        ],
        "small head": [
            [(18, 10), (38, 2), (48, 14), (40, 30), (24, 36), (24, 36), (60, 46), (66, 76), (40, 99), (4, 86)]
        ],
        "small belly": [
            [(4, 14), (36, 0), (62, 20), (50, 46), (26, 56), (26, 56), (48, 64), (50, 84), (30, 99), (6, 92)]
        ],
        "straight tail": [[(10, 8), (44, 2), (52, 22), (28, 44), (28, 44), (54, 54), (52, 76), (30, 94), (10, 100)]],
        "curled ends": [
            [(22, 24), (8, 16), (30, 0), (54, 10), (50, 36), (26, 46), (56, 54), (62, 82), (34, 99), (6, 84), (18, 78)]
        ],
    },
    4: {
        "open": [[(24, 2), (16, 34), (8, 60), (8, 60), (40, 58), (70, 54)], [(52, 28), (50, 62), (46, 100)]],
        "open, tall stem": [[(20, 14), (10, 56), (10, 56), (66, 54)], [(54, 0), (50, 50), (44, 100)]],
        "round open": [[(14, 4), (8, 34), (14, 54), (36, 56), (56, 46)], [(58, 2), (54, 50), (50, 100)]],
        "closed": [[(50, 2), (26, 34), (2, 66), (2, 66), (72, 64)], [(50, 2), (50, 50), (50, 100)]],
        "closed in one stroke": [[(66, 66), (4, 64), (4, 64), (30, 32), (52, 0), (52, 0), (52, 50), (50, 100)]],
        "closed from the stem": [[(48, 100), (50, 50), (52, 0), (52, 0), (26, 36), (4, 66), (4, 66), (70, 64)]],
        "crossed late": [[(40, 0), (22, 34), (2, 64), (2, 64), (38, 66), (74, 62)], [(48, 38), (46, 70), (42, 100)]],
        "one stroke, open": [[(18, 2), (8, 48), (8, 48), (36, 52), (56, 40), (58, 6), (58, 6), (54, 60), (48, 100)]],
        "chair": [[(14, 0), (10, 30), (14, 50), (40, 48), (56, 30), (60, 4), (60, 4), (56, 50), (52, 100)]],
        "short stem": [[(34, 0), (20, 36), (8, 68), (8, 68), (34, 72), (54, 68)], [(40, 50), (38, 76), (34, 100)]],
        "steep": [[(30, 0), (22, 40), (14, 72), (14, 72), (32, 74), (44, 72)], [(44, 46), (38, 74), (34, 100)]],
    },
    5: {
        "bar": [
            [(22, 4), (18, 40), (18, 40), (44, 38), (62, 60), (52, 90), (26, 99), (6, 88)],
            [(22, 4), (44, 4), (66, 0)],
        ],
        "bar apart": [
            [(18, 14), (14, 44), (14, 44), (42, 40), (60, 62), (48, 92), (22, 99), (2, 90)],
            [(24, 4), (70, 0)],
        ],
        "one stroke": [
            [(64, 2), (22, 4), (22, 4), (16, 42), (16, 42), (46, 38), (62, 60), (50, 92), (22, 99), (4, 90)]
        ],
        "curved": [[(66, 2), (40, 6), (22, 10), (16, 34), (30, 42), (54, 54), (58, 80), (36, 98), (6, 94)]],
        "like an s": [[(62, 6), (36, 0), (18, 16), (22, 38), (46, 52), (58, 72), (42, 96), (14, 98), (2, 88)]],
        "angular": [[(60, 4), (20, 4), (20, 4), (16, 42), (16, 42), (56, 46), (56, 46), (52, 92), (52, 92), (8, 96)]],
        "slanted": [[(34, 8), (20, 44), (20, 44), (44, 42), (54, 64), (38, 92), (4, 98)], [(34, 8), (58, 6), (86, 0)]],
        "long bar": [[(24, 8), (18, 38), (18, 38), (42, 44), (50, 68), (36, 94), (6, 96)], [(22, 8), (56, 4), (94, 4)]],
        "closed belly": [
            [(24, 6), (16, 44), (38, 36), (60, 56), (54, 88), (28, 98), (6, 84), (16, 70)],
            [(22, 6), (62, 2)],
        ],
    },
    6: {
        "loop": [[(50, 2), (24, 28), (10, 62), (20, 94), (44, 98), (60, 80), (50, 58), (30, 58), (14, 74)]],
        "upright": [[(34, 0), (16, 36), (8, 72), (22, 98), (46, 94), (54, 72), (38, 56), (18, 62), (10, 76)]],
        "straight stem": [[(24, 0), (14, 44), (10, 78), (26, 98), (52, 92), (58, 70), (40, 58), (12, 72)]],
        "curled": [[(62, 12), (46, 0), (22, 18), (6, 56), (14, 92), (42, 99), (62, 78), (48, 54), (24, 58), (12, 78)]],
        "big loop": [[(46, 0), (14, 34), (2, 70), (22, 98), (60, 96), (76, 68), (56, 42), (24, 46), (6, 66)]],
        "small loop": [[(48, 0), (22, 32), (8, 74), (22, 99), (42, 92), (44, 76), (28, 72), (14, 84)]],
        "open loop": [[(52, 4), (22, 30), (8, 66), (22, 96), (50, 94), (60, 74), (44, 60), (26, 68)]],
        "flat": [[(70, 0), (30, 26), (6, 62), (16, 92), (44, 99), (66, 86), (58, 64), (34, 62), (14, 80)]],
    },
    7: {
        "plain": [[(6, 8), (36, 6), (66, 3), (66, 3), (48, 46), (30, 100)]],
        "hooked": [[(8, 22), (10, 4), (10, 4), (64, 4), (64, 4), (46, 44), (30, 100)]],
        "crossed": [[(6, 8), (66, 4), (66, 4), (44, 50), (30, 100)], [(18, 52), (66, 46)]],
        "crossed and hooked": [[(6, 20), (8, 4), (8, 4), (66, 6), (66, 6), (40, 60), (32, 100)], [(14, 56), (64, 48)]],
        "crossed, wavy top": [
            [(4, 16), (18, 4), (42, 12), (66, 4), (66, 4), (48, 44), (36, 100)],
            [(16, 54), (70, 50)],
        ],
        "crossed low": [[(10, 6), (60, 4), (60, 4), (42, 50), (26, 100)], [(10, 66), (62, 58)]],
        "crossed short": [[(6, 10), (62, 4), (62, 4), (46, 46), (38, 100)], [(30, 48), (60, 44)]],
        "crossed and curved": [[(8, 14), (30, 2), (60, 10), (54, 40), (38, 72), (32, 100)], [(12, 50), (68, 46)]],
        "crossed in one stroke": [
            [(4, 8), (58, 6), (58, 6), (40, 52), (30, 98), (30, 98), (38, 60), (14, 52), (14, 52), (66, 48)]
        ],
        "curved": [[(8, 14), (34, 0), (62, 8), (62, 8), (50, 50), (44, 100)]],
        "round corner": [[(6, 10), (40, 2), (60, 12), (50, 40), (34, 70), (26, 100)]],
        "long hook": [[(14, 34), (8, 8), (8, 8), (40, 6), (64, 2), (64, 2), (46, 52), (38, 100)]],
    },
    8: {
        "s first": [
            [(54, 16), (34, 1), (14, 18), (34, 46), (58, 70), (38, 99), (12, 82), (28, 54), (52, 30), (56, 14)]
        ],
        "from the right": [
            [
                (60, 10),
                (36, 0),
                (16, 18),
                (30, 42),
                (56, 62),
                (58, 88),
                (34, 99),
                (12, 84),
                (22, 58),
                (54, 34),
                (62, 12),
            ]
        ],
        "from the middle": [
            [(36, 48), (14, 26), (30, 2), (54, 16), (42, 44), (14, 68), (22, 98), (54, 92), (54, 64), (36, 48)]
        ],
        "two circles": [
            [(36, 2), (16, 14), (20, 38), (38, 46), (54, 32), (52, 8), (36, 2)],
            [(38, 46), (12, 62), (14, 90), (38, 99), (62, 86), (58, 58), (36, 46)],
        ],
        "open top": [[(58, 4), (26, 12), (18, 30), (46, 54), (56, 82), (32, 99), (12, 80), (34, 54), (64, 22)]],
        "open, straight": [
            [(62, 2), (36, 0), (16, 16), (24, 38), (52, 66), (44, 94), (18, 96), (16, 74), (40, 46), (72, 14)]
        ],
        "narrow": [[(44, 8), (30, 0), (20, 18), (34, 48), (46, 78), (32, 100), (20, 80), (32, 50), (46, 22), (42, 6)]],
        "small head": [
            [(50, 10), (34, 0), (22, 14), (34, 34), (62, 62), (50, 96), (16, 96), (8, 68), (32, 36), (50, 18), (48, 8)]
        ],
        "big head": [
            [(60, 22), (38, 0), (8, 18), (14, 44), (40, 60), (52, 80), (34, 99), (18, 84), (30, 62), (58, 44), (60, 20)]
        ],
        "pinched": [
            [(14, 6), (40, 0), (58, 16), (40, 44), (14, 72), (26, 98), (54, 94), (54, 70), (32, 44), (12, 22), (18, 4)]
        ],
    },
    9: {
        "corner": [[(58, 20), (36, 3), (12, 22), (22, 46), (46, 42), (58, 20), (58, 20), (56, 60), (48, 100)]],
        "straight stem": [[(54, 12), (28, 2), (8, 22), (20, 46), (44, 40), (54, 12), (54, 12), (54, 56), (54, 100)]],
        "hooked tail": [
            [(54, 18), (32, 2), (10, 20), (22, 44), (46, 38), (56, 16), (56, 16), (58, 60), (46, 94), (14, 92)]
        ],
        "long hook": [
            [(52, 14), (26, 2), (10, 24), (26, 42), (48, 34), (52, 14), (52, 14), (60, 58), (48, 94), (4, 96)]
        ],
        "curled tail": [
            [(56, 20), (34, 0), (8, 20), (24, 46), (50, 34), (56, 18), (60, 60), (44, 96), (14, 96), (4, 82)]
        ],
        "open": [[(56, 8), (26, 4), (10, 24), (26, 42), (52, 34), (52, 34), (60, 60), (48, 94), (12, 96)]],
        "open, hooked": [[(58, 14), (34, 2), (12, 16), (20, 38), (44, 40), (56, 34), (58, 66), (44, 96), (8, 92)]],
        "open, stem": [[(50, 4), (20, 8), (8, 30), (24, 44), (50, 34), (56, 8), (56, 8), (52, 60), (44, 100)]],
        "two strokes": [[(54, 10), (26, 2), (8, 22), (22, 44), (48, 36), (56, 12)], [(58, 4), (56, 50), (48, 100)]],
        "clockwise": [[(48, 42), (18, 40), (12, 14), (38, 0), (58, 18), (56, 56), (40, 100)]],
        "slanted": [[(72, 14), (48, 0), (22, 20), (32, 42), (58, 34), (72, 12), (72, 12), (54, 58), (30, 100)]],
        "flat head": [[(66, 12), (30, 2), (4, 22), (24, 42), (60, 30), (66, 10), (60, 62), (44, 100)]],
    },
}

ALIKE = 8  # So many varied drawings at a time share their speed, and whether their corners are rounded.

# Never trained on, so that notebook 6 can measure on forms that the network has not seen.
WITHHELD = {
    0: ("slashed inside", "narrow"),
    1: ("curved upstroke", "upstroke and base"),
    2: ("curled top", "short base"),
    3: ("small belly", "curled ends"),
    4: ("chair", "steep"),
    5: ("angular", "closed belly"),
    6: ("small loop", "flat"),
    7: ("crossed short", "long hook"),
    8: ("big head", "pinched"),
    9: ("slanted", "open, hooked"),
}


def forms(digit, *, withheld=False):
    """Return the names of a digit's forms: those that may be trained on, or those that may not."""
    return [name for name in TEMPLATES[digit] if (name in WITHHELD[digit]) == withheld]


def drawing_of(digit, form=None, *, points=24):
    """Return a template as a drawing, a list of float (n, 2) arrays; the digit's first form when none is named."""
    strokes = TEMPLATES[digit][form] if form else next(iter(TEMPLATES[digit].values()))
    return [_smooth(stroke, stroke[None], points)[0] for stroke in (np.array(stroke, float) for stroke in strokes)]


def vary(strokes, count, rng):
    """Return `count` drawings of a template, each as another hand might make it: lists of float (n, 2) arrays.

    Control points wander, corners may be rounded, strokes are set down a little off their place, and
    the pen trembles and moves at its own speed; then each drawing is warped, slanted, turned and
    stretched as a whole. `rng` is a NumPy Generator.
    """
    drawings = []
    for first in range(0, count, ALIKE):
        hands = min(ALIKE, count - first)
        rounded, points = rng.random() < 0.3, int(rng.integers(6, 25))
        lines = [_wander(np.array(stroke, float), hands, rounded, points, rng) for stroke in strokes]
        drawings += [list(drawing) for drawing in zip(*_distort(lines, hands, rng), strict=True)]
    return drawings


def pen_digits(count, seed, *, withheld=False):
    """Return `count` varied drawings and their labels, int64 (count,), in random order.

    There are as many of each digit, and of each of a digit's forms, as `count` allows. `withheld` takes the
    forms that are kept from training in place of the others.
    """
    rng = np.random.default_rng([seed, withheld])
    drawings, labels = [], []
    for digit in TEMPLATES:
        names = forms(digit, withheld=withheld)
        share = -(-count // (len(TEMPLATES) * len(names)))
        for name in names:
            drawings += vary(TEMPLATES[digit][name], share, rng)
            labels += [digit] * share
    chosen = rng.permutation(len(labels))[:count]
    return [drawings[index] for index in chosen], np.array(labels)[chosen]


def _corners(stroke):
    """Tell of each control point of a stroke (m, 2) whether it repeats the one before it: bool (m,)."""
    return np.append(False, (stroke[1:] == stroke[:-1]).all(1))


def _smooth(stroke, hands, points):
    """Run cubic splines through a stroke's control points (m, 2) as hands (k, m, 2) place them: (k, n, 2).

    A corner's two points end one spline and begin the next; each spline gives `points` points.
    """
    corners = np.flatnonzero(_corners(stroke))
    runs = []
    for run, places in zip(np.split(stroke, corners), np.split(hands, corners, axis=1), strict=True):
        distance = np.append(0, np.cumsum(np.linalg.norm(np.diff(run, axis=0), axis=1)))
        runs.append(CubicSpline(distance, places, axis=1)(np.linspace(0, distance[-1], points)))
    return np.concatenate(runs, axis=1)


def _wander(stroke, hands, rounded, points, rng):
    """Return a stroke (m, 2) as so many hands draw it, (hands, n, 2)."""
    corner = _corners(stroke)
    moved = stroke + rng.normal(0, 3.5, (hands, *stroke.shape))
    moved[:, corner] = moved[:, np.flatnonzero(corner) - 1]  # The two points of a corner move together.
    kept = ~corner if rounded else np.full(len(stroke), True)
    line = _smooth(stroke[kept], moved[:, kept], points)
    return line + rng.normal(0, 2.0, (hands, 1, 2)) + rng.normal(0, 0.4, line.shape)


def _distort(lines, hands, rng):
    """Warp, slant, turn and stretch strokes (hands, n, 2), alike for the strokes of one hand."""
    slant, turn = rng.uniform(-0.45, 0.25, hands), rng.normal(0, 0.1, hands)
    stretch = np.exp(rng.normal(0, 0.2, hands))
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = np.stack([cosine, -sine, sine, cosine], axis=1).reshape(hands, 2, 2)
    shaped = np.stack([stretch, slant, np.zeros(hands), np.ones(hands)], axis=1).reshape(hands, 2, 2)
    whole = np.swapaxes(turned @ shaped, 1, 2)
    wave, bend = rng.normal(0, 0.03, (hands, 2, 2)), rng.normal(0, 4, (hands, 1, 2))
    phase = rng.uniform(0, 2 * np.pi, (hands, 1, 2))
    return [(line + bend * np.sin(line @ wave + phase)) @ whole for line in lines]


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
