"""Strokes become digits and rows by geometry alone."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from mnist_nb.strokes import hands
from mnist_nb.strokes.grouping import group_strokes

strokes = st.lists(
    arrays(float, st.tuples(st.integers(1, 8), st.just(2)), elements=st.floats(-1e4, 1e4, width=32)),
    max_size=12,
)  # fmt: skip


def written(digits, left=0, top=0):
    return hands.side_by_side(digits, left=left, top=top, height=100)


def as_sets(rows):
    return [[frozenset(group) for group in row] for row in rows]


def test_strokes_join_whatever_was_drawn_between_them():
    five, seven = written("5"), written("7", left=110)
    assert group_strokes([five[0], seven[0], five[1]]) == [[[0, 2], [1]]]
    assert group_strokes([]) == []


@pytest.mark.parametrize("scale", [0.01, 1, 1000])
def test_grouping_does_not_depend_on_the_unit(scale):
    groups = group_strokes([stroke * scale for stroke in written("4055")])
    assert groups == [[[0, 1], [2], [3, 4], [5, 6]]]


def test_a_stroke_can_join_two_groups():
    left, right, bar = [(0, 0), (0, 100)], [(40, 0), (40, 100)], [(0, 50), (40, 50)]
    assert len(group_strokes([left, right])[0]) == 2
    assert group_strokes([left, right, bar]) == [[[0, 1, 2]]]


def test_digits_under_one_another_are_rows():
    rows = group_strokes(written("45") + written("7", top=130))
    assert rows == [[[0, 1], [2, 3]], [[4]]]


def test_a_number_that_climbs_is_one_row():
    strokes = written("1") + written("7", left=60, top=-30) + written("0", left=160, top=-60)
    assert group_strokes(strokes) == [[[0], [1], [2]]]


def test_slanted_digits_whose_boxes_overlap_stay_apart():
    def slanted(digits, left):
        return [stroke - np.outer(stroke[:, 1], [0.4, 0]) for stroke in written(digits, left)]

    assert group_strokes(slanted("1", 0) + slanted("1", 30)) == [[[0], [1]]]


def test_digits_that_touch_at_one_side_stay_apart():
    first, second = written("0"), written("0")
    width = np.ptp(first[0][:, 0])
    assert group_strokes([first[0], second[0] + (width, 0)]) == [[[0], [1]]]


@pytest.mark.parametrize(("withheld", "floor"), [(False, 0.98), (True, 0.98)])
def test_nearly_every_varied_drawing_is_one_digit(withheld, floor):
    drawings, _ = hands.pen_digits(400, 5, withheld=withheld)
    whole = [len(rows) == 1 and len(rows[0]) == 1 for rows in map(group_strokes, drawings)]
    assert np.mean(whole) >= floor


@settings(deadline=None)
@given(strokes)
def test_every_stroke_is_in_one_group(drawing):
    members = sorted(index for row in group_strokes(drawing) for group in row for index in group)
    assert members == list(range(len(drawing)))


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=4), st.randoms())
def test_the_order_of_strokes_does_not_change_the_groups(digits, random):
    drawing = written(digits)
    order = list(range(len(drawing)))
    random.shuffle(order)
    shuffled = group_strokes([drawing[index] for index in order])
    assert as_sets([[[order[index] for index in group] for group in row] for row in shuffled]) == as_sets(
        group_strokes(drawing)
    )


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=4), st.floats(0.01, 100), st.floats(-500, 500), st.floats(-500, 500))
def test_scaling_and_shifting_do_not_change_the_groups(digits, scale, right, down):
    drawing = written(digits)
    assert group_strokes([(stroke + np.array([right, down])) * scale for stroke in drawing]) == group_strokes(drawing)
