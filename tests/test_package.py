"""What the package promises as a whole."""

import json
import subprocess
import sys

import pytest

import mnist_nb
from mnist_nb.evidence import results


def test_importing_the_package_is_light():
    code = (
        "import sys, mnist_nb; print(*[name for name in ('tensorflow', 'keras', 'matplotlib') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_the_public_names_are_there():
    assert callable(mnist_nb.load_data) and mnist_nb.Recognizer.load and mnist_nb.DigitBoard.pen_down
    assert set(mnist_nb.__all__) <= set(dir(mnist_nb))
    with pytest.raises(AttributeError, match="attribute Recogniser"):
        _ = mnist_nb.Recogniser


def test_published_figures_are_plain_explained_and_replaced(tmp_path, monkeypatch):
    import numpy as np

    monkeypatch.setattr(results, "REPORTS", tmp_path)
    results.publish("02_preprocess", fit_images=np.int64(3), largest_imbalance=np.float32(0.5))
    results.publish("01_explore", class_counts=np.arange(3))
    results.publish("02_preprocess", fit_images=4)
    assert results.load_results() == {"01_explore": {"class_counts": [0, 1, 2]}, "02_preprocess": {"fit_images": 4}}
    assert list(json.loads((tmp_path / "metrics.json").read_text())) == ["01_explore", "02_preprocess"]
    assert {file.name for file in tmp_path.iterdir()} == {"metrics.json"}
    with pytest.raises(KeyError, match="02_preprocess publishes speed: explain them"):
        results.publish("02_preprocess", speed=1)
