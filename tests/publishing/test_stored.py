"""The stored notebooks and the published results are in order; what a run publishes agrees with them."""

import dataclasses
import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import nbformat
import numpy as np
import pytest

from mnist_nb import cli
from mnist_nb.catalogue import NOTEBOOKS as CATALOGUE, keys_of
from mnist_nb.evidence import Record, compare, load_published, load_results
from mnist_nb.experiments import complete, plan
from mnist_nb.learning.model_file import load_model, load_notes, weights_sha256
from mnist_nb.learning.recipe import Recipe
from mnist_nb.paths import NOTEBOOKS, ROOT
from mnist_nb.publishing import tables
from mnist_nb.publishing.notebooks import find_noise, parameters_of
from mnist_nb.publishing.schedule import behaviours_of

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
PUBLISHED = load_published()
RECORD = ROOT / "results" / "runs.jsonl"
MADE_WITH = json.loads((ROOT / "results" / "published.json").read_text())["made_with"]


def code_cells(path):
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def test_there_is_a_notebook_for_each_step_of_the_document():
    steps = ["explore", "preprocess", "architecture", "compile", "train", "test", "application"]
    steps += ["benchmark", "tune", "architectures", "handwriting"]
    names = [f"{number:02}_{step}" for number, step in enumerate(steps, start=1)]
    assert [path.stem for path in PATHS] == [*names, "12_pictures", "13_robustness"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
class TestStored:
    def test_it_is_executed_and_free_of_noise(self, path):
        assert find_noise(nbformat.read(path, 4)) == []

    def test_its_cells_were_executed_in_order(self, path):
        counts = [cell.execution_count for cell in code_cells(path)]
        assert counts == list(range(1, len(counts) + 1))

    def test_it_opens_with_its_promise_and_ends_with_its_provenance(self, path):
        notebook = nbformat.read(path, 4)
        assert notebook.cells[0].cell_type == "markdown"
        assert "By the end of this notebook you will have" in notebook.cells[0].source
        assert "provenance(" in notebook.cells[-1].source
        printed = notebook.cells[-1].outputs[0]["data"]["text/plain"]
        assert all(word in printed for word in ("commit", "python", "tensorflow", "processor", "threads", "precision"))

    def test_its_second_code_cell_holds_parameters_with_an_explanation_each(self, path):
        assert "parameters" in code_cells(path)[1].metadata.get("tags", [])
        assert all(parameter.help for parameter in parameters_of(path).values())

    def test_its_cells_are_short(self, path):
        lengths = sorted(len(cell.source.splitlines()) for cell in code_cells(path))
        assert lengths[len(lengths) // 2] <= 8 and lengths[-1] <= 25

    def test_its_code_fits_onto_its_page(self, path):
        assert max(len(line) for cell in code_cells(path) for line in cell.source.splitlines()) <= 88

    def test_it_ends_with_what_is_known_and_with_exercises_whose_solutions_are_folded(self, path):
        cells = nbformat.read(path, 4).cells
        headings = re.findall(
            r"^## (.*)$", "\n".join(c.source for c in cells if c.cell_type == "markdown"), re.MULTILINE
        )
        assert headings[-3:] == ["What we know now", "Exercises", "Publish"]
        exercises = re.findall(r"^\*\*(\d)\.\*\* ", "\n".join(c.source for c in cells), re.MULTILINE)
        assert exercises == [str(number) for number in range(1, len(exercises) + 1)] and 3 <= len(exercises) <= 5
        solutions = [cell for cell in cells if "solution" in cell.metadata.get("tags", [])]
        assert len(solutions) >= 2 and all(cell.metadata.jupyter.source_hidden for cell in solutions)

    def test_its_links_lead_to_notebooks_that_are_there(self, path):
        text = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")
        linked = set(re.findall(r"\]\(([^():/]*\.ipynb)\)", text))
        assert linked and all((NOTEBOOKS / name).exists() for name in linked)

    def test_every_code_cell_is_introduced(self, path):
        cells = nbformat.read(path, 4).cells
        bare = [cell.id for before, cell in pairwise(cells) if before.cell_type == cell.cell_type == "code"]
        assert cells[0].cell_type == "markdown" and bare == []

    def test_its_figures_have_alternative_texts(self, path):
        for cell in code_cells(path):
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    assert len(output.metadata["image/png"]["alt"]) > 15


def git(*arguments):
    """Return what git ended with; skip where there is no whole history to ask."""

    def run(*arguments):
        return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True)

    if run("rev-parse", "--is-shallow-repository").stdout.strip() != b"false":
        pytest.skip("there is no whole history here")
    return run(*arguments)


def in_the_history(commit):
    """Tell whether a commit is one of those that led here."""
    return git("merge-base", "--is-ancestor", commit, "HEAD").returncode == 0


def committed(path):
    """Return the bytes of a file as it was committed last: here, `make reports` may have written others."""
    return git("show", f"HEAD:{path}").stdout


class TestProvenance:
    @pytest.mark.parametrize("name", sorted(PUBLISHED))
    def test_what_is_published_can_be_followed(self, name):
        commit, _, state = MADE_WITH[name]["commit"].partition(" ")
        assert state == "(clean)" and in_the_history(commit)

    @pytest.mark.parametrize("name", sorted(PUBLISHED))
    def test_what_is_published_is_not_stale(self, name):
        notebook = next(each for each, entry in CATALOGUE.items() if name in (each, *entry.also))
        assert MADE_WITH[name]["behaviour"] == behaviours_of(NOTEBOOKS / f"{notebook}.ipynb")[name], (
            "run: make evidence"
        )

    @pytest.mark.parametrize("name", sorted(CATALOGUE))
    def test_notebook_and_page_are_those_of_what_is_published(self, name):
        ran = json.loads(committed("reports/run.json"))["notebooks"][name]
        notebook = nbformat.reads(committed(f"notebooks/{name}.ipynb").decode(), 4)
        printed = notebook.cells[-1].outputs[0]["data"]["text/plain"]
        commit = re.search(r"^commit +(.*)$", printed, re.MULTILINE).group(1)
        assert commit == ran["made_with"]["commit"] == MADE_WITH[name]["commit"]
        assert not ran["parameters"]

    def test_every_run_of_the_record_can_be_followed_and_is_not_stale(self):
        fresh, stale = Record(RECORD).sorted_out()
        assert fresh and not stale, "run: make benchmark"
        commits = {run["made_with"]["commit"] for run in fresh}
        assert all(commit.endswith(" (clean)") and in_the_history(commit.split()[0]) for commit in commits)

    def test_the_record_is_complete_but_for_seeds_of_contenders_and_the_ablation(self, monkeypatch):
        record = Record(RECORD)
        timed = {run["made_with"]["processor"] for run in record.runs() if "contender" in run["decided"]}
        monkeypatch.setattr(complete, "processor", lambda: max(timed))  # That of the record, wherever this runs.
        lacking = {work.name for work in complete.lacking(record)}
        assert lacking <= {"contenders", "ablation"}


class TestPublishedResults:
    def test_every_key_is_published_and_every_key_is_explained(self):
        for name, entry in CATALOGUE.items():
            for own in (name, *entry.also):
                assert set(PUBLISHED[own]) == set(keys_of(own)), own
        assert all(keys_of(name) for name in PUBLISHED)

    def test_accuracies_are_what_the_project_promises(self):
        test = PUBLISHED["06_test"]
        assert test["document_accuracy"] >= 0.98 and test["best_accuracy"] >= 0.996

    def test_confidence_is_calibrated(self):
        calibration = PUBLISHED["06_test"]["calibration"]
        for error in ("ECE, equal width", "ECE, equal mass"):
            assert calibration["ours"][error] < 0.005 < calibration["ours, before scaling"][error]

    def test_corrupted_images_are_read_better_than_by_the_documents_network(self):
        corruptions = dict(PUBLISHED["13_robustness"]["corruptions"])
        document, ours = corruptions.pop("mean")
        assert ours >= document + 0.05
        assert [document, ours] == pytest.approx(np.mean(list(corruptions.values()), axis=0))

    def test_ours_is_ahead_in_the_benchmark(self):
        accuracy = {name: row["test_accuracy"] for name, row in PUBLISHED["08_benchmark"]["contenders"].items()}
        ours = {name: accuracy.pop(name) for name in ("ours", "ours, MNIST only")}
        assert min(ours.values()) >= 0.9955 > 0.995 > max(accuracy.values())
        assert PUBLISHED["08_benchmark"]["document_speed_up"] >= 2

    def test_fifty_steps_to_a_call_end_in_the_same_weights(self):
        assert PUBLISHED["08_benchmark"]["same_weights"] is True

    def test_equal_budgets_rank_the_networks(self):
        compared = PUBLISHED["10_architectures"]
        assert compared["seeds"] == plan.SEEDS and compared["images"] == plan.EQUAL_IMAGES
        assert {row["runs"] for row in compared["networks"].values()} == {plan.SEEDS}
        accuracy = {name: row["accuracy"] for name, row in compared["networks"].items()}
        assert accuracy["ours"] > accuracy["document"] > accuracy["softmax regression"]
        assert compared["networks"]["ours, width 0.16"]["parameters"] < 10_000
        front = [accuracy[name] for name in compared["front"]]
        assert len(front) > 1 and front == sorted(front)

    def test_runs_on_workers_end_in_the_same_weights(self):
        assert PUBLISHED["09_tune"]["same_weights"] is True

    def test_a_hand_is_learned_and_mnist_kept(self):
        synthetic, people = PUBLISHED["11_handwriting"], PUBLISHED["hands"]
        assert synthetic["error_after"] < synthetic["error_before"]
        assert set(people["sets"]) >= {"pen_dev", "unipen_dev"}
        for name, share in {"pen_dev": 0.65, "unipen_dev": 0.85}.items():
            hand = people["sets"][name]
            assert hand["error_after"] <= share * hand["error_before"] and hand["writers"] >= 30
            assert hand["splits"] >= 3
        for hand in (synthetic, *people["sets"].values()):
            assert round(1e4 * (hand["mnist_before"] - hand["mnist_after"])) <= 15

    def test_the_model_in_the_repository_is_the_published_one(self, tmp_path):
        path = tmp_path / "best.keras"
        path.write_bytes(committed("models/best.keras"))
        digests = {weights_sha256(load_model(path)), load_notes(path)["weights_sha256"]}
        assert digests == {PUBLISHED["05_train"]["best_weights_sha256"]}

    def test_drawings_of_people_were_read_by_the_published_model(self):
        people, train = PUBLISHED["drawings"], PUBLISHED["05_train"]
        assert set(people["sets"]) >= {"pen_dev", "unipen_dev"}
        for each in people["sets"].values():
            assert each["weights_sha256"] == train["best_weights_sha256"]
            assert each["per_writer"] >= 0.992 and each["sure_share"] >= 0.98
        assert people["sets"]["pen_dev"]["lowest_writer"] >= 0.96

    def test_digits_are_sure_and_what_is_no_digit_is_not(self):
        sure = PUBLISHED["13_robustness"]["sure_shares"]
        assert sure["MNIST's test set"] >= 0.98 and PUBLISHED["drawings"]["sure_share"] >= 0.98
        assert max(sure["letters"], sure["scribbles"]) <= 0.2

    def test_drawings_gain_by_mnists_rules_and_by_pen_digits(self):
        ablation = PUBLISHED["13_robustness"]["ablation"]
        read = {step: row["withheld forms by MNIST's rules"] for step, row in ablation.items()}
        assert all(read[step] > row["withheld forms by document's resize"] for step, row in ablation.items())
        assert read["with pen drawings"] > max(read["MNIST only"], read["with distortions"])

    def test_the_readme_shows_the_results(self):
        text = (ROOT / "README.md").read_text()
        assert text == tables.with_tables(text, PUBLISHED), "run: mnist-nb results --into README.md"

    def test_the_report_is_whole_and_small(self):
        folder = ROOT / "reports"
        state = json.loads((folder / "run.json").read_text())["notebooks"]
        assert {name: entry["status"] for name, entry in state.items()} == {path.stem: "passed" for path in PATHS}
        pages = [folder / f"{path.stem}.html" for path in PATHS] + [folder / "index.html"]
        assert all(page.exists() for page in pages)
        files = [file for file in folder.rglob("[!.]*") if file.is_file() and file.parent.name[0] != "."]
        files = [file for file in files if "studies.db" not in file.name]
        assert sum(file.stat().st_size for file in files) < 11.5e6
        text = "".join(page.read_text() for page in pages)
        assert not any(word in text for word in ("cdnjs", "unpkg", "jsdelivr", "/tmp/", "/home/", "/root/"))
        assert "No description has been provided for this image" not in text


@pytest.fixture(scope="module")
def fresh(scratch):
    """The figures that the notebooks published in this very run of the tests."""
    published = load_results(Path(scratch) / "reports" / "metrics.json")
    notebooks = {path.stem for path in PATHS}
    if not notebooks <= set(published):
        pytest.skip("the notebooks did not all run in this session")
    return {name: published[name] for name in notebooks}  # Without what some runs publish beside it.


@pytest.mark.after_notebooks
class TestFreshResults:
    """What the notebooks published while nbval ran them, against the published results."""

    def test_results_agree_with_the_published_ones(self, fresh, request):
        at_length = request.config.getoption("at_length")
        with_own_parameters = {name for name in fresh if at_length or not CATALOGUE[name].quick}
        rows = compare({name: fresh[name] for name in with_own_parameters}, PUBLISHED)
        assert {"01_explore", "03_architecture"} <= {row.notebook for row in rows if row.agrees}
        assert [row for row in rows if row.agrees is False] == []

    def test_accuracies_are_within_the_noise_of_training(self, fresh):
        assert fresh["06_test"]["best_accuracy"] > 0.9945 and fresh["06_test"]["document_accuracy"] > 0.975

    def test_the_board_reads_what_is_drawn(self, fresh):
        assert fresh["07_application"]["digits_read"] == fresh["07_application"]["digits_drawn"]


def test_the_training_notebook_offers_every_field_of_the_recipe_with_its_default():
    defaults = {name: parameter.default for name, parameter in parameters_of(NOTEBOOKS / "05_train.ipynb").items()}
    assert defaults.pop("document_epochs") == 50
    assert defaults == dataclasses.asdict(Recipe())


def test_the_command_line_says_how_a_model_was_made(capsys, tmp_path):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["model"])
    assert "recipe\n  network = digit_cnn\n  width = 1.0\n  epochs = " in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        cli.main(["model", str(tmp_path / "none.keras")])
    assert "no such model. Run notebooks/05_train.ipynb" in capsys.readouterr().err


def test_the_command_line_lists_parameters(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["parameters", "05"])
    printed = capsys.readouterr().out
    assert f"epochs = {Recipe.epochs}  (1 to 100; passes over the training images in our recipe)" in printed
    assert "precision = 'auto'  (auto, float32, bfloat16, float16; what our recipe computes in)" in printed
