"""The board's logic, driven through its pen methods without a browser."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from mnist_nb import DigitBoard, Recognizer
from mnist_nb.board.controls import SHORTCUTS
from mnist_nb.board.history import Stroke
from mnist_nb.pictures.frames import LETTER_WIDTH, frame, word_place
from mnist_nb.strokes import hands
from mnist_nb.strokes.file import StrokeFileError, load_drawings, save_drawings
from mnist_nb.strokes.ink import strokes_to_image


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


def test_a_number_is_read_from_left_to_right_whatever_the_order(recognizer):
    board = DigitBoard(recognizer)
    board.draw(hands.side_by_side("72", left=320, top=90, height=130))
    board.draw(hands.side_by_side("40", left=20, top=90, height=130))
    assert board.text == "4072"
    assert [reading.word for reading in board.readings] == ["Four", "Zero", "Seven", "Two"]


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize(("left", "top", "height"), [(0, 0, 60), (300, 20, 280), (560, 230, 90)])
def test_every_digit_is_read_at_any_size_and_place(recognizer, digit, left, top, height):
    board = DigitBoard(recognizer)
    board.draw(hands.side_by_side(str(digit), left=left, top=top, height=height))
    assert board.text == str(digit)


def test_a_second_stroke_joins_its_digit_and_leaves_the_others_unread():
    recognizer = CountingRecognizer()
    board = DigitBoard(recognizer)
    four, one = (
        hands.side_by_side("4", left=20, top=50, height=150),
        hands.side_by_side("1", left=400, top=50, height=150),
    )
    board.draw(one)
    board.draw(four[:1])
    assert board.text == "11"
    asked = recognizer.asked
    board.draw([four[1][:12]])
    assert board.text == "21" and len(board.readings[0].strokes) == 2
    assert recognizer.asked > asked
    asked = recognizer.asked
    board.pen_down(*four[1][12])
    board.pen_up(*four[1][13])
    assert recognizer.asked == asked + 1  # The 1 kept its reading.


def test_moves_with_the_pen_up_change_nothing():
    board = DigitBoard(CountingRecognizer())
    board.pen_move(10, 10)
    board.pen_up(20, 20)
    assert board.strokes == [] and board.text == ""


def test_a_digit_is_read_while_it_is_drawn(monkeypatch):
    monkeypatch.setattr("mnist_nb.board.widget.SECONDS_BETWEEN_READINGS", 0)
    board = DigitBoard(CountingRecognizer())
    board.pen_down(10, 10)
    board.pen_move(10, 60)
    assert board.text == "1"


def test_readings_under_way_are_bounded_in_rate(monkeypatch):
    monkeypatch.setattr("mnist_nb.board.widget.SECONDS_BETWEEN_READINGS", 1e9)
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
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    board.clear()
    assert board.text == "" and board.strokes == [] and board.readings == ()
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    assert board.text == "1"


def test_a_dot_on_the_board_is_read_like_any_stroke(recognizer):
    board = DigitBoard(recognizer)
    board.pen_down(100, 100)
    board.pen_up(100, 100)
    assert len(board.strokes) == 1 and len(board.text) == 1


def test_a_failing_recogniser_says_so_on_the_board_and_the_board_lives():
    board = DigitBoard(FailingRecognizer())
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    assert "The board cannot read this: no &lt;model&gt; here" in board.message and board.text == ""
    assert len(board.strokes) == 1
    board._recognizer = CountingRecognizer()
    board.draw(hands.side_by_side("3", left=300, top=20, height=100))
    assert board.text == "11" and "cannot" not in board.message


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


def test_a_finger_that_leaves_the_canvas_ends_its_stroke_and_goes_on_inside():
    board = DigitBoard(CountingRecognizer())
    events = board._canvas[-1]
    events._touch_start_callbacks([(10, 10)])
    for place in [(10, 50), (-20, 60), (-30, 70), (12, 80), (14, 90)]:
        events._touch_move_callbacks([place])
    events._touch_end_callbacks([])
    assert [stroke.tolist() for stroke in board.strokes] == [
        [[10, 10], [10, 50], [0, 50 + 10 / 3]],
        [[12, 80], [14, 90]],
    ]


def press(board, *keys):
    for key in keys:
        board._canvas[-1]._key_down_callbacks(key, False, False, False)


def test_every_tool_has_a_button_with_a_tooltip_and_a_key(tmp_path):
    board = DigitBoard(CountingRecognizer(), file=tmp_path / "mine.npz")
    called = []
    for key, name in SHORTCUTS.items():
        button = board._controls.buttons[name]
        assert f"(key {key.upper()})" in button.tooltip
        board._controls.buttons[name].on_click(lambda _, name=name: called.append(name))
        button.click()
    assert called == list(SHORTCUTS.values()) and set(SHORTCUTS.values()) == set(board._controls.buttons)


def test_keys_work_the_tools():
    board = DigitBoard(CountingRecognizer())
    board.draw(hands.side_by_side("33", left=20, top=20, height=100))
    press(board, "x", "F5", "Shift")
    assert board.text == "11"
    press(board, "u")
    assert board.text == "1"
    press(board, "R")
    assert board.text == "11"
    press(board, "n")
    assert board.text == "" and board.strokes == []
    board._canvas[-1]._key_down_callbacks("z", False, True, False)
    assert board.text == "11"
    press(board, "w")
    assert board._controls.buttons["pen"].description == "Pen: broad" and board.text == "11"


def test_erase_and_corrections_are_for_the_newest_digit_or_the_chosen_one():
    board = DigitBoard(CountingRecognizer())
    board.draw(hands.side_by_side("3", left=300, top=20, height=100))
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    press(board, "7")
    assert board.text == "71" and board.readings[0].caption == "Seven \u2713"
    press(board, "ArrowRight", "8")
    assert board.text == "78"
    board._controls.choice.index = 0
    board._controls.correction.value = "5"
    assert board.text == "58" and board._controls.correction.value == ""
    press(board, "e")
    assert board.text == "8"
    press(board, "u")
    assert board.text == "58"  # The correction came back with its digit.


def test_tools_work_while_a_stroke_has_not_been_read_yet(tmp_path):
    board = DigitBoard(CountingRecognizer(), file=tmp_path / "mine.npz")
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    board.pen_down(400, 20)
    press(board, "s", "7", "ArrowLeft")
    assert board.text == "7" and len(load_drawings(tmp_path / "mine.npz")) == 1
    board.pen_up(400, 120)
    assert board.text == "71"


@pytest.mark.parametrize("typed", ["x", "12", "-1", "\u0663"])
def test_what_is_no_digit_corrects_nothing(typed):
    board = DigitBoard(CountingRecognizer())
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    board._controls.correction.value = typed
    assert board.text == "1" and "Type one digit, 0 to 9" in board.message


def test_a_correction_does_not_outlive_another_stroke_in_its_digit():
    board = DigitBoard(CountingRecognizer())
    four = hands.side_by_side("4", left=20, top=20, height=100)
    board.draw(four[:1])
    press(board, "9")
    board.draw(four[1:])
    assert board.text == "2"
    press(board, "u")
    assert board.text == "9"


def test_tools_on_an_empty_board_do_nothing_and_say_nothing_wrong(tmp_path):
    board = DigitBoard(CountingRecognizer(), file=tmp_path / "none.npz")
    press(board, "u", "r", "e", "n", "p", "ArrowLeft", "Tab")
    assert board.text == "" and "Draw a digit" in board._controls.number.value
    press(board, "s")
    assert "nothing new to save" in board.message
    press(board, "l")
    assert "no such file" in board.message
    press(board, "4")
    assert "no digit on the board to correct" in board.message
    assert list(tmp_path.iterdir()) == []


class UnsureRecognizer(CountingRecognizer):
    unsure_below = 0.6

    def read(self, drawing):
        return np.array([0, 0.4, 0, 0, 0, 0, 0, 0.5, 0, 0.1], np.float32)


def test_an_unsure_reading_shows_its_two_best_guesses():
    board = DigitBoard(UnsureRecognizer())
    board.draw(hands.side_by_side("1", left=20, top=20, height=100))
    assert board.readings[0].unsure and board.readings[0].caption == "Seven or One?"
    assert "7?" in board._controls.number.value and board.text == "7"
    press(board, "1")
    assert not board.readings[0].unsure and board.text == "1"


def test_digits_are_saved_with_their_labels_once_and_come_back(tmp_path):
    file = tmp_path / "mine.npz"
    board = DigitBoard(CountingRecognizer(), file=file, writer="reader")
    board.draw(hands.side_by_side("43", left=20, top=20, height=100))
    press(board, "3", "s")
    assert "Saved 2 digits; mine.npz now holds 2." in board.message
    press(board, "s")
    assert "nothing new" in board.message
    saved = load_drawings(file)
    assert saved.labels.tolist() == [2, 3] and saved.writers.tolist() == ["reader"] * 2
    drawn = board.strokes
    assert all(np.array_equal(a, b) for a, b in zip(saved.strokes[0] + saved.strokes[1], drawn, strict=True))
    press(board, "n", "l")
    assert board.text == "3" and np.array_equal(board.strokes[0], drawn[2])
    board._controls.entry.value = 1
    press(board, "l", "p")
    assert board.text == "2" and len(board.strokes) == 2 and "Drawing 1 of 2 in mine.npz" in board.message
    press(board, "u", "u", "u")
    assert len(board.strokes) == 3  # What was there before.


def test_unsure_readings_are_not_saved_until_somebody_says_what_they_are(tmp_path):
    board = DigitBoard(UnsureRecognizer(), file=tmp_path / "mine.npz")
    board.draw(hands.side_by_side("1", left=20, top=20, height=100))
    assert board.save() == 0 and "Left out 1 digit as unsure" in board.message
    board.correct(1)
    assert board.save() == 1 and load_drawings(tmp_path / "mine.npz").labels.tolist() == [1]


def test_a_file_that_is_none_is_said_on_the_board_and_left_alone(tmp_path):
    file = tmp_path / "letter.npz"
    file.write_text("Dear")
    board = DigitBoard(CountingRecognizer(), file=file)
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    press(board, "s")
    assert "not a file of strokes" in board.message and file.read_text() == "Dear"
    with pytest.raises(StrokeFileError, match="not a file of strokes"):
        board.load()


def test_a_drawing_of_another_size_is_fitted_to_the_board(tmp_path):
    file = tmp_path / "large.npz"
    save_drawings(file, [[stroke * 40 - 900 for stroke in hands.drawing_of(4)]], [4])
    board = DigitBoard(CountingRecognizer(), file=file)
    board.load(number=1)
    points = np.concatenate(board.strokes)
    assert (points >= 0).all() and (points <= (board.width, board.height)).all()
    assert np.isclose(np.ptp(points[:, 1]), 0.7 * board.height)
    with pytest.raises(StrokeFileError, match="there is no drawing 2; it holds 1 digit"):
        board.load(number=2)


def test_the_picture_lies_beside_the_file(tmp_path):
    board = DigitBoard(CountingRecognizer(), file=tmp_path / "mine.npz")
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    press(board, "i")
    assert (tmp_path / "board.png").read_bytes().startswith(b"\x89PNG") and "board.png" in board.message


def test_rows_are_lines_of_the_text():
    board = DigitBoard(CountingRecognizer())
    board.draw(
        hands.side_by_side("41", left=20, top=10, height=100) + hands.side_by_side("5", left=20, top=180, height=100),
    )
    assert board.text == "21\n2" and "Reads <b>21 / 2</b>" in board._controls.number.value


def test_five_hundred_strokes_and_ten_thousand_points_are_drawn_and_read(recognizer):
    board = DigitBoard(recognizer)
    rng = np.random.default_rng(0)
    strokes = [place + rng.normal(0, 5, (20, 2)) for place in rng.uniform(20, 300, (500, 2))]
    board._history.replace(Stroke(stroke) for stroke in strokes[:-5])
    board.draw(strokes[-5:])
    assert len(board.strokes) == 500 and board.text


def test_readings_are_timed():
    board = DigitBoard(CountingRecognizer())
    assert board._controls.latency.value == ""
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    assert "p50" in board._controls.latency.value and "p95" in board._controls.latency.value


def test_what_the_model_sees_is_the_image_it_reads():
    board = DigitBoard(CountingRecognizer())
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    shown = board._controls.sees.value
    encoded = shown.partition("base64,")[2].partition('"')[0]
    assert np.array_equal(Image.open(io.BytesIO(base64.b64decode(encoded))), strokes_to_image(board.strokes))
    assert "1: &gt;99%" in shown


def test_pages_without_a_kernel_get_a_picture():
    board = DigitBoard(CountingRecognizer())
    board.draw(hands.side_by_side("3", left=20, top=20, height=100))
    data, metadata = board._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "DigitBoard reading '1'"
    assert metadata["image/png"]["alt"] == "The drawing board, reading: One >99%."


def test_frames_and_words_stay_on_the_board():
    for box in [(0, 0, 40, 90), (600, 250, 640, 320), (0, 0, 640, 320), (630, 0, 640, 10)]:
        left, top, right, bottom = frame(box, 640, 320)
        assert 0 <= left < right <= 640 and 0 <= top < bottom <= 320
        x, y = word_place(box, "Seven", 640, 320)
        assert 0 <= x <= 640 - 5 * LETTER_WIDTH and 0 <= y <= 300
