"""The networks: every one takes raw images (N, 28, 28) with ink 0 to 255 and returns probabilities (N, 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import KerasTensor, Sequential, layers

from ..data import CLASSES, IMAGE_SIZE


def preprocessing(scaled: bool = True) -> list[KerasTensor | layers.Layer]:
    """Return the layers that every network starts with: add the channel dimension and, if `scaled`, 0..255 to 0..1.

    They are part of the saved model, so training, test and drawing board cannot disagree on them.
    """
    entrance = [
        layers.Input((IMAGE_SIZE, IMAGE_SIZE), name="image"),
        layers.Reshape((IMAGE_SIZE, IMAGE_SIZE, 1), name="channel"),
    ]
    return [*entrance, layers.Rescaling(1 / 255, name="scale")] if scaled else entrance


def document_layers(width: float = 1.0, dropout: float = 0.25) -> list[layers.Layer]:
    """Return the layers of the source document's network, from images (N, 28, 28, 1) on."""
    return [
        layers.Conv2D(round(32 * width), 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(round(64 * width), 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(dropout),
        layers.Dense(CLASSES, activation="softmax"),
    ]


def document_cnn(width: float = 1.0, dropout: float = 0.25) -> Sequential:
    """Return the source document's network (34,826 parameters), uncompiled; `width` multiplies its channels.

    As the document has it, it computes with pixels of 0 to 255.
    """
    return Sequential([*preprocessing(scaled=False), *document_layers(width, dropout)], name="document_cnn")


def scaled_document_cnn(width: float = 1.0, dropout: float = 0.25) -> Sequential:
    """Return the source document's network with pixels scaled to 0..1, as our recipe would have it, uncompiled."""
    return Sequential([*preprocessing(), *document_layers(width, dropout)], name="scaled_document_cnn")


def digit_cnn(
    width: float = 1.0,
    dropout: float = 0.0,
    channels: Sequence[int] = (32, 64, 128, 128),
    pooled: Sequence[bool] = (True, True, False, True),
    name: str = "digit_cnn",
) -> Sequential:
    """Return the network we recommend, uncompiled; `width` multiplies the channels of every block.

    A block is a 3x3 convolution, max pooling of 3x3 values at every second place where `pooled`, batch
    normalisation and ReLU. Pooling comes before the other two because they then run on a quarter of the values; batch
    normalisation's offset makes a bias of the convolution redundant. The layer `temperature` scales the
    logits; it is 1 in training, and set on validation data when the model is saved. `dropout` is the share
    of the values before the last layer that training leaves out at random.
    """
    blocks = []
    for count, pool in zip(channels, pooled, strict=True):
        blocks.append(layers.Conv2D(round(count * width), 3, padding="same", use_bias=False))
        if pool:
            blocks.append(layers.MaxPooling2D(3, strides=2, padding="same"))
        blocks += [layers.BatchNormalization(momentum=0.95), layers.ReLU()]
    return Sequential([*preprocessing(), *blocks, layers.Flatten(), *_classifier(dropout)], name=name)


def shallow_cnn(width: float = 1.0, dropout: float = 0.0) -> Sequential:
    """Return a network of three blocks as `digit_cnn` has them, uncompiled."""
    return digit_cnn(width, dropout, (32, 64, 128), (True, True, True), name="shallow_cnn")


def former_cnn(width: float = 1.0, dropout: float = 0.0) -> Sequential:
    """Return a network of five blocks, which we recommended until four read as well in half the time, uncompiled."""
    pooled = (True, False, True, False, True)
    return digit_cnn(width, dropout, (32, 48, 48, 96, 96), pooled, name="former_cnn")


def deep_cnn(width: float = 1.0, dropout: float = 0.0) -> Sequential:
    """Return a network of seven blocks as `digit_cnn` has them, uncompiled."""
    pooled = (True, False, False, True, False, False, True)
    return digit_cnn(width, dropout, (16, 32, 32, 48, 64, 64, 96), pooled, name="deep_cnn")


def softmax_regression(width: float = 1.0, dropout: float = 0.0) -> Sequential:
    """Return one layer from pixels to digits, uncompiled. There is nothing in it that `width` could multiply."""
    return Sequential([*preprocessing(), layers.Flatten(), *_classifier(dropout)], name="softmax_regression")


def mlp(width: float = 1.0, dropout: float = 0.0) -> Sequential:
    """Return a network with one hidden layer of 300 units, uncompiled (LeCun et al. 1998 have such a one)."""
    hidden = layers.Dense(round(300 * width), activation="relu")
    return Sequential([*preprocessing(), layers.Flatten(), hidden, *_classifier(dropout)], name="mlp")


def lenet5(width: float = 1.0, dropout: float = 0.0) -> Sequential:
    """Return LeNet-5, uncompiled, with a softmax in place of its radial basis functions (LeCun et al. 1998).

    Its 28x28 images are padded to 32x32 as in the paper, and its second convolution sees all maps of the first.
    """
    return Sequential(
        [
            *preprocessing(),
            layers.Conv2D(round(6 * width), 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(round(16 * width), 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(round(120 * width), activation="tanh"),
            layers.Dense(round(84 * width), activation="tanh"),
            *_classifier(dropout),
        ],
        name="lenet5",
    )


def _classifier(dropout):
    """Return the layers from features to probabilities."""
    return [
        *([layers.Dropout(dropout)] if dropout else []),
        layers.Dense(CLASSES, dtype="float32"),
        layers.Rescaling(1.0, dtype="float32", name="temperature"),
        layers.Softmax(dtype="float32"),
    ]


NETWORKS = {
    build.__name__: build
    for build in (
        digit_cnn,
        document_cnn,
        scaled_document_cnn,
        shallow_cnn,
        former_cnn,
        deep_cnn,
        softmax_regression,
        mlp,
        lenet5,
    )
}


def describe(model: Sequential) -> list[dict[str, Any]]:
    """Return a row a layer of a Sequential model: what it puts out, costs and sees.

    Keys: layer (name of its type), output (shape without the batch axis), parameters, multiply_adds
    (for one image; normalisation and activations, which take one or two a value, are not counted) and
    receptive_field (px of the image along one axis that one output value depends on).
    """
    rows, field, stride = [], 1, 1
    for layer in model.layers:
        kind, output = type(layer).__name__, tuple(layer.output.shape[1:])
        multiply_adds = 0
        if kind == "Conv2D":
            field += (layer.kernel_size[0] - 1) * stride
            multiply_adds = output[0] * output[1] * int(layer.kernel.shape.num_elements())
        elif kind in ("MaxPooling2D", "AveragePooling2D"):
            field += (layer.pool_size[0] - 1) * stride
            stride *= layer.strides[0]
        elif kind in ("Flatten", "Dense"):
            field = IMAGE_SIZE
            multiply_adds = int(layer.kernel.shape.num_elements()) if kind == "Dense" else 0
        rows.append(
            {
                "layer": kind,
                "output": output,
                "parameters": layer.count_params(),
                "multiply_adds": multiply_adds,
                "receptive_field": min(field, IMAGE_SIZE),
            }
        )
    return rows
