"""The results that notebooks publish as data, in `reports/metrics.json`; the catalogue says what each of them means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..catalogue import keys_of
from ..files import alone_with, write_text
from ..paths import REPORTS

Results = dict[str, dict[str, Any]]  # {notebook: {key: result}}


class ResultsError(ValueError):
    """A file of results cannot be read; the message names it, says what is wrong and what to do."""


def publish(notebook: str, **results: Any) -> None:
    """Store a notebook's results under its name in `metrics.json`, in place of those of its last run.

    Results are numbers, strings, or lists and dictionaries of them; NumPy's types are converted. The file is
    replaced in one step. Raises KeyError for a result that the catalogue does not explain, and ResultsError for one
    that is no number that JSON knows, such as NaN, and when the file that is there is damaged or cannot be written.
    """
    unexplained = sorted(set(results) - set(keys_of(notebook)))
    if unexplained:
        raise KeyError(f"{notebook} publishes {', '.join(unexplained)}: explain them in mnist_nb/catalogue.py first.")
    try:
        kept = json.loads(json.dumps(results, default=plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        faulty = next(key for key, value in results.items() if not _is_json(value))
        raise ResultsError(f"{notebook}: JSON cannot hold its result {faulty} ({error}). Publish None.") from error
    with alone_with(REPORTS / "metrics.json"):  # Notebooks may run side by side.
        published = load_results()
        published[notebook] = kept
        try:
            write_text(REPORTS / "metrics.json", json.dumps(dict(sorted(published.items())), indent=2) + "\n")
        except OSError as error:
            raise ResultsError(
                f"{REPORTS / 'metrics.json'}: cannot be written ({error.strerror or error}). Free it, or name another "
                "folder in MNIST_NB_REPORTS."
            ) from error


def load_results(path: str | Path | None = None) -> Results:
    """Return what notebooks published, {notebook: {key: result}}; empty when nothing was published yet.

    `path` is a `metrics.json`, that of the reports' folder when None. Raises ResultsError when it is damaged.
    """
    path = Path(path or REPORTS / "metrics.json")
    if not path.exists():
        return {}
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResultsError(f"{path}: not a file of results ({error}). Restore it, or delete it.") from error
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error}).") from error
    if not isinstance(results, dict) or not all(isinstance(each, dict) for each in results.values()):
        raise ResultsError(f"{path}: not a file of results, which holds an object for each notebook. Restore it.")
    return results


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, default=plain, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def plain(value: Any) -> Any:
    """Return a value of NumPy's as JSON can hold it; a `default` for `json.dumps`."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no result to publish")
