"""Corrupted test images after MNIST-C (Mu and Gilmer 2019, arXiv 1906.02337), at the strengths of its generator.

Each corruption takes images uint8 (N, 28, 28) and a NumPy generator, and returns images of the same
shape and type. `LEFT_OUT` names those of the fifteen that are not here, and why; so this is no MNIST-C.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter, shift

from ..data import IMAGE_SIZE

LEFT_OUT = {
    "motion blur": "ImageMagick computes it",
    "fog": "its plasma fractal is a program of its own",
    "canny edges": "scikit-image computes it",
}


def corrupt(images: np.ndarray, name: str, seed: int) -> np.ndarray:
    """Return images uint8 (N, 28, 28) with the corruption called `name`; the same for the same seed."""
    return CORRUPTIONS[name](np.asarray(images), np.random.default_rng(seed))


def _shot_noise(images, rng, photons=3):
    return _pixels(rng.poisson(images / 255 * photons) / photons)


def _impulse_noise(images, rng, share=0.17):
    struck, white = rng.random(images.shape) < share, rng.random(images.shape) < 0.5
    return np.where(struck, np.where(white, 255, 0), images).astype(np.uint8)


def _glass_blur(images, rng, sigma=0.7, rounds=2):
    blurred = gaussian_filter(images, (0, sigma, sigma), output=float, mode="nearest").astype(np.uint8)
    everyone = np.arange(len(images))
    places = range(IMAGE_SIZE - 1, 1, -1)
    for row, column in (
        place for _ in range(rounds) for place in np.stack(np.meshgrid(places, places), 2).reshape(-1, 2)
    ):
        swapped = rng.random(len(images)) < 0.5
        rows, columns = (
            row - rng.integers(0, 2, len(images)) * swapped,
            column - rng.integers(0, 2, len(images)) * swapped,
        )
        here = blurred[:, row, column].copy()
        blurred[:, row, column] = blurred[everyone, rows, columns]
        blurred[everyone, rows, columns] = here
    return _pixels(gaussian_filter(blurred / 255, (0, sigma, sigma), mode="nearest"))


def _shear(images, rng, angle=0.4):
    return _mapped(images, rng, lambda sign: [[np.cos(angle), 0], [-np.sin(sign * angle), 1]])


def _rotate(images, rng, angle=0.4):
    def turn(sign):
        return [[np.cos(angle), sign * np.sin(angle)], [-sign * np.sin(angle), np.cos(angle)]]

    return _mapped(images, rng, turn)


def _scale(images, rng, size=0.7):
    return _mapped(images, rng, lambda sign: np.eye(2) / size)


def _mapped(images, rng, source_of):
    """Map images about their centre, to the one side or the other at random; `source_of` gives the inverse map."""
    middle, to_the_right = (IMAGE_SIZE - 1) / 2, rng.random(len(images)) < 0.5
    result = np.zeros(images.shape)
    for sign, chosen in ((1, to_the_right), (-1, ~to_the_right)):
        matrix = np.eye(3)
        matrix[1:, 1:] = source_of(sign)
        offset = np.r_[0, middle - matrix[1:, 1:] @ [middle, middle]]
        result[chosen] = affine_transform(images[chosen] / 255, matrix, offset, order=1)
    return _pixels(result)


def _translate(images, rng, distance=3):
    ways = rng.choice([-distance, distance], (len(images), 2))
    return np.stack([shift(image, way, order=0) for image, way in zip(images, ways, strict=True)])


def _brightness(images, rng, added=0.5):
    return _pixels(images / 255 + added)


def _stripe(images, rng):
    result = images.copy()
    for band in (np.s_[:, :, :7], np.s_[:, :, 21:]):
        result[band] = 255 - result[band]
    return result


def _spatter(images, rng):
    liquid = gaussian_filter(rng.normal(0.65, 0.3, images.shape), (0, 1, 1), mode="nearest")
    mud = gaussian_filter((liquid > 0.65).astype(float), (0, 1.5, 1.5), mode="nearest")
    mud[mud < 0.8] = 0
    return _pixels(images / 255 * (1 - mud) + 63 / 255 * mud)


def _dotted_line(images, rng):
    dots = np.arange(IMAGE_SIZE) % 4 >= 2
    ends = rng.integers(0, IMAGE_SIZE - 1, (len(images), 2))
    return _pixels(images / 255 + [_line(0, first, IMAGE_SIZE - 1, last) * dots for first, last in ends])


def _zigzag(images, rng, step=2.0, first=2, last=25):
    result = images / 255
    for image in result:
        start = rng.integers(0, IMAGE_SIZE - 1)
        slope = np.arctan(rng.integers(-5, 5) / (last - first))
        length = (last - first) / np.cos(slope)
        turns = int((length - step) // (2 * step)) + 1
        corners = [(0, 0), *(((2 * i + 1) * step, (-1) ** i * step) for i in range(turns)), (length, 0)]
        turned = np.array([[np.cos(slope), -np.sin(slope)], [np.sin(slope), np.cos(slope)]]) @ np.transpose(corners)
        columns, rows = turned + np.array([[first], [start]])
        for i in range(len(corners) - 1):
            image += _line(columns[i], rows[i], columns[i + 1], rows[i + 1])
    return _pixels(result)


def _line(first_column, first_row, last_column, last_row):
    """Return a soft line (28, 28): its darkness falls as a logarithm of the vertical distance, over 2.3 px."""
    index = np.arange(IMAGE_SIZE)
    height = first_row + (last_row - first_row) / (last_column - first_column) * (index - first_column)
    distance = np.abs(index[:, None] - height)
    within = (index >= np.floor(first_column)) & (index < np.ceil(last_column))
    return np.clip(1 + np.log1p(-np.minimum(distance, 2.29) / 2.3), 0, 1) * within


def _pixels(shares):
    return (np.clip(shares, 0, 1) * 255).astype(np.uint8)


CORRUPTIONS = {
    "shot noise": _shot_noise,
    "impulse noise": _impulse_noise,
    "glass blur": _glass_blur,
    "shear": _shear,
    "scale": _scale,
    "rotate": _rotate,
    "brightness": _brightness,
    "translate": _translate,
    "stripe": _stripe,
    "spatter": _spatter,
    "dotted line": _dotted_line,
    "zigzag": _zigzag,
}
