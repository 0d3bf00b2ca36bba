"""What a result came from: code, versions, machine and seed."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .paths import IN_CHECKOUT, PACKAGE, ROOT

PACKAGES = (
    "tensorflow",
    "keras",
    "optuna",
    "distributed",
    "numpy",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "ipycanvas",
    "papermill",
)
THREADS_VARIABLE = "MNIST_NB_THREADS"  # for a process that shares its machine with others, as a worker does
# What a run itself rewrites does not make its code another one.
RESULTS = (":!reports", ":!models", ":!notebooks")


class Provenance(dict):
    """A dictionary that shows itself as two columns."""

    def __repr__(self):
        width = max(map(len, self))
        return "\n".join(f"{key:<{width}}  {value}" for key, value in self.items())


def provenance(seconds=None, *, seed=None, precision="float32"):
    """Return where a result came from, as strings: code, versions, processor, threads, precision, seed, wall time.

    `seconds` is the time the run took, and `seed` is what it was seeded with; both are left out when None.
    """
    rows = Provenance(commit=_commit(), python=platform.python_version())
    for package in PACKAGES:
        try:
            rows[package] = version(package)
        except PackageNotFoundError:
            continue
    rows |= {"processor": _processor(), "threads": str(usable_threads()), "precision": precision}
    if seed is not None:
        rows["seed"] = str(seed)
    if seconds is not None:
        rows["wall time"] = f"{seconds:.0f} s"
    return rows


def _commit():
    if not IN_CHECKOUT:
        return "not run from a checkout"
    try:
        commit = _git("rev-parse", "--short=12", "HEAD").strip()
        changed = _git("status", "--porcelain", "--", ".", *RESULTS).strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown (no git)"
    return f"{commit} ({'with uncommitted changes' if changed else 'clean'})"


def _git(*arguments):
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=True).stdout


def _processor():
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_threads():
    """Return the number of processors that this process may use: as many as THREADS_VARIABLE says where it is set."""
    if text := os.environ.get(THREADS_VARIABLE):
        return max(1, int(text))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def code_sha256(modules=None):
    """Return a digest of this package's code, of the modules of these names alone if they are given."""
    paths = sorted(PACKAGE.glob("*.py")) if modules is None else [PACKAGE / f"{name}.py" for name in modules]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
