"""How a network is trained: its training set, its batches, and a run that goes on where it was interrupted."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import random
import time
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ..data import CLASSES, Examples, as_images, as_labels, unlike_mnist
from ..files import replacing
from ..machine import usable_threads
from ..strokes import hands
from ..strokes.ink import images_of
from .augmentation import random_affine, random_disturbance
from .networks import NETWORKS
from .precision import chosen_precision, precision
from .recipe import Recipe

LINE_WIDTHS = (1.8, 3.0)  # px in the 20x20 box: drawings are drawn with many pens, as MNIST's writers used them


def use_threads(parts: int = Recipe.parts) -> None:
    """Let TensorFlow compute `parts` operations side by side, each with its share of the processors.

    The parts of a batch then need not wait for each other in every operation, which on few processors takes
    up to half of the time. TensorFlow fixes its threads when it first computes: call this before. Later it
    changes nothing, and training only takes longer.
    """
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(max(1, usable_threads() // parts))
        tf.config.threading.set_inter_op_parallelism_threads(usable_threads())


@dataclass(frozen=True)
class TrainingSet:
    """What a run trains on: images uint8 (N, 28, 28), target probabilities float32 (N, 10), and which are drawings."""

    images: np.ndarray
    targets: np.ndarray
    drawn: np.ndarray  # bool (N,): drawn from strokes. Such an image is as clean on every board, so it stays clean.

    def __len__(self) -> int:
        return len(self.images)


def training_set(images: np.ndarray, labels: np.ndarray, recipe: Recipe) -> TrainingSet:
    """Return all that a run trains on: MNIST's images uint8 (N, 28, 28) with labels (N,), and the recipe's drawings.

    Those are its digits, with target 1 for their digit, and its letters and scribbles, with target 1/10 for every
    digit. Raises DataError for images or labels of another kind, as `data.as_images` and `data.as_labels` do.
    """
    images = as_images(images)
    labels = as_labels(labels, len(images))
    rng = np.random.default_rng([recipe.seed, 3])
    drawings, digits = hands.pen_digits(recipe.pen_digits, recipe.seed)
    letters = recipe.pen_others // 2
    drawings += hands.letters(letters, recipe.seed) + hands.scribbles(recipe.pen_others - letters, recipe.seed)
    drawn = images_of(drawings, rng.uniform(*LINE_WIDTHS, len(drawings)))
    one_hot = keras.utils.to_categorical(np.append(labels, digits), CLASSES)
    no_digit = np.full((recipe.pen_others, CLASSES), 1 / CLASSES)
    return TrainingSet(
        np.concatenate([images, drawn]),
        np.concatenate([one_hot, no_digit]).astype(np.float32),
        np.repeat([False, True], [len(images), len(drawn)]),
    )


def training_batches(examples: TrainingSet, recipe: Recipe, first_epoch: int = 0) -> tf.data.Dataset:
    """Return a tf.data.Dataset of every batch of a run, in order: float32 (B, 28, 28) and targets (B, 10).

    The run begins with epoch `first_epoch`, counted from 0.

    Which images a batch holds and how they are distorted are functions of the seed and the step
    alone. Nothing depends on what ran before or on how threads were scheduled, so a run repeats.
    """
    steps, batch_size = recipe.steps_per_epoch(len(examples)), recipe.batch_size
    seed = tf.constant(recipe.seed, tf.int64)
    last = tf.constant(len(examples) - 1, tf.int64)
    images, targets = tf.constant(examples.images), tf.constant(examples.targets, tf.float32)
    share_of = tf.constant(np.where(examples.drawn, 0.0, recipe.disturbed), tf.float32)

    def batch_at(step):
        epoch, place = step // steps, step % steps
        positions = place * batch_size + tf.range(batch_size, dtype=tf.int64)
        chosen = tf.random.experimental.index_shuffle(positions, tf.stack([seed, epoch]), last)
        batch = tf.cast(tf.gather(images, chosen), tf.float32)
        if recipe.distorts:
            batch = random_affine(batch, recipe, tf.stack([seed, step]))
        if recipe.disturbed:
            batch = random_disturbance(batch, tf.gather(share_of, chosen), tf.stack([seed, step]))
        return batch, tf.gather(targets, chosen)

    order = tf.data.Dataset.range(steps * first_epoch, steps * recipe.epochs)
    batches = order.map(batch_at, num_parallel_calls=usable_threads(), deterministic=True).prefetch(usable_threads())
    return untuned(batches)


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Return a dataset whose threads and buffers TensorFlow does not tune while it is read.

    The tuner sleeps for 10, 20, 40 ... ms up to a minute between its looks, and whoever stops reading waits until
    it wakes: a training of three minutes for up to a minute, at its end.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class InParts(keras.Sequential):
    """A Sequential model that computes the parts of a batch side by side, each normalised by itself.

    Two halves on one processor each take less time than both processors for each operation. In training
    it makes batch normalisation that of smaller batches (Hoffer et al. 2017); otherwise it changes nothing.
    """

    def __init__(self, layers, name=None, parts=1):
        super().__init__(layers, name=name)
        self.parts = parts

    def call(self, images, training=None, mask=None):
        """Return what the layers make of a batch."""
        ends = [tf.shape(images)[0] * part // self.parts for part in range(self.parts + 1)]
        parts = [images[first:last] for first, last in pairwise(ends)]
        return tf.concat([super(InParts, self).call(part, training=training) for part in parts], 0)


class FusedNormalization(keras.layers.BatchNormalization):
    """Batch normalisation that computes one operation of TensorFlow in training, where Keras computes several.

    That takes a third less of the time that goes into it. Its moving variance is that of the population (Bessel's
    correction), and it has the weights of Keras's layer, which it is saved as.
    """

    def call(self, inputs, training=None, mask=None):
        """Return the normalised inputs (N, height, width, channels), and note their mean and variance in training."""
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        none = tf.zeros(0)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=self.gamma, offset=self.beta, mean=none, variance=none, epsilon=self.epsilon
        )
        for moving, here in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + here * (1 - self.momentum))
        return outputs


def seeded(model: keras.Model, seed: int, *, fused: bool = False) -> keras.Model:
    """Return a new copy of a Sequential model whose layers draw their numbers from `seed`, as Keras would seed them.

    With `fused` its batch normalisation is FusedNormalization, for training only: `in_float32` undoes it.

    Keras takes a seed for each layer from Python's own generator. Other threads of a process use that too, as
    dask's in a worker, so that seeding it is not enough for the same weights every time.
    """
    generator = random.Random(seed)

    def twin_of(layer):
        config = layer.get_config()
        if "kernel_initializer" in config:
            config["kernel_initializer"]["config"]["seed"] = generator.randint(1, 10**9)
        elif "seed" in config:  # Dropout
            config["seed"] = generator.randint(1, 10**9)
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        return (FusedNormalization if fused and normalises else type(layer)).from_config(config)

    return keras.models.clone_model(model, clone_function=twin_of)


def compiled_model(recipe: Recipe, images: int) -> keras.Model:
    """Return a new network, initialised from the recipe's seed and compiled for this many training images."""
    with precision(recipe.precision):
        model = seeded(NETWORKS[recipe.network](recipe.width, recipe.dropout), recipe.seed, fused=True)
        if recipe.parts > 1:
            model = InParts([model.inputs[0], *model.layers], model.name, recipe.parts)
    steps = recipe.steps_per_epoch(images)
    average = {"use_ema": True, "ema_momentum": recipe.averaging} if recipe.averaging else {}
    model.compile(
        optimizer=keras.optimizers.AdamW(recipe.learning_rate(images), weight_decay=recipe.weight_decay, **average),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],  # By its name, Keras builds the step twice.
        # Keras returns to Python once in this many steps; a divisor, so that no epoch runs past its end.
        steps_per_execution=max(n for n in range(1, 51) if steps % n == 0),
    )
    return model


def train(
    recipe: Recipe,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    validation: Examples | None = None,
    unfinished: str | Path | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    verbose: int = 0,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Train the recipe's network on MNIST's images (N, 28, 28) with labels (N,), and on the recipe's drawings.

    Returns the model, in the recipe's precision, and its history: {name: a value for each epoch}, as
    Keras keeps it, with `seconds` from the start of training to the epoch's end. `validation` is a pair
    of images and labels.

    With `unfinished`, a path, the state after each epoch is kept in that file. When that
    file holds a run of the same recipe, data, precision and versions, this one goes on from it, and ends
    in the same weights as if it had never been interrupted. It is left in place, also when all epochs
    are done: delete it once the model is saved.

    Raises DataError for images or labels of another kind, and warns of images that lie or look otherwise than MNIST's.
    """
    use_threads(recipe.parts)
    examples = training_set(images, labels, recipe)
    if doubt := unlike_mnist(images, as_labels(labels)):
        warnings.warn(doubt, stacklevel=2)
    model = compiled_model(recipe, len(examples))
    log = TrainingLog(unfinished, _run_sha256(recipe, examples))
    first_epoch = log.resume(model)
    if validation is not None:
        held_out = as_images(validation[0])
        targets = keras.utils.to_categorical(as_labels(validation[1], len(held_out)), CLASSES)
        validation = untuned(tf.data.Dataset.from_tensor_slices((held_out, targets)).batch(1000))
    model.fit(
        training_batches(examples, recipe, first_epoch),
        initial_epoch=first_epoch,
        epochs=recipe.epochs,
        steps_per_epoch=recipe.steps_per_epoch(len(examples)),
        shuffle=False,
        validation_data=validation,
        callbacks=[*callbacks, log],
        verbose=verbose,
    )
    return model, log.history


class TrainingError(ValueError):
    """A network has learned nothing; the message says what may help."""


def require_learning(accuracy: float, images: int) -> None:
    """Raise TrainingError when an accuracy on this many images, 0 to 1, is no better than guessing one digit always.

    That is right in 11% of MNIST; the bound lies four standard deviations above it.
    """
    guessing = 0.1135
    if not accuracy > guessing + 4 * (guessing * (1 - guessing) / max(1, images)) ** 0.5:
        raise TrainingError(
            f"The network reads {accuracy:.1%} of {images} images that it was not trained on, no better than guessing: "
            "it has learned nothing. A lower peak_learning_rate, more epochs or more images help most."
        )


class TrainingLog(keras.callbacks.Callback):
    """Notes what each epoch gave and when it ended, and keeps the state of training in a file if it is given one."""

    def __init__(self, path: str | Path | None = None, run: str = "") -> None:
        super().__init__()
        self.path, self.run = path, run
        self.history: dict[str, list[float]] = {}

    def resume(self, model: keras.Model) -> int:
        """Give the model the state that the file keeps of this very run; return the number of epochs done."""
        try:
            with np.load(self.path) as kept:  # type: ignore[arg-type]  # None raises TypeError.
                if kept["run"] != self.run:
                    return 0
                history = json.loads(str(kept["history"]))
                for index, variable in enumerate(_variables(model)):
                    variable.assign(kept[f"variable_{index}"])
        except (TypeError, OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # No file, or another's.
            return 0
        self.history = history
        epochs = len(history["seconds"])
        print(f"Going on after epoch {epochs} of a run that was interrupted.")
        return epochs

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.begun = time.perf_counter() - (self.history["seconds"][-1] if self.history else 0)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in {**(logs or {}), "seconds": time.perf_counter() - self.begun}.items():
            self.history.setdefault(name, []).append(float(value))
        if self.path:
            state = {f"variable_{index}": value.numpy() for index, value in enumerate(_variables(self.model))}
            with replacing(self.path) as unfinished, unfinished.open("wb") as file:
                np.savez(file, run=self.run, history=json.dumps(self.history), **state)


def _variables(model):
    """Return every variable that training changes: weights, the random state of layers, the optimizer's state."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _run_sha256(recipe, examples):
    """Return a digest of everything that a run's result depends on."""
    description = [dataclasses.asdict(recipe), chosen_precision(recipe.precision), keras.__version__, tf.__version__]
    arrays = (examples.images, examples.targets, examples.drawn)
    return hashlib.sha256(repr(description).encode() + b"".join(array.tobytes() for array in arrays)).hexdigest()


def progress(interactive: bool | None = None) -> int:
    """Return the `verbose` for `fit`: 1, a progress bar, where somebody watches; 0 in a headless run.

    A front end with a person behind it offers to answer `input()`; papermill and nbval do not.
    """
    if interactive is None:
        from IPython import get_ipython

        interactive = getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", False)
    return 1 if interactive else 0
