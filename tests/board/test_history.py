"""Strokes grow under the pen, and every change of a sketch can be taken back and done again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mnist_nb.sketch import Sketch, Stroke


def drawn(*strokes):
    sketch = Sketch()
    for stroke in strokes:
        sketch.pen_down(*stroke[0])
        for point in stroke[1:]:
            sketch.pen_move(*point)
        sketch.pen_up()
    return sketch


def test_a_stroke_grows_and_leaves_out_points_that_do_not_move():
    stroke = Stroke([(1, 2)])
    assert stroke.points.tolist() == [[1, 2]]
    assert stroke.extend(3, 4) and not stroke.extend(3, 4)
    assert stroke.points.tolist() == [[1, 2], [3, 4]] and stroke.last == (3, 4) and len(stroke) == 2


def test_strokes_are_themselves_and_nothing_else():
    assert Stroke([(0, 0)]) != Stroke([(0, 0)])


def test_moves_without_a_pen_on_the_board_draw_nothing():
    sketch = Sketch()
    sketch.pen_move(1, 1)
    sketch.pen_up()
    assert sketch.strokes == () and not sketch.can_undo


def test_undo_and_redo_go_through_every_state():
    sketch = drawn([(0, 0)], [(1, 1), (2, 2)])
    first, second = sketch.strokes
    sketch.remove([first])
    sketch.replace(())
    states = [(second,), (first, second), (first,), ()]
    for state in states:
        sketch.undo()
        assert sketch.strokes == state
    assert not sketch.can_undo
    for state in [*states[-2::-1], ()]:
        sketch.redo()
        assert sketch.strokes == state
    assert not sketch.can_redo
    sketch.redo()
    assert sketch.strokes == ()


def test_a_new_stroke_forgets_what_was_taken_back():
    sketch = drawn([(0, 0)], [(1, 1)])
    sketch.undo()
    sketch.pen_down(5, 5)
    assert not sketch.can_redo and len(sketch.strokes) == 2


def test_taking_back_ends_the_stroke_under_way():
    sketch = drawn([(0, 0)])
    sketch.pen_down(3, 3)
    sketch.undo()
    sketch.pen_move(4, 4)
    assert len(sketch.strokes) == 1 and sketch.under_way is None


@given(st.lists(st.sampled_from(["draw", "undo", "redo", "remove", "clear"]), max_size=30))
def test_undoing_everything_gives_an_empty_board_and_redoing_everything_what_there_was(steps):
    sketch = Sketch()
    for step in steps:
        if step == "draw":
            sketch.pen_down(*np.random.default_rng(0).random(2))
            sketch.pen_up()
        elif step == "remove":
            sketch.remove(sketch.strokes[:1])
        elif step == "clear":
            sketch.replace(())
        else:
            getattr(sketch, step)()
    while sketch.can_redo:
        sketch.redo()
    last = sketch.strokes
    while sketch.can_undo:
        sketch.undo()
    assert sketch.strokes == ()
    while sketch.can_redo:
        sketch.redo()
    assert sketch.strokes == last
