"""From the ink of a digit in a picture to the 28x28 image that MNIST's makers would have made of it."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from ..strokes.ink import BOX, PEN_WIDTH, centre_in_field

SMALLEST, LARGEST = 56, 120  # px of the longest side of what is worked on
THINNER = 0.4  # of the depth of a line: so much may be taken off either side
THICKEST = 0.5  # of the box
STOCKY = 0.7  # of its longest side: what is so wide, as a point is, has no line


def image_of(ink: np.ndarray, pen_width: float | None = PEN_WIDTH) -> np.ndarray:
    """Return the image uint8 (28, 28), ink 255 on ground 0, of one digit's ink, float (H, W), one half at its edge.

    Its line becomes as wide as MNIST's, `pen_width` px, a thick one half as much too thick as it is, so that small
    holes stay; any stays as it is when that is None. Its longest side becomes 20 px and its centre of mass the field's,
    as `strokes_to_image` does with strokes.
    """
    side = max(ink.shape)
    scale = max(SMALLEST / side, min(1, LARGEST / side))
    ink = np.pad(ink, max(2, side // 8))  # The line may grow.
    if scale != 1:
        size = [max(1, round(each * scale)) for each in ink.shape[::-1]]
        ink = np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))
    inked = ink > min(0.5, 0.5 * float(ink.max()))  # A line thinner than a pixel is fainter than one half.
    depth = ndimage.distance_transform_edt(inked)
    inside = depth[inked]
    width = width_of(inside)
    extent = max(np.ptp(np.flatnonzero(inked.any(axis))) + 1 for axis in (0, 1))
    grown = 0.0
    if pen_width is not None and width < STOCKY * extent:
        wanted = min(pen_width * max(1.0, BOX * width / extent / pen_width) ** 0.5, THICKEST * BOX)
        # The middle of the line shall be so long that a line of this width around it is as long as MNIST's digits.
        grown = (wanted * (extent - width) / (BOX - wanted) - width) / 2
        grown = max(grown, -THINNER * float(np.percentile(inside, 95)))
    depth -= ndimage.distance_transform_edt(~inked)
    return centre_in_field(_in_box(np.clip(0.5 + depth - np.sign(depth) / 2 + grown, 0, 1)))


def width_of(depths: np.ndarray) -> float:
    """Return the width of a line in px, of whose pixels these are the distances (n,) from the ground in px."""
    return 4 * float(depths.mean()) - 2


def _in_box(ink):
    """Return ink (H, W) fitted into a box of 20x20, uint8, its darkest pixel 255."""
    ink = ink / max(float(ink.max()), 1e-6)
    rows, columns = np.flatnonzero((ink > 0.5).any(1)), np.flatnonzero((ink > 0.5).any(0))
    side = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    ink = np.pad(ink, side)
    top, left = side + (rows[0] + rows[-1] + 1 - side) / 2, side + (columns[0] + columns[-1] + 1 - side) / 2
    image = Image.fromarray(ink.astype(np.float32))
    box = np.asarray(image.resize((BOX, BOX), Image.Resampling.BOX, (left, top, left + side, top + side)))
    return np.rint(np.clip(box / box.max(), 0, 1) * 255).astype(np.uint8)
