"""The drawing board: a widget that names digits while they are drawn."""

from __future__ import annotations

import io
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from ipycanvas import MultiCanvas, hold_canvas

from ..files import replacing
from ..strokes.file import StrokeFileError, load_drawings, save_drawings
from . import page, paint
from .controls import SHORTCUTS, Controls
from .history import History, Stroke
from .readings import WORDS, Reading, read_rows, with_labels

SECONDS_BETWEEN_READINGS = 0.05  # while the pen is down
PENS = {"medium": 9, "broad": 15, "fine": 5}  # px on the screen
READINGS_TIMED = 200  # the last ones
FITTED = 0.7  # share of the board that a loaded drawing fills when it does not fit as it is
REPLAY_SECONDS = 1.5


class DigitBoard(widgets.VBox):
    """A canvas to draw digits on with mouse, finger or stylus; each is boxed and named beside the box.

    `recognizer` is a `Recognizer`, or anything with its `probabilities(images)` or with `read(drawing) ->
    probabilities (10,)`; it may have `unsure_below`, the confidence below which a reading is shown as unsure.
    Several digits may stand side by side and in rows, and a digit may take several strokes. `width` and `height`
    are in px; pen coordinates are in the same. Save adds to `file`, a file of strokes (see `mnist_nb.strokes.file`),
    under the name `writer`.
    """

    def __init__(
        self, recognizer: Any, width: int = 640, height: int = 320, *, file: str | Path = "drawings.npz",
        writer: str = "me",
    ) -> None:  # fmt: skip
        self._recognizer, self._writer = recognizer, writer
        self._history = History()
        self._rows: list[list[Reading]] = []
        self._labels: dict[tuple[Stroke, ...], int] = {}  # {strokes of a digit: what a person said it is}
        self._saved: dict[tuple[Stroke, ...], int] = {}  # and what it was saved as
        # The strokes that Erase and a correction are for; the newest digit's when None.
        self._chosen: tuple[Stroke, ...] | None = None
        self._seconds: deque[float] = deque(maxlen=READINGS_TIMED)
        self._read_at = 0.0
        self._pen = "medium"
        self._actions = {
            **{"undo": self.undo, "redo": self.redo, "erase": self.erase, "clear": self.clear, "pen": self.next_pen},
            **{"save": self.save, "load": self._load_entry, "replay": self.replay, "picture": self.save_picture},
            **{"choose": self.choose, "correct": self.correct},
        }
        self._canvas = MultiCanvas(2, width=width, height=height, layout={"max_width": "100%", "height": "auto"})
        self._ink, self._marks = self._canvas[0], self._canvas[1]
        self._controls = Controls(self._do, file)
        children = [*self._controls.above(), self._canvas, *self._controls.below()]
        super().__init__(children, layout={"width": "100%", "max_width": f"{width}px"})
        self.add_class("mnist-board")
        self._listen()
        self._draw_ink()
        self._show()

    @property
    def width(self) -> int:
        """Width of the canvas in px."""
        return self._canvas.width

    @property
    def height(self) -> int:
        """Height of the canvas in px."""
        return self._canvas.height

    @property
    def text(self) -> str:
        """The digits on the board from left to right, such as "407"; a line for each row if there are several."""
        return "\n".join("".join(str(reading.digit) for reading in row) for row in self._rows)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings on the board in the order of the text, a tuple of `mnist_nb.board.Reading`."""
        return tuple(reading for row in self._rows for reading in row)

    @property
    def strokes(self) -> list[np.ndarray]:
        """The strokes on the board in the order they were drawn, a list of float (n, 2) arrays in px."""
        return [stroke.points for stroke in self._history.strokes]

    @property
    def message(self) -> str:
        """The HTML of the line below the canvas."""
        return self._controls.message.value

    # The pen.

    def pen_down(self, x: float, y: float) -> None:
        """Begin a stroke at (x, y)."""
        self._chosen = None
        self._history.pen_down(x, y)
        self._draw_line(self._history.under_way.points)

    def pen_move(self, x: float, y: float) -> None:
        """Go on with the stroke under way to (x, y); does nothing while the pen is up."""
        if self._history.under_way is None:
            return
        self._go_on(x, y)
        # A machine that is slow to read still has time to draw.
        pause = max(SECONDS_BETWEEN_READINGS, 2 * self._seconds[-1] if self._seconds else 0)
        if time.monotonic() - self._read_at >= pause:
            self._read()

    def pen_up(self, x: float, y: float) -> None:
        """End the stroke under way at (x, y) and read the board; does nothing while the pen is up."""
        if self._history.under_way is None:
            return
        self._go_on(x, y)
        self._history.pen_up()
        self._read()

    def draw(self, strokes: Iterable[np.ndarray | Sequence[tuple[float, float]]]) -> None:
        """Draw strokes, each a sequence of points (x, y) in px, as a pen would."""
        for stroke in strokes:
            self.pen_down(*stroke[0])
            for point in stroke[1:]:
                self.pen_move(*point)
            self.pen_up(*stroke[-1])

    # The tools.

    def undo(self) -> None:
        """Take back the last stroke, erasing, clearing or loading."""
        self._history.undo()
        self._refresh()

    def redo(self) -> None:
        """Do again what was taken back."""
        self._history.redo()
        self._refresh()

    def clear(self) -> None:
        """Remove everything from the board; `undo` brings it back."""
        self._history.replace(())
        self._refresh()

    def erase(self) -> None:
        """Remove the chosen digit, or the newest one."""
        if reading := self._chosen_reading():
            self._history.remove(reading.strokes)
        self._refresh()

    def choose(self, index: int) -> None:
        """Choose the digit that `erase` and `correct` are for, by its place in `readings`."""
        self._chosen = self.readings[index].strokes
        self._show()

    def correct(self, digit: int | str) -> None:
        """Say what the chosen digit, or the newest one, really is: 0 to 9, as an integer or as text."""
        if str(digit) not in map(str, range(10)):
            raise ValueError(f"Type one digit, 0 to 9; found {digit!r}.")
        if not (reading := self._chosen_reading()):
            raise ValueError("There is no digit on the board to correct.")
        self._labels[reading.strokes] = int(digit)
        self._rows = with_labels(self._rows, self._labels)
        self._show(f"Noted that this is a {WORDS[int(digit)].lower()}. Save keeps it.")

    def next_pen(self) -> None:
        """Draw with the next of the pen widths. It changes what is seen, not what is read."""
        names = list(PENS)
        self._pen = names[(names.index(self._pen) + 1) % len(names)]
        self._controls.buttons["pen"].description = f"Pen: {self._pen}"
        self._draw_ink()

    # What is kept.

    def save(self, path: str | Path | None = None) -> int:
        """Add the digits on the board, each with its label, to a file of strokes; return how many were added.

        The label is what the digit was corrected to, or else what it reads as. Left out are unsure readings
        that nobody corrected, and digits that were saved before. Raises StrokeFileError.
        """
        path = Path(path or self._controls.file.value)
        new = [reading for reading in self.readings if self._saved.get(reading.strokes) != reading.digit]
        sure = [reading for reading in new if not reading.unsure]
        text = "" if new else "There is nothing new to save."
        if sure:
            drawings = [[stroke.points for stroke in reading.strokes] for reading in sure]
            held = save_drawings(path, drawings, [reading.digit for reading in sure], writer=self._writer)
            self._saved |= {reading.strokes: reading.digit for reading in sure}
            self._show_entry(held, held)
            text = f"Saved {_counted(len(sure))}; {path.name} now holds {held}. "
        if len(sure) < len(new):
            text += f"Left out {_counted(len(new) - len(sure))} as unsure: type what it is, then save again."
        self._show(text)
        return len(sure)

    def load(self, path: str | Path | None = None, number: int | None = None) -> None:
        """Put a saved drawing on the board in place of what is there; `number` counts from 1, the last when None.

        `undo` brings back what was there. Raises StrokeFileError when there is no such drawing.
        """
        path = Path(path or self._controls.file.value)
        drawings = load_drawings(path)
        number = len(drawings) if number is None else number
        if not 1 <= number <= len(drawings):
            raise StrokeFileError(f"{path}: there is no drawing {number}; it holds {_counted(len(drawings))}.")
        strokes = tuple(Stroke(points) for points in self._fitted(drawings.strokes[number - 1]))
        label = int(drawings.labels[number - 1])
        self._labels[strokes] = self._saved[strokes] = label
        self._history.replace(strokes)
        self._show_entry(number, len(drawings))
        self._refresh(f"Drawing {number} of {len(drawings)} in {path.name}, labelled {label}.")

    def replay(self) -> None:
        """Draw what is on the board once more, as it was drawn."""
        pieces = [points[first : first + 3] for points in self.strokes for first in range(0, len(points), 2)]
        with hold_canvas():
            paint.ground(self._ink, self.width, self.height)
            for piece in pieces:
                paint.line(self._ink, piece, PENS[self._pen])
                self._ink.sleep(1e3 * REPLAY_SECONDS / len(pieces))

    def save_picture(self, path: str | Path | None = None) -> None:
        """Save a PNG of the board, as `board.png` beside the file of strokes when no path is given."""
        path = Path(path or Path(self._controls.file.value).with_name("board.png"))
        with replacing(path) as unfinished:
            unfinished.write_bytes(self._png())
        self._show(f"The picture is in {path.name}.")

    def _repr_mimebundle_(self, **options):
        """Offer a still picture beside the live widget, for pages where no kernel runs."""
        data = {"text/plain": f"DigitBoard reading {self.text!r}", "image/png": b64encode(self._png()).decode()}
        live = super()._repr_mimebundle_(**options)
        return {**live, **data}, {"image/png": {"alt": page.spoken(self.readings)}}

    def _png(self):
        picture = paint.picture(self.width, self.height, self.strokes, self.readings, PENS[self._pen])
        data = io.BytesIO()
        picture.savefig(data, format="png", dpi=100)
        return data.getvalue()

    # What the page sends.

    def _listen(self):
        canvas = self._canvas
        canvas.on_mouse_down(self.pen_down)
        canvas.on_mouse_move(self.pen_move)
        canvas.on_mouse_up(self.pen_up)
        canvas.on_mouse_out(self.pen_up)
        canvas.on_touch_start(lambda fingers: self.pen_down(*fingers[0]) if len(fingers) == 1 else None)
        canvas.on_touch_move(lambda fingers: self._move_finger(*fingers[0]))
        canvas.on_touch_end(self._lift_finger)
        canvas.on_touch_cancel(self._lift_finger)
        canvas.on_key_down(self._press)
        canvas.on_client_ready(self._redraw)  # The canvas of a reloaded page is blank.

    def _do(self, name, *arguments):
        """Do what a button, a field or a key asks for, and show an error: raised in a callback it would vanish."""
        try:
            self._actions[name](*arguments)
        except Exception as error:
            self._show(str(error))

    def _press(self, key, shift=False, control=False, meta=False):
        if key == "Tab":  # The canvas keeps every key to itself; without this the keyboard could not leave it.
            self._controls.buttons["pen" if shift else "save"].focus()
        elif control or meta:
            if key in ("z", "y"):
                self._do("undo" if key == "z" else "redo")
        elif key in ("ArrowLeft", "ArrowRight") and self.readings:
            place = self.readings.index(self._chosen_reading())
            self._do("choose", (place + (1 if key == "ArrowRight" else -1)) % len(self.readings))
        elif len(key) == 1 and key in "0123456789":
            self._do("correct", key)
        elif key.lower() in SHORTCUTS:
            self._do(SHORTCUTS[key.lower()])

    def _move_finger(self, x, y):
        """Follow a finger, whose place is known off the canvas as well: the stroke ends there, and goes on inside."""
        if not (0 <= x <= self.width and 0 <= y <= self.height):
            self._lift_finger(())
        elif self._history.under_way is None:
            self.pen_down(x, y)
        else:
            self.pen_move(x, y)

    def _lift_finger(self, fingers_left):
        if self._history.under_way is not None and not fingers_left:
            self.pen_up(*self._history.under_way.last)

    def _load_entry(self):
        entry = self._controls.entry
        self.load(number=entry.value if entry.max > 1 else None)

    def _show_entry(self, number, held):
        self._controls.entry.max = held
        self._controls.entry.value = number

    def _fitted(self, drawing):
        """Return a drawing as it is where it fits the board, else scaled into the board's middle."""
        points, size = np.concatenate(drawing), np.array([self.width, self.height])
        low, high = points.min(0), points.max(0)
        if (low >= 0).all() and (high <= size).all():
            return drawing
        scale = FITTED * (size / np.maximum(high - low, 1e-9)).min()
        return [(stroke - (low + high) / 2) * scale + size / 2 for stroke in drawing]

    # Reading and showing.

    def _go_on(self, x, y):
        stroke = self._history.under_way
        if stroke.extend(x, y):
            self._draw_line(stroke.points[-2:])

    def _read(self, text=""):
        begun = time.monotonic()
        try:
            self._rows = read_rows(self._recognizer, self._history.strokes, self._labels, self.readings)
        except Exception as error:  # As in `_do`.
            self._rows, text = [], f"The board cannot read this: {error}"
        self._read_at = time.monotonic()
        self._seconds.append(self._read_at - begun)
        self._show(text)

    def _refresh(self, text=""):
        """Draw and read everything again."""
        self._chosen = None
        self._draw_ink()
        self._read(text)

    def _chosen_reading(self):
        """Return the reading that is chosen, else the newest digit's, else the last; None when there is none."""
        wanted = set(self._chosen or self._history.strokes[-1:])
        last = self.readings[-1] if self.readings else None  # The newest stroke may not have been read yet.
        return next((reading for reading in self.readings if wanted <= set(reading.strokes)), last)

    def _redraw(self):
        self._draw_ink()
        self._draw_marks()

    def _draw_ink(self):
        with hold_canvas():
            paint.ground(self._ink, self.width, self.height)
            for points in self.strokes:
                paint.line(self._ink, points, PENS[self._pen])

    def _draw_line(self, points):
        with hold_canvas():
            paint.line(self._ink, points, PENS[self._pen])

    def _draw_marks(self):
        readings, under_way = self.readings, self._history.under_way
        chosen = (
            self._chosen_reading() if len(readings) > 1 else None
        )  # A digit that stands alone needs no thick frame.
        marks = [(reading, reading is chosen, under_way in reading.strokes) for reading in readings]
        with hold_canvas():
            self._marks.clear()
            for reading, is_chosen, is_under_way in marks:
                paint.mark(self._marks, reading, is_chosen, is_under_way, self.width, self.height)

    def _show(self, text=""):
        self._draw_marks()
        self._controls.show(self._rows, self._chosen_reading(), self._seconds, text)


def _counted(digits):
    return f"{digits} digit{'s' * (digits != 1)}"
