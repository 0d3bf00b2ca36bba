"""What stands around a board's canvas: the number, the tools, what the model sees, and the file."""

from __future__ import annotations

import ipywidgets as widgets

from ..pictures.button import PictureButton
from . import page

FIT = {"description_width": "auto"}  # A field's label takes the room it needs.
# Name, text, icon, tooltip and key of each button.
TOOLS = (
    ("undo", "Undo", "undo", "Take back the last step", "u"),
    ("redo", "Redo", "repeat", "Do again what was taken back", "r"),
    ("erase", "Erase", "eraser", "Remove the digit in the thick frame", "e"),
    ("clear", "Clear (N)", "trash", "Remove everything", "n"),
    ("pen", "Pen: medium", "pencil", "Change how thick the pen draws; readings do not depend on it", "w"),
)
KEEP = (
    ("save", "Save", "save", "Add the digits and their labels to the file", "s"),
    ("load", "Load", "folder-open", "Put the drawing of this number in the file on the board", "l"),
    ("remove", "Remove", "times", "Take the drawing of this number out of the file, and put it on the board", "d"),
    ("replay", "Replay", "play", "Draw the strokes once more", "p"),
    ("picture", "PNG", "image", "Save a picture of the board beside the file", "i"),
)
TRACE = "Draw the digits of a picture on the board: a photograph, a scan or a screenshot, chosen or dropped here"
SHORTCUTS = {key: name for name, *_, key in TOOLS + KEEP}


class Controls:
    """The widgets around a canvas. `run(action, *arguments)` is called with what they ask for, by name."""

    def __init__(self, run, file):
        self._run, self._readings = run, 0  # How many readings are shown.
        self.number, self.message, self.latency = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.buttons = {name: self._button(name, *rest) for name, *rest in TOOLS + KEEP}
        self.sees = widgets.HTML()
        self.choice = widgets.ToggleButtons(style={"button_width": "auto"})
        self.correction = widgets.Text(description="Wrong? Type the right digit", layout={"width": "230px"}, style=FIT)
        self.file = widgets.Text(str(file), description="File", layout={"width": "150px"}, style=FIT)
        self.entry = widgets.BoundedIntText(
            1, min=1, max=1, description="Drawing", layout={"width": "115px"}, style=FIT
        )
        self.picture = PictureButton(lambda content: run("trace", content), "Picture", TRACE)
        self.preview = widgets.HTML()
        self._showing = False  # While it is, a change of the choice is no click.
        self.choice.observe(lambda change: self._choose(), "index")
        self.entry.observe(lambda change: self._look(), "value")
        self.correction.observe(lambda change: self._type(change["new"].strip()), "value")

    def above(self):
        """Return what stands above the canvas."""
        return [widgets.HTML(page.STYLE, layout={"display": "none"}), self.number, self._row(TOOLS)]

    def below(self):
        """Return what stands below the canvas."""
        status = widgets.HBox([self.message, self.latency], layout={"justify_content": "space-between"})
        keep = self._row(KEEP)
        keep.children += (self.picture, self.entry, self.file, self.preview)
        return [status, self.sees, _wrapping([self.choice, self.correction]), keep]

    def show_entry(self, number, held):
        """Show the number of a drawing among those that the file holds."""
        self._showing = True
        self.entry.max = max(1, held)
        self.entry.value = max(1, number)
        self._showing = False
        if not held:
            self.preview.value = ""

    def show(self, rows, chosen, seconds, text):
        """Show rows of readings, the chosen one's image and probabilities, how long readings took, and a message."""
        self.number.value = page.number(rows)
        self.message.value = page.message(text)
        self.latency.value = page.latency(seconds)
        readings = [reading for row in rows for reading in row]
        for part in (self.sees, self.choice, self.correction):
            part.layout.visibility = "visible" if readings else "hidden"
        self._readings = len(readings)
        if not readings:
            return
        self.sees.value = page.sees(chosen.image, chosen.probabilities)
        self._showing = True
        self.choice.options = [reading.short for reading in readings]
        self.choice.index = readings.index(chosen)
        self._showing = False

    def press(self, key, shift=False, control=False, meta=False):
        """Do what a key on the canvas asks for."""
        if key == "Tab":  # The canvas keeps it to itself; without this the keyboard could not leave it.
            self.buttons["pen" if shift else "save"].focus()
        elif control or meta:
            if key in ("z", "y"):
                self._run("undo" if key == "z" else "redo")
        elif key in ("ArrowLeft", "ArrowRight") and self._readings:
            self._run("choose", (self.choice.index + (1 if key == "ArrowRight" else -1)) % self._readings)
        elif len(key) == 1 and key in "0123456789":
            self._run("correct", key)
        elif key.lower() in SHORTCUTS:
            self._run(SHORTCUTS[key.lower()])

    def _choose(self):
        if not self._showing and self.choice.index is not None:
            self._run("choose", self.choice.index)

    def _look(self):
        if not self._showing:
            self._run("look")

    def _type(self, typed):
        if typed:
            self.correction.value = ""
            self._run("correct", typed)

    def _button(self, name, text, icon, tooltip, key):
        button = widgets.Button(
            description=text, icon=icon, tooltip=f"{tooltip} (key {key.upper()})", layout={"width": "auto"}
        )
        button.on_click(lambda _: self._run(name))
        return button

    def _row(self, names):
        return _wrapping([self.buttons[name] for name, *_ in names])


def _wrapping(children):
    return widgets.HBox(children, layout={"flex_flow": "row wrap", "align_items": "center"})
