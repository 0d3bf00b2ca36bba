"""How others train a network for MNIST, as their authors do, and what every contender of the benchmark is given.

A contender is a function of a `Task` that returns a `Trained`. What it computes before it returns counts
as training, except what its `Watch` does.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..data import CLASSES
from ..judging.statistics import accuracy

EARLY_EPOCHS, LOOKS = 3, 4  # The first epochs are looked into this many times each, later ones when they end.
DOCUMENT_SPLIT = 0.3  # the document's share of the training images that it validates on after every epoch


class Watch:
    """Measures the time of training, and stands still while it looks at the validation accuracy."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.curve = []  # (seconds, validation accuracy)
        self.epochs = []  # seconds at which each ended
        self.begun = time.perf_counter()

    @property
    def seconds(self):
        """Seconds of training so far."""
        return time.perf_counter() - self.begun

    def look(self, read, epoch_ended=False):
        """Note the validation accuracy now; `read` gives the probabilities (N, 10) of images (N, 28, 28)."""
        now = self.seconds
        if epoch_ended:
            self.epochs.append(now)
        if len(self.images):
            self.curve.append((now, accuracy(read(self.images), self.labels)))
        self.begun += self.seconds - now


@dataclass
class Task:
    """What to train on: images uint8 (N, 28, 28) with labels (N,), and another such pair held out, empty if none is.

    The held-out pair must not be trained on, except by a contender that splits validation images off by itself as
    its authors do: it may take all images, `everything`.
    """

    fitted: tuple[np.ndarray, np.ndarray]
    held_out: tuple[np.ndarray, np.ndarray]
    seed: int
    most_epochs: int
    watch: Watch

    @property
    def everything(self) -> tuple[np.ndarray, np.ndarray]:
        """All images and labels, those held out at the end."""
        images, labels = (np.concatenate(parts) for parts in zip(self.fitted, self.held_out, strict=True))
        return images, labels


@dataclass
class Trained:
    """A trained model: `read` gives the probabilities (N, 10) of uint8 images, and `save` writes it to a path."""

    read: Callable
    save: Callable
    parameters: int
    images: int  # that it trained on in an epoch, drawings not counted
    digest: str  # of its weights
    suffix: str = ".keras"


def watching(task, to_input=lambda images: images):
    """Return a Keras callback that looks at the validation accuracy now and then."""
    import keras
    import tensorflow as tf

    class Looking(keras.callbacks.Callback):
        epoch, looks = 0, 0

        def on_train_begin(self, logs=None):
            self.forward = tf.function(lambda images: self.model(images, training=False), reduce_retracing=True)

        def read(self, images):
            parts = [to_input(images[i : i + 1000]) for i in range(0, len(images), 1000)]
            return np.concatenate([self.forward(tf.constant(part, tf.float32)).numpy() for part in parts])

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch, self.looks = epoch, 1

        def on_train_batch_end(self, batch, logs=None):
            due = self.looks * self.params["steps"] / LOOKS
            if self.epoch < EARLY_EPOCHS and due <= batch + 1 < self.params["steps"]:
                self.looks += 1
                task.watch.look(self.read)

        def on_epoch_end(self, epoch, logs=None):
            task.watch.look(self.read, epoch_ended=True)

    return Looking()


def document(task, whole=False, steps_per_execution=1):
    """The source document's network and its `fit` with two callbacks; when `whole`, after 50 epochs without them."""
    import keras

    images, labels = task.everything
    x_train, y_train = with_channel(images), keras.utils.to_categorical(labels, CLASSES)
    keras.utils.set_random_seed(task.seed)
    model = convolutional(dropout=0.25)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], steps_per_execution=steps_per_execution)
    fit = partial(
        model.fit, x_train, y_train, epochs=min(50, task.most_epochs), validation_split=DOCUMENT_SPLIT, verbose=0
    )
    watch = watching(task, with_channel)
    if whole:
        fit(callbacks=[watch])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "best.keras"
        stop = keras.callbacks.EarlyStopping("val_accuracy", min_delta=0.01, patience=4, restore_best_weights=True)
        keep = keras.callbacks.ModelCheckpoint(path, "val_accuracy", save_best_only=True)
        fit(callbacks=[stop, keep, watch])
        model = keras.models.load_model(path)
    return keras_model(model, with_channel, int(len(images) * (1 - DOCUMENT_SPLIT)))


def keras_example(task):
    """The convolutional network of keras.io's first example: batches of 128, 15 epochs, half of the values dropped."""
    import keras

    def to_input(images):
        return with_channel(images).astype("float32") / 255

    x_train, y_train = task.fitted
    keras.utils.set_random_seed(task.seed)
    model = convolutional(dropout=0.5)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        to_input(x_train),
        keras.utils.to_categorical(y_train, CLASSES),
        batch_size=128,
        epochs=min(15, task.most_epochs),
        callbacks=[watching(task, to_input)],
        verbose=0,
    )
    return keras_model(model, to_input, len(x_train))


def convolutional(dropout):
    """Return the network that the document shares with keras.io's example, but for the dropout."""
    from keras import Sequential, layers

    from ..learning.networks import document_layers

    return Sequential([layers.Input((28, 28, 1)), *document_layers(dropout=dropout)])


def with_channel(images):
    """Return images (N, 28, 28) as (N, 28, 28, 1)."""
    return np.asarray(images)[..., None]


def keras_model(model, to_input, images):
    """Return a Keras model as Trained, read through `model.predict`, as the document does."""
    from ..learning.model_file import weights_sha256

    def read(images):
        return model.predict(to_input(images), verbose=0)

    return Trained(read, model.save, model.count_params(), images, weights_sha256(model))


def torch_example(task):
    """PyTorch's basic MNIST example: two convolutions and two dense layers, Adadelta, batches of 64, 14 epochs."""
    import torch
    from torch import nn

    torch.manual_seed(task.seed)
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(0.25)),
        *(nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout1d(0.5), nn.Linear(128, CLASSES)),
    )

    def to_input(images):
        return (torch.from_numpy(np.asarray(images, np.float32))[:, None] / 255 - 0.1307) / 0.3081

    def read(images):
        model.eval()
        with torch.no_grad():
            parts = [model(to_input(images[i : i + 1000])) for i in range(0, len(images), 1000)]
        model.train()
        return torch.softmax(torch.cat(parts), 1).numpy()

    images, labels = task.fitted
    examples = torch.utils.data.TensorDataset(to_input(images), torch.from_numpy(labels.astype(np.int64)))
    loader = torch.utils.data.DataLoader(examples, batch_size=64, shuffle=True)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for epoch in range(min(14, task.most_epochs)):
        for step, (batch, target) in enumerate(loader, start=1):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), target).backward()
            optimizer.step()
            if epoch < EARLY_EPOCHS and step % -(-len(loader) // LOOKS) == 0 and step < len(loader):
                task.watch.look(read)
        schedule.step()
        task.watch.look(read, epoch_ended=True)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    digest = digest_of(parameter.detach().numpy() for parameter in model.parameters())
    return Trained(read, lambda path: torch.save(model.state_dict(), path), parameters, len(images), digest, ".pt")


def perceptron(task):
    """scikit-learn's MLPClassifier as it comes, one hidden layer of 100 units, for 20 passes over the images."""
    import joblib
    from sklearn.neural_network import MLPClassifier

    def to_input(images):
        return np.asarray(images, np.float32).reshape(len(images), -1) / 255

    model = MLPClassifier(random_state=task.seed)
    images, labels = task.fitted
    flat = to_input(images)

    def read(images):
        return model.predict_proba(to_input(images))

    for _ in range(min(20, task.most_epochs)):
        model.partial_fit(flat, labels, classes=np.arange(CLASSES))
        task.watch.look(read, epoch_ended=True)
    arrays = [*model.coefs_, *model.intercepts_]
    parameters = sum(array.size for array in arrays)
    return Trained(read, partial(joblib.dump, model), parameters, len(images), digest_of(arrays), ".joblib")


def digest_of(arrays: Iterable[np.ndarray]) -> str:
    """Return the SHA-256 digest of arrays, in hexadecimal."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
