"""MNIST from exploration to a drawing board that reads your digits: what the notebooks share."""

from importlib import import_module

from .data import DataError, load_data

__version__ = "0.1.0"
__all__ = ["DataError", "DigitBoard", "Recognizer", "load_data", "personalize"]

_HOMES = {"DigitBoard": "board", "Recognizer": "recognizer", "personalize": "personal"}


def __getattr__(name):
    """Import what is heavy only when it is asked for."""
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
