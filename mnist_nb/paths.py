"""Where models and reports live, whatever folder a notebook was started in."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# In a checkout the folders stand beside the package. A package installed without its checkout
# carries its models inside, and what it writes goes where its user works.
IN_CHECKOUT = (PACKAGE.parent / "pyproject.toml").is_file()
ROOT = PACKAGE.parent if IN_CHECKOUT else Path.cwd()
SHIPPED_MODELS = (ROOT if IN_CHECKOUT else PACKAGE) / "models"
NOTEBOOKS = ROOT / "notebooks"

# A trial run writes elsewhere: `mnist-nb report --to FOLDER` sets the first two for its kernels, tests set all.
REPORTS = Path(os.environ.get("MNIST_NB_REPORTS") or ROOT / "reports")
MODELS = Path(os.environ.get("MNIST_NB_MODELS") or ROOT / "models")
RESULTS = Path(os.environ.get("MNIST_NB_RESULTS") or ROOT / "results")


def model_path(name: str) -> Path:
    """Return the path of `name`.keras: the one trained last if there is one, else the shipped one."""
    trained = MODELS / f"{name}.keras"
    return trained if trained.exists() else SHIPPED_MODELS / f"{name}.keras"
