"""The recogniser reads images and drawings, and refuses what it cannot read in a sentence."""

import numpy as np
import pytest

from mnist_nb import Recognizer, pen
from mnist_nb.ink import InkError, strokes_to_image
from mnist_nb.paths import SHIPPED_MODELS
from mnist_nb.recognizer import ModelError, load_model

BEST = SHIPPED_MODELS / "best.keras"


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


def test_probabilities_have_the_promised_shape_and_agree_with_keras(recognizer):
    images = np.stack([strokes_to_image(pen.drawing_of(digit)) for digit in range(10)])
    probabilities = recognizer.probabilities(images)
    assert probabilities.shape == (10, 10) and probabilities.dtype == np.float32
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)
    assert np.allclose(probabilities, recognizer.model.predict(images, verbose=0), atol=1e-5)
    assert recognizer.probabilities(images[:0]).shape == (0, 10)


def test_batches_do_not_change_a_reading(recognizer):
    images = np.random.default_rng(0).integers(0, 256, (1003, 28, 28), np.uint8)
    whole = recognizer.probabilities(images)
    assert np.allclose(whole[-3:], recognizer.probabilities(images[-3:]), atol=1e-5)


def test_drawings_are_read_in_any_unit(recognizer):
    drawings = [[stroke * 10.0**power for stroke in pen.drawing_of(7)] for power in (-3, 0, 3)]
    read = recognizer.read_many(drawings)
    assert read.shape == (3,) and read.dtype.kind == "i" and read.tolist() == [7, 7, 7]
    assert recognizer.read_many([]).shape == (0,)


def test_wrong_images_are_refused(recognizer):
    with pytest.raises(ValueError, match=r"images must have shape \(N, 28, 28\); found \(28, 28\)"):
        recognizer.probabilities(np.zeros((28, 28), np.uint8))
    with pytest.raises(ValueError, match="images must be uint8 with ink 0 to 255"):
        recognizer.probabilities(np.zeros((1, 28, 28)))


def test_the_drawing_at_fault_is_named(recognizer):
    with pytest.raises(InkError, match="drawing 1: the drawing is empty"):
        recognizer.read_many([pen.drawing_of(1), []])


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
