"""Keeps what a test run writes apart from the project's own reports and models."""

import os
import shutil
import tempfile

import pytest

# Set before anything imports mnist_nb.paths; kernels that nbval starts inherit it.
SCRATCH = tempfile.mkdtemp(prefix="mnist-nb-tests-")
os.environ["MNIST_NB_REPORTS"] = os.path.join(SCRATCH, "reports")
os.environ["MNIST_NB_MODELS"] = os.path.join(SCRATCH, "models")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# What these print depends on the machine and on training: they are executed, and assert floors themselves.
INEXACT = ("05", "06", "07", "08", "09", "10", "11")


def pytest_collectstart(collector):
    """Compare no start-up logs, and no outputs of the notebooks that train or time something."""
    if collector.__class__.__name__ == "IPyNbFile":
        collector.skip_compare += ("stderr",)
        if collector.path.stem[:2] in INEXACT:
            collector.compare_outputs = False


def pytest_collection_modifyitems(items):
    """Check the published figures when all notebooks have run."""
    items.sort(key=lambda item: item.get_closest_marker("after_notebooks") is not None)


def pytest_sessionfinish():
    shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture(scope="session")
def scratch():
    return SCRATCH
