"""The recogniser reads images and drawings, and refuses what it cannot read in a sentence."""

import numpy as np
import pytest

from mnist_nb import Recognizer, load_data
from mnist_nb.learning import evidence
from mnist_nb.strokes import hands
from mnist_nb.strokes.ink import InkError, images_of


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


@pytest.fixture(scope="module")
def images():
    return images_of([hands.drawing_of(digit) for digit in range(10)])


def test_probabilities_have_the_promised_shape_and_agree_with_keras(recognizer, images):
    probabilities = recognizer.probabilities(images)
    assert probabilities.shape == (10, 10) and probabilities.dtype == np.float32
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)
    given = recognizer.given_a_digit(images)
    assert np.allclose(given, recognizer.model.predict(images, verbose=0), atol=1e-5)
    assert (probabilities.argmax(1) == given.argmax(1)).all() and (probabilities.max(1) <= given.max(1)).all()
    assert recognizer.probabilities(images[:0]).shape == (0, 10)


def test_batches_do_not_change_a_reading(recognizer):
    images = np.random.default_rng(0).integers(0, 256, (1003, 28, 28), np.uint8)
    whole = recognizer.probabilities(images)
    assert np.allclose(whole[-3:], recognizer.probabilities(images[-3:]), atol=1e-5)


def test_drawings_are_read_in_any_unit(recognizer):
    drawings = [[stroke * 10.0**power for stroke in hands.drawing_of(7)] for power in (-3, 0, 3)]
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
        recognizer.read_many([hands.drawing_of(1), []])


def test_evidence_is_the_largest_logit_less_the_mean_whatever_softmax_did():
    logits = np.random.default_rng(0).normal(0, 3, (50, 10))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert np.allclose(evidence(probabilities), logits.max(1) - logits.mean(1))
    assert np.isfinite(evidence(np.eye(10))).all() and np.allclose(evidence(np.full((1, 10), 0.1)), 0)


def test_what_may_be_no_digit_is_shared_among_the_ten(recognizer):
    images = np.concatenate([load_data()[1][0][:50], np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)])
    given = recognizer.given_a_digit(images)
    slope, offset = 2.0, -8.0
    digit = 1 / (1 + np.exp(-slope * evidence(given) - offset))[:, None]
    doubting = Recognizer(recognizer.model, digit_when=(slope, offset)).probabilities(images)
    assert np.allclose(doubting, digit * given + (1 - digit) / 10, atol=1e-6)
    assert np.allclose(doubting.sum(1), 1, atol=1e-5)
    assert np.array_equal(Recognizer(recognizer.model).probabilities(images), given)
    assert digit[:50].mean() > digit[50:].mean()


def test_the_shipped_recognizer_knows_when_it_is_unsure(recognizer):
    assert 0.2 < recognizer.unsure_below < 0.95
    read = [recognizer.read(hands.drawing_of(digit)).max() for digit in range(10)]
    assert min(read) >= recognizer.unsure_below
    scribbles = [recognizer.read(drawing).max() for drawing in hands.scribbles(100, 8, withheld=True)]
    assert np.mean(np.array(scribbles) < recognizer.unsure_below) > 0.6
