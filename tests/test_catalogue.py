"""One entry a notebook: everything that is said of a notebook follows from it, and adding one is one edit."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mnist_nb import catalogue, cli
from mnist_nb.catalogue import Entry, Key
from mnist_nb.evidence import code, load_results
from mnist_nb.paths import NOTEBOOKS, PACKAGE
from mnist_nb.publishing import schedule, tables

ENTRY = 'catalogue.Entry("a number", {"answer": catalogue.Key("what it is", "count", label="the answer")})'


def test_every_notebook_has_an_entry_and_every_entry_a_notebook():
    assert list(catalogue.NOTEBOOKS) == [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    for entry in catalogue.NOTEBOOKS.values():
        assert entry.promise and set(entry.needs) <= set(catalogue.NOTEBOOKS)
        assert entry.keys and any(key.label for key in entry.keys.values())


@pytest.mark.parametrize(
    ("form", "value", "shown"),
    [
        ("percent", 0.98765, "98.77%"),
        ("count", 34826, "34,826"),
        ("decimal", 1.25, "1.2"),
        ("interval", (0.5, 0.75), "50.00% to 75.00%"),
        ("plain", "ours", "ours"),
        ("percent", None, catalogue.MISSING),
    ],
)
def test_results_are_shown_in_their_form(form, value, shown):
    assert Key("a result", form).shown(value) == shown


def test_a_new_notebook_is_one_entry(tmp_path, monkeypatch):
    """It runs, publishes, and shows in the index and the README's table; nothing but its entry was added."""
    sources = [
        "from mnist_nb import catalogue\nfrom mnist_nb.evidence import publish",
        f'catalogue.NOTEBOOKS["12_new"] = {ENTRY}',  # A kernel of its own reads the file; this stands for the edit.
        'publish("12_new", answer=4200)',
    ]
    cells = [new_markdown_cell("# 12. New: a number"), *(new_code_cell(source) for source in sources)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (tmp_path / "notebooks").mkdir()
    nbformat.write(new_notebook(cells=cells, metadata=metadata), tmp_path / "notebooks" / "12_new.ipynb")
    monkeypatch.setitem(catalogue.NOTEBOOKS, "12_new", eval(ENTRY))
    arguments = ["report", "--to", str(tmp_path / "out"), "--notebooks", str(tmp_path / "notebooks")]
    with pytest.raises(SystemExit, match="0"):
        cli.main(arguments)
    assert load_results(tmp_path / "out" / "metrics.json") == {"12_new": {"answer": 4200}}
    assert "<dt>the answer</dt><dd>4,200</dd>" in (tmp_path / "out" / "index.html").read_text()
    assert "| [12_new](notebooks/12_new.ipynb) | a number |" in tables.markdown(tables.notebooks_table({}))


def digests():
    return {path.stem[:2]: schedule.inputs_sha256(path, {}) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


@pytest.fixture(scope="module")
def before():
    return digests()


@pytest.fixture
def change(before, tmp_path, monkeypatch):
    """Return a function that adds a comment to a file of a copy of the package, and says which notebooks run again."""
    for file in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi"), *PACKAGE.rglob("*.j2")]:
        target = tmp_path / file.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    monkeypatch.setattr(code, "PACKAGE", tmp_path)

    def changed(name):
        with (tmp_path / name).open("a") as file:
            file.write("# A comment.\n")
        return {notebook for notebook, digest in digests().items() if digest != before[notebook]}

    return changed


@pytest.mark.parametrize(
    ("name", "run_again"),
    [
        ("board/paint.py", {"07", "11"}),
        ("experiments/search.py", {"08", "09", "10", "11", "13"}),
        ("publishing/tables.py", set()),
        ("catalogue.py", set()),
        ("data.py", {f"{number:02}" for number in range(1, 14)}),
    ],
)
def test_a_change_runs_only_notebooks_that_import_it(change, name, run_again):
    assert change(name) == run_again


def test_an_entry_counts_for_its_notebook(before, monkeypatch):
    monkeypatch.setitem(catalogue.NOTEBOOKS, "03_architecture", Entry("other words"))
    assert {notebook for notebook, digest in digests().items() if digest != before[notebook]} == {"03"}
