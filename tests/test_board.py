"""The board's logic, driven through its pen methods without a browser."""

import base64

import numpy as np
import pytest

from mnist_nb import DigitBoard, Recognizer, pen
from mnist_nb.drawing import frame, word_place
from mnist_nb.grouping import group_strokes


class CountingRecognizer:
    """Reads a drawing as the number of its strokes and counts how often it is asked."""

    def __init__(self):
        self.asked = 0

    def read(self, drawing):
        self.asked += 1
        return np.eye(10, dtype=np.float32)[len(drawing)]


class FailingRecognizer:
    def read(self, drawing):
        raise RuntimeError("no <model> here")


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


def draw(board, strokes):
    for stroke in strokes:
        board.pen_down(*stroke[0])
        for point in stroke[1:]:
            board.pen_move(*point)
        board.pen_up(*stroke[-1])


def test_a_number_is_read_from_left_to_right_whatever_the_order(recognizer):
    board = DigitBoard(recognizer)
    draw(board, pen.side_by_side("72", left=320, top=90, height=130))
    draw(board, pen.side_by_side("40", left=20, top=90, height=130))
    assert board.text == "4072"
    assert [reading.word for reading in board.readings] == ["Four", "Zero", "Seven", "Two"]


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize(("left", "top", "height"), [(0, 0, 60), (300, 20, 280), (560, 230, 90)])
def test_every_digit_is_read_at_any_size_and_place(recognizer, digit, left, top, height):
    board = DigitBoard(recognizer)
    draw(board, pen.side_by_side(str(digit), left=left, top=top, height=height))
    assert board.text == str(digit)


def test_a_second_stroke_joins_its_digit_and_leaves_the_others_unread():
    recognizer = CountingRecognizer()
    board = DigitBoard(recognizer)
    four, one = pen.side_by_side("4", left=20, top=50, height=150), pen.side_by_side("1", left=400, top=50, height=150)
    draw(board, one)
    draw(board, four[:1])
    assert board.text == "11"
    asked = recognizer.asked
    draw(board, [four[1][:2]])
    assert board.text == "21" and len(board.readings[0].strokes) == 2
    assert recognizer.asked > asked
    asked = recognizer.asked
    board.pen_down(*four[1][2])
    board.pen_up(*four[1][3])
    assert recognizer.asked == asked + 1  # The 1 kept its reading.


def test_moves_with_the_pen_up_change_nothing():
    board = DigitBoard(CountingRecognizer())
    board.pen_move(10, 10)
    board.pen_up(20, 20)
    assert board.strokes == [] and board.text == ""


def test_a_digit_is_read_while_it_is_drawn(monkeypatch):
    monkeypatch.setattr("mnist_nb.board.SECONDS_BETWEEN_READINGS", 0)
    board = DigitBoard(CountingRecognizer())
    board.pen_down(10, 10)
    board.pen_move(10, 60)
    assert board.text == "1"


def test_readings_under_way_are_bounded_in_rate(monkeypatch):
    monkeypatch.setattr("mnist_nb.board.SECONDS_BETWEEN_READINGS", 1e9)
    recognizer = CountingRecognizer()
    board = DigitBoard(recognizer)
    board.pen_down(0, 0)
    board._read()
    asked = recognizer.asked
    for x in range(100):
        board.pen_move(x, x)
    assert recognizer.asked == asked
    board.pen_up(100, 100)
    assert recognizer.asked == asked + 1


def test_a_lost_pen_up_ends_the_stroke_before_the_next():
    board = DigitBoard(CountingRecognizer())
    board.pen_down(10, 10)
    board.pen_move(10, 90)
    board.pen_down(300, 10)
    board.pen_up(300, 90)
    assert len(board.strokes) == 2 and board.text == "11"


def test_clear_empties_the_board_and_drawing_goes_on():
    board = DigitBoard(CountingRecognizer())
    draw(board, pen.side_by_side("3", left=20, top=20, height=100))
    board.clear()
    assert board.text == "" and board.strokes == [] and board.readings == ()
    draw(board, pen.side_by_side("3", left=20, top=20, height=100))
    assert board.text == "1"


def test_a_dot_on_the_board_is_read_like_any_stroke(recognizer):
    board = DigitBoard(recognizer)
    board.pen_down(100, 100)
    board.pen_up(100, 100)
    assert len(board.strokes) == 1 and len(board.text) == 1


def test_a_failing_recogniser_says_so_on_the_board_and_the_board_lives():
    board = DigitBoard(FailingRecognizer())
    draw(board, pen.side_by_side("3", left=20, top=20, height=100))
    assert "The board cannot read this: no &lt;model&gt; here" in board._result.value
    board._recognizer = CountingRecognizer()
    draw(board, pen.side_by_side("3", left=300, top=20, height=100))
    assert board.text == "11" and "cannot" not in board._result.value


def test_touch_follows_the_first_finger_and_ends_when_all_are_lifted():
    board = DigitBoard(CountingRecognizer())
    events = board._canvas[-1]
    events._touch_start_callbacks([(10, 10)])
    events._touch_move_callbacks([(10, 50)])
    events._touch_start_callbacks([(10, 50), (400, 50)])
    events._touch_end_callbacks([(10, 60)])
    events._touch_move_callbacks([(10, 90)])
    events._touch_end_callbacks([])
    assert len(board.strokes) == 1 and board.strokes[0][-1].tolist() == [10, 90]
    assert board.text == "1"


def test_keys_clear_the_board():
    board = DigitBoard(CountingRecognizer())
    draw(board, pen.side_by_side("3", left=20, top=20, height=100))
    board._canvas[-1]._key_down_callbacks("x", False, False, False)
    assert board.text == "1"
    board._canvas[-1]._key_down_callbacks("n", False, False, False)
    assert board.text == ""


def test_pages_without_a_kernel_get_a_picture():
    board = DigitBoard(CountingRecognizer())
    draw(board, pen.side_by_side("3", left=20, top=20, height=100))
    data, metadata = board._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "DigitBoard reading '1'"
    assert metadata["image/png"]["alt"] == "The drawing board, reading: One."


def test_frames_and_words_stay_on_the_board():
    for box in [(0, 0, 40, 90), (600, 250, 640, 320), (0, 0, 640, 320), (630, 0, 640, 10)]:
        left, top, right, bottom = frame(box, 640, 320)
        assert 0 <= left < right <= 640 and 0 <= top < bottom <= 320
        x, y = word_place(box, "Seven", 640, 320)
        assert 0 <= x <= 640 - 5 * 11 and 0 <= y <= 300


def test_grouping_is_by_geometry_alone():
    five, seven = pen.side_by_side("5", left=0, top=0, height=100), pen.side_by_side("7", left=110, top=0, height=100)
    assert group_strokes([five[0], seven[0], five[1]]) == [[0, 2], [1]]
    assert group_strokes([]) == []


@pytest.mark.parametrize("scale", [0.01, 1, 1000])
def test_grouping_does_not_depend_on_the_unit(scale):
    strokes = pen.side_by_side("4055", left=0, top=0, height=100)
    groups = group_strokes([stroke * scale for stroke in strokes])
    assert groups == [[0, 1], [2], [3, 4], [5, 6]]


def test_a_stroke_can_join_two_groups():
    left, right, bar = [(0, 0), (0, 100)], [(40, 0), (40, 100)], [(0, 50), (40, 50)]
    assert len(group_strokes([left, right])) == 2
    assert group_strokes([left, right, bar]) == [[0, 1, 2]]
