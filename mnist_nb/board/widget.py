"""The drawing board: a widget that names digits while they are drawn."""

from __future__ import annotations

import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from ipycanvas import MultiCanvas

from ..files import as_path, replacing
from ..pictures.page import read_picture
from ..strokes.ink import as_strokes, strokes_to_image
from ..strokes.reading import WORDS
from . import page, paint
from .collection import Collection
from .controls import Controls
from .fingers import Fingers
from .history import History, Stroke
from .places import TRACED, fitted, on_board, place
from .readings import Known, Reading, read_rows, with_labels

SECONDS_BETWEEN_READINGS = 0.05  # while the pen is down
PENS = {"medium": 9, "broad": 15, "fine": 5}  # px on the screen
READINGS_TIMED = 200  # the last ones
SMALLEST, LARGEST = 50, 10_000  # px, of a board's sides


class DigitBoard(widgets.VBox):
    """A canvas to draw digits on with mouse, finger or stylus; each is boxed and named beside the box.

    `recognizer` is a `Recognizer`, or anything with its `probabilities(images)` or with `read(drawing) ->
    probabilities (10,)`; it may have `unsure_below`, the confidence below which a reading is shown as unsure.
    Several digits may stand side by side and in rows, and a digit may take several strokes. `width` and `height`
    are in px; pen coordinates are in the same. Save adds to `file`, a file of strokes (see `mnist_nb.strokes.file`),
    under the name `writer`. Raises ValueError for what cannot be one of these.
    """

    def __init__(
        self, recognizer: Any, width: int = 640, height: int = 320, *, file: str | Path = "drawings.npz",
        writer: str = "me",
    ) -> None:  # fmt: skip
        if not (hasattr(recognizer, "probabilities") or hasattr(recognizer, "read")):
            raise ValueError(f"a board reads with a Recognizer, such as Recognizer.load(); found {recognizer!r:.80}.")
        for name, value in {"width": width, "height": height}.items():
            if isinstance(value, bool) or not isinstance(value, int) or not SMALLEST <= value <= LARGEST:
                raise ValueError(f"{name} must be {SMALLEST} to {LARGEST} px; found {value!r:.80}.")
        if not isinstance(writer, str):
            raise ValueError(f"writer must be text; found {writer!r:.80}.")
        file = as_path(file)
        self._recognizer, self._writer = recognizer, writer
        self._history = History()
        self._rows: list[list[Reading]] = []
        self._left_out: list[tuple[Stroke, ...]] = []
        self._known: Known = {}
        self._labels: dict[tuple[Stroke, ...], int] = {}  # {strokes of a digit: what a person said it is}
        self._collection = Collection()
        self._chosen: tuple[Stroke, ...] | None = None  # What Erase and a correction are for; the newest when None.
        self._seconds: deque[float] = deque(maxlen=READINGS_TIMED)
        self._read_at = 0.0
        self._pen = "medium"
        self._actions = {
            **{"undo": self.undo, "redo": self.redo, "erase": self.erase, "clear": self.clear, "pen": self.next_pen},
            **{"save": self.save, "replay": self.replay, "picture": self.save_picture, "trace": self.load_picture},
            **{"choose": self.choose, "correct": self.correct},
            **{name: partial(self._with_entry, name) for name in ("load", "remove", "look")},
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
    def marks(self) -> list[list[np.ndarray]]:
        """What was drawn beside digits and is none, such as a point or an underline: lists of float (n, 2) arrays."""
        return [[stroke.points for stroke in mark] for mark in self._left_out]

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
        """Begin a stroke at (x, y), finite numbers. Raises ValueError for others, as all methods of the pen."""
        x, y = place(x, y)
        self._chosen = None
        self._history.pen_down(x, y)
        self._draw_line(self._history.under_way.points)

    def pen_move(self, x: float, y: float) -> None:
        """Go on with the stroke under way to (x, y), on the board; does nothing while the pen is up."""
        x, y = place(x, y)
        if self._history.under_way is None:
            return
        self._go_on(x, y)
        # A machine that is slow to read still has time to draw.
        pause = max(SECONDS_BETWEEN_READINGS, 2 * self._seconds[-1] if self._seconds else 0)
        if time.monotonic() - self._read_at >= pause:
            self._read()

    def pen_up(self, x: float, y: float) -> None:
        """End the stroke under way at (x, y), or at the edge on the way there; does nothing while the pen is up."""
        x, y = place(x, y)
        if self._history.under_way is None:
            return
        self._go_on(x, y)
        self._history.pen_up()
        self._read()

    @property
    def pen_is_down(self) -> bool:
        """Whether a stroke is under way."""
        return self._history.under_way is not None

    def take_back(self) -> None:
        """Take the stroke under way back, as what drew it was a palm; does nothing while the pen is up."""
        if self.pen_is_down:
            self._history.undo()
            self._refresh("That touch was taken for a palm or a gesture. Redo brings its stroke back.")

    def draw(self, strokes: Iterable[np.ndarray | Sequence[tuple[float, float]]]) -> None:
        """Draw strokes, each a sequence of points (x, y) in px, as a pen would. Raises InkError when they are none."""
        drawing: Any = list(strokes) if isinstance(strokes, Iterator) else strokes
        for stroke in () if isinstance(drawing, list | tuple) and not drawing else as_strokes(drawing):
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
        """Choose the digit that `erase` and `correct` are for, by its place in `readings`. ValueError for no place."""
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(self.readings):
            raise ValueError(f"There is no digit {index!r:.80}: the board holds {_counted(len(self.readings))}.")
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
        """Add the digits on the board, each with its label, to a file of strokes; return how many were written.

        The label is what the digit was corrected to, or else what it reads as. Left out are unsure readings
        that nobody corrected, and digits that were saved before. A digit has one drawing in a file: corrected since,
        its label is replaced, and when strokes were added to it, its earlier drawing goes. Raises StrokeFileError.
        """
        file = self._file(path)
        new = self._collection.unsaved(file, self.readings)
        sure = [reading for reading in new if not reading.unsure]
        text = "" if new else "There is nothing new to save."
        if sure:
            held = self._collection.save(file, sure, self._writer)
            self._show_entry(file, held, held)
            text = f"Saved {_counted(len(sure))}; {file.name} now holds {held}. "
        if len(sure) < len(new):
            text += f"Left out {_counted(len(new) - len(sure))} as unsure: type what it is, then save again."
        self._show(text)
        return len(sure)

    def load(self, path: str | Path | None = None, number: int | None = None) -> None:
        """Put a saved drawing on the board in place of what is there; `number` counts from 1, the last when None.

        `undo` brings back what was there. Raises StrokeFileError when there is no such drawing.
        """
        file = self._file(path)
        drawings, number = self._collection.entry(file, number)
        drawing, label = drawings.strokes[number - 1], int(drawings.labels[number - 1])
        strokes = tuple(Stroke(points) for points in fitted(drawing, self.width, self.height))
        self._labels[strokes] = label
        self._collection.put_on_board(file, strokes, drawing, label)
        self._history.replace(strokes)
        self._show_entry(file, number, len(drawings))
        self._refresh(f"Drawing {number} of {len(drawings)} in {file.name}, labelled {label}.")

    def look(self, path: str | Path | None = None, number: int | None = None) -> None:
        """Show a small picture of a saved drawing, its label and writer beside the buttons, numbered as for `load`."""
        drawings, number = self._collection.entry(self._file(path), number)
        label, writer = int(drawings.labels[number - 1]), str(drawings.writers[number - 1])
        image = strokes_to_image(drawings.strokes[number - 1])
        self._controls.preview.value = page.entry(image, label, writer, number, len(drawings))

    def remove(self, path: str | Path | None = None, number: int | None = None) -> None:
        """Take a drawing out of a file, numbered as for `load`, and put it on the board: `save` would add it again.

        Raises StrokeFileError when there is no such drawing.
        """
        file = self._file(path)
        _, number = self._collection.entry(file, number)
        self.load(file, number)
        held = self._collection.remove(file, number, self._history.strokes)
        self._show_entry(file, min(number, held), held)
        self._show(f"Took it out of {file.name}, which now holds {held}. It is on the board: Save adds it again.")

    def load_picture(self, picture: Any) -> None:
        """Draw the digits of a picture, traced along their lines, on the board in place of what is there.

        `picture` is what `mnist_nb.read_picture` takes. `undo` brings back what was there, and nothing goes when no
        digit is found. The traced digits are read, corrected and saved as drawn ones are. Raises PictureError.
        """
        found = read_picture(picture, self._recognizer)
        traced = [stroke for reading in found.readings for stroke in reading.strokes()]
        if traced:
            self._history.replace(tuple(map(Stroke, fitted(traced, self.width, self.height, TRACED))))
            self._refresh()
        also = (
            "" if found.text == self.text or not traced else f" It reads {', '.join(found.text.split())} as a picture."
        )
        self._show(f"Traced {_counted(len(found.readings))}.{also}" if traced else "No digit was found in the picture.")

    def replay(self) -> None:
        """Draw what is on the board once more, as it was drawn."""
        paint.replay(self._ink, self.strokes, PENS[self._pen], self.width, self.height)

    def save_picture(self, path: str | Path | None = None) -> None:
        """Save a PNG of the board, as `board.png` beside the file of strokes when no path is given."""
        file = as_path(path) if path else self._file(None).with_name("board.png")
        with replacing(file) as unfinished:
            unfinished.write_bytes(self._png())
        self._show(f"The picture is in {file.name}.")

    def _repr_mimebundle_(self, **options):
        """Offer a still picture beside the live widget, for pages where no kernel runs."""
        data = {"text/plain": f"DigitBoard reading {self.text!r}", "image/png": b64encode(self._png()).decode()}
        live = super()._repr_mimebundle_(**options)
        return {**live, **data}, {"image/png": {"alt": page.spoken(self.readings)}}

    def _png(self):
        return paint.png(self.width, self.height, self.strokes, self.readings, PENS[self._pen])

    # What the page sends.

    def _listen(self):
        canvas = self._canvas
        canvas.on_mouse_down(self.pen_down)
        canvas.on_mouse_move(self.pen_move)
        canvas.on_mouse_up(self.pen_up)
        canvas.on_mouse_out(self.pen_up)
        fingers = Fingers(self)
        canvas.on_touch_start(fingers.start)
        canvas.on_touch_move(fingers.move)
        canvas.on_touch_end(fingers.end)
        canvas.on_touch_cancel(fingers.cancel)
        canvas.on_key_down(self._controls.press)
        canvas.on_client_ready(self._redraw)  # The canvas of a reloaded page is blank.

    def _do(self, name, *arguments):
        """Do what a button, a field or a key asks for, and show an error: raised in a callback it would vanish."""
        try:
            self._actions[name](*arguments)
        except Exception as error:
            self._show(str(error))

    # The file.

    def _file(self, path):
        return as_path(path or self._controls.file.value)

    def _with_entry(self, name):
        entry = self._controls.entry
        getattr(self, name)(number=entry.value if entry.max > 1 else None)

    def _show_entry(self, path, number, held):
        self._controls.show_entry(number, held)
        if held:
            self.look(path, number)

    # Reading and showing.

    def _go_on(self, x, y):
        stroke = self._history.under_way
        if stroke.extend(*on_board(stroke.last, (x, y), self.width, self.height)):
            self._draw_line(stroke.points[-2:])

    def _read(self, text=""):
        begun = time.monotonic()
        try:
            self._rows, self._left_out = read_rows(self._recognizer, self._history.strokes, self._labels, self._known)
        except Exception as error:  # As in `_do`.
            self._rows, self._left_out, text = [], [], f"The board cannot read this: {error}"
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
        paint.strokes(self._ink, self.strokes, PENS[self._pen], self.width, self.height)

    def _draw_line(self, points):
        with paint.batch(self._ink):
            paint.line(self._ink, points, PENS[self._pen])

    def _draw_marks(self):
        # A digit that stands alone needs no thick frame.
        chosen = self._chosen_reading() if len(self.readings) > 1 else None
        under_way = self._history.under_way
        paint.frames(self._marks, self.readings, self.marks, chosen, under_way, self.width, self.height)

    def _show(self, text=""):
        self._draw_marks()
        if not text and self._left_out:
            text = f"Left out {len(self._left_out)} mark{'s' * (len(self._left_out) > 1)}: no digit, such as a point."
        self._controls.show(self._rows, self._chosen_reading(), self._seconds, text)


def _counted(digits):
    return f"{digits} digit{'s' * (digits != 1)}"
