"""Pictures of digits that a camera might have taken: ink on paper, light on the paper, and what a lens makes of it.

They stand in for photographs where their truth must be known: in notebook 12 and in tests. Nothing learns from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from ..strokes.ink import Drawing

Box = tuple[float, float, float, float]  # left, top, right, bottom in px
COVERED = 0.4  # of what two boxes cover: so much they share where one was found for the other
FINER = 3  # px of a drawing in a px of its ink
WHITE, DIM, SHADE = 228, 0.5, 0.5  # of the paper; shares of its light in the far corner, and under a shadow
RULE, RULE_INK, GAP = 2, 0.35, 48  # px of a line of ruled paper, the share of light it takes, px between two


@dataclass(frozen=True)
class Camera:
    """What stands between ink and picture: light, lines of the paper, a tilt in degrees, blur in px, noise of 255."""

    light: bool = False
    ruled: bool = False
    squared: bool = False
    tilt: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    ink: float = 0.8  # share of the light that ink takes
    dark_paper: bool = False


def ink_of_drawing(drawing: Drawing, height: int, line: float = 0.1) -> np.ndarray:
    """Return the ink of strokes, float (H, W), 0 to 1: about `height` px tall, the line `line` of that wide."""
    points = np.concatenate(drawing)
    low, span = points.min(0), np.maximum(np.ptp(points, axis=0), 1e-6)
    scale, pen = FINER * min(height / span[1], 1.5 * height / span[0]), FINER * max(1.0, line * height)
    size = [int(side * scale + 2 * pen) + 1 for side in span]
    canvas = Image.new("L", (size[0], size[1]))
    pencil = ImageDraw.Draw(canvas)
    for stroke in drawing:
        path = [tuple(point) for point in (stroke - low) * scale + pen]
        pencil.line(path, fill=255, width=round(pen), joint="curve")
        for x, y in path:
            pencil.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    small = canvas.resize([max(1, side // FINER) for side in size], Image.Resampling.BOX)
    return np.asarray(small, float) / 255


def ink_of_image(image: np.ndarray, height: int) -> np.ndarray:
    """Return the ink of an MNIST image uint8 (28, 28), float (H, W), 0 to 1: `height` px tall, sharp again."""
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    crop = np.pad(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 2)
    scale = height / (len(crop) - 4)
    size = [max(1, round(side * scale)) for side in crop.shape[::-1]]
    large = np.asarray(Image.fromarray(crop).resize(size, Image.Resampling.BICUBIC), float) / 255
    return np.clip((ndimage.gaussian_filter(large, 0.3 * scale) - 0.5) * scale + 0.5, 0, 1)


def laid_out(
    rows: Sequence[Sequence[np.ndarray]], rng: np.random.Generator, size: tuple[int, int] = (900, 1200)
) -> tuple[np.ndarray, list[list[tuple[int, int, int, int]]]]:
    """Lay rows of ink on a page (H, W) and return its ink, float, and the boxes of each row: left, top, right, bottom.

    Each stands a little higher or lower than its neighbour. Raises ValueError when they do not fit.
    """
    page = np.zeros(size)
    boxes: list[list[tuple[int, int, int, int]]] = []
    for number, row in enumerate(rows):
        boxes.append([])
        left = int(size[1] * rng.uniform(0.05, 0.12))
        for ink in map(_trimmed, row):
            middle = size[0] * (number + 0.5) / len(rows) + rng.uniform(-0.1, 0.1) * len(ink)
            top = round(middle - len(ink) / 2)
            bottom, right = top + ink.shape[0], left + ink.shape[1]
            if top < 0 or bottom > size[0] or right > size[1]:
                raise ValueError(f"row {number} does not fit on a page of {size[1]} x {size[0]} px.")
            np.maximum(page[top:bottom, left:right], ink, out=page[top:bottom, left:right])
            boxes[-1].append((left, top, right, bottom))
            left = right + round(rng.uniform(0.3, 0.7) * len(ink))
    return page, boxes


def boxes_in_picture(boxes: Sequence[Box], camera: Camera, size: tuple[int, int] = (900, 1200)) -> list[Box]:
    """Return where boxes on a page are in the picture that a camera takes of it."""
    turn = np.radians(camera.tilt)
    middle = np.array(size[::-1]) / 2
    moved = []
    for left, top, right, bottom in boxes:
        across, down = (np.array([(left, top), (right, top), (left, bottom), (right, bottom)]) - middle).T
        corners = np.stack([across * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - across * np.sin(turn)])
        corners += middle[:, None]
        (left, top), (right, bottom) = corners.min(1), corners.max(1)
        moved.append((float(left), float(top), float(right), float(bottom)))
    return moved


def photographed(ink: np.ndarray, rng: np.random.Generator, camera: Camera = Camera()) -> np.ndarray:
    """Return the picture uint8 (H, W) that a camera takes of a page of ink, float (H, W), 0 to 1."""
    height, width = ink.shape
    across, down = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    paper = WHITE + 3 * ndimage.gaussian_filter(rng.normal(0, 3, ink.shape), 1.5)
    for ruled, axis in ((camera.ruled or camera.squared, 0), (camera.squared, 1)):
        places = np.indices(ink.shape)[axis] % GAP < RULE
        paper = np.where(ruled & places, paper * (1 - RULE_INK), paper)
    picture = paper * (1 - camera.ink * ink)
    if camera.light:
        picture = picture * (1 - (1 - DIM) * (across + down) / 2)
        shade = across + 0.4 * down > rng.uniform(0.5, 0.9)
        picture = picture * (1 - SHADE * ndimage.gaussian_filter(shade.astype(float), rng.uniform(3, 20)))
    if camera.tilt:
        turned = Image.fromarray(picture.astype(np.float32))
        fill = float(np.median(picture))
        picture = np.asarray(turned.rotate(camera.tilt, Image.Resampling.BICUBIC, fillcolor=fill))
    picture = ndimage.gaussian_filter(picture, camera.blur) + rng.normal(0, 1, ink.shape) * camera.noise
    return (255 - picture if camera.dark_paper else picture).clip(0, 255).astype(np.uint8)


def matched(truth: Sequence[Box], found: Sequence[Box]) -> list[int | None]:
    """Return for each true box the index of the found one that covers it best, None where none does so well enough."""
    places: list[int | None] = []
    for box in truth:
        shares = [_overlap(box, other) for other in found]
        best = int(np.argmax(shares)) if shares else None
        places.append(best if best is not None and shares[best] > COVERED else None)
    return places


def _trimmed(ink):
    """Return ink without what is empty around it."""
    rows, columns = (np.flatnonzero((ink > 0.3).any(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _overlap(one, other):
    """Return the area that two boxes share, as a share of what both cover."""
    width, height = (min(one[i + 2], other[i + 2]) - max(one[i], other[i]) for i in (0, 1))
    if min(width, height) <= 0:
        return 0.0
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (one, other)]
    return width * height / (sum(areas) - width * height)
