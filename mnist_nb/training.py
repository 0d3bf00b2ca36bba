"""How a network is trained: recipe, pen digits, augmented batches, schedule, precision, and the copy to save."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from . import networks, pen
from .data import CLASSES, IMAGE_SIZE
from .ink import strokes_to_image

PEN_WIDTHS = (1.8, 3.0)  # px in the 20x20 box; MNIST's writers used many pens
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


@dataclass(frozen=True)
class Augmentation:
    """Limits of the random affine maps; each image draws uniformly between minus and plus the limit."""

    rotation: float = 0.17  # rad
    scale: float = 0.10  # share of the size, for width and height separately
    shear: float = 0.15  # px to the side per px of height
    shift: float = 1.5  # px


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run gives, apart from the data and the machine."""

    epochs: int = 14
    batch_size: int = 100
    peak_learning_rate: float = 6e-3
    warm_up: float = 0.3  # share of the steps
    weight_decay: float = 0.03
    label_smoothing: float = 0.05
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    pen_digits: int = 6_000  # drawings of digits that join MNIST's images
    pen_others: int = 1_000  # letters and scribbles, taught as equally likely to be any digit
    precision: str = "auto"  # or "float32", "bfloat16", "float16"
    seed: int = 1

    def steps_per_epoch(self, images):
        """Return the number of whole batches in an epoch of so many images."""
        if images < self.batch_size:
            raise ValueError(f"A batch of {self.batch_size} needs at least as many images; there are {images}.")
        return images // self.batch_size

    def learning_rate(self, images):
        """Return the schedule for so many images: a linear warm-up to the peak, then half a cosine down to zero."""
        steps = self.steps_per_epoch(images) * self.epochs
        warm_up = int(steps * self.warm_up)
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=self.peak_learning_rate / 20,
            warmup_target=self.peak_learning_rate,
            warmup_steps=warm_up,
            decay_steps=steps - warm_up,
        )


def training_set(images, labels, recipe):
    """Return all that a run trains on: images uint8 (M, 28, 28) and target probabilities float32 (M, 10).

    To MNIST's images (N, 28, 28) with labels (N,) come the recipe's pen digits, with target 1 for their
    digit, and its letters and scribbles, with target 1/10 for every digit.
    """
    rng = np.random.default_rng([recipe.seed, 3])
    drawings, digits = pen.pen_digits(recipe.pen_digits, recipe.seed)
    letters = recipe.pen_others // 2
    drawings += pen.letters(letters, recipe.seed) + pen.scribbles(recipe.pen_others - letters, recipe.seed)
    drawn = [strokes_to_image(drawing, rng.uniform(*PEN_WIDTHS)) for drawing in drawings]
    one_hot = keras.utils.to_categorical(np.append(labels, digits), CLASSES)
    no_digit = np.full((recipe.pen_others, CLASSES), 1 / CLASSES)
    images = np.concatenate([images, np.array(drawn, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)])
    return images, np.concatenate([one_hot, no_digit]).astype(np.float32)


def training_batches(images, targets, recipe):
    """Return a tf.data.Dataset of every batch of a run, in order: float32 (B, 28, 28) and targets (B, 10).

    Which images a batch holds and how they are distorted are functions of the seed and the step
    alone. Nothing depends on what ran before or on how threads were scheduled, so a run repeats.
    """
    steps, batch_size = recipe.steps_per_epoch(len(images)), recipe.batch_size
    seed = tf.constant(recipe.seed, tf.int64)
    last = tf.constant(len(images) - 1, tf.int64)
    images, targets = tf.constant(images), tf.constant(targets, tf.float32)

    def batch_at(step):
        epoch, place = step // steps, step % steps
        positions = place * batch_size + tf.range(batch_size, dtype=tf.int64)
        chosen = tf.random.experimental.index_shuffle(positions, tf.stack([seed, epoch]), last)
        batch = tf.cast(tf.gather(images, chosen), tf.float32)
        if recipe.augmentation is not None:
            batch = random_affine(batch, recipe.augmentation, tf.stack([seed, step]))
        return batch, tf.gather(targets, chosen)

    order = tf.data.Dataset.range(steps * recipe.epochs)
    return order.map(batch_at, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)


def random_affine(images, augmentation, seed):
    """Return float32 images (N, 28, 28), each turned, scaled, sheared and shifted about its centre at random.

    `seed` is a pair of integers; the same pair gives the same images.
    """
    limits = [augmentation.rotation, augmentation.scale, augmentation.scale, augmentation.shear]
    limits += [augmentation.shift, augmentation.shift]
    draws = tf.random.stateless_uniform((len(limits), tf.shape(images)[0]), seed, -1, 1)
    turn, wider, taller, shear, right, down = tf.unstack(draws * tf.constant(limits)[:, None])
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


def compiled_model(recipe, images):
    """Return a new `digit_cnn`, initialised from the recipe's seed and compiled for so many training images."""
    keras.utils.set_random_seed(recipe.seed)
    with precision(recipe.precision):
        model = networks.digit_cnn()
    steps = recipe.steps_per_epoch(images)
    model.compile(
        optimizer=keras.optimizers.AdamW(recipe.learning_rate(images), weight_decay=recipe.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
        # Python is visited once for so many steps; a divisor, so that no epoch runs past its end.
        steps_per_execution=max(n for n in range(1, 51) if steps % n == 0),
    )
    return model


def chosen_precision(name="auto"):
    """Return "float32", "bfloat16" or "float16": `name` itself, or for "auto" what this machine is fast at.

    bfloat16 pays only where the CPU computes it in hardware; a GPU of the last generations has
    float16 units. Raises ValueError for any other name.
    """
    if name != "auto":
        if name not in POLICIES:
            raise ValueError(f"precision must be auto, {', '.join(POLICIES)}; found {name!r}.")
        return name
    if tf.config.list_physical_devices("GPU"):
        return "float16"
    flags = Path("/proc/cpuinfo")
    text = flags.read_text() if flags.exists() else ""
    return "bfloat16" if {"avx512_bf16", "amx_bf16"} & set(text.split()) else "float32"


@contextmanager
def precision(name="auto"):
    """Build layers within this context to have them compute in the precision that `chosen_precision` names."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[chosen_precision(name)])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(model, temperature=1.0):
    """Return a copy of a Sequential model, optimizer state included, that computes in float32 everywhere.

    A saved model should read the same on any machine, also where bfloat16 would have to be emulated.
    The layer called `temperature`, if there is one, divides the logits by `temperature`.
    """

    def twin_of(layer):
        changes = {"scale": 1 / temperature} if layer.name == "temperature" else {}
        return type(layer).from_config({**layer.get_config(), "dtype": "float32", **changes})

    twin = keras.models.clone_model(model, clone_function=twin_of)
    twin.set_weights(model.get_weights())
    twin.compile_from_config(model.get_compile_config())
    source = getattr(model.optimizer, "inner_optimizer", model.optimizer)  # float16 wraps it for loss scaling.
    target = getattr(twin.optimizer, "inner_optimizer", twin.optimizer)
    target.build(twin.trainable_variables)
    for variable, value in zip(target.variables, source.variables, strict=True):
        variable.assign(value)
    return twin


def progress(interactive=None):
    """Return the `verbose` for `fit`: 1, a progress bar, where somebody watches; 0 in a headless run.

    A front end with a person behind it offers to answer `input()`; papermill and nbval do not.
    """
    if interactive is None:
        from IPython import get_ipython

        interactive = getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", False)
    return 1 if interactive else 0
