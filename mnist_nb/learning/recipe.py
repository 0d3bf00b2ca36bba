"""The recipe: one small description of everything that decides what a training run gives."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import keras
import numpy as np

from .networks import NETWORKS
from .precision import chosen_precision

LARGEST_SEED = 2**32 - 1  # which Keras takes


@dataclass(frozen=True)
class Recipe:
    """What decides the result of a training run, apart from the data and the machine.

    Each image of each batch is distorted by an affine map of its own, drawn uniformly between minus and
    plus the limits `rotation`, `scale`, `shear` and `shift`; `mnist_nb.learning.augmentation` says how. Raises
    ValueError for a value that cannot be.
    """

    network: str = "digit_cnn"  # a function of mnist_nb.learning.networks
    width: float = 1.0  # of its layers, against those of the function
    epochs: int = 9
    batch_size: int = 200
    parts: int = 2  # of a batch, computed side by side and each normalised by itself
    peak_learning_rate: float = 6e-3
    warm_up: float = 0.3  # share of the steps
    weight_decay: float = 0.03
    label_smoothing: float = 0.05
    dropout: float = 0.0  # share of the values before the last layer that each step leaves out
    averaging: float = 0.0  # momentum of the weights' moving average; 0 keeps the last weights
    rotation: float = 0.14  # rad
    scale: float = 0.10  # share of the size, for width and height separately
    shear: float = 0.12  # px to the side per px of height
    shift: float = 1.2  # px
    disturbed: float = 0.15  # share of MNIST's images with noise, another ground, blur, patches, grain or stray strokes
    pen_digits: int = 6_000  # drawings of digits that join MNIST's images
    pen_others: int = 3_000  # letters and scribbles, taught as equally likely to be any digit
    precision: str = "auto"  # or "float32", "bfloat16", "float16"
    seed: int = 1

    def __post_init__(self):
        chosen_precision(self.precision)
        if self.network not in NETWORKS:
            raise ValueError(f"network must be one of {', '.join(NETWORKS)}; found {self.network!r}.")
        least = {"epochs": 1, "batch_size": 1, "parts": 1, "width": 0.05}
        most = {"warm_up": 0.99, "dropout": 0.99, "label_smoothing": 0.99, "averaging": 0.9999, "disturbed": 1}
        most["seed"] = LARGEST_SEED
        for field in dataclasses.fields(self):
            name, value = field.name, getattr(self, field.name)
            kind = type(field.default)
            low, high = least.get(name, 0), most.get(name, math.inf)
            limits = f"from {low} to {high}" if name in most else f"at least {low}"
            numeric = isinstance(value, int | np.integer if kind is int else int | float | np.number)
            if kind is str:
                continue
            if isinstance(value, bool) or not numeric:
                raise ValueError(
                    f"{name} must be {'a whole' if kind is int else 'a'} number, {limits}; found {value!r:.80}."
                )
            if not low <= value <= high or not math.isfinite(value):
                raise ValueError(f"{name} must be {limits}; found {value}.")

    @property
    def distorts(self) -> bool:
        """Whether images are distorted at all."""
        return any((self.rotation, self.scale, self.shear, self.shift))

    def steps_per_epoch(self, images: int) -> int:
        """Return the number of whole batches in an epoch of this many images."""
        if images < self.batch_size:
            raise ValueError(f"A batch of {self.batch_size} needs at least as many images; there are {images}.")
        return images // self.batch_size

    def learning_rate(self, images: int) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the schedule for this many images: a linear warm-up to the peak, then half a cosine down to zero."""
        steps = self.steps_per_epoch(images) * self.epochs
        warm_up = int(steps * self.warm_up)
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=self.peak_learning_rate / 20,
            warmup_target=self.peak_learning_rate,
            warmup_steps=warm_up,
            decay_steps=steps - warm_up,
        )
