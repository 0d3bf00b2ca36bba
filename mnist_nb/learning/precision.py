"""Which floating-point numbers a network computes with, in training and afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from ..machine import has_bfloat16

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


def chosen_precision(name: str = "auto") -> str:
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
    return "bfloat16" if has_bfloat16() else "float32"


@contextmanager
def precision(name: str = "auto") -> Iterator[None]:
    """Build layers within this context to have them compute in the precision that `chosen_precision` names."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[chosen_precision(name)])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(model: keras.Model, temperature: float = 1.0) -> keras.Model:
    """Return a copy of a Sequential model, optimizer state included, that computes in float32 everywhere.

    A saved model should read the same on any machine, also where bfloat16 would have to be emulated.
    The layer called `temperature`, if there is one, divides the logits by `temperature`.
    """

    def twin_of(layer):
        changes = {"scale": 1 / temperature} if layer.name == "temperature" else {}
        kind = keras.layers.BatchNormalization if isinstance(layer, keras.layers.BatchNormalization) else type(layer)
        return kind.from_config({**layer.get_config(), "dtype": "float32", **changes})

    twin = keras.models.clone_model(model, clone_function=twin_of)
    twin.compile_from_config(model.get_compile_config())
    # float16 wraps the optimizer for the scaling of losses.
    source, target = (getattr(whole.optimizer, "inner_optimizer", whole.optimizer) for whole in (model, twin))
    target.build(twin.trainable_variables)
    for old, new in ((model, twin), (source, target)):
        for variable, value in zip(new.variables, old.variables, strict=True):
            variable.assign(value)
    return twin
