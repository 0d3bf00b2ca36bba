"""Whatever is given to the public surface, only documented errors come out, in a sentence, and no file is changed."""

import hashlib
import random
import traceback

import numpy as np
import psutil
import pytest

from mnist_nb import DigitBoard, Recognizer, cli, data, load_data, load_drawings, personalize, save_drawings, strokes
from mnist_nb.learning import Recipe, training, training_set
from mnist_nb.paths import PACKAGE

CALLS = 1_700  # and 300 of the command line
MORE_MEMORY = 600e6  # bytes
DRAWING = [np.array([[0.0, 0.0], [5.0, 9.0], [2.0, 4.0]])]
WORDS = [
    "",
    "x",
    "~",
    "\0",
    "a" * 300,
    "../..",
    "con",
    "7",
    "nan",
    "\u0663",
    "None",
    "\ud800",
    "best.keras",
    "/dev/null",
]


def value(rng, depth=0):
    """Return something as JSON or NumPy hold it, mostly nothing that is wanted."""
    simple = [
        lambda: None,
        lambda: rng.choice([True, False]),
        lambda: rng.choice([0, 1, -1, 7, 10, 2**31, 2**70, -(2**70)]),
        lambda: rng.choice([0.5, -1.5, float("nan"), float("inf"), 1e308, 1e-320]),
        lambda: rng.choice([1j, complex("nan")]),
        lambda: rng.choice(WORDS),
        lambda: rng.choice(WORDS).encode(errors="replace"),
        lambda: object(),
        lambda: np.array(rng.choice([0, 1.5, "x", None, True])),
        lambda: np.zeros(rng.choice([(), (0,), (3,), (2, 2), (4, 10), (3, 1), (2, 28, 28), (1, 28, 28, 1)])),
        lambda: np.ones(rng.choice([(3,), (2, 28, 28)]), rng.choice(["uint8", "int64", "bool", "F", "U3", "O"])),
        lambda: np.full((2, 2), np.nan),
        lambda: range(rng.choice([0, 3, 10**9])),
        lambda: iter([1, 2]),
        lambda: DRAWING,
        lambda: [DRAWING] * rng.choice([1, 6]),
    ]
    if depth < 3 and rng.random() < 0.3:
        inner = [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3]))]
        return rng.choice([inner, tuple(inner), {"a": inner}, [inner]])
    return rng.choice(simple)()


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


def surface(recognizer, folder):
    """Return what users call, by name: functions of an arbitrary value and another."""
    board = DigitBoard(recognizer, file=folder / "mine.npz")
    good = folder / "good.npz"
    return {
        "load_data": lambda one, two: load_data([] if one is None else one),
        "hold_out": lambda one, two: data.hold_out(np.zeros((5, 28, 28), np.uint8), np.zeros(5, int), one),
        "as_images": lambda one, two: data.as_images(one),
        "as_labels": lambda one, two: data.as_labels(one, 3),
        "load_drawings": lambda one, two: load_drawings(one),
        "save_drawings": lambda one, two: save_drawings(folder / "new.npz", one, two),
        "save_drawings to": lambda one, two: save_drawings([one] if isinstance(one, str) else one, [DRAWING], [1]),
        "save_drawings by": lambda one, two: save_drawings(good, [DRAWING], two, writer=one),
        "strokes_to_image": lambda one, two: strokes.strokes_to_image(one),
        "Recognizer.load": lambda one, two: Recognizer.load([] if one is None else one),
        "probabilities": lambda one, two: recognizer.probabilities(one),
        "read": lambda one, two: recognizer.read(one),
        "read_many": lambda one, two: recognizer.read_many(one),
        "personalize": lambda one, two: personalize(recognizer, one, two),
        "personalize labels": lambda one, two: personalize(recognizer, [DRAWING] * 6, one),
        "training_set": lambda one, two: training_set(one, two, Recipe(pen_digits=0, pen_others=0)),
        "train": lambda one, two: training.train(Recipe(), np.zeros((3, 28, 28), np.uint8), one),
        "Recipe": lambda one, two: Recipe(epochs=one, peak_learning_rate=two),
        "DigitBoard": lambda one, two: DigitBoard(one, two) if not hasattr(one, "read") else None,
        "pen_down": lambda one, two: board.pen_down(one, two),
        "pen_up": lambda one, two: board.pen_up(one, two),
        "draw": lambda one, two: board.draw(one),
        "correct": lambda one, two: board.correct(one),
        "choose": lambda one, two: board.choose(one),
        "load": lambda one, two: board.load(good, one if one is not None else 99),
        "remove": lambda one, two: board.remove(folder / "none.npz", one),
    }


def digest_of(folder):
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def refusal(call, one, two):
    """Return the error that a call gives; None when it gives none."""
    try:
        call(one, two)
    except Exception as error:
        return error
    return None


@pytest.mark.slow
def test_bad_values_give_documented_errors_and_change_nothing(recognizer, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_drawings(tmp_path / "good.npz", [DRAWING, DRAWING], [1, 2])
    calls = surface(recognizer, tmp_path)
    before, memory = digest_of(tmp_path), psutil.Process().memory_info().rss
    refused, wrong = dict.fromkeys(calls, 0), []
    for number in range(CALLS):
        rng = random.Random(number)
        name = rng.choice(list(calls))
        one, two = value(rng), value(rng)
        error = refusal(calls[name], one, two)
        if error is not None:  # All documented errors are ValueErrors, and say what was found.
            last = traceback.extract_tb(error.__traceback__)[-1].filename
            what = f"{number}: {name}({one!r:.99}, {two!r:.99}): {error!r:.300}, in {last}"
            if not (isinstance(error, ValueError) and str(PACKAGE) in last and 10 < len(str(error)) < 800):
                wrong.append(what)
            refused[name] += 1
        if name.startswith("save_drawings") and digest_of(tmp_path) != before:  # It was good after all.
            before = digest_of(tmp_path)
    assert wrong == []
    assert digest_of(tmp_path) == before and all(refused.values())
    assert psutil.Process().memory_info().rss - memory < MORE_MEMORY


@pytest.mark.slow
def test_bad_command_lines_are_refused_and_change_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.md").write_text("no marks")
    before = digest_of(tmp_path)
    commands = ["report", "parameters", "model", "benchmark", "compare", "record", "results", "notebooks", "zzz"]
    words = [
        *filter(lambda word: "\0" not in word, WORDS),
        "99",
        "05x",
        "-p",
        "--to",
        "--jobs",
        "0",
        "--into",
        "text.md",
    ]
    statuses = set()
    for number in range(300):
        rng = random.Random(number)
        command = rng.choice(commands)
        given = [rng.choice(words) for _ in range(rng.choice([1, 2, 3]))]
        given = given if command in ("model", "results") else ["no-such-thing", *given]
        if command == "compare":
            given = [str(tmp_path / "nothing")]
        if command == "results":
            given = ["--into", rng.choice(["text.md", "none.md", "", "a" * 300])]
        with pytest.raises(SystemExit) as stopped:
            cli.main([command, *given])
        printed = capsys.readouterr().err
        assert stopped.value.code == 2 and "Traceback" not in printed, (command, given, stopped.value.code, printed)
        statuses.add(command)
    assert digest_of(tmp_path) == before and statuses == set(commands)
