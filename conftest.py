"""Keeps what a test run writes apart from the project's own reports, models and results."""

import os
import shutil
import tempfile

import pytest
from papermill.translators import translate_parameters

from mnist_nb.catalogue import entry_of

# Set before anything imports mnist_nb.paths; kernels that nbval starts and workers of xdist inherit it. `make test`
# names one folder for its two parts.
OWN = "MNIST_NB_SCRATCH" not in os.environ
if OWN:
    os.environ["MNIST_NB_SCRATCH"] = tempfile.mkdtemp(prefix="mnist-nb-tests-")
SCRATCH = os.environ["MNIST_NB_SCRATCH"]
os.environ["MNIST_NB_REPORTS"] = os.path.join(SCRATCH, "reports")
os.environ["MNIST_NB_MODELS"] = os.path.join(SCRATCH, "models")
os.environ["MNIST_NB_RESULTS"] = os.path.join(SCRATCH, "results")
if not os.path.exists(os.environ["MNIST_NB_RESULTS"]):  # A copy, since a run may add to the record.
    shutil.copytree(os.path.join(os.path.dirname(__file__), "results"), os.environ["MNIST_NB_RESULTS"])
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_addoption(parser):
    parser.addoption("--at-length", action="store_true", help="execute notebooks with their own parameters")


def pytest_collectstart(collector):
    """Compare no start-up logs, and outputs only of notebooks whose outputs are the same on every machine."""
    if collector.__class__.__name__ == "IPyNbFile":
        collector.skip_compare += ("stderr",)
        collector.compare_outputs = entry_of(collector.path.stem).exact


def pytest_itemcollected(item):
    """Give notebooks that train small parameters, as papermill would, right after their own."""
    if item.__class__.__name__ != "IPyNbCell" or item.config.getoption("at_length"):
        return
    quick = entry_of(item.path.stem).quick
    if quick and "parameters" in item.cell.metadata.get("tags", ()):
        item.cell.source += "\n" + translate_parameters("python3", "python", quick, "Small, for a test.")


def pytest_collection_modifyitems(items):
    """Check what notebooks publish when all of them have run."""
    items.sort(key=lambda item: item.get_closest_marker("after_notebooks") is not None)


def pytest_sessionfinish():
    if OWN:
        shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture(scope="session")
def scratch():
    return SCRATCH
