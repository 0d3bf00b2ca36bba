"""Fingers on a canvas: the page tells the places of all that are down, without saying whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from .places import Place


class Fingers:
    """Draws on a board with the finger that began a stroke, whatever else touches the canvas meanwhile.

    Fingers are told apart by where they were: each goes on at the place that is nearest.
    """

    def __init__(self, board: Any) -> None:
        self._board = board
        self._places = np.zeros((0, 2))
        self._draws: int | None = None  # the place in the list of the one that draws

    def start(self, places: Sequence[Place]) -> None:
        """A finger was put down: it begins a stroke when no other draws."""
        if len(places) == 1:  # It is alone, whatever was not told of those before.
            self._places, self._draws = np.zeros((0, 2)), None
        known = self._follow(places)
        new = [index for index in range(len(places)) if index not in known]
        if self._draws is None and new:
            self._draws = new[0]
            self._board.pen_down(*places[new[0]])

    def move(self, places: Sequence[Place]) -> None:
        """Fingers moved. Off the board a stroke ends at the edge, and another begins where the finger comes back."""
        self._follow(places)
        if self._draws is None:
            return
        x, y = places[self._draws]
        inside = 0 <= x <= self._board.width and 0 <= y <= self._board.height
        if inside and not self._board.pen_is_down:
            self._board.pen_down(x, y)
        elif inside:
            self._board.pen_move(x, y)
        else:
            self._board.pen_up(x, y)

    def end(self, places: Sequence[Place]) -> None:
        """A finger was lifted; these are left."""
        was = self._places[self._draws] if self._draws is not None else None
        self._follow(places)
        if self._draws is None and was is not None:
            x, y = np.clip(was, 0, (self._board.width, self._board.height))
            self._board.pen_up(x, y)

    def cancel(self, places: Sequence[Place]) -> None:
        """The browser found a touch to be a palm or a gesture; these are left."""
        self._follow(places)
        if self._draws is None:
            self._board.take_back()

    def _follow(self, places):
        """Return which of the places are of fingers that were down before."""
        now = np.reshape(np.asarray(places, float), (-1, 2))
        before, after = linear_sum_assignment(cdist(self._places, now))
        same = dict(zip(before.tolist(), after.tolist(), strict=True))
        self._draws = same.get(self._draws)
        self._places = now
        return set(same.values())
