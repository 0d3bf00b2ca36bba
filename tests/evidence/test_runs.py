"""The record of runs: found again by what decided it, whole at any time, and stale when behaviour may have changed."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from mnist_nb.evidence import Record, Twin, code, described, unpacked, unpacked_probabilities
from mnist_nb.evidence.code import behaviour_sha256
from mnist_nb.evidence.results import ResultsError
from mnist_nb.evidence.runs import packed, packed_probabilities
from mnist_nb.machine import processor
from mnist_nb.paths import PACKAGE

UNIT = "strokes"
DECIDED = {"contender": "somebody", "seed": 1}


@pytest.fixture
def record(tmp_path):
    return Record(tmp_path / "runs.jsonl")


def test_a_run_is_found_by_what_decided_it(record):
    assert record.find(DECIDED) is None and record.runs() == []
    added = record.add(DECIDED, {"accuracy": np.float64(0.5), "curve": np.arange(2)}, UNIT)
    assert record.find(dict(reversed(DECIDED.items()))) == added == record.runs()[0]
    assert added["gave"] == {"accuracy": 0.5, "curve": [0, 1]} and "commit" in added["made_with"]
    assert record.find({**DECIDED, "seed": 2}) is None
    newer = record.add(DECIDED, {"accuracy": 0.6}, UNIT)
    assert record.find(DECIDED) == newer and len(record.runs()) == 2


def test_pandas_reads_it_in_one_call(record):
    for seed in range(3):
        record.add({"seed": seed}, {"accuracy": seed / 10}, UNIT)
    frame = pd.read_json(record.path, lines=True)
    assert [gave["accuracy"] for gave in frame["gave"]] == [0, 0.1, 0.2]


def test_what_is_no_number_is_refused_and_changes_nothing(record):
    record.add(DECIDED, {"accuracy": 0.5}, UNIT)
    before = record.path.read_bytes()
    for value in (float("nan"), float("inf"), object()):
        with pytest.raises((ValueError, TypeError)):
            record.add(DECIDED, {"accuracy": value}, UNIT)
    assert record.path.read_bytes() == before


@pytest.mark.parametrize("line", ["{", "[]", '{"version": 1}', "", "7", "null"])
def test_a_damaged_record_is_a_sentence(record, line):
    record.add(DECIDED, {}, UNIT)
    record.path.write_text(record.path.read_text() + line + "\n")
    with pytest.raises(ResultsError, match="line 2 is no run"):
        record.runs()
    with pytest.raises(ResultsError, match="line 2 is no run"):
        record.add(DECIDED, {}, UNIT)


def test_another_version_is_a_sentence(record):
    run = record.add(DECIDED, {}, UNIT)
    record.path.write_text(json.dumps(run | {"version": 9}) + "\n")
    with pytest.raises(ResultsError, match="line 1 is of version 9, and this program knows 1"):
        record.runs()


@pytest.mark.parametrize("count", [8, 10_000, 13])
def test_what_was_read_right_is_packed(count):
    right = np.random.default_rng(0).random(count) < 0.9
    assert np.array_equal(unpacked(packed(right), count), right)


def test_probabilities_are_packed_within_their_rounding():
    logits = np.random.default_rng(0).normal(0, 6, (1000, 10))
    given = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    again = unpacked_probabilities(packed_probabilities(given))
    assert again.dtype == np.float32 and np.abs(again - given).max() < 1e-5


WRITER = """
import sys
from mnist_nb.evidence import Record
record = Record(sys.argv[1])
for number in range(int(sys.argv[3])):
    record.add({"writer": sys.argv[2], "number": number}, {}, "data")
    print(number, flush=True)
"""


def start(record, name, count):
    command = [sys.executable, "-c", WRITER, str(record.path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_writers_lose_nothing(record):
    writers = [start(record, name, 15) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    found = [(run["decided"]["writer"], run["decided"]["number"]) for run in record.runs()]
    assert sorted(found) == sorted((name, number) for name in "ab" for number in range(15))


def test_a_killed_writer_loses_and_doubles_nothing(record):
    rng, said = np.random.default_rng(0), []
    for attempt in range(10):
        writer = start(record, str(attempt), 10_000)
        said.append((str(attempt), int(writer.stdout.readline())))
        time.sleep(rng.uniform(0, 0.2))
        os.kill(writer.pid, signal.SIGKILL)
        said += [(str(attempt), int(line)) for line in writer.communicate()[0].splitlines()]
    found = [(run["decided"]["writer"], run["decided"]["number"]) for run in record.runs()]
    assert set(said) <= set(found) and len(set(found)) == len(found)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of a wing whose code a test may change."""
    for file in [*PACKAGE.glob("strokes/*.py*"), *PACKAGE.glob("*.py"), *PACKAGE.glob("*.pyi")]:
        target = tmp_path / "package" / file.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    monkeypatch.setattr(code, "PACKAGE", tmp_path / "package")
    return tmp_path / "package"


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("NEAR = 0.12  # between", "NEAR = 0.12  # Between", False),
        ('"""Return groups of shapes with', '"""Give groups of shapes with', False),
        ("    left, top = np.array(", "\n    left, top = np.array(", False),
        ("def _dashes(near, boxes,", "def _dashes(near: list, boxes,", False),
        ("NEAR = 0.12", "NEAR = 0.13", True),
        ("sorted(row, key=", "sorted(row[:], key=", True),
    ],
)
def test_stale_means_that_behaviour_may_have_changed(copied, record, old, new, stale):
    record.add(DECIDED, {}, UNIT)
    before = behaviour_sha256(UNIT)
    file = copied / "strokes" / "grouping.py"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    assert (behaviour_sha256(UNIT) != before) == stale
    assert (record.find(DECIDED) is None) == stale == bool(record.sorted_out()[1])


@pytest.mark.parametrize(
    ("recorded", "printed", "agrees"),
    [
        (0.981, "2.00 times", True),
        (0.95, "2.00 times", False),
        (None, "no such run", True),
    ],
)
def test_a_short_run_is_set_against_its_twin(record, recorded, printed, agrees):
    if recorded:
        record.add(DECIDED, {"wrong": 1 - recorded, "seconds": 4.0}, UNIT)
    twin = Twin.of(0.98, 8.0, record.find(DECIDED), errors="wrong")
    assert twin.agrees(within=0.01) == agrees and printed in str(twin)


def test_runs_are_described_by_how_many_where_and_when(record):
    for seed in range(3):
        record.add({"seed": seed}, {}, UNIT)
    said = described(record.runs())
    assert "3" in said and processor() in said and record.runs()[0]["date"] in said
