"""Templates of written forms, and drawings varied from them."""

import numpy as np
import pytest

from mnist_nb import Recognizer, pen

FORMS = [(digit, form) for digit, templates in pen.TEMPLATES.items() for form in templates]


@pytest.mark.parametrize(("digit", "form"), FORMS, ids=lambda value: str(value))
def test_every_template_is_a_drawing_of_usual_size(digit, form):
    drawing = pen.drawing_of(digit, form)
    points = np.concatenate(drawing)
    assert len(drawing) == len(pen.TEMPLATES[digit][form]) and np.isfinite(points).all()
    assert 90 <= np.ptp(points[:, 1]) <= 115 and np.ptp(points[:, 0]) <= 115


def test_first_forms_are_read_as_what_they_are():
    assert Recognizer.load().read_many([pen.drawing_of(digit) for digit in range(10)]).tolist() == list(range(10))


def test_a_spline_meets_its_control_points_and_keeps_corners():
    stroke = np.array([(0, 0), (10, 0), (10, 0), (10, 10)], float)
    line = pen._smooth(stroke, stroke[None], 5)[0]
    assert line.shape == (10, 2) and np.allclose(line[[0, 4, 5, 9]], stroke)
    assert np.allclose(line[:5, 1], 0) and np.allclose(line[5:, 0], 10)


def test_withheld_forms_exist_and_leave_others():
    for digit in pen.TEMPLATES:
        trained, withheld = pen.forms(digit), pen.forms(digit, withheld=True)
        assert set(withheld) == set(pen.WITHHELD[digit]) and len(trained) >= 6 and not set(trained) & set(withheld)


def test_pen_digits_repeat_with_their_seed_and_are_balanced():
    drawings, labels = pen.pen_digits(400, 3)
    again, same = pen.pen_digits(400, 3)
    assert np.array_equal(labels, same) and all(
        np.array_equal(a, b) for one, two in zip(drawings, again, strict=True) for a, b in zip(one, two, strict=True)
    )
    assert len(drawings) == 400 and np.bincount(labels, minlength=10).min() >= 25
    other, _ = pen.pen_digits(400, 4)
    assert not np.array_equal(other[0][0], drawings[0][0])


def test_hands_differ_from_each_other():
    drawings = pen.vary(pen.TEMPLATES[4]["open"], 20, np.random.default_rng(0))
    assert len(drawings) == 20 and all(len(drawing) == 2 for drawing in drawings)
    first = [drawing[0][0] for drawing in drawings]
    assert np.std(first, axis=0).min() > 2
