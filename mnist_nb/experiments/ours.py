"""How we train a network for MNIST, as a contender of the benchmark: our recipe, and the document's network by it."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np

from ..learning import training
from ..learning.model_file import save_model, weights_sha256
from ..learning.precision import in_float32
from ..learning.recipe import Recipe
from ..learning.recognizer import Recognizer
from .contenders import NO_DRAWINGS, STILL
from .peers import DOCUMENT_SPLIT, Trained, keras_model, watching

DOCUMENT_RECIPE = {
    **{"network": "document_cnn", "dropout": 0.25, "batch_size": 32, "peak_learning_rate": 1e-3},
    **dict.fromkeys(("warm_up", "weight_decay", "label_smoothing"), 0.0),
    **STILL,
    **NO_DRAWINGS,
}


def document_faster(task):
    """The source document's network, batch size, rate, split and epochs in our training, with its validation."""
    epochs = min(5, task.most_epochs)  # the fewest that its callbacks can end with
    recipe = Recipe(epochs=epochs, seed=task.seed, **DOCUMENT_RECIPE)
    images, labels = task.everything
    fitted = int(len(images) * (1 - DOCUMENT_SPLIT))
    held_out = images[fitted:], labels[fitted:]
    model, _ = training.train(recipe, images[:fitted], labels[:fitted], validation=held_out, callbacks=[watching(task)])
    return keras_model(in_float32(model), np.asarray, fitted)


def ours(task, **changes):
    """Our recipe, with some fields changed if need be."""
    recipe = Recipe(seed=task.seed)
    recipe = dataclasses.replace(recipe, **{"epochs": min(recipe.epochs, task.most_epochs), **changes})
    images, labels = task.fitted
    model, _ = training.train(recipe, images, labels, callbacks=[watching(task)])
    model = in_float32(model)
    save = partial(save_model, model, recipe=dataclasses.asdict(recipe))
    return Trained(Recognizer(model).probabilities, save, model.count_params(), len(images), weights_sha256(model))
