"""What a result came from: code, versions, machine and seed."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

from ..machine import processor, usable_threads
from ..paths import IN_CHECKOUT, ROOT

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
# What a run itself rewrites does not make its code another one.
RESULTS = (":!reports", ":!models", ":!notebooks", ":!results")


class Provenance(dict):
    """A dictionary that shows itself as two columns."""

    def __repr__(self):
        width = max(map(len, self))
        return "\n".join(f"{key:<{width}}  {value}" for key, value in self.items())


def provenance(seconds: float | None = None, *, seed: int | None = None, precision: str = "float32") -> Provenance:
    """Return where a result came from, as strings: code, versions, processor, threads, precision, seed, wall time.

    `seconds` is the time the run took, and `seed` is what it was seeded with; both are left out when None.
    """
    rows = Provenance(commit=_commit(), python=platform.python_version())
    for package in PACKAGES:
        try:
            rows[package] = version(package)
        except PackageNotFoundError:
            continue
    rows |= {"processor": processor(), "threads": str(usable_threads()), "precision": precision}
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
