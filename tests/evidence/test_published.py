"""Published results are kept apart from a run's, compared with them, and replaced only by results of a clean commit."""

import json

import pytest

from mnist_nb import catalogue, cli
from mnist_nb.catalogue import TIME, Entry, Key
from mnist_nb.evidence import compare, load_published, published, verdict
from mnist_nb.evidence.results import ResultsError
from mnist_nb.paths import ROOT
from mnist_nb.publishing import index

CLEAN = {"commit": "0123456789ab (clean)", "processor": "some"}
DIRTY = {"commit": "0123456789ab (with uncommitted changes)"}


@pytest.fixture(autouse=True)
def entry(monkeypatch):
    keys = {
        "exact": Key("a digest"),
        "accuracy": Key("an accuracy", within=0.01),
        "rows": Key("several", within=1),
        "pairs": Key("the first of a pair may differ more", within=(0.3, 0.1)),
        "best_seconds": Key("a time", within=TIME),
        "machine": Key("what only this machine has", within=None),
    }
    monkeypatch.setitem(catalogue.NOTEBOOKS, "20_tiny", Entry("tiny", keys))


def agreements(here, theirs):
    return {row.key: row.agrees for row in compare({"20_tiny": here}, {"20_tiny": theirs})}


@pytest.mark.parametrize(
    ("key", "here", "theirs", "agrees"),
    [
        ("exact", "ab", "ab", True),
        ("exact", "ab", "cd", False),
        ("exact", 3, 3.0, True),
        ("exact", [1, 2], [1, 2, 3], False),
        ("accuracy", 0.99, 0.98, True),
        ("accuracy", 0.9901, 0.98, False),
        ("accuracy", float("nan"), 0.98, False),
        ("accuracy", None, 0.98, False),
        ("rows", {"a": [1, 2], "b": "x"}, {"b": "x", "a": [2, 1]}, True),
        ("rows", {"a": [1, 2], "b": "x"}, {"b": "y", "a": [2, 1]}, False),
        ("rows", {"a": [1, 2]}, {"c": [1, 2]}, False),
        ("rows", True, False, False),
        ("pairs", {"a": [0.5, 0.5], "b": [1, 1]}, {"a": [0.8, 0.5], "b": [1, 0.9]}, True),
        ("pairs", {"a": [0.5, 0.5], "b": [1, 1]}, {"a": [0.8, 0.5], "b": [1, 0.8]}, False),
        ("best_seconds", 900, 100, None),
        ("accuracy", 0.5, None, None),
    ],
)
def test_a_result_agrees_or_does_not(key, here, theirs, agrees):
    assert agreements({key: here}, {key: theirs}) == {key: agrees}


def test_what_depends_on_the_machine_alone_is_not_compared():
    assert agreements({"machine": 1, "unknown": 2}, {"machine": 2}) == {}


def test_the_verdict_counts_and_tells_the_time():
    theirs = {"exact": 1, "accuracy": 0.9, "best_seconds": 100}
    rows = compare({"20_tiny": {"exact": 1, "accuracy": 0.8, "best_seconds": 180.4}}, {"20_tiny": theirs})
    assert verdict(rows) == "1 of 2 results agree with the published ones; training took 1.8 times as long."
    assert verdict(rows[:1]) == "1 of 1 results agree with the published ones."
    assert verdict([]) == "None of these results has a published counterpart."


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with published results and a report of its own."""
    file = tmp_path / "published.json"
    file.write_text(json.dumps({"version": 1, "made_with": {}, "results": {"20_tiny": {"accuracy": 0.9, "exact": 7}}}))
    monkeypatch.setattr(published, "PUBLISHED", file)
    report = tmp_path / "report"
    report.mkdir()

    def ran(made_with=CLEAN, parameters=None, status="passed", **results):
        (report / "metrics.json").write_text(json.dumps({"20_tiny": results}))
        state = {"status": status, "made_with": made_with, "parameters": parameters or {}}
        (report / "run.json").write_text(json.dumps({"notebooks": {"20_tiny": state}, "provenance": made_with}))
        return report

    return ran


def call(*arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(argument) for argument in arguments])
    return stopped.value.code


def test_the_command_line_compares(project, capsys):
    assert call("compare", project(accuracy=0.905, exact=7)) == 0
    assert capsys.readouterr().out == "2 of 2 results agree with the published ones.\n"
    assert call("compare", project(accuracy=0.95, exact=7)) == 1
    assert "20_tiny: accuracy is OUTSIDE: 0.95 here, 0.9 published" in capsys.readouterr().out
    assert call("compare", project(best_seconds=3)) == 0
    assert "20_tiny: best_seconds has no published counterpart" in capsys.readouterr().out
    assert call("compare", project(parameters={"epochs": 3}, accuracy=0.1)) == 0
    assert "run with parameters of its own" in capsys.readouterr().out
    assert call("compare", "nowhere") == 2
    assert "nowhere holds no results" in capsys.readouterr().err


def test_the_index_opens_with_the_verdict(project):
    folder = project(accuracy=0.95, exact=7)
    index.write_index(folder)
    top = (folder / "index.html").read_text().split("<main>")[0]
    assert "1 of 2 results agree with the published ones." in top
    assert "<dt>20_tiny: accuracy</dt><dd>0.95 here, 0.9 published</dd>" in top


def test_results_of_a_clean_commit_are_recorded(project, capsys):
    folder = project(accuracy=0.95)
    assert call("record", "--from", folder) == 0
    assert "1 of 1 results agree with the published ones." in (folder / "index.html").read_text()
    assert load_published() == {"20_tiny": {"accuracy": 0.95}}
    assert json.loads(published.PUBLISHED.read_text())["made_with"] == {"20_tiny": CLEAN}
    before = published.PUBLISHED.read_bytes()
    assert call("record", "--from", project(DIRTY, accuracy=0.99)) == 2
    assert "Commit everything, run it again, then record it." in capsys.readouterr().err
    assert call("record", "20_tinny", "--from", project(accuracy=0.99)) == 2
    assert "holds no results of 20_tinny. Did you mean 20_tiny?" in capsys.readouterr().err
    assert call("record", "20_tiny", "--from", project(status="failed", accuracy=0.99)) == 2
    assert "What gives 20_tiny did not pass in" in capsys.readouterr().err
    assert call("record", "--from", project(parameters={"epochs": 3}, accuracy=0.99)) == 2
    assert "holds no results with default parameters" in capsys.readouterr().err
    assert published.PUBLISHED.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a file of published results ("),
        ("[]", "not a file of published results."),
        ('{"version": 2, "made_with": {}, "results": {}}', "version 2 of the format, and this program knows 1"),
        (None, "there are no published results"),
    ],
)
def test_a_damaged_file_is_a_sentence(tmp_path, content, message):
    file = tmp_path / "published.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ResultsError, match="Restore it from the repository") as raised:
        load_published(file)
    assert message in str(raised.value)


def test_the_projects_own_are_explained_and_small():
    file = ROOT / "results" / "published.json"
    content = json.loads(file.read_text())
    assert set(content["results"]) == set(content["made_with"]) and file.stat().st_size < 1e6
    assert all(row.agrees is not False for row in compare(load_published(), load_published()))
