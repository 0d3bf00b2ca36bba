"""Runs of the benchmark: each in a process of its own, alone on the machine, its record kept when it is done."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from .. import data
from ..evidence.runs import Record, Run, checked, packed, packed_probabilities
from ..judging.statistics import accuracy, right
from ..judging.timing import milliseconds
from ..machine import processor, usable_threads
from ..paths import PACKAGE
from ..strokes.file import load_drawings
from ..strokes.ink import images_of
from .contenders import CONTENDERS, FRONT, OURS, Contender
from .peers import Task, Watch

READS = 30  # measurements of the time of one reading


class BenchmarkError(RuntimeError):
    """A run failed; the message names it and says why."""


class Runs:
    """Runs of contenders on one machine, out of a record that each run goes into as it ends.

    `runs` decides what is trained here: nothing ("record"), what the record lacks of this machine ("missing"), or
    everything ("all"). With "record", they are those of the machine of which the record holds most, since times of
    several machines tell nothing together; `processor` names it. `drawings` are files of people's drawings, which what
    is trained here reads as well.
    """

    def __init__(self, runs: str = "record", record: Record | None = None, drawings: Sequence[str | Path] = ()) -> None:
        self.runs, self.record = checked(runs), record or Record()
        self.drawings = [str(Path(file).resolve()) for file in drawings]
        fresh, _ = self.record.sorted_out()
        machines = Counter(run["made_with"]["processor"] for run in fresh if "contender" in run["decided"])
        self.processor = machines.most_common(1)[0][0] if machines and runs == "record" else processor()
        self.shown: list[Run] = []  # what `run` gave so far, as the record holds it

    def run(self, contender: str, **options: Any) -> dict[str, Any] | None:
        """Return what a run gave, as `measure` describes it; None for one that is neither recorded nor trained.

        `options` are those of `measure`. Raises BenchmarkError when the run fails.
        """
        run = None if self.runs == "all" else self.found(contender, **options)
        if run is None and self.runs != "record":
            from ..learning.precision import chosen_precision  # It imports TensorFlow, which not every contender needs.

            unit = named(contender).unit
            how = {"precision": chosen_precision("auto")} if unit == OURS else {}
            gave = in_a_process(contender, options | {"drawings": self.drawings} if self.drawings else options)
            run = self.record.add(decided_by(contender, **options), gave, unit, **how)
        if run is None:
            return None
        self.shown.append(run)
        return run["gave"]

    def found(self, contender: str, **options: Any) -> Run | None:
        """Return a fresh run of this machine as the record holds it; None when it holds none."""
        return self.record.find(decided_by(contender, **options), self.processor)


def named(contender: str) -> Contender:
    """Return the contender of a name, one of CONTENDERS or FRONT."""
    return CONTENDERS.get(contender) or FRONT[contender]


def decided_by(contender: str, **options: Any) -> dict[str, Any]:
    """Return the fields that decide a run of a contender: its own options, and those of `measure`."""
    return {"contender": contender, "how": named(contender).options, **options}


def measure(contender, *, seed=1, images=None, most_epochs=100, threads=None, drawings=()):
    """Train a contender and measure it, in this process; return what it gave, as JSON can hold it.

    The first `images` training images are used, without the 5,000 held-out ones; all of them and those
    as well when `images` is 60,000. Keys: `seconds` of training, `epochs` (the seconds at which each ended),
    `curve` (pairs of seconds and validation accuracy), `validation_accuracy`, `test_accuracy`, `parameters`,
    `peak_memory` (bytes resident, of which `libraries` before training), `model_bytes`, `milliseconds` of
    reading one image, `images_per_second` when reading a thousand, `weights_sha256`; of the test set `right` and,
    of our recipe, `probabilities`, packed as `mnist_nb.evidence.runs` does it; and, with files of people's `drawings`,
    `people`, {name of the file: {`per_writer`, a mean of accuracies over writers, and how many it `misread`}}.
    """
    (x, y), (x_test, y_test) = data.load_data()
    (x_fit, y_fit), held_out = data.hold_out(x, y)
    if images is None or images <= len(x_fit):
        fitted = x_fit[:images], y_fit[:images]
    else:
        fitted, held_out = (x, y), (x[:0], y[:0])
    entrant = named(contender)
    importlib.import_module(entrant.module)
    libraries = _peak_memory()

    watch = Watch(*held_out)
    trained = entrant.train(Task(fitted, held_out, seed, most_epochs, watch))
    seconds = watch.seconds

    record = {"contender": contender, "seed": seed, "images": len(fitted[0]), "threads": threads}
    record |= {"seconds": round(seconds, 3), "epochs": [round(end, 3) for end in watch.epochs]}
    record |= {"curve": [(round(when, 3), seen) for when, seen in watch.curve], "parameters": trained.parameters}
    record |= {"trained_on": trained.images}
    record |= {"peak_memory": _peak_memory(), "libraries": libraries, "weights_sha256": trained.digest}
    record |= _reading(trained.read, x_test[:1000])
    given = np.concatenate([trained.read(part) for part in np.split(x_test, 10)]).astype(np.float32)
    record["test_accuracy"] = accuracy(given, y_test)
    if len(held_out[0]):
        record["validation_accuracy"] = accuracy(trained.read(held_out[0]), held_out[1])
    record["right"] = packed(right(given, y_test))
    if contender == "ours":  # They are read together.
        record["probabilities"] = packed_probabilities(given)
    if drawings:
        record["people"] = {Path(file).stem: _people(trained.read, load_drawings(file)) for file in drawings}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{trained.suffix}"
        trained.save(path)
        record["model_bytes"] = path.stat().st_size
    return record


def in_a_process(contender: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return what `measure` gives in a process of its own. Raises BenchmarkError when it fails."""
    threads = options.get("threads") or usable_threads()
    counts = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **{variable: str(threads) for variable in counts}}
    arguments = [contender, json.dumps({**options, "threads": threads})]
    command = [sys.executable, "-m", "mnist_nb.experiments.benchmark", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        raise BenchmarkError(f"The run of {contender} failed: {reason}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _reading(read, images):
    """Return the median milliseconds of reading one image, and the images a second of reading all."""
    one = milliseconds(read, [(image[None],) for image in images[:READS]], READS)
    many = milliseconds(read, [(images,)], 3)
    return {"milliseconds": one, "images_per_second": 1e3 * len(images) / many}


def _people(read, people):
    """Return how drawings of people are read: the mean over writers of their accuracies, and the number of errors."""
    seen = images_of(people.strokes)
    correct = np.concatenate(
        [right(read(seen[i : i + 1_000]), people.labels[i : i + 1_000]) for i in range(0, len(seen), 1_000)]
    )
    means = [correct[people.writers == writer].mean() for writer in np.unique(people.writers)]
    return {"per_writer": float(np.mean(means)), "misread": int((~correct).sum())}


def _peak_memory():
    """Return the most bytes that this process has held resident so far; what it holds now where no system tells."""
    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):  # Windows
        return memory.peak_wset
    try:
        import resource
    except ImportError:
        return memory.rss
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak  # Linux counts in KiB.


if __name__ == "__main__":
    options = json.loads(sys.argv[2])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options["threads"]])
    print(json.dumps(measure(sys.argv[1], **options)))
