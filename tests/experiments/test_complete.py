"""What the record of runs lacks is known, made once, and confirmed only by commits that can be followed."""

import json
import subprocess

import pytest

from mnist_nb import cli
from mnist_nb.evidence import Record
from mnist_nb.experiments import complete, plan
from mnist_nb.experiments.contenders import CONTENDERS, FRONT
from mnist_nb.experiments.recorded import decided_by, run_recorded

GAVE = {"accuracy": 0.9}


@pytest.fixture
def record(tmp_path):
    return Record(tmp_path / "runs.jsonl")


def counts(record):
    return {work.name: work.count for work in complete.lacking(record)}


def test_an_empty_record_lacks_everything(record):
    lacking = counts(record)
    assert tuple(lacking) == complete.KINDS
    assert lacking["short runs"] == 2 and lacking["search"] == plan.SEARCH_RESULTS
    assert lacking["architectures"] == plan.SEEDS * len(plan.ARCHITECTURES)
    assert lacking["ablation"] == plan.ABLATION_SEEDS * len(plan.ABLATION)
    assert lacking["front"] == len(FRONT) >= 12
    assert lacking["hands"] == len(plan.WRITERS) * sum(map(len, plan.WAYS.values()))


def test_what_is_recorded_is_not_lacking(record):
    record.add(decided_by(*plan.architecture("LeNet-5", 1), "test"), GAVE, "experiments.trial")
    assert counts(record)["architectures"] == plan.SEEDS * len(plan.ARCHITECTURES) - 1


def test_contenders_have_every_seed_but_the_one_that_takes_long():
    runs = plan.contender_runs(threads=2, seeds=3)
    seeds = {name: sum(other == name and "images" not in how for other, how in runs) for name in CONTENDERS}
    assert seeds["document"] == 3 and seeds["document, whole"] == 1
    assert sorted(how["threads"] for _, how in runs if "threads" in how) == [1, 2]


def test_runs_of_a_kind_share_all_but_numbers(record):
    def run_of(name, seed, **fields):
        recipe, images = plan.architecture(name, seed)
        return record.add(decided_by(recipe, images, "test") | fields, GAVE, "experiments.trial")

    first, other_seed, wider, other_network = (
        run_of("ours", 1),
        run_of("ours", 2),
        run_of("ours, width 0.5", 1),
        run_of("LeNet-5", 1),
    )
    assert complete.kind_of(first) == complete.kind_of(other_seed) == complete.kind_of(wider)
    assert complete.kind_of(first) != complete.kind_of(other_network)
    assert complete.short(first["decided"]) == f"digit_cnn on {plan.EQUAL_IMAGES} images"


def stale(record, commit):
    """Put a run into a record that was made by a commit and by code that behaved otherwise."""
    run = record.add(decided_by(*plan.twin(), "test"), GAVE, "experiments.trial")
    run = run | {"behaviour": "0" * 64, "made_with": run["made_with"] | {"commit": commit}}
    record.path.write_text(json.dumps(run) + "\n")


def test_what_no_commit_in_the_history_made_stays_stale(record):
    stale(record, "0123456789ab (clean)")
    (said,) = complete.confirm(record)
    assert said.startswith("1 stale runs, such as lenet5 on 4000 images: not to be confirmed (")
    assert not record.sorted_out()[0] and counts(record)["short runs"] == 2


def test_what_was_made_again_is_not_confirmed_and_can_be_forgotten(record, monkeypatch, capsys):
    stale(record, "0123456789ab (clean)")
    record.add(decided_by(*plan.twin(), "test"), GAVE, "experiments.trial")
    assert list(complete.confirm(record)) == []
    monkeypatch.setattr("mnist_nb.evidence.runs.Record", lambda: record)
    assert call("benchmark", "--forget") == 0
    assert "1 stale runs were taken out" in capsys.readouterr().out
    fresh, old = record.sorted_out()
    assert len(fresh) == 1 and not old


@pytest.mark.parametrize(("before", "now", "fresh"), [("ab", "ab", 1), ("ab", "cd", 0)])
def test_runs_are_confirmed_by_their_first_steps(record, monkeypatch, before, now, fresh):
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=complete.ROOT, capture_output=True, text=True)
    if commit.returncode:
        pytest.skip("this is no checkout")
    stale(record, f"{commit.stdout.strip()} (clean)")
    monkeypatch.setattr(complete, "fingerprint_in", lambda tree, decided: now if tree == complete.ROOT else before)
    (said,) = complete.confirm(record)
    assert ("confirmed, since today's code takes the same first steps" in said) == bool(fresh)
    assert ("have to be made again" in said) != bool(fresh)
    found, _ = record.sorted_out()
    assert len(found) == fresh
    if fresh:
        (evidence,) = found[0]["confirmed"]
        assert evidence["fingerprint"] == "ab" and len(evidence["commits"]) == 2


@pytest.mark.training
@pytest.mark.slow
def test_first_steps_are_the_same_twice_and_others_with_another_rate():
    decided = decided_by(*plan.twin(), "test")
    first = complete.fingerprint_in(complete.ROOT, decided)
    assert first == complete.fingerprint_in(complete.ROOT, decided)
    other = decided | {"recipe": decided["recipe"] | {"peak_learning_rate": 0.001}}
    assert first != complete.fingerprint_in(complete.ROOT, other)


@pytest.mark.training
def test_a_run_that_is_recorded_is_made_once(record):
    (made,) = run_recorded([plan.twin()], "missing", record=record)
    (again,) = run_recorded([plan.twin()], "missing", record=record)
    assert len(record.runs()) == 1 and made["weights_sha256"] == again["weights_sha256"]
    assert run_recorded([plan.twin(seed=2)], "record", record=record) == [None]


def call(*arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    return stopped.value.code


def test_the_command_line_says_what_is_lacking(capsys):
    assert call("benchmark", "--list") == 0
    assert "runs are recorded and fresh" in capsys.readouterr().out
    assert call("benchmark", "contender") == 2
    assert "There is no kind of runs called contender. Did you mean contenders?" in capsys.readouterr().err
