"""A drawing becomes an image that obeys MNIST's contract, whatever its size, place and stroke order."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from mnist_nb.strokes import hands, ink
from mnist_nb.strokes.ink import InkError, as_strokes, centre_of_mass, document_image, longest_side, strokes_to_image

DRAWINGS = [hands.drawing_of(digit) for digit in range(10)]
coordinates = st.floats(-1e6, 1e6, allow_nan=False, width=32)
strokes = st.lists(
    arrays(float, st.tuples(st.integers(1, 12), st.just(2)), elements=coordinates), min_size=1, max_size=4
)


def obeys_contract(image):
    centre = centre_of_mass(image[None])[0]
    return image.shape == (28, 28) and image.dtype == np.uint8 and image.max() == 255 and (
        longest_side(image[None])[0] == 20 and ((centre > 13.5) & (centre <= 14.5)).all()
    )  # fmt: skip


@pytest.mark.parametrize("digit", range(10))
def test_drawn_digits_obey_mnists_contract(digit):
    image = strokes_to_image(DRAWINGS[digit])
    assert obeys_contract(image)
    assert 51 <= image.sum() / 255 <= 163 or digit == 1  # MNIST's 5th and 95th percentile; a bare 1 has less.


def test_a_hand_made_line_has_the_expected_pixels():
    image = strokes_to_image([np.array([[5.0, 0.0], [5.0, 300.0]])], pen_width=2)
    rows, columns = np.nonzero(image)
    assert (np.unique(columns) == [13, 14]).all() or (np.unique(columns) == [14, 15]).all()
    assert np.unique(rows).size == 20 and image.max() == 255


@settings(deadline=None, max_examples=60)
@given(strokes)
def test_any_finite_strokes_give_a_valid_image(drawing):
    image = strokes_to_image(drawing)
    assert image.shape == (28, 28) and image.dtype == np.uint8 and image.max() == 255
    assert longest_side(image[None])[0] <= 20


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 9), st.floats(1e-3, 1e5), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_scaling_and_shifting_a_drawing_keeps_its_image(digit, scale, right, down):
    moved = [stroke * scale + (right * scale, down * scale) for stroke in DRAWINGS[digit]]
    difference = strokes_to_image(moved).astype(int) - strokes_to_image(DRAWINGS[digit])
    assert np.abs(difference).max() <= 1


@settings(deadline=None, max_examples=40)
@given(strokes, st.randoms())
def test_stroke_order_and_direction_do_not_change_the_image(drawing, random):
    other = [stroke[::-1] for stroke in drawing]
    random.shuffle(other)
    assert np.abs(strokes_to_image(other).astype(int) - strokes_to_image(drawing)).max() <= 1


def test_a_dot_is_a_dot_in_the_middle():
    image = strokes_to_image([[(3.0, 4.0)]])
    centre = centre_of_mass(image[None])[0]
    assert image.max() == 255 and 1 <= longest_side(image[None])[0] <= 4
    assert ((centre > 13.5) & (centre <= 14.5)).all()


def test_extreme_magnitudes_do_not_overflow():
    assert obeys_contract(strokes_to_image([np.array([[0, 0], [1e308, 1e308], [0, 1e308]])]))
    assert strokes_to_image([np.array([[0, 0], [1e-320, 1e-320]])]).max() == 255


def test_a_very_long_drawing_gives_the_same_image_as_its_sparse_twin():
    sparse = np.array([[0, 0], [100, 0], [100, 100]], float)
    dense = np.concatenate([np.linspace(sparse[i], sparse[i + 1], 5000) for i in range(2)])
    assert np.abs(strokes_to_image([dense]).astype(int) - strokes_to_image([sparse])).max() <= 1


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        ([], "the drawing is empty"),
        ([np.zeros((0, 2))], "the drawing is empty"),
        ([np.zeros((3, 3))], r"stroke 1 must be an \(n, 2\) array of x and y; found shape \(3, 3\)"),
        ([np.zeros((2, 2)), [(0, float("nan"))]], "stroke 2 has a coordinate that is not a finite number"),
        ([["a", "b"]], "stroke 1 .* not numeric"),
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(drawing, message):
    with pytest.raises(InkError, match=message):
        strokes_to_image(drawing)


def test_empty_strokes_are_left_out():
    assert [stroke.shape for stroke in as_strokes([[], [(1, 2)], np.zeros((0, 2))])] == [(1, 2)]


def test_the_documents_image_ignores_proportions():
    theirs, ours = (image(hands.drawing_of(1)) for image in (document_image, strokes_to_image))
    assert theirs.shape == (28, 28) and theirs.dtype == np.uint8 and theirs.max() > 100
    extent = [np.ptp(np.nonzero(image.max(0) > 60)[0]) for image in (theirs, ours)]
    assert extent[0] > 1.5 * extent[1]  # A bare 1 is as wide as any digit.
    with pytest.raises(InkError, match="the drawing is empty"):
        document_image([])


@pytest.mark.parametrize("size", [1, 20, 4000])
def test_the_documents_image_exists_for_drawings_of_any_size(size):
    assert document_image([np.array([[0, 0], [size, size]], float), [(5.0, 5.0)]]).max() > 0


def test_images_of_drawings_are_those_of_each():
    drawings = [[[(0, 0), (0, 9)]], [[(0, 0), (9, 9)], [(9, 0), (0, 9)]]]
    images = ink.images_of(drawings, [1.8, 3.0])
    assert np.array_equal(images[1], ink.strokes_to_image(drawings[1], 3.0)) and images.dtype == np.uint8
    assert np.array_equal(ink.images_of(drawings, way=ink.document_image)[0], ink.document_image(drawings[0]))
    assert ink.images_of([]).shape == (0, 28, 28)
    with pytest.raises(ink.InkError, match="drawing 1: the drawing is empty"):
        ink.images_of([drawings[0], []])


def test_the_documents_window_has_an_end():
    with pytest.raises(ink.InkError, match="the drawing is 1000010 px long; a window has at most 10000"):
        ink.document_image([[(0, 0), (1_000_000, 5)]])


def test_slant_is_the_angle_of_a_leaning_stroke():
    leaning = ink.images_of([[[(0, 40), (20, 0)]], [[(0, 0), (0, 40)]], [[(0, 0), (10, 40)]]])
    expected = np.degrees(np.arctan([20 / 40, 0, -10 / 40]))
    assert np.allclose(ink.slant(leaning), expected, atol=2)
    assert ink.shortest_side(leaning)[1] <= 4 < ink.shortest_side(leaning)[0]
