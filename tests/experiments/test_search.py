"""A search goes on where it stopped, survives its workers, and says what is wrong with its storage."""

import dataclasses
import os
import signal
import sqlite3

import optuna
import pytest
from optuna.trial import TrialState

from mnist_nb.experiments import search as searching
from mnist_nb.experiments.cluster import Workers
from mnist_nb.learning.recipe import Recipe

pytestmark = pytest.mark.cluster

QUICK = Recipe(network="softmax_regression", epochs=2, batch_size=50, pen_digits=0, pen_others=0)
IMAGES = 500


@pytest.fixture(scope="module")
def workers():
    with Workers(count=2) as workers:
        yield workers


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path / 'studies.db'}"


def states(search):
    return [trial.state for trial in search.study.trials]


def test_a_search_stops_and_goes_on(workers, storage):
    search = searching.Search(storage, QUICK, IMAGES)
    search.run(workers, 2, 300)
    assert states(search) == [TrialState.COMPLETE] * 2
    again = searching.Search(storage, QUICK, IMAGES)
    assert again.study.study_name == search.study.study_name
    again.run(workers, 4, 300)
    assert len(again.results) == len(again.study.trials) == 4
    assert len({str(trial.params) for trial in again.results}) == 4
    for trial in again.results:
        assert set(trial.params) == set(searching.SPACE) and 0 in trial.intermediate_values
    assert again.best_recipe == dataclasses.replace(again.recipe, **again.study.best_params)
    again.run(workers, 4, 300)
    again.run(workers, 100, 0)
    assert len(again.study.trials) == 4


def test_a_search_for_something_else_is_another_study(storage):
    different = [(QUICK, 500), (QUICK, 600), (dataclasses.replace(QUICK, epochs=3), 500)]
    names = {searching.Search(storage, recipe, images).study.study_name for recipe, images in different}
    assert len(names) == 3


def test_the_pruner_ends_a_trial_early(workers, storage, monkeypatch):
    monkeypatch.setattr(optuna.Trial, "should_prune", lambda self: True)
    search = searching.Search(storage, dataclasses.replace(QUICK, epochs=40), IMAGES)
    search.run(workers, 1, 300)
    (trial,) = search.results
    assert trial.state == TrialState.PRUNED and 1 <= len(trial.intermediate_values) < 40


def test_a_worker_killed_in_the_middle_costs_no_result(workers, storage):
    search, killed = searching.Search(storage, QUICK, IMAGES), []

    def kill_one(study):
        busy = [name for name, keys in workers.client.processing().items() if keys]
        if busy and not killed:
            process = workers.client.run(os.getpid, workers=busy[:1])[busy[0]]
            killed.append(process)
            os.kill(process, signal.SIGKILL)

    search.run(workers, 4, 300, watch=kill_one)
    assert len(search.results) == 4 and TrialState.RUNNING not in states(search)
    assert killed and killed[0] not in workers.client.run(os.getpid).values()


def fail(*arguments):
    raise RuntimeError("out of luck")


def test_trials_that_fail_are_tried_again_and_then_named(workers, storage, monkeypatch):
    search = searching.Search(storage, QUICK, IMAGES)
    with monkeypatch.context() as patched:
        patched.setattr(searching, "run_trial", fail)
        with pytest.raises(
            searching.StudyError, match=r"3 recipes failed twice, the last with .*weight_decay.*out of luck"
        ):
            search.run(workers, 1, 300)
    assert states(search).count(TrialState.FAIL) >= 6 and TrialState.RUNNING not in states(search)
    search.run(workers, 1, 300)
    assert len(search.results) == 1


def test_what_an_interrupt_leaves_running_is_tried_again(workers, storage):
    left = searching.Search(storage, QUICK, IMAGES).study.ask(searching.SPACE)
    again = searching.Search(storage, QUICK, IMAGES)
    again.run(workers, 1, 300)
    assert states(again) == [TrialState.FAIL, TrialState.COMPLETE] and again.results[0].params == left.params


def test_an_interrupt_leaves_nothing_running(workers, storage):
    def interrupt(study):
        raise KeyboardInterrupt

    search = searching.Search(storage, QUICK, IMAGES)
    with pytest.raises(KeyboardInterrupt):
        search.run(workers, 2, 300, watch=interrupt)
    assert TrialState.RUNNING not in states(search) and states(search).count(TrialState.WAITING) >= 1


@pytest.mark.parametrize("lock", ["EXCLUSIVE", "IMMEDIATE"])
def test_a_locked_storage_is_a_sentence_and_not_waited_for(workers, storage, lock):
    search = searching.Search(storage, QUICK, IMAGES)
    other = sqlite3.connect(storage.removeprefix("sqlite:///"), isolation_level=None)
    other.execute(f"BEGIN {lock}")
    with pytest.raises(searching.StudyError, match=r"cannot be used: .*locked.*If another process holds it"):
        search.run(workers, 1, 300)
    with pytest.raises(searching.StudyError, match=r"cannot be used: .*locked"):
        searching.Search(storage, dataclasses.replace(QUICK, seed=9), IMAGES)
    other.close()


def test_one_process_at_a_time_searches_in_a_file(workers, storage):
    search = searching.Search(storage, QUICK, IMAGES)
    with search._alone(), pytest.raises(searching.StudyError, match=r"Another process searches in .*studies\.db"):
        search.run(workers, 1, 300)


def test_a_storage_of_another_version_or_none_is_a_sentence(storage, tmp_path):
    searching.Search(storage, QUICK, IMAGES)
    with sqlite3.connect(storage.removeprefix("sqlite:///")) as other:
        other.execute("UPDATE alembic_version SET version_num = 'v0.9.0.a'")
        other.execute("UPDATE version_info SET schema_version = 1")
    with pytest.raises(searching.StudyError, match=r"cannot be used: .*no longer compatible"):
        searching.Search(storage, QUICK, IMAGES)
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at" * 40)
    for url, reason in [
        (f"sqlite:///{tmp_path / 'text.db'}", "file is not a database"),
        (f"sqlite:///{tmp_path}/none/x.db", "unable to open database file"),
        ("nonsense", "Could not parse"),
    ]:
        with pytest.raises(searching.StudyError, match=f"cannot be used: .*{reason}"):
            searching.Search(url, QUICK, IMAGES)


def test_the_space_holds_what_the_recipe_has():
    for name, space in searching.SPACE.items():
        for end in (space.low, space.high):
            dataclasses.replace(Recipe(), **{name: end})
        assert space.low <= getattr(Recipe(), name) <= space.high
