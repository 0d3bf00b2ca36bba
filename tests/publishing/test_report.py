"""Notebooks are found, checked, executed, cleaned and reported; tiny ones stand in for the project's."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mnist_nb import catalogue
from mnist_nb.evidence import results
from mnist_nb.paths import ROOT
from mnist_nb.publishing import notebooks, pages, schedule, tables

PARAMETERS = """
epochs = 3  # [1, 10] passes
rate = 0.5  # [0, ] speed
mode = "fast"  # {fast, slow} how
source = None  # a file
"""
PICTURE = """
from IPython.display import display
from PIL import Image
display(Image.new("L", (4, 4)), metadata={"image/png": {"alt": "nothing"}})
"""


@pytest.fixture
def call_on(call):
    """Call the command line on the notebooks of a folder."""
    return lambda folder, *arguments: call(*arguments, "--notebooks", folder)


@pytest.fixture
def folder(write, tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "01_good", "print(epochs, rate, mode, source)", parameters=PARAMETERS)
    write(folder, "02_plain", "import os\nprint(os.getcwd())\nimport sys; print('start' + 'log', file=sys.stderr)")
    return folder


def test_notebooks_are_found_by_number_name_and_path(folder):
    good, plain = folder / "01_good.ipynb", folder / "02_plain.ipynb"
    assert notebooks.find([], folder) == [good, plain]
    assert notebooks.find(["2", "01_good"], folder) == [good, plain]
    assert notebooks.find([str(plain)], folder) == [plain]
    with pytest.raises(notebooks.UsageError, match=r"There is no notebook 02_plane\. Did you mean 02_plain\?"):
        notebooks.find(["02_plane"], folder)


def test_parameters_are_read_with_their_limits(folder):
    parameters = notebooks.parameters_of(folder / "01_good.ipynb")
    assert [(p.name, p.default, p.low, p.high, p.choices, p.help) for p in parameters.values()] == [
        ("epochs", 3, 1.0, 10.0, (), "passes"),
        ("rate", 0.5, 0.0, None, (), "speed"),
        ("mode", "fast", None, None, ("fast", "slow"), "how"),
        ("source", None, None, None, (), "a file"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epoch", "3", "None of these notebooks has a parameter epoch. Did you mean epochs?"),
        ("zzz", "3", "None of these notebooks has a parameter zzz. There is epochs, mode, rate, source."),
        ("epochs", "0", "epochs must be at least 1; found 0."),
        ("epochs", "11", "epochs must be at most 10; found 11."),
        ("epochs", "2.5", "epochs must be int, such as 3; found 2.5."),
        ("epochs", "true", "epochs must be int, such as 3; found True."),
        ("rate", "much", "rate must be a number, such as 0.5; found 'much'."),
        ("rate", "-1", "rate must be at least 0; found -1."),
        ("rate", "nan", "rate must be a number, such as 0.5; found 'nan'."),
        ("rate", ".nan", "rate must be a number, such as 0.5; found '.nan'."),
        ("mode", "{", "mode must be one of fast, slow; found '{'."),
        ("mode", "medium", "mode must be one of fast, slow; found 'medium'."),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_runs(call_on, folder, tmp_path, capsys, name, value, message):
    assert call_on(folder, "report", "-p", name, value, "--to", tmp_path / "out") == 2
    assert capsys.readouterr().err.strip() == f"mnist-nb: {message}"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [("None", None), ("true", True), ("False", False), ("7", 7), ("1e-3", 0.001), ("2020-01-01", "2020-01-01")],
)
def test_a_value_is_read_as_papermill_reads_it(text, value):
    assert notebooks.scalar(text) == value and type(notebooks.scalar(text)) is type(value)


@pytest.mark.parametrize("seconds", ["0", "-5", "soon"])
def test_a_timeout_is_a_whole_number_of_seconds(call_on, folder, tmp_path, capsys, seconds):
    assert call_on(folder, "report", "--timeout", seconds, "--to", tmp_path / "out") == 2
    assert "is no whole number of seconds, 1 or more" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_files_that_cannot_be_used_are_named_in_a_sentence(call_on, folder, tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("")
    assert call_on(folder, "report", "01", "--to", taken) == 2
    assert capsys.readouterr().err == f"mnist-nb: {taken} cannot be used: File exists.\n"
    (folder / "03_broken.ipynb").write_text("no notebook")
    assert call_on(folder, "parameters", "03") == 2
    assert capsys.readouterr().err.startswith("mnist-nb: A notebook cannot be read. ")


def test_damaged_results_are_an_error_in_a_sentence(call, tmp_path, capsys):
    (tmp_path / "metrics.json").write_text("{")
    assert call("compare", tmp_path) == 2
    printed = capsys.readouterr().err
    assert "metrics.json: not a file of results (" in printed and "Restore it, or delete it." in printed


def test_right_parameters_are_assigned_where_they_are_declared(folder):
    paths = notebooks.find([], folder)
    texts = {"epochs": "10", "rate": "1e-3", "mode": "slow", "source": "007"}
    values = {"epochs": 10, "rate": 0.001, "mode": "slow", "source": "007"}
    assert notebooks.assign(paths, texts) == {paths[0]: values, paths[1]: {}}
    assert notebooks.assign(paths, {"source": "None"})[paths[0]] == {"source": None}


@pytest.mark.slow
def test_a_report_has_pages_an_index_and_a_status(write, call_on, folder, tmp_path, capsys):
    write(folder, "03_picture", PICTURE)
    target = tmp_path / "out"
    write(folder, "04_text", "print('digits', number)", parameters='number = "12"  # digits')
    assert call_on(folder, "report", "-p", "epochs", "7", "-p", "number", "0450", "--to", target) == 0
    assert "digits 0450" in (target / "04_text.html").read_text()
    page = (target / "01_good.html").read_text()
    assert "7 0.5 fast None" in page
    assert not any(address in page for address in ("cdn", "unpkg", "jsdelivr", "<script src"))
    index = (target / "index.html").read_text()
    assert index.count("✓ passed") == 4 and "Run with epochs = 7." in index
    assert 'src="thumbnails/03_picture.png" alt="nothing"' in index
    plain_page = (target / "02_plain.html").read_text()
    assert "getcwd" in plain_page and str(tmp_path) not in plain_page and "startlog" not in plain_page
    state = json.loads((target / "run.json").read_text())
    assert state["notebooks"]["01_good"]["parameters"] == {"epochs": 7}


def test_a_page_folds_solutions_and_leads_to_other_pages(tmp_path):
    text = new_markdown_cell("# 1. Tiny: small\n\nNext: [2](02_other.ipynb), [paper](https://doi.org/10.1/x).")
    plain, solution = (new_code_cell(code, execution_count=1) for code in ("asked = 1", "answered = 2"))
    solution.metadata["tags"] = ["solution"]
    pages.write_page(new_notebook(cells=[text, plain, solution]), "01_tiny", tmp_path)
    page = (tmp_path / "01_tiny.html").read_text()
    assert 'href="02_other.html"' in page and 'href="https://doi.org/10.1/x"' in page
    before, folded = page.split('<details class="solution"><summary>Solution</summary>')
    assert "asked" in before and "answered" in folded.split("</details>")[0] and "asked" not in folded


def test_a_cleaned_notebook_keeps_solutions_folded():
    cells = [new_code_cell("1", metadata={"tags": ["solution"]}), new_code_cell("2")]
    folded, plain = notebooks.clean(new_notebook(cells=cells)).cells
    assert folded.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True} and plain.metadata == {}


@pytest.mark.slow
def test_a_failure_stands_on_top_spares_the_others_and_keeps_the_earlier_page(
    write, call_on, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(catalogue.NOTEBOOKS, "04_last", catalogue.Entry("", needs=("03_fails",)))
    failing = write(folder, "03_fails", "print('earlier')")
    write(folder, "04_last", "print('last')")
    target = tmp_path / "out"
    assert call_on(folder, "report", "03", "04", "--to", target) == 0
    earlier = (target / "03_fails.html").read_text()
    write(folder, "03_fails", "x = 1", "1 / 0  # here")
    assert call_on(folder, "report", "02", "03", "04", "--to", target) == 1
    assert "03_fails failed: ZeroDivisionError: division by zero" in capsys.readouterr().err
    assert (target / "03_fails.html").read_text() == earlier
    index = (target / "index.html").read_text()
    top = index.split("<main>")[0]
    assert "03_fails failed: ZeroDivisionError" in top and "1 / 0  # here" in top
    assert "✓ passed" in index and "– skipped" in index and "The page is from an earlier run." in index  # noqa: RUF001
    write(failing.parent, "03_fails", "print('mended')")
    assert call_on(folder, "report", "03", "--to", target) == 0
    assert "ZeroDivisionError" not in (target / "index.html").read_text()


@pytest.mark.slow
def test_a_cell_that_takes_too_long_is_a_failure(write, call_on, folder, tmp_path, capsys):
    write(folder, "03_slow", "import time; time.sleep(60)")
    assert call_on(folder, "report", "03", "--to", tmp_path / "out", "--timeout", "2") == 1
    assert "03_slow failed: TimeoutError" in capsys.readouterr().err


def test_a_kernel_that_dies_is_a_failure(write, call_on, folder, tmp_path, capfd):
    write(folder, "03_dies", "import os, sys; print('kernel log', file=sys.__stderr__, flush=True)", "os._exit(1)")
    assert call_on(folder, "report", "03", "--to", tmp_path / "out") == 1
    printed = capfd.readouterr().err
    assert "03_dies failed: DeadKernelError: the kernel died" in printed and "kernel log" not in printed


def test_stored_notebooks_are_renewed_clean_or_left_alone(write, call_on, folder, capsys):
    path = folder / "02_plain.ipynb"
    assert call_on(folder, "notebooks", "02") == 0
    stored = nbformat.read(path, 4)
    assert notebooks.find_noise(stored) == []
    assert stored.cells[1].execution_count == 1 and [output.name for output in stored.cells[1].outputs] == ["stdout"]
    assert set(stored.metadata) == {"kernelspec", "language_info"} and not stored.cells[1].metadata
    write(folder, "02_plain", "print(object())")
    before = path.read_bytes()
    assert call_on(folder, "notebooks", "02") == 1
    assert "cell 2 prints an object's address" in capsys.readouterr().err
    write(folder, "02_plain", "1 / 0")
    before = path.read_bytes()
    assert call_on(folder, "notebooks", "02") == 1
    assert path.read_bytes() == before and "02_plain.ipynb failed and is left as it was." in capsys.readouterr().err


def test_noise_is_found():
    cells = [new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text="50%\r100%")]), new_code_cell(" ")]
    found = notebooks.find_noise(new_notebook(cells=cells, metadata={"widgets": {}}))
    assert found == [
        "cell 1 has no execution count.",
        "cell 1 prints a progress bar.",
        "cell 2 is empty.",
        "cell 2 has no execution count.",
        "it holds the state of widgets.",
    ]


def test_paths_and_colours_are_taken_out_of_text():
    assert notebooks.plain(f"\x1b[0;31mError\x1b[0m in {ROOT}/mnist_nb/ink.py") == "Error in ./mnist_nb/ink.py"


def test_the_table_of_results_shows_what_there_is():
    published = {"06_test": {"best_accuracy": 0.9971, "best_errors": 29, "best_interval": [0.9958, 0.998]}}
    header, accuracy, interval, errors, *_ = tables.results_table(published)
    assert header[1] == "the document printed"
    assert accuracy == ["accuracy on the test set", "98.86%", "–", "99.71%"]  # noqa: RUF001
    assert interval[1:] == ["98.63% to 99.05%", "–", "99.58% to 99.80%"]  # noqa: RUF001
    assert errors[1:] == ["114", "–", "29"]  # noqa: RUF001
    assert tables.markdown(tables.results_table({})).count("\n") == 10


def test_the_table_of_architectures_shows_intervals_and_costs():
    figures = {"accuracy": 0.9871, "sd": 0.0004, "low": 0.985, "high": 0.9892, "parameters": 9759, "runs": 5}
    networks = {"ours, width 0.2": {**figures, "multiply_adds": 570_607}}
    table = tables.architectures_table({"10_architectures": {"networks": networks}})
    assert table[1] == ["ours, width 0.2", "98.71% (0.04%)", "98.50% to 98.92%", "5", "9,759", "570,607"]
    assert len(tables.architectures_table({})) == 1


@pytest.mark.parametrize(("digest", "shown"), [("ab", True), ("cd", False)])
def test_drawings_of_people_show_only_beside_the_weights_that_read_them(digest, shown):
    people = {"writers": 3, "per_writer": 0.75, "weights_sha256": "ab"}
    drawings = {"sets": {"mine.npz": people}}
    table = tables.markdown(tables.results_table({"drawings": drawings, "05_train": {"best_weights_sha256": digest}}))
    assert ("drawings of 3 people, mean over writers | – | – | 75.00%" in table) == shown  # noqa: RUF001


def test_results_are_put_between_the_marks(call, tmp_path, capsys):
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- results -->\nold\n<!-- /results -->\nafter\n")
    assert call("results", "--into", file) == 0
    text = file.read_text()
    assert text.startswith("before\n<!-- results -->\n| ") and text.endswith(" |\n<!-- /results -->\nafter\n")
    file.write_text("no marks")
    assert call("results", "--into", file) == 2
    assert "has no lines <!-- results -->" in capsys.readouterr().err and file.read_text() == "no marks"


def test_a_file_is_named_from_where_the_command_is_given(tmp_path, monkeypatch):
    parameter = notebooks.Parameter("drawings", "", "a file of strokes")
    (tmp_path / "mine.npz").write_text("")
    monkeypatch.chdir(tmp_path)
    assert parameter.read("mine.npz") == str(tmp_path / "mine.npz") and parameter.read("") == ""
    with pytest.raises(notebooks.UsageError, match=r"drawings must be a file of strokes; there is no file other\.npz"):
        parameter.read("other.npz")


@pytest.mark.slow
def test_what_has_not_changed_is_not_run_again(write, call_on, folder, tmp_path, capsys):
    def run(*arguments):
        assert call_on(folder, "report", *arguments, "--to", tmp_path / "out") == 0
        return [line for line in capsys.readouterr().out.splitlines() if line.startswith("0")]

    unchanged = [f"{name}: unchanged since its last run" for name in ("01_good", "02_plain")]
    assert run() == ["01_good", "02_plain"]
    assert run() == unchanged
    index = (tmp_path / "out" / "index.html").read_text()
    assert index.count("Nothing it depends on has changed, so it was not run again.") == 2
    assert run("-p", "epochs", "4") == ["01_good", unchanged[1]]
    assert run("--force", "02") == ["02_plain"]
    write(folder, "02_plain", "print('changed')")
    assert run("02") == ["02_plain"]
    (tmp_path / "out" / "02_plain.html").unlink()
    assert run("02") == ["02_plain"]
    assert "Nothing it depends on" not in (tmp_path / "out" / "index.html").read_text().split("2. Tiny")[1]


def test_what_shows_the_record_is_run_again_when_that_has_grown(write, tmp_path, monkeypatch):
    record = tmp_path / "runs.jsonl"
    monkeypatch.setattr(schedule, "RUNS", record)
    showing = write(tmp_path, "01_showing", "print(1)", parameters='runs = "record"  # what is trained here')
    plain = write(tmp_path, "02_plain", "print(1)")
    before = [schedule.inputs_sha256(path, {}) for path in (showing, plain)]
    record.write_text("a run\n")
    after = [schedule.inputs_sha256(path, {}) for path in (showing, plain)]
    assert before[0] != after[0] and before[1] == after[1]


@pytest.mark.slow
def test_what_failed_is_run_again(write, call_on, folder, tmp_path, capsys):
    write(folder, "02_plain", "1 / 0")
    for _ in range(2):
        assert call_on(folder, "report", "02", "--to", tmp_path / "out") == 1
        assert capsys.readouterr().out.startswith("02_plain\n")


MEETING = """
import time
from pathlib import Path
Path("{mine}").touch()
end = time.monotonic() + 100
while not Path("{other}").exists():
    assert time.monotonic() < end, "the other one never came"
    time.sleep(0.05)
"""


@pytest.mark.slow
def test_notebooks_run_side_by_side(write, call_on, folder, tmp_path):
    write(folder, "01_good", MEETING.format(mine="one", other="two"))
    write(folder, "02_plain", MEETING.format(mine="two", other="one"))
    write(folder, "03_fails", "1 / 0")
    assert call_on(folder, "report", "--jobs", "2", "--to", tmp_path / "out") == 1
    state = json.loads((tmp_path / "out" / "run.json").read_text())["notebooks"]
    assert [state[name]["status"] for name in sorted(state)] == ["passed", "passed", "failed"]
    assert state["03_fails"]["reason"].startswith("ZeroDivisionError")


def test_what_needs_a_model_or_times_itself_waits():
    train, test = Path("05_train.ipynb"), Path("06_test.ipynb")
    assert not schedule.may_begin("06_test", [train], set(), 2)
    assert not schedule.may_begin("06_test", [], {"05_train"}, 2)
    assert schedule.may_begin("06_test", [], set(), 2) and schedule.may_begin("06_test", [], {"01_explore"}, 2)
    assert not schedule.may_begin("06_test", [], {"01_explore"}, 1)
    assert not schedule.may_begin("08_benchmark", [test], {"01_explore"}, 2)
    assert not schedule.may_begin("01_explore", [], {"08_benchmark"}, 2)


def test_figures_published_at_once_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "REPORTS", tmp_path)
    for number in range(40):
        entry = catalogue.Entry("", {"value": catalogue.Key("a number")})
        monkeypatch.setitem(catalogue.NOTEBOOKS, str(number), entry)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: results.publish(str(number), value=number), range(40)))
    assert len(results.load_results(tmp_path / "metrics.json")) == 40
