"""Where the time of training goes, and how far that is from what the machine can do."""

from __future__ import annotations

import timeit
from typing import Any

import numpy as np
import tensorflow as tf

from ..learning.networks import describe
from ..learning.precision import chosen_precision
from ..learning.recipe import Recipe
from ..learning.training import TrainingSet, compiled_model, training_batches, untuned
from ..machine import usable_threads


def profile(recipe: Recipe, examples: TrainingSet, steps: int = 30, rounds: int = 7) -> dict[str, Any]:
    """Measure the parts of a training step of the recipe on a training set.

    The parts are measured in turns, `rounds` times `steps` steps of each after a warm-up, so that whatever else the
    machine does falls on all of them. Returns seconds a step, medians over the rounds: `step`, with everything;
    `compute`, on one batch that lies ready; `input`, making batches and doing nothing with them, which in training
    overlaps with the computing. `compute_share` and `input_share` are (low, median, high) over the rounds of what
    each takes of a step. With them go `images` in a step, `arithmetic`, the floating-point operations of a step (a
    multiply-add is two, and going back through a layer costs twice going forward), and `peak`, those a second of
    large matrix products in the same precision, one on each processor.
    """
    model = compiled_model(recipe, len(examples))
    batches = training_batches(examples, recipe).repeat()
    ready = untuned(tf.data.Dataset.from_tensors(next(iter(batches))).repeat())
    model.steps_per_execution = steps

    def fit(data):
        return lambda: model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0)

    def read():
        for _ in batches.take(steps):
            pass

    work = {"step": fit(batches), "compute": fit(ready), "input": read}
    for run in work.values():
        run()
    turns = [{name: timeit.timeit(run, number=1) / steps for name, run in work.items()} for _ in range(rounds)]
    measured: dict[str, Any] = {name: float(np.median([turn[name] for turn in turns])) for name in work}
    for name in ("compute", "input"):
        shares = [turn[name] / turn["step"] for turn in turns]
        measured[f"{name}_share"] = tuple(float(share) for share in np.quantile(shares, [0, 0.5, 1]))
    forward = sum(row["multiply_adds"] for row in describe(model))
    return measured | {
        "images": recipe.batch_size,
        "arithmetic": 2 * 3 * forward * recipe.batch_size,
        "peak": peak(chosen_precision(recipe.precision)),
    }


def peak(precision: str, side: int = 2048, repeats: int = 5) -> float:
    """Return the floating-point operations a second of products of square matrices, one a processor, at best."""
    several = usable_threads()
    matrices = [tf.cast(tf.random.stateless_normal((side, side), (1, seed)), precision) for seed in range(several)]
    products = tf.function(lambda: [tf.linalg.matmul(matrix, matrix)[:1, :1] for matrix in matrices])
    products()
    seconds = timeit.repeat(lambda: [one.numpy() for one in products()], number=1, repeat=repeats)
    return several * 2 * side**3 / min(seconds)
