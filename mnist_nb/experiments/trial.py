"""One training run as a worker of a cluster makes it: a function of its arguments that sends back numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import distributed
import keras
import numpy as np

from .. import data
from ..judging.statistics import accuracy, right
from ..learning import training
from ..learning.model_file import weights_sha256
from ..learning.precision import in_float32
from ..learning.recipe import Recipe
from ..learning.recognizer import Recognizer
from ..strokes import hands, ink

TOPIC = "mnist-nb-trials"
READ = 10_000  # images that a trial may read in the end: the test set, or as many of the last training images
DRAWN = 4_000  # drawings that it may read
WAYS: dict[str, Callable[..., np.ndarray]] = {
    "document's resize": ink.document_image,
    "MNIST's rules": ink.strokes_to_image,
}  # from drawing to image


def run_trial(recipe: Recipe, images: int, flag: str | None = None, reads: str | None = None) -> dict[str, Any]:
    """Train a recipe on the first `images` training images of MNIST; return what came of it, as a dict.

    Keys: `accuracy` on the 5,000 held-out images, `accuracies` there after each epoch, `seconds` of training,
    `weights_sha256`, `parameters`, whether it was `pruned`, and `right`, bool (10000,), which images it reads
    right of the test set when `reads` is "test" or "drawings", or of the last training images when it is "spare";
    with "drawings" also `drawn`, {way of presenting: accuracy} on synthetic drawings of withheld forms. On a
    worker, it reports each epoch's accuracy under the name `flag`, and stops after an epoch when the
    `distributed.Event` of that name is set.
    """
    keras.utils.clear_session()  # A worker makes many runs.
    (x, y), (x_test, y_test) = data.load_data()
    (x_fit, y_fit), validation = data.hold_out(x, y)
    reporting = [Reporting(flag)] if flag else []
    model, history = training.train(recipe, x_fit[:images], y_fit[:images], validation=validation, callbacks=reporting)
    result = {
        "accuracy": history["val_accuracy"][-1],
        "accuracies": history["val_accuracy"],
        "seconds": history["seconds"][-1],
        "weights_sha256": weights_sha256(model),
        "parameters": model.count_params(),
        "pruned": model.stop_training,
    }
    if reads:
        reader = Recognizer(in_float32(model))
        seen, labels = (x_fit[-READ:], y_fit[-READ:]) if reads == "spare" else (x_test, y_test)
        result["right"] = right(reader.probabilities(seen), labels)
    if reads == "drawings":
        drawings, labels = hands.pen_digits(DRAWN, seed=1, withheld=True)
        presented = {name: ink.images_of(drawings, way=way) for name, way in WAYS.items()}
        result["drawn"] = {name: accuracy(reader.probabilities(seen), labels) for name, seen in presented.items()}
    return result


class Reporting(keras.callbacks.Callback):
    """Reports each epoch's validation accuracy to whoever listens to TOPIC, and stops when a flag is raised."""

    def __init__(self, flag):
        super().__init__()
        self.flag, self.worker = flag, distributed.get_worker()

    def on_epoch_end(self, epoch, logs=None):
        self.worker.log_event(TOPIC, {"flag": self.flag, "epoch": epoch, "accuracy": float(logs["val_accuracy"])})
        if epoch + 1 < self.params["epochs"] and distributed.Event(self.flag).is_set():
            self.model.stop_training = True
