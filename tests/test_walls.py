"""The wings of the package: what may import what, what importing costs, and what depends on which code."""

import ast
import subprocess
import sys

import pytest

import mnist_nb
from mnist_nb.evidence import code
from mnist_nb.evidence.code import code_files, code_sha256, imported, units_needed
from mnist_nb.paths import PACKAGE

# A wing may import itself, modules of the package itself, and these.
MAY_IMPORT = {
    "strokes": set(),
    "learning": {"strokes"},
    "judging": {"strokes", "learning"},
    "evidence": set(),
    "experiments": {"strokes", "learning", "judging", "evidence"},
    "board": {"strokes", "pictures"},
    "pictures": {"strokes", "learning"},
    "web": {"strokes", "pictures", "board"},
    "publishing": {"strokes", "learning", "judging", "evidence", "pictures", "web"},
}
DOORS = {"__init__", "__main__", "cli"}  # They lead into every wing, and nothing leads into them.
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(file):
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


def imports_of(file):
    package = ".".join(["mnist_nb", *file.relative_to(PACKAGE).parent.parts])
    return imported(file.read_text(), package)


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_no_import_goes_through_a_wall(file):
    name = name_of(file)
    if name in DOORS:  # `python -m` leads to the command line.
        return
    wing = name.partition(".")[0] if "." in name else None
    wings = {other.partition(".")[0] for other in imports_of(file)} & set(MAY_IMPORT)
    assert wings <= {wing, *MAY_IMPORT.get(wing, ())}
    assert not imports_of(file) & DOORS


def test_the_table_of_wings_is_complete_and_has_no_circle():
    assert set(MAY_IMPORT) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    left = dict(MAY_IMPORT)
    while free := [wing for wing, others in left.items() if not others & set(left)]:
        for wing in free:
            del left[wing]
    assert not left


def test_no_modules_import_each_other_in_a_circle():
    left = {name_of(file): imports_of(file) for file in MODULES if file.stem != "__init__"}
    while free := [name for name, others in left.items() if not others & set(left)]:
        for name in free:
            del left[name]
    assert not left


def test_modules_are_short_and_few_stand_outside_the_wings():
    lengths = {name_of(file): len(file.read_text().splitlines()) for file in MODULES}
    assert max(lengths.values()) <= 400
    assert len(list(PACKAGE.glob("*.py"))) <= 9


@pytest.mark.parametrize("wing", sorted(MAY_IMPORT))
def test_a_wing_says_what_it_is_for_and_hands_on_names_that_are_there(wing):
    package = getattr(mnist_nb, wing)
    assert len(package.__doc__.splitlines()) <= 12
    for name in package.__all__:
        assert getattr(package, name) is not None


@pytest.mark.parametrize(
    ("code", "kept_out"),
    [
        ("import mnist_nb", "tensorflow keras matplotlib ipycanvas papermill"),
        ("import mnist_nb; mnist_nb.load_data()", "tensorflow keras ipycanvas papermill"),
        ("from mnist_nb import strokes; strokes.strokes_to_image; strokes.load_drawings", "tensorflow keras"),
        ("from mnist_nb import board, DigitBoard; DigitBoard", "tensorflow keras"),
        ("from mnist_nb.publishing import report", "tensorflow keras"),
    ],
)
def test_importing_is_light(code, kept_out):
    code += f"; import sys; print(*[name for name in {kept_out.split()} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.training
@pytest.mark.parametrize("decided_by", ["experiments.trial", "experiments.benchmark"])
def test_the_code_that_decides_a_run_is_all_that_it_imports(decided_by):
    code = f"import sys, mnist_nb.{decided_by}; from mnist_nb.learning import train, save_model, Recognizer\n"
    code += "print(*[module.__file__ for name, module in sys.modules.items() if name.startswith('mnist_nb.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {str(file) for file in PACKAGE.glob("*/__init__.py")}  # A package above a module holds names alone.
    missing = set(done.stdout.split()) - {str(file) for file in code_files(decided_by)} - packages
    assert {file.rpartition("mnist_nb")[2] for file in missing} <= {"/catalogue.py"}
    assert len(done.stdout.split()) > 10


def test_code_is_digested_with_what_it_imports_and_no_more():
    assert units_needed("learning") >= {"learning", "strokes", "data", "machine"}
    assert not units_needed("learning") & {"board", "publishing", "experiments", "evidence", "judging", "cli"}
    assert "experiments.search" not in units_needed("experiments.trial")
    assert {"experiments", "experiments.trial"} & units_needed("experiments") == {"experiments"}
    assert code_sha256("learning") != code_sha256("strokes") != code_sha256()
    with pytest.raises(ValueError, match="mnist_nb has no strokez"):
        units_needed("strokez")


def test_imports_are_read_from_source():
    assert imported("from mnist_nb import Recognizer, load_data, strokes") == {"learning", "data", "strokes"}
    assert imported("import mnist_nb.board.widget") == {"board.widget"}
    assert imported("import numpy\nfrom scipy import stats") == set()
    assert imported("from . import ink\nfrom ..data import CLASSES", "mnist_nb.strokes") == {"strokes.ink", "data"}
    assert imported("import mnist_nb") == set(MAY_IMPORT)
    assert imported("from mnist_nb import Recogniser") == set()  # It will fail when it is run.


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the package whose code a test may change."""
    for file in [*MODULES, *PACKAGE.rglob("*.pyi"), *PACKAGE.rglob("*.j2")]:
        target = tmp_path / file.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    monkeypatch.setattr(code, "PACKAGE", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "affected", "unaffected"),
    [
        ("board/paint.py", "board", "learning"),
        ("experiments/search.py", "experiments", "learning"),
        ("strokes/templates.py", "learning", "evidence"),
        ("catalogue.py", "", "evidence"),
        ("publishing/templates/page.html.j2", "publishing", "board"),
    ],
)
def test_a_change_counts_for_what_imports_it(copied, changed, affected, unaffected):
    before = {wing: code_sha256(wing) for wing in MAY_IMPORT}
    with (copied / changed).open("a") as file:
        file.write("# A comment.\n")
    after = {wing: code_sha256(wing) for wing in MAY_IMPORT}
    assert not affected or before[affected] != after[affected]
    assert before[unaffected] == after[unaffected]


def test_public_functions_have_docstrings():
    for file in MODULES:
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{name_of(file)}.{node.name}"
