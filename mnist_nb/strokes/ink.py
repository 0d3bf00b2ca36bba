"""From strokes to the 28x28 image that MNIST's makers would have made of them.

A drawing is a list of strokes; a stroke is an (n, 2) array of points, x to the right, y down, in any
unit. Strokes are scaled as vectors and drawn afterwards, so the image has MNIST's line width whatever
size the drawing and the brush had on screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from ..data import IMAGE_SIZE, as_array

BOX = 20  # px, the longest side of a digit in MNIST
PEN_WIDTH = 2.3  # px in the 20x20 box; gives MNIST's amount of ink
CENTRE = 14.5  # the centre of mass lies in (CENTRE - 1, CENTRE], counted in pixel indices
LARGEST_WINDOW = 10_000  # px along a side, of the document's board
SEGMENTS_AT_ONCE = 256  # bounds the memory that a very long drawing takes

Drawing = Sequence[np.ndarray]  # strokes, each float (n, 2)


class InkError(ValueError):
    """A drawing is not a drawing; the message says what was found."""


def as_strokes(drawing: Drawing) -> list[np.ndarray]:
    """Return `drawing` as a list of float64 (n, 2) arrays without empty strokes.

    Raises InkError when a stroke has another shape, a coordinate is not finite, or nothing is left.
    """
    _require_list(drawing, "a drawing must be a list of strokes, each an (n, 2) array of x and y")
    strokes = []
    for number, stroke in enumerate(drawing, start=1):
        try:
            points = as_array(stroke)
        except ValueError:
            points = np.array(None)
        if points.dtype.kind not in "iuf":
            raise InkError(f"stroke {number} must be an (n, 2) array of x and y; it is not numeric.")
        points = points.astype(float)
        if points.size == 0:
            continue
        if points.ndim != 2 or points.shape[1] != 2:
            raise InkError(f"stroke {number} must be an (n, 2) array of x and y; found shape {points.shape}.")
        if not np.isfinite(points).all():
            raise InkError(f"stroke {number} has a coordinate that is not a finite number.")
        strokes.append(points)
    if not strokes:
        raise InkError("the drawing is empty: it needs at least one stroke of one point.")
    return strokes


def _require_list(values, wanted):
    if not isinstance(values, list | tuple) and np.ndim(values if hasattr(values, "__array__") else 0) == 0:
        raise InkError(f"{wanted}; found {'None' if values is None else type(values).__name__}.")


def strokes_to_image(drawing: Drawing, pen_width: float = PEN_WIDTH) -> np.ndarray:
    """Return `drawing` as an MNIST-like image, uint8 (28, 28), ink 255 on ground 0.

    The steps are MNIST's own, as facebookresearch/qmnist reconstructed them: the longest side of the
    ink becomes 20 px with its proportions kept, the darkest pixel becomes 255, and the 20x20 box is
    pasted at the whole-pixel offset that brings the centre of mass into (13.5, 14.5] on both axes. A
    drawing so lopsided that its box would leave the field stays inside, off centre.

    `pen_width` is in pixels of the 20x20 box. Raises InkError as `as_strokes` does.
    """
    box = _draw(_fit(as_strokes(drawing), BOX - pen_width), pen_width)
    box = np.rint(box * (255 / box.max())).astype(np.uint8)
    return centre_in_field(box)


def images_of(
    drawings: Sequence[Drawing],
    pen_widths: np.ndarray | Sequence[float] | None = None,
    way: Callable[..., np.ndarray] = strokes_to_image,
) -> np.ndarray:
    """Return the images uint8 (N, 28, 28) of N drawings, made by `strokes_to_image` or another `way`.

    `pen_widths` gives each drawing its own (N,). Raises InkError naming the drawing at fault.
    """
    _require_list(drawings, "drawings must be a list of them")
    images = np.zeros((len(drawings), IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    for index, drawing in enumerate(drawings):
        try:
            images[index] = way(drawing, *([] if pen_widths is None else [pen_widths[index]]))
        except InkError as error:
            raise InkError(f"drawing {index}: {error}") from error
    return images


def document_image(drawing: Drawing, brush: int = 8, margin: int = 5) -> np.ndarray:
    """Return what the source document's board makes of a drawing in window pixels: uint8 (28, 28).

    The window is cut out around the ink and stretched to 28x28 whatever its proportions, padded by 10
    on each side, and shrunk to 28x28 again. Kept to measure what it costs; nothing else uses it.
    """
    strokes = as_strokes(drawing)
    low = np.concatenate(strokes).min(0) - margin
    width, height = np.ceil(np.concatenate(strokes).max(0) - low + margin).astype(int)
    if max(width, height) > LARGEST_WINDOW:
        raise InkError(f"the drawing is {max(width, height)} px long; a window has at most {LARGEST_WINDOW}.")
    window = Image.new("L", (width, height))
    pencil = ImageDraw.Draw(window)
    for stroke in strokes:
        points = [tuple(point) for point in stroke - low]
        pencil.line(points, fill=255, width=brush, joint="curve")
        for x, y in (points[0], points[-1]):
            pencil.ellipse((x - brush / 2, y - brush / 2, x + brush / 2, y + brush / 2), fill=255)
    size = (IMAGE_SIZE, IMAGE_SIZE)
    stretched = np.pad(np.asarray(window.resize(size, Image.Resampling.BILINEAR)), 10)
    return np.asarray(Image.fromarray(stretched).resize(size, Image.Resampling.BILINEAR))


def centre_in_field(box: np.ndarray) -> np.ndarray:
    """Paste a uint8 (20, 20) image into a (28, 28) field so that its centre of mass is MNIST's."""
    ink = box.sum(dtype=float)
    index = np.arange(BOX)
    centre = np.array([index @ box.sum(1, dtype=float), index @ box.sum(0, dtype=float)]) / ink
    top, left = np.clip(np.floor(CENTRE - centre), 0, IMAGE_SIZE - BOX).astype(int)
    field = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    field[top : top + BOX, left : left + BOX] = box
    return field


def centre_of_mass(images: np.ndarray) -> np.ndarray:
    """Return the centres of mass (N, 2) of images (N, H, W) as (row, column) in pixel indices."""
    images = np.asarray(images, float)
    rows, columns = np.arange(images.shape[1]), np.arange(images.shape[2])
    ink = images.sum((1, 2))
    return np.stack([images.sum(2) @ rows, images.sum(1) @ columns], axis=1) / ink[:, None]


def longest_side(images: np.ndarray) -> np.ndarray:
    """Return the longest side (N,) in px of the ink's bounding box in images (N, H, W)."""
    inked = np.asarray(images) > 0
    return np.maximum(_extent(inked.any(2)), _extent(inked.any(1)))


def shortest_side(images: np.ndarray) -> np.ndarray:
    """Return the shortest side (N,) in px of the ink's bounding box in images (N, H, W)."""
    inked = np.asarray(images) > 0
    return np.minimum(_extent(inked.any(2)), _extent(inked.any(1)))


def slant(images: np.ndarray) -> np.ndarray:
    """Return how far digits (N, H, W) lean to the right, (N,) in degrees: the angle of their ink's main shear."""
    images = np.asarray(images, float)
    rows, columns = np.indices(images.shape[1:])
    centre = centre_of_mass(images)
    down, right = rows - centre[:, 0, None, None], columns - centre[:, 1, None, None]
    return np.degrees(np.arctan2(-(images * down * right).sum((1, 2)), (images * down**2).sum((1, 2))))


def _extent(inked):
    """Number of positions from the first to the last True in each row of a bool (N, L) array."""
    return inked.shape[1] - inked[:, ::-1].argmax(1) - inked.argmax(1)


def _fit(strokes, side):
    """Scale strokes so that their longest side is `side`, and centre them in the 20x20 box."""
    points = np.concatenate(strokes)
    magnitude = np.abs(points).max() or 1.0
    points = points / magnitude  # Keeps every difference below finite and exact enough.
    low, high = points.min(0), points.max(0)
    span = (high - low).max()
    scale = side / span if span > 1e-9 else 0.0  # Anything smaller is a dot, or lost in rounding.
    points = (points - (low + high) / 2) * scale + BOX / 2
    return np.split(points, np.cumsum([len(stroke) for stroke in strokes])[:-1])


def _draw(strokes, pen_width):
    """Return the coverage (20, 20), 0 to 1, of strokes drawn with a round pen."""
    start = np.concatenate([stroke[:-1] if len(stroke) > 1 else stroke for stroke in strokes])
    end = np.concatenate([stroke[1:] if len(stroke) > 1 else stroke for stroke in strokes])
    pixel = np.arange(BOX)[:, None] + 0.5
    nearest = np.full((BOX, BOX), np.inf)
    for first in range(0, len(start), SEGMENTS_AT_ONCE):
        part = slice(first, first + SEGMENTS_AT_ONCE)
        direction = end[part] - start[part]
        length = np.maximum((direction**2).sum(1), 1e-12)
        # From a segment's start to a pixel, along either axis: (20, segments). Their sums over both axes are
        # the squared distance and the scalar product with the segment, for every pixel: (20, 20, segments).
        right, down = pixel - start[part, 0], pixel - start[part, 1]
        squared = (down**2)[:, None] + (right**2)[None]
        product = (down * direction[:, 1])[:, None] + (right * direction[:, 0])[None]
        along = np.clip(product / length, 0, 1)
        squared += along * (along * length - 2 * product)
        np.minimum(nearest, squared.min(2), out=nearest)
    return np.clip((pen_width + 1) / 2 - np.sqrt(np.maximum(nearest, 0)), 0, 1)
