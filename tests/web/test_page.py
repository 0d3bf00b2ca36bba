"""The page as a file: what is in it, how it is written, and what is refused."""

import re
import zlib

import numpy as np
import pytest

from mnist_nb import Recognizer, cli, web
from mnist_nb.board import controls, page as board_page
from mnist_nb.paths import PACKAGE, ROOT, SHIPPED_MODELS
from mnist_nb.web import page
from mnist_nb.web.steps import PageError, steps_of

SCRIPTS = sorted((PACKAGE / "web").glob("*.js"))
LARGEST = 1.2e6  # bytes


@pytest.fixture
def call():
    """Call the command line in this process and return its exit status."""

    def called(*arguments):
        with pytest.raises(SystemExit) as stopped:
            cli.main([*map(str, arguments)])
        return stopped.value.code

    return called


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def sequential(keras, *layers):
    return keras.Sequential([keras.Input((28, 28)), *layers, keras.layers.Flatten(), keras.layers.Dense(10)])


def without_weights(text):
    """Return a page without its weights and their length: zlib packs alike, but not to the byte, on every machine."""
    text = re.sub(r'(id="weights">)[^<]*', r"\1", text)
    return re.sub(r"'sha256-[^']*'", "", re.sub(r'"packed_bytes":\d+', "", text))


def test_the_page_of_the_best_model_is_small_and_names_nothing_to_fetch(best):
    text = best[1].read_text(encoding="utf-8")
    assert best[1].stat().st_size < LARGEST
    assert not re.search(r"https?://|\bsrc=|@import|url\(", re.sub(r'(?s)id="weights">.*?</script>', "", text))
    assert 'style="' not in text and not re.search(r" on\w+=", text)
    assert "default-src 'none'; script-src 'sha256-" in text and "unsafe" not in text


def test_the_reports_page_is_what_would_be_written_today():
    text = page.page_of(Recognizer.load(SHIPPED_MODELS / "best.keras"))
    kept = (ROOT / "reports" / "board.html").read_text(encoding="utf-8")
    assert without_weights(kept) == without_weights(text), "run: mnist-nb page --to reports/board.html"


def test_weights_are_packed_without_loss():
    weights = np.random.default_rng(1).normal(0, 1, 1_001).astype(np.float32)
    text, known = page.packed(weights)
    letters = {letter: value for value, letter in enumerate(known["letters"])}
    assert len(letters) == 91 and not set("<&>") & set(letters)
    values = np.array([letters[letter] for letter in text.replace("\n", "")]).reshape(-1, 2) @ (91, 1)
    bits = "".join(f"{value:013b}" for value in values)[: 8 * known["packed_bytes"]]
    planes = zlib.decompress(int(bits, 2).to_bytes(known["packed_bytes"], "big"))
    assert zlib.crc32(planes) == known["crc32"]
    back = np.frombuffer(planes, np.uint8).reshape(4, -1).T.tobytes()
    assert np.array_equal(np.frombuffer(back, "<f4"), weights)


def test_no_name_stands_for_two_things_and_every_constant_is_there():
    names, settings = [], page._settings() | {"network": {}}
    for file in SCRIPTS:
        source = file.read_text(encoding="utf-8")
        names += re.findall(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", source, re.MULTILINE)
        for taken in re.findall(r'import \{([^}]*)\} from "./settings.js"', source):
            assert set(re.findall(r"\w+", taken)) <= set(settings), file.name
        for module, constant in re.findall(r"\b(\w+)\.([A-Z][A-Z_0-9]+)\b", source):
            assert module == "Math" or constant in settings.get(module, {}), f"{file.name}: {module}.{constant}"
    names += settings
    assert len(names) == len(set(names))
    assert {file.stem for file in SCRIPTS} == set(page.SCRIPTS)


def test_words_are_those_of_the_board_in_a_notebook(tmp_path):
    beside = controls.Controls(lambda *_: None, tmp_path / "drawings.npz")
    assert page.WORDS["CORRECTION"] == beside.correction.description
    assert page.WORDS["EMPTY"] in board_page.number([])
    buttons = {name: text for name, text, *_ in controls.TOOLS + controls.KEEP}
    assert buttons == {name: text for name, text, *_ in page._buttons(controls.TOOLS + controls.KEEP)} | {
        name: buttons[name] for name in page.TEXTS
    }
    assert set(page.TOOLTIPS) <= set(buttons)


def test_scripts_say_where_their_twins_stand():
    for file in SCRIPTS:
        for path in re.findall(r"mnist_nb/[\w/]+\.py", file.read_text(encoding="utf-8")):
            assert (ROOT / path).is_file(), f"{file.name}: {path}"
    twins = {
        "ink": ["as_strokes", "strokes_to_image", "_fit", "_draw", "centre_in_field"],
        "grouping": [
            "group_strokes",
            "_is_one_digit",
            "_dashes",
            "_belong_together",
            "_ends_of",
            "_goes_on",
            "in_rows",
        ],
        "marks": ["find_marks", "find_small", "_frames", "_strikes_through", "_underlines", "_pluses", "_small"],
        "layout": ["lay_out"],
    }
    for module, functions in twins.items():
        python = (PACKAGE / "strokes" / f"{module}.py").read_text(encoding="utf-8")
        script = (PACKAGE / "web" / f"{module}.js").read_text(encoding="utf-8")
        for function in functions:
            first, *rest = function.strip("_").split("_")
            assert f"def {function}(" in python
            assert f"function {first}{''.join(map(str.capitalize, rest))}(" in script


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (lambda layers: layers.LayerNormalization(), "no layer LayerNormalization"),
        (lambda layers: layers.Dense(3), "no layer Dense .* more than a row"),
        (lambda layers: layers.Activation("gelu"), "no layer Activation .* activation gelu"),
        (lambda layers: layers.ReLU(max_value=6), "no layer ReLU .* max_value 6"),
        (lambda layers: layers.Softmax(axis=1), "no layer Softmax .* axis 1"),
    ],
)
def test_a_layer_that_is_not_known_is_refused_by_name(keras, layer, said):
    with pytest.raises(PageError, match=f"the page knows {said}"):
        steps_of(sequential(keras, layer(keras.layers)))


def test_convolutions_of_another_kind_are_refused(keras):
    channel = keras.layers.Reshape((28, 28, 1))
    for options in ({"dilation_rate": 2}, {"activation": "elu"}):
        with pytest.raises(PageError, match="the page knows no layer Conv2D"):
            steps_of(sequential(keras, channel, keras.layers.Conv2D(4, 3, **options)))
    entrance = keras.Input((28, 28))
    model = keras.Model(entrance, keras.layers.Dense(10)(keras.layers.Flatten()(entrance)), name="branched")
    with pytest.raises(PageError, match="branched is no Sequential"):
        steps_of(model)


def test_weights_are_in_the_order_in_which_the_steps_take_them(best):
    recognizer, _ = best
    steps, weights = steps_of(recognizer.model)
    taken = sum(np.prod(step["kernel"]) for step in steps if step["layer"] == "Conv2D")
    last = recognizer.model.layers[-3]
    assert weights.dtype == np.float32 and len(weights) > taken
    assert np.array_equal(weights[-10:], np.asarray(last.bias))
    assert np.array_equal(weights[-10 - last.kernel.shape[0] * 10 : -10], np.asarray(last.kernel).ravel())


def test_a_write_that_fails_leaves_the_earlier_page(best, keras, tmp_path, monkeypatch):
    path = tmp_path / "board.html"
    path.write_text("the earlier page")
    unknown = Recognizer(keras.Sequential([sequential(keras, keras.layers.LayerNormalization())]))
    with pytest.raises(PageError):
        web.write_page(unknown, path)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mnist_nb.files._replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        web.write_page(best[0], path)
    assert path.read_text() == "the earlier page" and list(tmp_path.iterdir()) == [path]


def test_the_command_writes_a_page_and_says_what_is_wrong(keras, tmp_path, call, capsys):
    path, model = tmp_path / "deep" / "mine.html", tmp_path / "odd.keras"
    assert call("page", "--model", SHIPPED_MODELS / "document.keras", "--to", path) == 0
    assert path.stat().st_size < 0.4e6 and "Open it in a browser." in capsys.readouterr().out
    sequential(keras, keras.layers.LayerNormalization(), keras.layers.Softmax()).save(model)
    before = path.read_bytes()
    for wrong, to in ((model, path), (tmp_path / "none.keras", path), (model, tmp_path)):
        assert call("page", "--model", wrong, "--to", to) == 2
        said = capsys.readouterr().err
        assert said.startswith("mnist-nb: ") and "Traceback" not in said
    assert path.read_bytes() == before
