"""What a hand draws on a board: strokes, and every step back and forth."""

from __future__ import annotations

import numpy as np


class Stroke:
    """The points of one touch of the pen. It grows while the pen is down and stays as it is afterwards.

    Two strokes are equal only when they are the same object, so a stroke can be a key.
    """

    def __init__(self, points):
        self._points = [(float(x), float(y)) for x, y in points]
        self._array = None

    def __len__(self):
        return len(self._points)

    @property
    def points(self):
        """The points as a float64 array (n, 2), x right, y down, in px."""
        if self._array is None or len(self._array) != len(self._points):
            self._array = np.array(self._points)
        return self._array

    @property
    def last(self):
        """The last point, (x, y)."""
        return self._points[-1]

    def extend(self, x, y):
        """Go on to (x, y); return False where the stroke ends already."""
        if self.last == (x, y):
            return False
        self._points.append((float(x), float(y)))
        return True


class History:
    """Strokes in the order they were drawn, with undo and redo of whatever changed them."""

    def __init__(self):
        self.strokes = ()  # Replaced, never changed, so that every earlier state can be kept by reference.
        self.under_way = None  # The stroke whose pen is down.
        self._past, self._future = [], []

    def pen_down(self, x, y):
        """Begin a stroke at (x, y)."""
        stroke = Stroke([(x, y)])
        self.replace((*self.strokes, stroke))
        self.under_way = stroke

    def pen_up(self):
        """End the stroke under way, if there is one."""
        self.under_way = None

    def replace(self, strokes):
        """Put these strokes in place of all others, as one step that can be undone."""
        self.under_way = None
        strokes = tuple(strokes)
        if strokes != self.strokes:
            self._past.append(self.strokes)
            self._future.clear()
            self.strokes = strokes

    def remove(self, strokes):
        """Take strokes away."""
        self.replace(stroke for stroke in self.strokes if stroke not in strokes)

    def undo(self):
        """Take the last step back; does nothing when there is none."""
        self._step(self._past, self._future)

    def redo(self):
        """Take a step that was undone again; does nothing when there is none."""
        self._step(self._future, self._past)

    def _step(self, source, target):
        self.pen_up()
        if source:
            target.append(self.strokes)
            self.strokes = source.pop()
