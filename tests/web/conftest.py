"""Pages written for a test run, and drawings to compare on."""

import numpy as np
import pytest

from mnist_nb import Recognizer, web
from mnist_nb.paths import SHIPPED_MODELS
from mnist_nb.strokes import hands

SHIPPED = sorted(SHIPPED_MODELS.glob("*.keras"))


@pytest.fixture(scope="session", params=SHIPPED, ids=lambda file: file.stem)
def shipped(request, tmp_path_factory):
    """A shipped model's Recognizer and its page."""
    return written(Recognizer.load(request.param), tmp_path_factory)


@pytest.fixture(scope="session")
def best(tmp_path_factory):
    """The Recognizer that is recommended and its page."""
    return written(Recognizer.load(), tmp_path_factory)


def written(recognizer, tmp_path_factory):
    page = tmp_path_factory.mktemp("page") / "board.html"
    web.write_page(recognizer, page)
    return recognizer, page


@pytest.fixture(scope="session")
def drawings():
    """A thousand drawings: digits, letters and scribbles, some of them tiny, huge or far away, and odd ones."""
    rng = np.random.default_rng(22)
    made = [*hands.pen_digits(700, 22)[0], *hands.letters(150, 22), *hands.scribbles(150, 22)]
    for index in range(0, len(made), 5):
        size, away = 10.0 ** rng.integers(-9, 10), rng.normal(0, 1, 2) * 10.0 ** rng.integers(-3, 8)
        made[index] = [stroke * size + away for stroke in made[index]]
    dot, diagonal = [np.array([[3.0, 4.0]])], [np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[9.0, 9.0]])]
    halves = [np.array([[0.0, 0.0], [0.5, 0.0], [0.5, 17.7]]), np.array([[1 / 3, 5.0]])]
    scribble = [rng.normal(0, 50, (8, 2)) for _ in range(500)]
    return [*made, dot, diagonal, halves, [stroke * 1e-300 for stroke in dot], [dot[0] * 1e300], scribble]


@pytest.fixture(scope="session")
def boards():
    """Five hundred boards: numbers in one row or two, close and apart, some with a frame, a line, a plus or a point."""
    rng = np.random.default_rng(23)
    digits = [*hands.pen_digits(900, 23)[0], *hands.letters(60, 23), *hands.scribbles(40, 23)]
    made = [number(rng, [digits[index] for index in rng.choice(len(digits), rng.integers(1, 7))]) for _ in range(480)]
    return [*made, *thresholds(), [rng.normal(0, 50, (8, 2)) + rng.uniform(0, 900, 2) for _ in range(500)], []]


def number(rng, digits):
    """Return digits side by side as strokes of a board in any order, perhaps with a mark."""
    strokes, left = [], 0.0
    for digit in digits:
        points = np.concatenate(digit)
        low, span = points.min(0), np.ptp(points, axis=0)
        scale, top = rng.uniform(60, 140) / max(*span, 1e-9), rng.uniform(0, 30) + 190 * (rng.random() < 0.2)
        strokes += [(stroke - low) * scale + np.array([left, top]) for stroke in digit]
        left += span[0] * scale + rng.uniform(-25, 45)
    angle = np.linspace(rng.uniform(-0.3, 0.8), 2 * np.pi, 30)
    plus = [np.array([[left + 20, 80.0], [left + 70, 82]]), np.array([[left + 45, 55.0], [left + 44, 105]])]
    box = [(-20, -20), (left + 20, -25), (left + 22, 345), (-22, 345), (-20, rng.uniform(-30, 60))]
    marks = [
        [np.array([[0, 170.0], [left, 172.0]])],
        [np.stack([left / 2 + (left / 2 + 30) * np.cos(angle), 90 + 160 * np.sin(angle)], axis=1)],
        [np.array(box, float)],
        plus,
        [np.array([[left + 5, 150.0], [left + 7, 152.0]])],
    ]
    strokes += marks[rng.integers(len(marks))] if rng.random() < 0.5 else []
    return [strokes[index] for index in rng.permutation(len(strokes))]


def thresholds():
    """Return boards of strokes that stand exactly as far from each other as `strokes.grouping` asks, and a hair off."""
    boards = []
    upright = np.array([[0.0, 0.0], [0.0, 64.0]])
    for share in (0.02, 0.04, 0.12, 0.25, 0.125, 0.8):
        for off in (0.0, np.spacing(64 * share), -np.spacing(64 * share)):
            gap = 64 * share + off
            boards.append([upright, upright + np.array([gap, 0])])
            boards.append([upright, np.array([[gap, 0.0], [gap, 16.0]])])
            boards.append([upright, np.array([[-8.0, 64 + gap], [8.0, 64 + gap]])])
            boards.append([upright, np.array([[0.0, 64 + gap], [0.0, 128 + gap]])])
    return boards
