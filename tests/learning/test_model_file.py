"""Model files are whole or not there, carry notes, and damage is said in a sentence."""

import keras
import pytest

from mnist_nb import Recognizer
from mnist_nb.learning import networks
from mnist_nb.learning.model_file import ModelError, load_model, load_notes, save_model
from mnist_nb.paths import SHIPPED_MODELS

BEST = SHIPPED_MODELS / "best.keras"


def test_notes_travel_with_a_model_that_keras_still_loads(tmp_path):
    path = save_model(networks.document_cnn(), tmp_path / "noted.keras", unsure_below=0.25, recipe={"seed": 3})
    assert load_notes(path) == {"unsure_below": 0.25, "recipe": {"seed": 3}}
    assert keras.models.load_model(path).count_params() == 34_826
    assert Recognizer.load(path).unsure_below == 0.25
    assert [file.name for file in tmp_path.iterdir()] == ["noted.keras"]


def test_a_model_without_notes_is_never_unsure(tmp_path):
    path = save_model(load_model(), tmp_path / "plain.keras")  # The shipped network: what cannot read is refused.
    assert load_notes(path) == {} and Recognizer.load(path).unsure_below == 0.0


def test_the_shipped_model_says_how_it_was_made():
    notes = load_notes()
    assert notes["recipe"]["pen_digits"] > 0 and notes["temperature"] > 0


@pytest.mark.parametrize("reader", [load_model, load_notes])
def test_a_file_that_is_no_model_is_refused_by_both_readers(tmp_path, reader):
    path = tmp_path / "text.keras"
    path.write_text("no model")
    with pytest.raises(ModelError, match=r"text\.keras: not a model that Keras can load"):
        reader(path)


def test_an_interrupted_save_leaves_the_earlier_file(tmp_path, monkeypatch):
    model = networks.document_cnn()
    path = save_model(model, tmp_path / "models" / "some.keras")
    before = path.read_bytes()

    def interrupted(self, unfinished, **options):
        unfinished.write_bytes(b"half a mod")
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Sequential, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(model, path)
    assert path.read_bytes() == before and [file.name for file in path.parent.iterdir()] == ["some.keras"]


def test_a_missing_model_is_named_with_a_remedy(tmp_path):
    with pytest.raises(ModelError, match=r"none\.keras: no such model\. Run notebooks/05_train"):
        Recognizer.load(tmp_path / "none.keras")


@pytest.mark.parametrize("kept", [0, 100, 20_000, -500])
def test_a_truncated_model_is_refused(tmp_path, kept):
    path = tmp_path / "half.keras"
    path.write_bytes(BEST.read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"half\.keras: not a model that Keras can load"):
        load_model(path)


def test_a_model_with_a_flipped_byte_is_refused(tmp_path):
    content = bytearray(BEST.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "flipped.keras"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"flipped\.keras"):
        load_model(path)


def test_a_model_of_another_shape_is_refused(tmp_path):
    import keras

    path = tmp_path / "other.keras"
    keras.Sequential([keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(path)
    with pytest.raises(
        ModelError, match=r"expected a model from \(None, 28, 28\) to \(None, 10\), found \(None, 28, 28, 1\)"
    ):
        load_model(path)


def test_the_shipped_model_carries_its_optimizer():
    assert int(load_model().optimizer.iterations) > 0
