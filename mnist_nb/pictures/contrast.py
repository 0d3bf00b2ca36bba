"""From the grey values of a picture to its ink: how much darker each pixel is than the paper would be there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

SOFTENED = 0.7  # px: the blur before anything is measured
GRAIN = 2  # px: the blur of the paper, which has no fine lines
WIDEST = 0.22  # of the shorter side: a line of ink is narrower than this
WIDER, NARROWEST = 5, 0.025  # widths of a line of this picture's darkest ink, and of the shorter side, in a window
DARKEST, DARK = 99.5, 0.5  # percentile of ink, and the share of it that the darkest ink has
SMALL = 400  # px of the longer side where that is looked at
FAR, NEAR = 6, 30  # parts of the longer side: distances over which ink is told from its ground
BLOCK = 64  # blocks along the longer side, in which paper is measured
AROUND = 9  # blocks along a side of the neighbourhood that says what is paper
PAPER = 25  # percentile of blocks in a neighbourhood: that many are free of ink
FLATTEST = 0.008  # of the paper's light: noise is taken to be no lower than this


@dataclass
class Contrast:
    """How much of the paper's light is missing at each pixel: `ink` float32 (H, W), about 0 on paper, at most 1.

    `noise`, float32 (H, W), is its spread on paper; `light` tells whether the ink was lighter than its ground.
    """

    ink: np.ndarray
    noise: np.ndarray
    light: bool


def contrast_of(grey: np.ndarray, light: bool) -> Contrast:
    """Return the ink of a picture uint8 (H, W), whose ink is lighter than its ground or darker."""
    small, step = _shrunk(grey)
    window = round(step * _window(255 - small if light else small))
    values = ndimage.gaussian_filter((255 - grey if light else grey).astype(np.float32), SOFTENED)
    ground = ground_of(ndimage.gaussian_filter(values, GRAIN), window)  # The brightest of much grain is no paper.
    missing = 1 - values / np.maximum(ground, 1)
    level, noise = _of_paper(missing)
    return Contrast((missing - level) / np.maximum(1 - level, 1e-3), np.maximum(noise, FLATTEST), light)


def is_light_on_dark(grey: np.ndarray) -> tuple[bool, ...]:
    """Tell whether the ink of a picture uint8 (H, W) is lighter than its ground: both answers where it is doubtful.

    Ink is what there is less of. Near by that holds on uneven light, farther for a digit that fills a picture.
    """
    small, _ = _shrunk(grey)
    around = [_smoothed(small, max(small.shape) / part) for part in (FAR, NEAR)]
    far, near = (float(((small - each) ** 3).mean()) > 0 for each in around)
    return (far,) if far == near else (far, near)


def _smoothed(values, sigma):
    """Return values blurred by about a Gaussian, however wide: three means over squares, each of its variance / 3."""
    side = max(1, round(2 * sigma))
    for _ in range(3):
        values = ndimage.uniform_filter(values, side, mode="nearest")
    return values


def _shrunk(grey):
    """Return a small copy of a picture, float32, and how many times smaller it is."""
    step = max(1, min(max(grey.shape) // SMALL, *grey.shape))
    small = grey[: grey.shape[0] // step * step, : grey.shape[1] // step * step].astype(np.float32)
    return small.reshape(small.shape[0] // step, step, -1, step).mean((1, 3)), step


def _window(small):
    """Return how wide a window of the ground must be, in px of a small picture with dark ink, to pass over any line."""
    widest = WIDEST * min(small.shape)
    missing = 1 - small / np.maximum(ground_of(small, round(widest)), 1)
    dark = missing > max(FLATTEST, DARK * float(np.percentile(missing, DARKEST)))
    depth = ndimage.distance_transform_edt(dark)
    deepest = depth[dark & (depth == ndimage.maximum_filter(depth, 3))]
    width = 2 * float(np.percentile(deepest, 90)) if deepest.size else widest
    return min(widest, max(WIDER * width, NARROWEST * min(small.shape)))


def ground_of(values: np.ndarray, window: int) -> np.ndarray:
    """Return the paper under dark ink, float (H, W): what is narrower than a window is filled from around it."""
    window = max(3, window)
    high = values
    for axis in (0, 1):
        high = ndimage.maximum_filter1d(high, window, axis=axis, mode="nearest")
    for axis in (0, 1):
        high = ndimage.minimum_filter1d(high, window, axis=axis, mode="nearest")
    return high


def _of_paper(missing):
    """Return the level of paper in what light is missing, and its spread, both float32 (H, W)."""
    height, width = missing.shape
    side = max(8, round(max(height, width) / BLOCK))
    padded = np.pad(missing, ((0, -height % side), (0, -width % side)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // side, side, -1, side).transpose(0, 2, 1, 3)
    blocks = blocks[:, :, ::2, ::2].reshape(*blocks.shape[:2], -1)
    places = [int(share * blocks.shape[2]) for share in (0.16, 0.5)]
    low, middle = np.moveaxis(np.partition(blocks, places, axis=2)[:, :, places], 2, 0)
    level = ndimage.percentile_filter(middle, PAPER, AROUND, mode="nearest")
    spread = ndimage.percentile_filter(middle - low, PAPER, AROUND, mode="nearest")
    both = [Image.fromarray(each.astype(np.float32)) for each in (level, spread)]
    both = [np.asarray(each.resize(padded.shape[::-1], Image.Resampling.BILINEAR)) for each in both]
    return both[0][:height, :width], both[1][:height, :width]
