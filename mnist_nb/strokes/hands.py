"""Synthetic pen drawings, varied from templates of written forms: digits, and letters and scribbles that are none.

A drawing is a list of strokes, float (n, 2) arrays of points, x right, y down, about 100 high.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from . import templates
from .ink import Drawing
from .templates import Template

JOINED = 0.12  # share of drawings whose pen runs in from, or on to, where another letter would stand
COARSE = 0.15  # share that a device with few steps took down
ALIKE = 8  # varied drawings at a time that share their speed, and how their pen lands and turns corners


def form_names(digit: int, *, withheld: bool = False) -> list[str]:
    """Return the names of a digit's forms: those that may be trained on, or those that may not."""
    return [name for name in templates.DIGITS[digit] if (name in templates.WITHHELD_DIGITS[digit]) == withheld]


def drawing_of(digit: int, form: str | None = None, *, points: int = 24) -> list[np.ndarray]:
    """Return a template as a drawing; the digit's first form when none is named."""
    strokes = templates.DIGITS[digit][form] if form else next(iter(templates.DIGITS[digit].values()))
    return [_smooth(stroke, stroke[None], points)[0] for stroke in strokes]


def side_by_side(digits: str, *, left: float, top: float, height: float, gap: float = 0.35) -> list[np.ndarray]:
    """Return the strokes that write `digits`, such as "407", on a board: `height` px tall, `gap` heights apart."""
    strokes: list[np.ndarray] = []
    for digit in map(int, digits):
        drawing = drawing_of(digit)
        points = np.concatenate(drawing)
        low, high = points.min(0), points.max(0)
        scale = height / 100
        strokes += [(stroke - low) * scale + (left, top) for stroke in drawing]
        left += (high[0] - low[0]) * scale + gap * height
    return strokes


def vary(strokes: Template, count: int, rng: np.random.Generator) -> list[Drawing]:
    """Return `count` drawings of a template, each as another hand might make it.

    Control points wander, corners may be rounded, the pen may leave a tick where it lands, strokes are set
    down off their place, and the pen trembles and moves at its own speed, and may run in from the left and on
    to the right as in joined-up writing; then each drawing as a whole gets other proportions, and is warped,
    slanted, turned and stretched, and some are taken down in coarse steps. `rng` is a NumPy Generator.
    """
    drawings: list[Drawing] = []
    for first in range(0, count, ALIKE):
        hands = min(ALIKE, count - first)
        rounded, points = rng.random() < 0.3, int(rng.integers(6, 25))
        lines = [_wander(stroke, hands, rounded, points, rng) for stroke in strokes]
        if rng.random() < JOINED:
            lines[0] = np.concatenate([_joining(lines[0][:, :1], -1, points, rng)[:, ::-1], lines[0]], axis=1)
        if rng.random() < JOINED:
            lines[-1] = np.concatenate([lines[-1], _joining(lines[-1][:, -1:], 1, points, rng)], axis=1)
        lines = _distort(lines, hands, rng)
        if rng.random() < COARSE:
            step, across_first = rng.uniform(3, 11), rng.random() < 0.5
            lines = [_stepped(line, step, across_first) for line in lines]
        drawings += [list(drawing) for drawing in zip(*lines, strict=True)]
    return drawings


def _joining(ends, side, points, rng):
    """Return where a pen runs on to from the ends (hands, 1, 2) of strokes, to the left (-1) or right (1): a bow."""
    hands = len(ends)
    along = np.linspace(0, 1, points // 2 + 2)[1:, None]
    reach = np.stack([side * rng.uniform(8, 26, hands), rng.uniform(-18, 10, hands)], axis=1)[:, None]
    bow = np.stack([np.zeros(hands), rng.uniform(-4, 10, hands)], axis=1)[:, None]
    return ends + reach * along + bow * np.sin(np.pi * along)


def _stepped(lines, step, across_first):
    """Return lines (hands, n, 2) on a grid of steps, with `across_first` along its lines only, then (hands, 2n, 2)."""
    lines = np.round(lines / step) * step
    if not across_first:
        return lines
    corners = np.concatenate([lines[:, :1], np.stack([lines[:, 1:, 0], lines[:, :-1, 1]], axis=-1)], axis=1)
    return np.stack([corners, lines], axis=2).reshape(len(lines), -1, 2)


def drawn_again(drawing: Drawing, strength: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Return a drawing, strokes (n, 2) of any size, about 100 high and as its hand might make it again.

    `strength` is 0 for as it is, and 1 for as far from it as the hands of `vary` are from each other.
    """
    points = np.concatenate(drawing)
    low = points.min(0)
    scale = 100 / max(np.ptp(points, axis=0).max(), 1e-6)
    lines = [(stroke - low) * scale for stroke in drawing]
    changed = _distort([line[None] for line in lines], 1, rng)
    return [(1 - strength) * line + strength * other[0] for line, other in zip(lines, changed, strict=True)]


def pen_digits(count: int, seed: int, *, withheld: bool = False) -> tuple[list[Drawing], np.ndarray]:
    """Return `count` varied drawings of digits and their labels, int64 (count,), in random order.

    There are as many of each digit, and of each of a digit's forms, as `count` allows. `withheld` takes the
    forms that are kept from training in place of the others.
    """
    rng = np.random.default_rng([seed, withheld])
    drawings: list[Drawing] = []
    labels: list[int] = []
    for digit in templates.DIGITS:
        names = form_names(digit, withheld=withheld)
        share = -(-count // (len(templates.DIGITS) * len(names)))
        for name in names:
            drawings += vary(templates.DIGITS[digit][name], share, rng)
            labels += [digit] * share
    chosen = rng.permutation(len(labels))[:count]
    return [drawings[index] for index in chosen], np.array(labels)[chosen]


def writer(each: int, seed: int) -> tuple[list[Drawing], np.ndarray]:
    """Return `each` drawings of every digit by a synthetic writer, and their labels, int64 (10 * each,).

    A writer has one form of each digit, here one of those that are withheld from training.
    """
    rng = np.random.default_rng([seed, 3])
    own = {digit: strokes[rng.choice(form_names(digit, withheld=True))] for digit, strokes in templates.DIGITS.items()}
    drawings = [drawing for strokes in own.values() for drawing in vary(strokes, each, rng)]
    return drawings, np.repeat(list(own), each)


def letters(count: int, seed: int, *, withheld: bool = False) -> list[Drawing]:
    """Return `count` varied drawings of letters that are not shaped like a digit; `withheld` as in `pen_digits`."""
    rng = np.random.default_rng([seed, withheld, 1])
    names = [name for name in templates.LETTERS if (name in templates.WITHHELD_LETTERS) == withheld]
    return _shuffled((vary(templates.LETTERS[name], -(-count // len(names)), rng) for name in names), count, rng)


def scribbles(count: int, seed: int, *, withheld: bool = False) -> list[Drawing]:
    """Return `count` scribbles of several kinds; `withheld` takes the kinds that are kept from training."""
    rng = np.random.default_rng([seed, withheld, 2])
    kinds = WITHHELD_SCRIBBLES if withheld else SCRIBBLES
    share = -(-count // len(kinds))
    drawn = ([_distort([line[None] for line in kind(rng)], 1, rng) for _ in range(share)] for kind in kinds)
    return _shuffled(([[line[0] for line in lines] for lines in drawings] for drawings in drawn), count, rng)


def _shuffled(groups, count, rng):
    drawings = [drawing for group in groups for drawing in group]
    return [drawings[index] for index in rng.permutation(len(drawings))[:count]]


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
    """Return a stroke (m, 2) as a number of hands draw it, (hands, n, 2)."""
    corner = _corners(stroke)
    moved = stroke + rng.normal(0, 3.5, (hands, *stroke.shape))
    moved[:, corner] = moved[:, np.flatnonzero(corner) - 1]  # The two points of a corner move together.
    kept = ~corner if rounded else np.full(len(stroke), True)
    line = _smooth(stroke[kept], moved[:, kept], points)
    if rng.random() < 0.15:  # The pen lands a little way off and slides to where the stroke begins.
        line = np.concatenate([line[:, :1] + rng.normal(0, 6, (hands, 1, 2)), line], axis=1)
    return line + rng.normal(0, rng.choice([2.0, 4.0]), (hands, 1, 2)) + rng.normal(0, 0.4, line.shape)


def _distort(lines, hands, rng):
    """Change the proportions of strokes (hands, n, 2), warp, slant, turn and stretch them, alike for one hand's."""
    head, taper = rng.normal(0, 0.12, (hands, 1)), rng.normal(0, 0.15, (hands, 1))
    slant, turn = rng.uniform(-0.45, 0.25, hands), rng.normal(0, 0.1, hands)
    stretch = np.exp(rng.normal(0, 0.2, hands))
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = np.stack([cosine, -sine, sine, cosine], axis=1).reshape(hands, 2, 2)
    shaped = np.stack([stretch, slant, np.zeros(hands), np.ones(hands)], axis=1).reshape(hands, 2, 2)
    whole = np.swapaxes(turned @ shaped, 1, 2)
    wave, bend = rng.normal(0, 0.03, (hands, 2, 2)), rng.normal(0, 4, (hands, 1, 2))
    phase = rng.uniform(0, 2 * np.pi, (hands, 1, 2))
    distorted = []
    for line in lines:
        x, y = line[..., 0], np.clip(line[..., 1], 0, 100) / 100
        # The upper part grows at the lower one's cost, and one end is wider than the other.
        line = np.stack([x * (1 + taper * (2 * y - 1)), line[..., 1] + 100 * head * y * (1 - y)], axis=-1)
        distorted.append((line + bend * np.sin(line @ wave + phase)) @ whole)
    return distorted


# Kinds of scribbles: each takes a NumPy Generator and returns strokes about 100 high.


def _tangle(rng):
    knots = rng.uniform(0, 100, (int(rng.integers(9, 17)), 2))
    return [CubicSpline(np.arange(len(knots)), knots)(np.linspace(0, len(knots) - 1, 120))]


def _zigzag(rng):
    teeth = int(rng.integers(6, 14))
    across, along = np.linspace(0, 100, teeth), np.where(np.arange(teeth) % 2, 100, 0) * rng.uniform(0.1, 1)
    points = np.stack([across, along], axis=1) + rng.normal(0, 5, (teeth, 2))
    return [points if rng.random() < 0.5 else points[:, ::-1]]


def _spiral(rng):
    angle = np.linspace(0, 2 * np.pi * rng.uniform(2.2, 5), 120) + rng.uniform(0, 2 * np.pi)
    radius = np.linspace(4, 50, 120)
    turn = rng.choice([-1, 1])
    return [np.stack([50 + radius * np.cos(turn * angle), 50 + radius * np.sin(turn * angle)], axis=1)]


def _hatching(rng):
    offsets, angle = np.arange(rng.integers(3, 8)) * rng.uniform(16, 32), rng.uniform(0, np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    ends = direction * [[-50], [50]] + 50
    return [ends + offset * direction[::-1] * (-1, 1) + rng.normal(0, 4, (2, 2)) for offset in offsets]


def _dots(rng):
    return [rng.uniform(0, 100, 2) + rng.normal(0, 2, (3, 2)) for _ in range(rng.integers(3, 9))]


def _dash(rng):
    return [np.array([[0, 50], [50, 50], [100, 50]]) + rng.normal(0, 4, (3, 2))]


def _star(rng):
    angle = np.arange(6) * 4 * np.pi / 5 + rng.uniform(0, 2 * np.pi)
    return [50 + 50 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, 5, (6, 2))]


def _loops(rng):
    turns = rng.uniform(3, 7)
    angle = np.linspace(0, 2 * np.pi * turns, 150)
    width, height = rng.uniform(12, 22), rng.uniform(10, 45)
    points = np.stack([width * angle / np.pi + 22 * np.sin(angle), 50 - height * np.cos(angle)], axis=1)
    return [points if rng.random() < 0.5 else points[:, ::-1]]


def _grid(rng):
    lines = []
    for axis in (0, 1):
        for place in np.linspace(20, 80, int(rng.integers(2, 5))):
            line = np.array([[0.0, place], [100.0, place]])
            lines.append((line[:, ::-1] if axis else line) + rng.normal(0, 4, (2, 2)))
    return lines


def _wave(rng):
    along = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 5), 100)
    points = np.stack([along * 16, 50 + rng.uniform(20, 50) * np.sin(along)], axis=1)
    return [points if rng.random() < 0.5 else points[:, ::-1]]


def _burst(rng):
    angles = np.linspace(0, np.pi, int(rng.integers(3, 7)), endpoint=False) + rng.uniform(0, np.pi)
    rays = [50 * np.array([np.cos(angle), np.sin(angle)]) for angle in angles]
    return [np.array([50 - ray, 50 + ray]) + rng.normal(0, 4, (2, 2)) for ray in rays]


def _scrawl(rng):
    steps = rng.normal(0, 1, (int(rng.integers(40, 90)), 2)).cumsum(0)
    return [steps * 100 / np.ptp(steps)]


def _crossing_out(rng):
    (line,) = _zigzag(rng)
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return [(line * (1, rng.uniform(0.3, 1)) - 50) @ turn.T, *(_dash(rng) if rng.random() < 0.3 else [])]


def _bows(rng):
    bows = []
    for _ in range(rng.integers(4, 8)):
        angle = np.linspace(0, rng.uniform(1.5, 4.5), 20) + rng.uniform(0, 2 * np.pi)
        bows.append(rng.uniform(20, 80, 2) + rng.uniform(8, 30) * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return bows


def _word(rng):
    known = [name for name in templates.LETTERS if name not in templates.WITHHELD_LETTERS]
    strokes, left = [], 0.0
    for name in rng.choice(known, rng.integers(2, 4)):
        (letter,) = vary(templates.LETTERS[name], 1, rng)
        points = np.concatenate(letter)
        strokes += [stroke - (points[:, 0].min() - left, 0) for stroke in letter]
        left += np.ptp(points[:, 0]) + rng.uniform(4, 18)
    return strokes


def _glyph(rng):
    """Lines and bows between places of a grid, as a letter of some script may be."""
    places = np.stack(np.meshgrid((0, 50, 100), (0, 50, 100)), axis=-1).reshape(-1, 2)
    strokes = []
    for _ in range(rng.integers(4, 7)):
        begin, end = places[rng.choice(len(places), 2, replace=False)] + rng.normal(0, 6, (2, 2))
        along = np.linspace(0, 1, 16)[:, None]
        bow = (end - begin)[::-1] * (-1, 1) * (rng.normal(0, 0.5) if rng.random() < 0.5 else 0)
        strokes.append(begin + (end - begin) * along + bow * np.sin(np.pi * along))
    return strokes


def _turned(rng):
    """A digit on its side, of those that then are none."""
    digit = rng.choice((2, 3, 4, 5))
    (drawing,) = vary(templates.DIGITS[digit][rng.choice(form_names(digit))], 1, rng)
    side = rng.choice((-1, 1))
    return [(stroke - 50)[:, ::-1] * (side, -side) + 50 for stroke in drawing]


SCRIBBLES = (
    *(_tangle, _zigzag, _spiral, _hatching, _dots, _dash, _star, _loops),
    *(_crossing_out, _bows, _word, _glyph, _turned),
)
WITHHELD_SCRIBBLES = (_grid, _wave, _burst, _scrawl)
