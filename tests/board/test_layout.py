"""What people do with a pen: strokes gone over again, pens that skip, rows close together, marks that are no digits."""

from itertools import pairwise

import numpy as np
import pytest

from mnist_nb import DigitBoard, Recognizer
from mnist_nb.strokes import hands

ROUND = np.linspace(0, 2 * np.pi, 60)


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


def read(recognizer, *drawings):
    board = DigitBoard(recognizer)
    for drawing in drawings:
        board.draw(drawing)
    return board


def written(digits, left=110, top=60, height=120):
    return hands.side_by_side(digits, left=left, top=top, height=height)


def line(*corners):
    """Return a stroke through corners (x, y), with a point every few px."""
    corners = np.array(corners, float)
    pieces = [first + np.linspace(0, 1, 20)[:, None] * (last - first) for first, last in pairwise(corners)]
    return np.concatenate(pieces)


def oval(x, y, width, height):
    return np.stack([x + width / 2 * np.sin(ROUND), y - height / 2 * np.cos(ROUND)], axis=1)


@pytest.mark.parametrize("apart", [2, 5, 8])
@pytest.mark.parametrize("slant", [0, 30, -40])
def test_a_stroke_gone_over_again_is_one(recognizer, apart, slant):
    again = line((100 + apart, 62), (100 + apart - slant, 178))
    assert read(recognizer, [line((100, 60), (100 - slant, 180)), again]).text == "1"
    assert read(recognizer, [line((104, 60), (104 - slant, 180)), line((100, 62), (110 - slant, 178))]).text == "1"


@pytest.mark.parametrize("skipped", [0, 1, 2])
@pytest.mark.parametrize("slant", [0, 40])
def test_a_one_by_a_pen_that_skips_is_one(recognizer, skipped, slant):
    whole = line((140, 60), (140 - slant, 180))
    half = len(whole) // 2
    board = read(recognizer, [whole[: half - skipped], whole[half + skipped :]])
    assert board.text == "1"


@pytest.mark.parametrize("digit", "026789")
def test_a_dashed_digit_does_not_fall_apart(recognizer, digit):
    dashes = []
    for stroke in written(digit, height=140):
        way = np.append(0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T)))
        places = np.arange(0, way[-1], 2)
        stroke = np.stack([np.interp(places, way, axis) for axis in stroke.T], axis=1)
        dashes += [stroke[first : first + 14] for first in range(0, len(stroke), 20) if len(stroke[first:]) > 1]
    assert read(recognizer, dashes).text == digit


@pytest.mark.parametrize("gap", [6, 10, 20, 40])
def test_rows_close_together_stay_apart(recognizer, gap):
    board = read(recognizer, written("12", 60, 20, 75), written("34", 60, 95 + gap, 75))
    assert board.text == "12\n34"


def test_a_grid_is_read_row_by_row(recognizer):
    board = read(
        recognizer, *(written(row, 60, 10 + 100 * place, 90) for place, row in enumerate(("123", "456", "789")))
    )
    assert board.text == "123\n456\n789"


def test_a_sheet_of_digits_is_read_row_by_row(recognizer):
    board = DigitBoard(recognizer, 900, 500)
    for place, row in enumerate(("123456", "789012", "345678", "901234")):
        board.draw(written(row, 30, 10 + 120 * place, 105))
    assert board.text == "123456\n789012\n345678\n901234" and not board.marks


BOX = [(80, 30), (350, 30), (350, 220), (80, 220), (80, 32)]
MARKS = {
    "point": ("314", [*written("3", 60), line((150, 177), (151, 179)), *written("14", 180)], 1),
    "dot": ("314", [*written("3", 60), [(150, 178)], *written("14", 180)], 1),
    "comma": ("314", [*written("3", 60), line((150, 172), (143, 195)), *written("14", 180)], 1),
    "minus": ("42", [line((30, 120), (90, 121)), *written("42")], 1),
    "plus": (
        "42",
        [*written("4", 40), line((170, 120), (240, 121)), line((205, 85), (206, 155)), *written("2", 280)],
        1,
    ),
    "underline": ("42", [*written("42"), line((100, 195), (330, 198))], 1),
    "underline of one": ("7", [*written("7"), line((90, 195), (220, 198))], 1),
    "box": ("42", [*written("42"), line(*BOX)], 1),
    "box of four strokes": ("42", [*map(line, BOX[:4], BOX[1:]), *written("42")], 1),
    "circle": ("7", [*written("7", 160), oval(200, 120, 220, 210)], 1),
    "circle around a one": ("1", [oval(200, 120, 220, 210), *written("1", 190, 70, 100)], 1),
    "nothing": ("3014", written("3014", 40), 0),
}


@pytest.mark.parametrize("kind", MARKS)
def test_marks_are_left_out_and_the_number_is_read(recognizer, kind):
    number, drawing, marks = MARKS[kind]
    board = read(recognizer, drawing)
    assert board.text == number and len(board.marks) == marks
    assert ("Left out 1 mark" in board.message) == (marks == 1)


def test_a_mark_alone_is_what_the_reader_makes_of_it(recognizer):
    for drawing in ([[(100, 100)]], [line((50, 100), (200, 100))], [oval(200, 120, 200, 200)]):
        board = read(recognizer, drawing)
        assert len(board.text) == 1 and board.marks == []


def test_digits_that_reach_into_each_other_are_two(recognizer):
    for middle in (150, 170):
        assert read(recognizer, [oval(100, 120, 80, 120), oval(middle, 120, 80, 120)]).text == "00"
    assert read(recognizer, [oval(150, 80, 60, 64), oval(150, 145, 72, 68)]).text == "8"  # Two circles.


def test_digits_in_one_stroke_are_unsure(recognizer):
    both = np.concatenate([oval(100, 120, 80, 120), oval(182, 120, 80, 120)])
    ones = line((100, 60), (100, 180), (140, 60), (140, 180), (180, 60), (180, 180))
    for drawing in (both, ones):
        assert all(reading.unsure for reading in read(recognizer, [drawing]).readings)


@pytest.mark.parametrize("number", ["42", "44", "4477", "57", "1111", "3141592", "5757"])
def test_plain_numbers_are_read_as_before(recognizer, number):
    board = read(recognizer, written(number, 20, 60, 100))
    assert board.text == number and not board.marks
