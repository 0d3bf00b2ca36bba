"""Type hints: every function and class that the package or a wing hands on says what it takes and what it returns.

So do the public functions of the modules that notebooks and wings share. A class is asked for its `__init__`, its
public methods and its properties, as far as it has them written itself; exceptions are not asked.
"""

import dataclasses
import importlib
import inspect

import pytest

from mnist_nb.paths import PACKAGE

WINGS = sorted(file.parent.name for file in PACKAGE.glob("*/__init__.py"))
SHARED = ["catalogue", "data", "experiments.plots", "figures", "files", "machine", "paths"]
MODULES = ["mnist_nb", *(f"mnist_nb.{name}" for name in WINGS + SHARED)]


def public(module):
    """Return the names that a module hands on, or else those of its own functions and classes."""
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    return getattr(module, "__all__", None) or [name for name in own if not name.startswith("_")]


def functions_of(value):
    """Return a function, or what a class defines for its users, as functions."""
    if not inspect.isclass(value):
        return [value] if inspect.isfunction(value) else []
    if issubclass(value, BaseException):
        return []
    kept = [name for name in vars(value) if not name.startswith("_")]
    if "__init__" in vars(value) and not dataclasses.is_dataclass(value):
        kept.append("__init__")
    members = [inspect.getattr_static(value, name) for name in kept]
    members = [getattr(member, "fget", None) or getattr(member, "__func__", member) for member in members]
    return [member for member in members if inspect.isfunction(member)]


def gaps(function):
    """Return what of a function has no hint: its parameters but for self and cls, and "return"."""
    signature = inspect.signature(function)
    hints = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    hints["return"] = signature.return_annotation
    bare = [name for name, hint in hints.items() if hint is inspect.Signature.empty and name not in ("self", "cls")]
    return [f"{function.__qualname__}: {name}" for name in bare]


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_has_type_hints(name):
    module = importlib.import_module(name)
    functions = [function for each in public(module) for function in functions_of(getattr(module, each))]
    assert [gap for function in functions for gap in gaps(function)] == []
