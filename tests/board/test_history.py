"""Strokes grow under the pen, and every change of a history can be taken back and done again."""

import numpy as np
from hypothesis import given, strategies as st

from mnist_nb.board.history import History, Stroke


def drawn(*strokes):
    history = History()
    for stroke in strokes:
        history.pen_down(*stroke[0])
        for point in stroke[1:]:
            history.under_way.extend(*point)
        history.pen_up()
    return history


def test_a_stroke_grows_and_leaves_out_points_that_do_not_move():
    stroke = Stroke([(1, 2)])
    assert stroke.points.tolist() == [[1, 2]]
    assert stroke.extend(3, 4) and not stroke.extend(3, 4)
    assert stroke.points.tolist() == [[1, 2], [3, 4]] and stroke.last == (3, 4) and len(stroke) == 2


def test_strokes_are_themselves_and_nothing_else():
    assert Stroke([(0, 0)]) != Stroke([(0, 0)])


def test_without_a_stroke_there_is_nothing_to_end_or_to_take_back():
    history = History()
    history.pen_up()
    history.undo()
    assert history.strokes == () and history.under_way is None


def test_undo_and_redo_go_through_every_state():
    history = drawn([(0, 0)], [(1, 1), (2, 2)])
    first, second = history.strokes
    history.remove([first])
    history.replace(())
    states = [(second,), (first, second), (first,), ()]
    for state in states:
        history.undo()
        assert history.strokes == state
    history.undo()
    assert history.strokes == ()
    for state in [*states[-2::-1], ()]:
        history.redo()
        assert history.strokes == state
    history.redo()
    assert history.strokes == ()


def test_a_new_stroke_forgets_what_was_taken_back():
    history = drawn([(0, 0)], [(1, 1)])
    history.undo()
    history.pen_down(5, 5)
    two = history.strokes
    history.redo()
    assert history.strokes == two and len(two) == 2


def test_taking_back_ends_the_stroke_under_way():
    history = drawn([(0, 0)])
    history.pen_down(3, 3)
    history.undo()
    assert len(history.strokes) == 1 and history.under_way is None


@given(st.lists(st.sampled_from(["draw", "undo", "redo", "remove", "clear"]), max_size=30))
def test_undoing_everything_gives_an_empty_board_and_redoing_everything_what_there_was(steps):
    history = History()
    for step in steps:
        if step == "draw":
            history.pen_down(*np.random.default_rng(0).random(2))
            history.pen_up()
        elif step == "remove":
            history.remove(history.strokes[:1])
        elif step == "clear":
            history.replace(())
        else:
            getattr(history, step)()
    for _ in steps:
        history.redo()
    last = history.strokes
    for _ in steps:
        history.undo()
    assert history.strokes == ()
    for _ in steps:
        history.redo()
    assert history.strokes == last
