"""Runs of the benchmark: their records, their clock, and what is kept of them."""

import dataclasses
import time

import numpy as np
import pytest

from mnist_nb import load_data
from mnist_nb.experiments import benchmark
from mnist_nb.experiments.contenders import CONTENDERS, Watch

pytestmark = pytest.mark.training


def test_the_clock_stands_still_while_it_looks():
    images, labels = load_data()[1]
    watch = Watch(images[:10], labels[:10])

    def slow_reader(images):
        time.sleep(0.5)
        return np.eye(10)[labels[: len(images)]]

    watch.look(slow_reader, epoch_ended=True)
    watch.look(slow_reader)
    (first, accuracy), (second, _) = watch.curve
    assert accuracy == 1 and watch.epochs == [first]
    assert first <= second <= watch.seconds < 0.5


def test_a_run_is_recorded_once(tmp_path):
    runs = benchmark.Runs(tmp_path)
    record = runs.run("scikit-learn", images=1000, most_epochs=1, seed=2)
    assert record["images"] == 1000 and record["seed"] == 2 and record["parameters"] == 785 * 100 + 101 * 10
    assert len(record["epochs"]) == len(record["curve"]) == 1 and record["seconds"] >= record["epochs"][0]
    assert record["curve"][-1][1] == record["validation_accuracy"]
    given = runs.probabilities(record)
    assert given.shape == (10_000, 10) and (given.argmax(1) == load_data()[1][1]).mean() == record["test_accuracy"]
    assert record["peak_memory"] >= record["libraries"] > 1e7 and record["model_bytes"] > 1e4
    assert runs.run("scikit-learn", images=1000, most_epochs=1, seed=2) == record
    assert len(list(tmp_path.glob("*.json"))) == 1
    runs.clear()
    assert not tmp_path.exists()


def test_a_run_that_fails_is_named_with_its_reason(tmp_path):
    with pytest.raises(benchmark.BenchmarkError, match="The run of nobody failed: KeyError: 'nobody'"):
        benchmark.Runs(tmp_path).run("nobody")
    assert not list(tmp_path.glob("*.json"))


def test_what_a_contender_needs_is_looked_for():
    assert all(contender.available for name, contender in CONTENDERS.items() if name != "PyTorch")
    assert not dataclasses.replace(CONTENDERS["ours"], module="no_such_module").available
