"""Random changes of training images that leave the digit what it is, as functions of a seed."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ..data import IMAGE_SIZE


def random_affine(images: tf.Tensor, limits: Any, seed: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Return float32 images (N, 28, 28), each turned, scaled, sheared and shifted about its centre at random.

    `limits` is a Recipe, or anything else with `rotation`, `scale`, `shear` and `shift`. `seed` is a pair of
    integers; the same pair gives the same images.
    """
    largest = [limits.rotation, limits.scale, limits.scale, limits.shear, limits.shift, limits.shift]
    draws = tf.random.stateless_uniform((len(largest), tf.shape(images)[0]), seed, -1, 1)
    turn, wider, taller, shear, right, down = tf.unstack(draws * tf.constant(largest)[:, None])
    cosine, sine = tf.cos(turn), tf.sin(turn)
    # The rows of the map from a place in the result to a place in the source, about the centre.
    across = [cosine / (1 + wider), (shear * cosine - sine) / (1 + taller)]
    along = [sine / (1 + wider), (shear * sine + cosine) / (1 + taller)]
    middle, none = (IMAGE_SIZE - 1) / 2, tf.zeros_like(turn)
    offset_x, offset_y = middle - middle * sum(across) + right, middle - middle * sum(along) + down
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images[..., None],
        transforms=tf.stack([*across, offset_x, *along, offset_y, none, none], axis=1),
        output_shape=(IMAGE_SIZE, IMAGE_SIZE),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )[..., 0]


def random_disturbance(images: tf.Tensor, share: float | tf.Tensor, seed: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Return float32 images (N, 28, 28), each disturbed with probability `share`, one or (N,), in one of six ways.

    Noise: up to a quarter of the pixels get another value, any or black or white. Ground: all pixels rise, or the
    contrast shrinks, by up to 0.6. Blur: a mean over 3x3 pixels, once or twice. Patch: a rectangle, or a band across
    the image, is inverted. Grain: each pixel's ink is multiplied by a number of its own, 0 to 2, and that of up to 0.4
    of them by 0. Stray strokes: one to four lines or bows cross the image, as from a ruled page. `seed` is a pair
    of integers; the same pair gives the same images.
    """
    first, second = tf.unstack(tf.random.split(seed, 2))
    chosen = tf.where(tf.random.stateless_uniform(tf.shape(images)[:1], first) < share)
    return tf.tensor_scatter_nd_update(images, chosen, _disturbed(tf.gather_nd(images, chosen), second))


def _disturbed(images, seed):
    """Return images (N, 28, 28), each of them disturbed."""
    count = tf.shape(images)[0]
    seeds = iter(tf.unstack(tf.random.split(seed, 45)))

    def draw(*shape):
        return tf.random.stateless_uniform((count, *shape), next(seeds))

    ink = images / 255
    values = draw(IMAGE_SIZE, IMAGE_SIZE)
    values = tf.where(draw(1, 1) < 0.5, tf.round(values), values)
    noise = tf.where(draw(IMAGE_SIZE, IMAGE_SIZE) < draw(1, 1) / 4, values, ink)

    risen = 0.6 * draw(1, 1)
    ground = tf.where(draw(1, 1) < 0.5, tf.minimum(ink + risen, 1), risen + (1 - risen) * ink)

    once = tf.nn.avg_pool2d(ink[..., None], 3, 1, "SAME")
    blur = tf.where(draw(1, 1) < 0.5, once[..., 0], tf.nn.avg_pool2d(once, 3, 1, "SAME")[..., 0])

    pixel = tf.range(IMAGE_SIZE, dtype=tf.float32)

    def within():
        length = tf.where(draw(1) < 0.3, 2.0 * IMAGE_SIZE, 4 + 16 * draw(1))
        return tf.abs(pixel - IMAGE_SIZE * draw(1)) < length / 2

    patch = tf.where(within()[:, :, None] & within()[:, None, :], 1 - ink, ink)

    kept = 1 + draw(1, 1) * (2 * draw(IMAGE_SIZE, IMAGE_SIZE) - 1)
    kept = tf.where(draw(IMAGE_SIZE, IMAGE_SIZE) < 0.4 * draw(1, 1), 0.0, kept)
    grain = tf.minimum(ink * kept, 1)

    def stroke():
        """A bow across + bend * along * (1 - along), and how much ink of it lies on each pixel."""
        along = (pixel / (IMAGE_SIZE - 1))[None, :]
        begin, end, bend = IMAGE_SIZE * draw(1), IMAGE_SIZE * draw(1), 2 * IMAGE_SIZE * (draw(1) - 0.5)
        across = begin + (end - begin) * along + bend * along * (1 - along)
        away = tf.abs(pixel[None, :, None] - across[:, None, :])
        drawn = tf.clip_by_value((0.6 + 1.4 * draw(1, 1)) - away, 0, 1) * (0.5 + 0.5 * draw(1, 1))
        return tf.where(draw(1, 1) < 0.5, drawn, tf.transpose(drawn, (0, 2, 1)))

    strokes = [stroke(), *(tf.where(draw(1, 1) < 0.6, stroke(), 0.0) for _ in range(3))]
    stray = tf.reduce_max(tf.stack([ink, *strokes]), axis=0)

    ways = [noise, ground, blur, patch, grain, stray]
    chosen = tf.cast(draw() * len(ways), tf.int32)
    return 255 * tf.gather(tf.stack(ways, axis=1), chosen, batch_dims=1)
