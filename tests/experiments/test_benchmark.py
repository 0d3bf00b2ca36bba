"""Runs of the benchmark: their records, their clock, and what is kept of them."""

import dataclasses
import time

import numpy as np
import pytest

from mnist_nb import load_data
from mnist_nb.evidence import Record, unpacked, unpacked_probabilities
from mnist_nb.experiments import benchmark
from mnist_nb.experiments.contenders import CONTENDERS
from mnist_nb.experiments.peers import Watch
from mnist_nb.judging import accuracy
from mnist_nb.strokes import hands
from mnist_nb.strokes.file import save_drawings

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
    runs = benchmark.Runs("missing", Record(tmp_path / "runs.jsonl"))
    options = {"images": 1000, "most_epochs": 1, "seed": 2}
    gave = runs.run("scikit-learn", **options)
    assert gave["images"] == gave["trained_on"] == 1000 and gave["seed"] == 2 and gave["parameters"] == 785 * 100 + 1010
    assert len(gave["epochs"]) == len(gave["curve"]) == 1 and gave["seconds"] >= gave["epochs"][0]
    assert gave["curve"][-1][1] == gave["validation_accuracy"]
    correct = unpacked(gave["right"], 10_000)
    assert correct.mean() == gave["test_accuracy"]
    assert "probabilities" not in gave
    assert gave["peak_memory"] >= gave["libraries"] > 1e7 and gave["model_bytes"] > 1e4
    assert runs.run("scikit-learn", **options) == gave
    (run,) = runs.record.runs()
    assert run["decided"] == {"contender": "scikit-learn", "how": {}, **options} and run["made_with"]["processor"]


def test_probabilities_are_kept_of_what_is_read_together(monkeypatch):
    monkeypatch.setitem(CONTENDERS, "ours", CONTENDERS["scikit-learn"])
    gave = benchmark.measure("ours", images=1000, most_epochs=1)
    given = unpacked_probabilities(gave["probabilities"])
    assert given.shape == (10_000, 10) and abs(accuracy(given, load_data()[1][1]) - gave["test_accuracy"]) <= 2e-4


def test_people_are_read_writer_by_writer_and_decide_nothing(tmp_path):
    file = tmp_path / "two.npz"
    for writer, count in (("ann", 1), ("bo", 4)):
        save_drawings(file, *hands.writer(count, 1), writer=writer)
    record = Record(tmp_path / "runs.jsonl")
    options = {"images": 1000, "most_epochs": 1, "seed": 2}
    gave = benchmark.Runs("missing", record, [file]).run("scikit-learn", **options)
    people = gave["people"]["two"]
    assert set(gave["people"]) == {"two"} and 0 < people["misread"] < 50 and 0 < people["per_writer"] < 1
    assert benchmark.Runs("record", record).run("scikit-learn", **options) == gave


def test_a_run_that_fails_is_named_with_its_reason(tmp_path):
    with pytest.raises(benchmark.BenchmarkError, match="The run of scikit-learn failed: ValueError"):
        benchmark.Runs("missing", Record(tmp_path / "runs.jsonl")).run("scikit-learn", images=0)
    assert not (tmp_path / "runs.jsonl").exists()


def test_what_a_contender_needs_is_looked_for():
    assert all(contender.available for name, contender in CONTENDERS.items() if name != "PyTorch")
    assert not dataclasses.replace(CONTENDERS["ours"], module="no_such_module").available
