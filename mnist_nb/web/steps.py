"""A Keras model as steps that need no Keras, and one array of the weights that they take, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

Step = dict[str, Any]  # "layer", the name of what is done, and what it needs to know
ACTIVATIONS = ("relu", "tanh", "softmax")


class PageError(ValueError):
    """A model cannot be put into a page; the message says which of its layers is not known."""


def steps_of(model: keras.Model) -> tuple[list[Step], np.ndarray]:
    """Return the steps from an image (28, 28) to probabilities (10,) that a Sequential model takes, and its weights.

    Each step is a dict that JSON can hold. The weights are float32 (P,), in the order in which the steps take them:
    a kernel row after row and then its bias, or the scale and the offset of a normalisation, which are worked out
    from its four arrays. Raises PageError for a layer that is not known, or that does what is not known.
    """
    steps: list[Step] = []
    weights: list[np.ndarray] = [np.zeros(0, np.float32)]
    for layer in _layers_of(model):
        kind = type(layer).__name__
        if kind not in _KINDS:
            raise PageError(f"the page knows no layer {kind} ({layer.name}). It knows {', '.join(_KINDS)}.")
        own, arrays = _KINDS[kind](layer)
        steps += own
        weights += [np.asarray(array, np.float32).ravel() for array in arrays]
    return steps, np.concatenate(weights)


def _layers_of(model: keras.Model) -> Iterator[keras.layers.Layer]:
    if type(model).__name__ != "Sequential":
        raise PageError(f"the page knows models whose layers follow one another; {model.name} is no Sequential.")
    for layer in model.layers:
        if type(layer).__name__ == "Sequential":
            yield from _layers_of(layer)
        else:
            yield layer


def _require(layer, **wanted):
    """Raise PageError when a layer's configuration has another value than the one that is wanted, or those."""
    config = layer.get_config()
    for name, known in wanted.items():
        found = config.get(name, known)
        if found != known and not (isinstance(known, tuple) and (found in known or found == list(known))):
            raise PageError(f"the page knows no layer {type(layer).__name__} ({layer.name}) with {name} {found}.")


def _activation(layer):
    _require(layer, activation=("linear", *ACTIVATIONS))
    name = layer.get_config()["activation"]
    return [] if name == "linear" else [{"layer": name}]


def _convolution(layer):
    _require(layer, data_format="channels_last", dilation_rate=(1, 1), groups=1)
    step = _window(layer) | {"kernel": list(layer.kernel.shape), "bias": layer.use_bias}
    return [step, *_activation(layer)], [layer.kernel, *([layer.bias] if layer.use_bias else [])]


def _dense(layer):
    if len(layer.kernel.shape) != 2 or len(layer.input.shape) != 2:
        raise PageError(f"the page knows no layer Dense ({layer.name}) of more than a row of values.")
    step = {"layer": "Dense", "units": layer.units, "bias": layer.use_bias}
    return [step, *_activation(layer)], [layer.kernel, *([layer.bias] if layer.use_bias else [])]


def _pooling(layer):
    _require(layer, data_format="channels_last")
    return [_window(layer) | {"pool": list(layer.pool_size)}], []


def _window(layer):
    return {"layer": type(layer).__name__, "strides": list(layer.strides), "padding": layer.padding}


def _normalisation(layer):
    if layer.axis not in (-1, len(layer.input.shape) - 1):
        raise PageError(f"the page knows no layer BatchNormalization ({layer.name}) along axis {layer.axis}.")
    mean, variance = (np.asarray(array, float) for array in (layer.moving_mean, layer.moving_variance))
    scale = (np.asarray(layer.gamma, float) if layer.scale else 1) / np.sqrt(variance + layer.epsilon)
    offset = (np.asarray(layer.beta, float) if layer.center else 0) - mean * scale
    return [{"layer": "BatchNormalization"}], [scale, offset]


def _rescaling(layer):
    if np.ndim(layer.scale) or np.ndim(layer.offset):
        raise PageError(f"the page knows no layer Rescaling ({layer.name}) with several scales.")
    return [{"layer": "Rescaling", "scale": float(layer.scale), "offset": float(layer.offset)}], []


def _reshaping(layer):
    _require(layer, data_format="channels_last")
    return [{"layer": "Reshape", "shape": list(layer.output.shape[1:])}], []


def _relu(layer):
    _require(layer, max_value=None, negative_slope=0.0, threshold=0.0)
    return [{"layer": "relu"}], []


def _softmax(layer):
    _require(layer, axis=-1)
    if len(layer.input.shape) != 2:
        raise PageError(f"the page knows no layer Softmax ({layer.name}) of more than a row of values.")
    return [{"layer": "softmax"}], []


_KINDS: dict[str, Callable[[Any], tuple[list[Step], list[Any]]]] = {
    "Conv2D": _convolution,
    "Dense": _dense,
    "MaxPooling2D": _pooling,
    "AveragePooling2D": _pooling,
    "BatchNormalization": _normalisation,
    "ReLU": _relu,
    "Softmax": _softmax,
    "Activation": lambda layer: (_activation(layer), []),
    "Rescaling": _rescaling,
    "Reshape": _reshaping,
    "Flatten": _reshaping,
    "Dropout": lambda layer: ([], []),
    "InputLayer": lambda layer: ([], []),
}
