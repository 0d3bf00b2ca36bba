"""Templates of written forms, and drawings varied from them."""

import numpy as np
import pytest

from mnist_nb import Recognizer
from mnist_nb.strokes import hands, templates
from mnist_nb.strokes.ink import strokes_to_image

FORMS = [(digit, form) for digit, names in templates.DIGITS.items() for form in names]


def same(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("digit", "form"), FORMS, ids=lambda value: str(value))
def test_every_template_is_a_drawing_of_usual_size(digit, form):
    drawing = hands.drawing_of(digit, form)
    points = np.concatenate(drawing)
    assert len(drawing) == len(templates.DIGITS[digit][form]) and np.isfinite(points).all()
    assert 90 <= np.ptp(points, axis=0).max() <= 115 and np.ptp(points[:, 1]) >= 60


def test_first_forms_are_read_as_what_they_are():
    assert Recognizer.load().read_many([hands.drawing_of(digit) for digit in range(10)]).tolist() == list(range(10))


def test_a_spline_meets_its_control_points_and_keeps_corners():
    stroke = np.array([(0, 0), (10, 0), (10, 0), (10, 10)], float)
    line = hands._smooth(stroke, stroke[None], 5)[0]
    assert line.shape == (10, 2) and np.allclose(line[[0, 4, 5, 9]], stroke)
    assert np.allclose(line[:5, 1], 0) and np.allclose(line[5:, 0], 10)


def test_withheld_forms_exist_and_leave_others():
    for digit in templates.DIGITS:
        trained, withheld = hands.form_names(digit), hands.form_names(digit, withheld=True)
        assert (
            set(withheld) == set(templates.WITHHELD_DIGITS[digit])
            and len(trained) >= 6
            and not set(trained) & set(withheld)
        )


def test_pen_digits_repeat_with_their_seed_and_are_balanced():
    drawings, labels = hands.pen_digits(400, 3)
    again, digits = hands.pen_digits(400, 3)
    assert np.array_equal(labels, digits)
    assert all(same(one, two) for one, two in zip(drawings, again, strict=True))
    assert len(drawings) == 400 and np.bincount(labels, minlength=10).min() >= 25
    other, _ = hands.pen_digits(400, 4)
    assert not np.array_equal(other[0][0], drawings[0][0])


def test_hands_differ_from_each_other():
    drawings = hands.vary(templates.DIGITS[4]["open"], 20, np.random.default_rng(0))
    assert len(drawings) == 20 and all(len(drawing) == 2 for drawing in drawings)
    first = [drawing[0][0] for drawing in drawings]
    assert np.std(first, axis=0).min() > 2


def test_a_grid_has_few_places_and_its_lines_run_across_or_down():
    lines = np.random.default_rng(1).uniform(0, 100, (2, 9, 2))
    coarse, along = (hands._stepped(lines, 10, across_first) for across_first in (False, True))
    assert coarse.shape == lines.shape and np.abs(coarse - lines).max() <= 5
    assert np.array_equal(coarse % 10, np.zeros_like(coarse)) and np.array_equal(along[:, 1::2], coarse)
    assert (np.diff(along, axis=1) == 0).any(2).all()


def test_some_drawings_run_in_or_on_as_in_joined_up_writing():
    strokes = templates.DIGITS[1]["stick"]
    widths = [np.ptp(np.concatenate(drawing)[:, 0]) for drawing in hands.vary(strokes, 400, np.random.default_rng(2))]
    points = {len(drawing[0]) for drawing in hands.vary(strokes, 400, np.random.default_rng(2))}
    assert max(widths) > 2 * np.median(widths) and len(points) > 20


@pytest.mark.parametrize("drawings_of", [hands.letters, hands.scribbles])
@pytest.mark.parametrize("withheld", [False, True])
def test_letters_and_scribbles_are_drawings_that_repeat_with_their_seed(drawings_of, withheld):
    drawings = drawings_of(50, 3, withheld=withheld)
    again, other = drawings_of(50, 3, withheld=withheld), drawings_of(50, 4, withheld=withheld)
    assert len(drawings) == 50 and all(strokes_to_image(drawing).max() == 255 for drawing in drawings)
    assert all(same(one, two) for one, two in zip(drawings, again, strict=True))
    assert not np.array_equal(drawings[0][0], other[0][0])


def test_what_is_withheld_is_not_trained_on():
    assert set(templates.WITHHELD_LETTERS) < set(templates.LETTERS)
    assert not set(hands.SCRIBBLES) & set(hands.WITHHELD_SCRIBBLES)
    trained = {len(drawing) for drawing in hands.letters(400, 1)}
    assert len(hands.letters(7, 1)) == 7 and trained <= {len(strokes) for strokes in templates.LETTERS.values()}


def test_a_drawing_drawn_again_is_itself_at_no_strength_and_another_at_full():
    drawing = [stroke * 0.3 + 40 for stroke in hands.drawing_of(5)]
    same, other = (hands.drawn_again(drawing, strength, np.random.default_rng(1)) for strength in (0, 1))
    assert np.array_equal(strokes_to_image(same), strokes_to_image(drawing))
    assert [stroke.shape for stroke in other] == [stroke.shape for stroke in drawing]
    assert np.abs(np.concatenate(other) - np.concatenate(same)).max() > 5
    dot = hands.drawn_again([np.array([[7.0, 7.0]])], 0.5, np.random.default_rng(1))
    assert np.isfinite(dot[0]).all()


def test_a_writer_has_one_form_of_each_digit():
    drawings, labels = hands.writer(12, 1)
    assert np.bincount(labels).tolist() == [12] * 10
    for digit in range(10):
        own = [drawing for drawing, label in zip(drawings, labels, strict=True) if label == digit]
        counts = {len(templates.DIGITS[digit][name]) for name in hands.form_names(digit, withheld=True)}
        assert len({len(drawing) for drawing in own}) == 1 and len(own[0]) in counts
    again, other = hands.writer(12, 1)[0], hands.writer(12, 2)[0]
    assert same(drawings[5], again[5])
    assert not np.array_equal(drawings[5][0], other[5][0])
