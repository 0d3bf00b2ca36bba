"""Models that others made are read as they were trained, or refused in a sentence."""

import json
import zipfile

import keras
import numpy as np
import pytest

from mnist_nb import Recognizer, load_data
from mnist_nb.data import hold_out
from mnist_nb.learning.model_file import ModelError, load_any, save_model
from mnist_nb.paths import SHIPPED_MODELS

BEST = SHIPPED_MODELS / "best.keras"


@pytest.fixture(scope="module")
def beginners():
    """A model as TensorFlow's first tutorial makes it: ten logits, of pixels 0 to 1."""
    (x, y), _ = hold_out(*load_data()[0])
    keras.utils.set_random_seed(1)
    layers = [keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(x[:8000] / np.float32(255), y[:8000], batch_size=64, epochs=2, verbose=0)
    return model


def with_input(model, shape):
    """Return the same network for an input of another shape."""
    layers = model.layers if len(shape) > 1 else model.layers[1:]
    twin = keras.Sequential([keras.Input(shape), *map(keras.layers.deserialize, map(keras.layers.serialize, layers))])
    twin.set_weights(model.get_weights())
    return twin


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (784,)])
def test_a_beginners_model_is_read_as_it_was_trained(beginners, tmp_path, capsys, shape, suffix):
    path = tmp_path / f"plain{suffix}"
    with_input(beginners, shape).save(path)
    recognizer = Recognizer.load(path)
    printed = capsys.readouterr().out
    assert "validation images with pixels 0 to 1 and logits" in printed and printed.count("\n") == 1
    (x, y), _ = load_data()
    given = recognizer.probabilities(x[-500:])
    assert (given.argmax(1) == y[-500:]).mean() > 0.9
    assert np.allclose(given.sum(1), 1, atol=1e-5) and given.max() <= 1
    straight = keras.ops.softmax(beginners(x[-500:] / np.float32(255))).numpy()
    assert np.allclose(given, straight, atol=1e-5)


def test_scale_and_logits_can_be_told(beginners, tmp_path, capsys):
    path = tmp_path / "plain.keras"
    beginners.save(path)
    told = Recognizer.load(path, scale=1 / 255, logits=True)
    (x, _), _ = load_data()
    assert np.allclose(told.probabilities(x[:9]), Recognizer.load(path).probabilities(x[:9]), atol=1e-6)
    assert np.allclose(
        told.probabilities(x[:9]), Recognizer.load(path, scale=(1 / 255, 0)).probabilities(x[:9]), atol=1e-6
    )
    with pytest.raises(ModelError, match="no better than chance; leave out scale and logits"):
        Recognizer.load(path, scale=(0.001, 99.0))
    for scale in (0, "1/255", (1, 2, 3), float("nan")):
        with pytest.raises(ModelError, match="scale must be a factor other than 0"):
            Recognizer.load(path, scale=scale)


def test_the_shipped_model_and_a_copy_without_notes_are_taken_as_they_are(tmp_path, capsys):
    path = tmp_path / "bare.keras"
    load_any(BEST).save(path)
    (x, _), _ = load_data()
    bare, shipped = Recognizer.load(path), Recognizer.load()  # Only notes say what is no digit.
    assert np.array_equal(bare.probabilities(x[:20]), shipped.given_a_digit(x[:20]))
    assert capsys.readouterr().out == ""


def test_what_has_not_learned_to_read_is_refused(tmp_path):
    path = tmp_path / "new.keras"
    keras.utils.set_random_seed(3)
    keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]).save(path)
    with pytest.raises(ModelError, match=r"new\.keras: it reads .* of digits right, no better than chance"):
        Recognizer.load(path)


@pytest.mark.parametrize("shape", [(32, 32), (28, 28, 3), (100,)])
def test_other_inputs_are_refused_in_a_sentence(tmp_path, shape):
    path = tmp_path / "other.keras"
    keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(10)]).save(path)
    with pytest.raises(ModelError, match=r"expected a model from \(None, 28, 28\) .*; found \(None, "):
        Recognizer.load(path)


def altered(tmp_path, member, change):
    """Return the path of a copy of the shipped model with one member changed."""
    path = tmp_path / "altered.keras"
    with zipfile.ZipFile(BEST) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == member else content)
    return path


NOTES = [
    *(b"[1]", b'"text"', b'{"unsure_below": "much"}', b'{"unsure_below": 7}', b"{"),
    *(b'{"digit_when": 3}', b'{"digit_when": [1]}', b'{"digit_when": [true, 2]}'),
]


@pytest.mark.parametrize("notes", NOTES)
def test_notes_of_a_wrong_type_are_a_sentence(tmp_path, notes):
    with pytest.raises(ModelError, match=r"altered\.keras: "):
        Recognizer.load(altered(tmp_path, "mnist_nb.json", lambda content: notes))


def test_weights_that_are_not_finite_are_named(tmp_path):
    model = load_any(BEST)
    weights = model.get_weights()
    weights[0][...] = np.nan
    model.set_weights(weights)
    path = save_model(model, tmp_path / "nan.keras", unsure_below=0.5)
    with pytest.raises(ModelError, match=r"nan\.keras: its weights .*kernel hold numbers that are not finite"):
        Recognizer.load(path)


def test_an_unknown_layer_and_a_newer_keras_are_named(tmp_path):
    def unknown(config):
        return config.replace(b'"class_name": "ReLU"', b'"class_name": "Hologram"')

    path = altered(tmp_path, "config.json", unknown)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = json.dumps({"keras_version": "99.1"}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    message = rf"Keras {keras.__version__} does not know its layer Hologram; it was made with Keras 99\.1"
    with pytest.raises(ModelError, match=message):
        Recognizer.load(path)
