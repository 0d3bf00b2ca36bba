"""The record of runs: what decided each training run, where it was made and what came out, a line of JSON each.

`pandas.read_json("results/runs.jsonl", lines=True)` reads it; `results/README.md` says what the fields are.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..files import alone_with, write_text
from ..paths import RESULTS
from .code import behaviour_sha256
from .origin import provenance
from .results import ResultsError, plain

VERSION = 1
TEST_IMAGES = 10_000
RUNS = RESULTS / "runs.jsonl"
CHOICES = ("record", "missing", "all")  # what a notebook trains: nothing, what the record lacks, or everything
FIELDS = {"key", "decided", "unit", "behaviour", "confirmed", "made_with", "gave"}
Run = dict[str, Any]


class Record:
    """The runs in a file, in the order they were made; a file that is not there holds none.

    A run is fresh while the unit of code that decided it behaves as it did then, and stale when that may have
    changed. Raises ResultsError when the file is damaged or of another version.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path or RUNS)
        self._read_at: tuple[int, ...] = ()
        self._runs: list[Run] = []

    def runs(self) -> list[Run]:
        """Return all runs, those that are stale as well."""
        if not self.path.exists():
            return []
        state = self.path.stat()
        if (state.st_mtime_ns, state.st_size, state.st_ino) != self._read_at:
            lines = self.path.read_text(encoding="utf-8").splitlines()
            self._runs = [self._read(number, line) for number, line in enumerate(lines, start=1)]
            self._read_at = state.st_mtime_ns, state.st_size, state.st_ino
        return self._runs

    def sorted_out(self) -> tuple[list[Run], list[Run]]:
        """Return the runs that are fresh and those that are stale."""
        now: dict[str, str | None] = {}
        fresh: list[Run] = []
        stale: list[Run] = []
        for run in self.runs():
            unit = run["unit"]
            if unit not in now:
                now[unit] = _behaviour(unit)
            (fresh if now[unit] in behaviours_of(run) else stale).append(run)
        return fresh, stale

    def find(self, decided: dict[str, Any], processor: str | None = None) -> Run | None:
        """Return the newest fresh run that these fields decided, on this processor if one is named; None without."""
        key = key_of(decided)
        same = [run for run in self.runs() if run["key"] == key]
        same = [run for run in same if processor in (None, run["made_with"]["processor"])]
        return next((run for run in reversed(same) if _behaviour(run["unit"]) in behaviours_of(run)), None)

    def add(self, decided: dict[str, Any], gave: dict[str, Any], unit: str, precision: str = "float32") -> Run:
        """Add a run and return it: what decided it, what it gave, the unit of code it depends on, what it computed in.

        The file is replaced in one step, by one writer at a time: whatever is killed, it is whole, and holds every
        run that was added.
        """
        run: Run = {"version": VERSION, "key": key_of(decided), "decided": decided, "unit": unit}
        run |= {
            "behaviour": behaviour_sha256(unit),
            "confirmed": [],
            "made_with": dict(provenance(precision=precision)),
        }
        run |= {"date": today(), "gave": gave}
        run = json.loads(json.dumps(run, default=plain, allow_nan=False))
        self._write(lambda runs: [*runs, run])
        return run

    def confirm(self, confirmed: list[Run], evidence: dict[str, Any]) -> None:
        """Say of stale runs that today's code behaves the same: `evidence` holds its `behaviour`, and how one knows."""
        self._write(
            lambda runs: [
                run | {"confirmed": [*run["confirmed"], evidence]} if run in confirmed else run for run in runs
            ]
        )

    def drop(self, dropped: list[Run]) -> None:
        """Take runs out."""
        self._write(lambda runs: [run for run in runs if run not in dropped])

    def _write(self, change: Callable[[list[Run]], list[Run]]) -> None:
        with alone_with(self.path):
            lines = [json.dumps(run) for run in change(self.runs())]
            write_text(self.path, "\n".join(lines) + "\n")

    def _read(self, number: int, line: str) -> Run:
        remedy = "Restore it from the repository, or take the line out."
        try:
            run = json.loads(line)
        except ValueError as error:
            raise ResultsError(f"{self.path}: line {number} is no run ({error}). {remedy}") from error
        found = run.get("version", VERSION) if isinstance(run, dict) else VERSION
        if found != VERSION:
            raise ResultsError(f"{self.path}: line {number} is of version {found}, and this program knows {VERSION}.")
        if not isinstance(run, dict) or FIELDS - set(run):
            raise ResultsError(f"{self.path}: line {number} is no run. {remedy}")
        return run


def checked(runs: str) -> str:
    """Return one of CHOICES as it is. Raises ValueError for anything else."""
    if runs not in CHOICES:
        raise ValueError(f"runs must be one of {', '.join(CHOICES)}; found {runs!r}.")
    return runs


def today() -> str:
    """Return the day, as 2026-01-31."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def behaviours_of(run: Run) -> set[str]:
    """Return the digests of code that a run is known to hold for."""
    return {run["behaviour"], *(each["behaviour"] for each in run["confirmed"])}


def _behaviour(unit: str) -> str | None:
    """Return the digest of a unit of code as it behaves now; None when it is not there any more."""
    try:
        return behaviour_sha256(unit)
    except ValueError:
        return None


@dataclass(frozen=True)
class Twin:
    """A run that was made here beside its recorded twin: accuracies, from 0 to 1, and seconds."""

    accuracy: float
    seconds: float
    recorded_accuracy: float | None = None
    recorded_seconds: float | None = None
    processor: str = ""  # of the recorded one

    @classmethod
    def of(cls, accuracy: float, seconds: float, recorded: Run | None, errors: str = "") -> Self:
        """Return the twins that a run made here and a recorded one are; without one, the first stands alone.

        The recorded accuracy is that on the test set, or what the share of errors called `errors` leaves.
        """
        if recorded is None:
            return cls(float(accuracy), seconds)
        gave = recorded["gave"]
        theirs = 1 - gave[errors] if errors else float(unpacked(gave["right"], TEST_IMAGES).mean())
        return cls(float(accuracy), seconds, theirs, gave["seconds"], recorded["made_with"]["processor"])

    def agrees(self, within: float) -> bool:
        """Tell whether the accuracies are no farther apart than that; so they are where there is only one."""
        return self.recorded_accuracy is None or abs(self.accuracy - self.recorded_accuracy) <= within

    def __str__(self) -> str:
        here = f"here {self.accuracy:.2%} in {self.seconds:.1f} s"
        if not self.recorded_seconds:
            return f"{here}; the record has no such run"
        ratio = self.seconds / self.recorded_seconds
        return (
            f"{here}; recorded {self.recorded_accuracy:.2%} in {self.recorded_seconds:.1f} s on {self.processor}; "
            f"{ratio:.2f} times as long here"
        )


def described(runs: list[Run]) -> str:
    """Return in a sentence how many runs these are, and when and where they were made."""
    if not runs:
        return "The record holds no such runs."
    parts = {name: sorted({run["made_with"][name] for run in runs}) for name in ("commit", "processor", "threads")}
    days = sorted({run["date"] for run in runs})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    where = f"{' and '.join(parts['processor'])}, {' and '.join(parts['threads'])} threads"
    return f"{len(runs)} recorded runs, made {when} on {where}, by commit {' and '.join(parts['commit'])}."


def key_of(decided: dict[str, Any]) -> str:
    """Return a digest of the fields that decide a run."""
    return hashlib.sha256(json.dumps(decided, sort_keys=True, default=plain).encode()).hexdigest()[:16]


def packed(right: np.ndarray) -> str:
    """Return which examples were read right, bool (N,), as text of N / 6 characters."""
    return base64.b64encode(np.packbits(right).tobytes()).decode()


def unpacked(text: str, count: int) -> np.ndarray:
    """Return which of `count` examples were read right, bool (count,), as `packed` gave them."""
    return np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=count).astype(bool)


def packed_probabilities(probabilities: np.ndarray) -> str:
    """Return probabilities (N, C) as compressed text, rounded to 1 / 65,535."""
    steps = np.rint(np.asarray(probabilities, float) * 65_535).astype("<u2")
    return base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()


def unpacked_probabilities(text: str, classes: int = 10) -> np.ndarray:
    """Return probabilities float32 (N, classes) as `packed_probabilities` gave them."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2")
    return steps.reshape(-1, classes).astype(np.float32) / 65_535
