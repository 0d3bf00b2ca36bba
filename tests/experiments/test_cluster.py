"""Runs spread over workers give what they give here, and whatever dies on the way, nothing hangs."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mnist_nb.evidence import Record
from mnist_nb.experiments import cluster, run_recorded, trial
from mnist_nb.experiments.cluster import ClusterError, Workers
from mnist_nb.learning.recipe import Recipe
from mnist_nb.machine import usable_threads
from mnist_nb.paths import PACKAGE

pytestmark = pytest.mark.cluster

QUICK = Recipe(epochs=2, batch_size=50, pen_digits=0, pen_others=0, width=0.2)


@pytest.fixture(scope="module")
def workers():
    with Workers(count=2) as workers:
        yield workers


def process_and_digest(recipe):
    return os.getpid(), trial.run_trial(recipe, 500)["weights_sha256"]


def die_once(marker):
    """End this worker the first time; come back with a word the second time."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(seconds):
    time.sleep(seconds)


ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
from test_cluster import QUICK, process_and_digest
print(process_and_digest(QUICK)[1])
"""


def test_two_workers_end_in_the_weights_of_one_and_of_none(workers):
    recipes = [(dataclasses.replace(QUICK, seed=seed),) for seed in (1, 2)]
    spread = workers.run(process_and_digest, recipes)
    serial = workers.run(process_and_digest, recipes, only=workers.names[:1])
    assert len({process for process, _ in spread}) == 2 and len({process for process, _ in serial}) == 1
    digests = [digest for _, digest in spread]
    assert digests == [digest for _, digest in serial] and len(set(digests)) == 2
    environment = {**os.environ, "MNIST_NB_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", ALONE, str(Path(__file__).parent)]
    alone = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert alone.stdout.split()[-1] == digests[0]


def test_workers_share_the_processors(workers):
    assert workers.run(usable_threads, [()]) == [max(1, usable_threads() // 2)]


def processors():
    return sorted(os.sched_getaffinity(0))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor")
def test_workers_do_not_take_each_others_processors(workers):
    first, second = (workers.run(processors, [()], only=[name])[0] for name in workers.names)
    assert first and second and not set(first) & set(second)


def test_a_run_whose_worker_dies_is_given_to_another(workers, tmp_path):
    assert workers.run(die_once, [(str(tmp_path / name),) for name in "abc"]) == ["done"] * 3


def test_a_run_that_ends_every_worker_is_named():
    with Workers(count=1) as alone, pytest.raises(ClusterError, match="ended each worker that took it"):
        alone.run(die, [()])


def test_an_error_in_a_run_is_raised_here_before_others_are_done(workers, tmp_path):
    late = tmp_path / "late"
    with pytest.raises(ValueError, match="A batch of 50 needs at least as many images; there are 10"):
        workers.run(run_or_be_late, [(10, None), (None, str(late))])
    assert not late.exists()


def run_or_be_late(images, path):
    """Train on so few images that it fails, or write a file after a while."""
    if images:
        trial.run_trial(QUICK, images)
    sleep(20)
    Path(path).touch()


def test_a_named_worker_that_is_gone_is_a_sentence(workers):
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9 is gone"):
        workers.run(abs, [(-1,)], only=["tcp://127.0.0.1:9"])


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "tcp://127.0.0.1"])
def test_a_scheduler_that_does_not_answer_is_a_sentence(monkeypatch, address):
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    with pytest.raises(ClusterError, match=rf"{address} .*Start one with `dask scheduler`"):
        Workers(address)


@contextlib.contextmanager
def started(*command, cwd=None, **environment):
    """Run a `dask` command in a process of its own, and end it with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *command, "--no-dashboard"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **environment},
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_a_future_whose_connection_was_lost_is_a_sentence(workers):
    future = workers.submit(sleep, 60)
    workers.client.cancel([future])  # What the client does to all futures when its scheduler is gone.
    with pytest.raises(ClusterError, match="The scheduler does not answer any more"):
        workers.outcome(future)


class TestSeparateProcesses:
    """The commands of the README, on loopback."""

    @pytest.fixture
    def scheduler(self, tmp_path):
        """The process of a scheduler, and its address."""
        file = tmp_path / "scheduler.json"
        with started("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)) as process:
            end = time.monotonic() + 60
            address = None
            while address is None and time.monotonic() < end:
                with contextlib.suppress(OSError, ValueError):
                    address = json.loads(file.read_text())["address"]
                time.sleep(0.1)
            yield process, address

    def test_a_scheduler_and_workers_elsewhere(self, scheduler):
        _, address = scheduler
        command = ("worker", address, "--nthreads", "1", "--nworkers", "2")
        with started(*command, MNIST_NB_THREADS="1"), Workers(address) as workers:
            workers.client.wait_for_workers(2, timeout=60)
            assert workers.run(usable_threads, [()]) == [1]
            processes = {process for process, _ in workers.run(process_and_digest, [(QUICK,)] * 2)}
            assert len(processes) == 2

    def test_without_workers_it_is_a_sentence(self, scheduler, monkeypatch):
        monkeypatch.setattr(cluster, "PATIENCE", 2)
        with pytest.raises(ClusterError, match=r"has no workers\. Start some .*dask worker tcp://127"):
            Workers(scheduler[1])

    def test_workers_that_go_for_good_are_a_sentence(self, scheduler, monkeypatch):
        command = ("worker", scheduler[1], "--nthreads", "1", "--no-nanny")
        with started(*command) as worker, Workers(scheduler[1]) as workers:
            assert workers.run(abs, [(-1,)]) == [1]
            monkeypatch.setattr(cluster, "PATIENCE", 2)
            worker.kill()
            with pytest.raises(ClusterError, match="All workers are gone"):
                workers.run(sleep, [(60,)])

    def test_a_scheduler_that_goes_is_a_sentence(self, scheduler, monkeypatch):
        monkeypatch.setattr(cluster, "PATIENCE", 10)
        process, address = scheduler
        with started("worker", address, "--nthreads", "1"), Workers(address) as workers:
            monkeypatch.setattr(cluster, "PATIENCE", 2)
            process.kill()
            with pytest.raises(ClusterError, match="The scheduler does not answer any more"):
                workers.run(sleep, [(60,)])

    def test_workers_of_other_code_are_refused(self, scheduler, tmp_path):
        shutil.copytree(PACKAGE, tmp_path / "mnist_nb", ignore=shutil.ignore_patterns("__pycache__", "datasets"))
        changed = tmp_path / "mnist_nb" / "data.py"
        changed.write_text(changed.read_text() + "\n# Another version.\n")
        message = r"The worker at .* has code .*, and this process code .*Install the same commit"
        command = ("worker", scheduler[1], "--nthreads", "1")
        with started(*command, cwd=tmp_path), pytest.raises(ClusterError, match=message):
            Workers(scheduler[1])


def test_recorded_runs_are_made_once_and_each_as_it_ends(workers, tmp_path):
    how = {"record": Record(tmp_path / "runs.jsonl"), "workers": workers}
    tasks = [(dataclasses.replace(QUICK, seed=seed), 200) for seed in (1, 2)]
    assert run_recorded(tasks, **how) == [None, None]
    (first,) = run_recorded(tasks[:1], "missing", **how)
    assert [run and run["weights_sha256"] for run in run_recorded(tasks, **how)] == [first["weights_sha256"], None]
    both = run_recorded(tasks, "missing", **how)
    assert len(how["record"].runs()) == 2 and both[0]["weights_sha256"] == first["weights_sha256"]
    assert both[0]["right"].shape == (10_000,) and 0 < both[0]["right"].mean() < 1
    again = run_recorded(tasks, "missing", record=how["record"], workers="nowhere")  # None is needed.
    assert [run["seconds"] for run in again] == [run["seconds"] for run in both]
    assert all(np.array_equal(one["right"], other["right"]) for one, other in zip(again, both, strict=True))
    (anew,) = run_recorded(tasks[:1], "all", **how)
    assert len(how["record"].runs()) == 3 and anew["weights_sha256"] == first["weights_sha256"]
    with pytest.raises(ValueError, match="runs must be one of record, missing, all; found 'some'"):
        run_recorded(tasks, "some", **how)
