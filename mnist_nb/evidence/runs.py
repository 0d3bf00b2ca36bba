"""The record of runs: what decided each training run, where it was made and what came out, a line of JSON each.

`pandas.read_json("results/runs.jsonl", lines=True)` reads it; `results/README.md` says what the fields are.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from ..files import write_text
from ..machine import behaviour_sha256
from ..paths import RESULTS
from .origin import provenance
from .results import ResultsError, plain

VERSION = 1
RUNS = RESULTS / "runs.jsonl"
Run = dict[str, Any]


class Record:
    """The runs in a file, in the order they were made; a file that is not there holds none.

    Raises ResultsError when the file is damaged or of another version.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path or RUNS)

    def runs(self) -> list[Run]:
        """Return all runs."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return [self._read(number, line) for number, line in enumerate(lines, start=1)]

    def find(self, decided: dict[str, Any], *units: str) -> Run | None:
        """Return the newest run that these fields decided, and the code in `units` as it is now; None without one."""
        key, behaviour = key_of(decided), behaviour_sha256(*units)
        same = [run for run in self.runs() if run["key"] == key and behaviour in run["behaviour"]]
        return same[-1] if same else None

    def stale(self, *units: str) -> list[Run]:
        """Return the runs of other code than that in `units` as it is now."""
        behaviour = behaviour_sha256(*units)
        return [run for run in self.runs() if behaviour not in run["behaviour"]]

    def add(self, decided: dict[str, Any], gave: dict[str, Any], *units: str) -> Run:
        """Add a run and return it: what decided it, what it gave, and the units of code that it depends on.

        The file is replaced in one step, by one writer at a time: whatever is killed, it is whole, and holds every
        run that was added.
        """
        made_with = provenance()
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        run = {"version": VERSION, "key": key_of(decided), "decided": decided, "behaviour": [behaviour_sha256(*units)]}
        run |= {"made_with": dict(made_with), "date": date, "gave": gave}
        run = json.loads(json.dumps(run, default=plain, allow_nan=False))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f".{self.path.name}.lock")):
            lines = [json.dumps(each) for each in [*self.runs(), run]]
            write_text(self.path, "\n".join(lines) + "\n")
        return run

    def _read(self, number: int, line: str) -> Run:
        remedy = "Restore it from the repository, or take the line out."
        try:
            run = json.loads(line)
        except ValueError as error:
            raise ResultsError(f"{self.path}: line {number} is no run ({error}). {remedy}") from error
        if not isinstance(run, dict) or {"key", "decided", "behaviour", "gave"} - set(run):
            raise ResultsError(f"{self.path}: line {number} is no run. {remedy}")
        if run.get("version") != VERSION:
            found = run.get("version")
            raise ResultsError(f"{self.path}: line {number} is of version {found}, and this program knows {VERSION}.")
        return run


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
