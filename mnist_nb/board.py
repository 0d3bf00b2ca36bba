"""The drawing board: a widget that names digits while they are drawn."""

from __future__ import annotations

import html
import io
import time
from base64 import b64encode
from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np
from ipycanvas import MultiCanvas, hold_canvas

from . import drawing
from .grouping import group_strokes

WORDS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
SECONDS_BETWEEN_READINGS = 0.05  # while the pen is down


@dataclass(frozen=True)
class Reading:
    """What the board reads in one group of strokes."""

    strokes: tuple[int, ...]  # Indices of its strokes on the board.
    box: tuple[float, float, float, float]  # left, top, right, bottom of its ink in px.
    probabilities: np.ndarray  # float32 (10,)

    @property
    def digit(self):
        """The most probable digit, an int."""
        return int(self.probabilities.argmax())

    @property
    def word(self):
        """The digit's name, as it stands next to the box."""
        return WORDS[self.digit]


class DigitBoard(widgets.VBox):
    """A canvas to draw digits on with mouse or finger; each is boxed and named beside the box.

    `recognizer` has `read(drawing) -> probabilities (10,)`. Several digits may stand side by side and a
    digit may take several strokes. `width` and `height` are in px; pen coordinates are in the same.
    """

    def __init__(self, recognizer, width=640, height=320):
        self._recognizer = recognizer
        self._strokes = []  # Lists of (x, y); the last one grows while the pen is down.
        self._pen_is_down = False
        self._readings = []
        self._read_at = 0.0
        self._canvas = MultiCanvas(2, width=width, height=height)
        self._ink, self._marks = self._canvas[0], self._canvas[1]
        self._canvas.layout = widgets.Layout(max_width="100%", height="auto")
        self._result = widgets.HTML()
        self._clear_button = widgets.Button(
            description="Clear (N)", icon="eraser", tooltip="Remove everything that was drawn"
        )
        self._clear_button.on_click(lambda _: self.clear())
        row = widgets.HBox([self._clear_button, self._result], layout=widgets.Layout(align_items="center"))
        super().__init__([self._canvas, row], layout=widgets.Layout(width="100%", max_width=f"{width}px"))
        self._listen()
        self._redraw()

    @property
    def width(self):
        """Width of the canvas in px."""
        return self._canvas.width

    @property
    def height(self):
        """Height of the canvas in px."""
        return self._canvas.height

    @property
    def text(self):
        """The digits on the board from left to right, such as "407"; empty when nothing is drawn."""
        return "".join(str(reading.digit) for reading in self._readings)

    @property
    def readings(self):
        """The readings on the board from left to right, a tuple of `Reading`."""
        return tuple(self._readings)

    @property
    def strokes(self):
        """The strokes on the board in the order they were drawn, a list of float (n, 2) arrays in px."""
        return [np.array(stroke, float) for stroke in self._strokes]

    def pen_down(self, x, y):
        """Begin a stroke at (x, y)."""
        if self._pen_is_down:
            self.pen_up(*self._strokes[-1][-1])
        self._pen_is_down = True
        self._strokes.append([(x, y)])
        self._draw_line([(x, y)])

    def pen_move(self, x, y):
        """Go on with the stroke under way to (x, y); does nothing while the pen is up."""
        if not self._pen_is_down:
            return
        self._strokes[-1].append((x, y))
        self._draw_line(self._strokes[-1][-2:])
        if time.monotonic() - self._read_at >= SECONDS_BETWEEN_READINGS:
            self._read()

    def pen_up(self, x, y):
        """End the stroke under way at (x, y) and read the board; does nothing while the pen is up."""
        if not self._pen_is_down:
            return
        if self._strokes[-1][-1] != (x, y):
            self._strokes[-1].append((x, y))
            self._draw_line(self._strokes[-1][-2:])
        self._pen_is_down = False
        self._read()

    def clear(self):
        """Remove everything from the board."""
        self._pen_is_down = False
        self._strokes, self._readings = [], []
        self._redraw()

    def _repr_mimebundle_(self, **options):
        """Offer a still picture beside the live widget, for pages where no kernel runs."""
        picture = drawing.picture(self.width, self.height, self.strokes, self.readings)
        png = io.BytesIO()
        picture.savefig(png, format="png", dpi=100)
        data = {"text/plain": f"DigitBoard reading {self.text!r}", "image/png": b64encode(png.getvalue()).decode()}
        live = super()._repr_mimebundle_(**options)
        return {**live, **data}, {"image/png": {"alt": picture.get_label()}}

    def _listen(self):
        canvas = self._canvas
        canvas.on_mouse_down(self.pen_down)
        canvas.on_mouse_move(self.pen_move)
        canvas.on_mouse_up(self.pen_up)
        canvas.on_mouse_out(self.pen_up)
        canvas.on_touch_start(lambda fingers: self.pen_down(*fingers[0]) if len(fingers) == 1 else None)
        canvas.on_touch_move(lambda fingers: self.pen_move(*fingers[0]))
        canvas.on_touch_end(self._lift_finger)
        canvas.on_touch_cancel(self._lift_finger)
        canvas.on_key_down(lambda key, *modifiers: self.clear() if key in ("n", "N") else None)
        canvas.on_client_ready(self._redraw)  # The canvas of a reloaded page is blank.

    def _lift_finger(self, fingers_left):
        if self._pen_is_down and not fingers_left:
            self.pen_up(*self._strokes[-1][-1])

    def _read(self):
        """Group the strokes and read each group; groups without the newest stroke keep their reading."""
        newest, strokes = len(self._strokes) - 1, self.strokes
        known = {reading.strokes: reading for reading in self._readings if newest not in reading.strokes}
        try:
            groups = [tuple(group) for group in group_strokes(strokes)]
            self._readings = [known.get(group) or self._read_group(group, strokes) for group in groups]
            trouble = ""
        except Exception as error:  # Raised in a widget's callback it would vanish: say it on the board.
            self._readings, trouble = [], f"The board cannot read this: {error}"
        self._read_at = time.monotonic()
        self._show_readings(trouble)

    def _read_group(self, group, strokes):
        members = [strokes[index] for index in group]
        points = np.concatenate(members)
        return Reading(group, (*points.min(0), *points.max(0)), self._recognizer.read(members))

    def _redraw(self):
        with hold_canvas():
            drawing.paint_ground(self._ink, self.width, self.height)
            for stroke in self._strokes:
                drawing.paint_line(self._ink, stroke)
        self._show_readings()

    def _draw_line(self, points):
        with hold_canvas():
            drawing.paint_line(self._ink, points)

    def _show_readings(self, trouble=""):
        under_way = len(self._strokes) - 1 if self._pen_is_down else None
        marks = [
            (reading.box, reading.word, drawing.UNDER_WAY if under_way in reading.strokes else drawing.MARK)
            for reading in self._readings
        ]
        with hold_canvas():
            self._marks.clear()
            for box, word, colour in marks:
                drawing.paint_mark(self._marks, box, word, colour, self.width, self.height)
        message = f"Reads <b>{self.text}</b>" if self.text else "Draw a digit with the mouse or a finger."
        self._result.value = html.escape(trouble) if trouble else message
