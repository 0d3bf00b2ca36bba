"""A network learns a hand from a few drawings, forgets nothing, and refuses what it cannot learn from."""

import keras
import numpy as np
import pytest

from mnist_nb import Recognizer, load_data, personalize
from mnist_nb.experiments import by_writer
from mnist_nb.learning import handwriting
from mnist_nb.learning.model_file import ModelError, load_notes, weights_sha256
from mnist_nb.strokes import hands, ink
from mnist_nb.strokes.file import Drawings
from mnist_nb.strokes.ink import InkError

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


@pytest.fixture(scope="module")
def hand():
    """A synthetic writer of withheld forms: 5 drawings a digit to learn from, and others."""
    drawings, labels = hands.pen_digits(500, 8, withheld=True)
    first = np.concatenate([np.flatnonzero(labels == digit)[:5] for digit in range(10)])
    rest = np.setdiff1d(np.arange(len(labels)), first)
    return ([drawings[i] for i in first], labels[first]), ([drawings[i] for i in rest], labels[rest])


@pytest.fixture(scope="module")
def learned(recognizer, hand):
    return personalize(recognizer, *hand[0])


@pytest.fixture
def quickly(monkeypatch):
    """Learn from few images, where it does not matter how well."""
    monkeypatch.setattr(handwriting, "COPIES", 300)
    monkeypatch.setattr(handwriting, "REPLAYED", 300)


def errors(recognizer, images, labels):
    return (recognizer.probabilities(images).argmax(1) != labels).mean()


def test_it_reads_the_hand_better_and_forgets_nothing(recognizer, hand, learned):
    images, labels = ink.images_of(hand[1][0]), hand[1][1]
    assert errors(learned, images, labels) < errors(recognizer, images, labels)
    x_test, y_test = load_data()[1]
    assert errors(learned, x_test, y_test) <= errors(recognizer, x_test, y_test) + 0.001
    assert (learned.unsure_below, learned.digit_when) == (recognizer.unsure_below, recognizer.digit_when)


@pytest.mark.usefixtures("quickly")
def test_the_given_network_stays_and_the_same_seed_repeats(recognizer, hand):
    before = weights_sha256(recognizer.model)
    first, again, other = (weights_sha256(personalize(recognizer, *hand[0], seed=seed).model) for seed in (1, 1, 2))
    assert weights_sha256(recognizer.model) == before != first
    assert again == first != other


@pytest.mark.usefixtures("quickly")
def test_the_last_layer_alone_may_move(recognizer, hand):
    last = personalize(recognizer, *hand[0], layers="last")
    pairs = list(zip(recognizer.model.get_weights(), last.model.get_weights(), strict=True))
    assert [np.array_equal(a, b) for a, b in pairs] == [True] * (len(pairs) - 2) + [False] * 2


@pytest.mark.usefixtures("quickly")
def test_all_layers_may_move_but_normalisation(recognizer, hand):
    moved = personalize(recognizer, *hand[0], layers="all")
    for before, after in zip(recognizer.model.layers, moved.model.layers, strict=True):
        normalises = isinstance(before, keras.layers.BatchNormalization)
        for a, b in zip(before.get_weights(), after.get_weights(), strict=True):
            assert np.array_equal(a, b) == normalises
        assert after.trainable


def test_other_layers_than_those_are_refused(recognizer, hand):
    with pytest.raises(ValueError, match=r"layers must be one of last, all; found 'first'"):
        personalize(recognizer, *hand[0], layers="first")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d, y: (d[:3], y[:3]), "3 drawings are too few to learn from. Draw 5 or more"),
        (lambda d, y: (d[:5], y[:5]), "All 5 drawings are labelled 0. Draw at least two different digits"),
        (lambda d, y: (d, y[:-1]), "There are 50 drawings and 49 labels"),
        (lambda d, y: (d, [*y[:-1], 10]), "Labels must be digits, 0 to 9; found 10"),
        (lambda d, y: (d, [*y[:-1], "x"]), "Labels must be digits, 0 to 9; found x"),
        (lambda d, y: (d, [*y[:-1], 1.5]), "Labels must be digits, 0 to 9; found 1.5"),
        (lambda d, y: (d, (np.array(y) + 3) % 10), "labels contradict what the drawings clearly show"),
    ],
)
def test_what_cannot_be_learned_from_is_a_sentence(recognizer, hand, change, message):
    with pytest.raises(handwriting.PersonalError, match=message):
        personalize(recognizer, *change(*hand[0]))


def test_a_few_doubtful_labels_are_named(recognizer, hand):
    drawings, labels = hand[0][0], np.array(hand[0][1])
    sure = recognizer.probabilities(ink.images_of(drawings))
    clear = int(np.flatnonzero((sure.max(1) > 0.95) & (sure.argmax(1) == labels))[0])
    labels[clear] = (labels[clear] + 1) % 10
    with pytest.warns(UserWarning, match=rf"Drawings \[.*{clear}.*\] clearly show other digits"):
        handwriting.checked_labels(recognizer, drawings, labels)


@pytest.mark.usefixtures("quickly")
def test_learning_goes_on_from_a_network_that_has_learned(hand, recognizer):
    last = personalize(recognizer, *hand[0], layers="last")
    again = personalize(last, *hand[0], layers="all")
    pairs = zip(last.model.get_weights(), again.model.get_weights(), strict=True)
    assert sum(not np.array_equal(a, b) for a, b in pairs) > 2


def test_drawings_are_split_by_digit():
    labels = np.repeat(np.arange(10), [9, 3, 1, 0, 2, 20, 20, 20, 20, 20])
    few, rest = handwriting.split(labels, np.arange(len(labels)), 4)
    assert np.bincount(labels[few], minlength=10).tolist() == [4, 1, 0, 0, 1, 4, 4, 4, 4, 4]
    assert sorted([*few, *rest]) == list(range(len(labels)))
    assert len(set(labels[few[:8]])) == 8


@pytest.mark.usefixtures("quickly")
def test_writers_are_taken_one_by_one(recognizer, hand):
    (first, first_labels), (second, second_labels) = hand
    both = Drawings(
        [*first, *second[:50], *second[50:52]],
        np.concatenate([first_labels, second_labels[:52]]),
        np.array(["ann"] * 50 + ["bo"] * 50 + ["cy"] * 2),
    )
    rows = by_writer(recognizer, both, 2, splits=2)
    assert set(rows) == {"ann", "bo"} and all(len(row) == 2 for row in rows.values())
    assert all(0 <= share <= 1 for row in rows.values() for split in row for share in split)


def test_an_empty_drawing_is_a_sentence(recognizer, hand):
    drawings, labels = hand[0]
    with pytest.raises(InkError, match="drawing 7"):
        personalize(recognizer, [*drawings[:7], [], *drawings[8:]], labels)


def test_no_other_model_is_replaced(learned, recognizer, tmp_path, monkeypatch):
    monkeypatch.setattr(handwriting, "MODELS", tmp_path)
    path = handwriting.save_personal(learned, "mine", drawings=50)
    assert path == tmp_path / "mine.keras" and load_notes(path)["drawings"] == 50
    again = Recognizer.load(path)
    assert (again.unsure_below, again.digit_when) == (learned.unsure_below, learned.digit_when)
    assert weights_sha256(again.model) == weights_sha256(learned.model)
    assert handwriting.save_personal(learned, "mine") == path
    for name in ("best", "document"):
        with pytest.raises(ModelError, match=r"is for another model\. Choose another name, or say replace=True"):
            handwriting.save_personal(learned, name)
    assert handwriting.save_personal(learned, "best", replace=True).exists()
    for name in ("", "../best", "a b"):
        with pytest.raises(ModelError, match="is no name for a model"):
            handwriting.save_personal(learned, name)
