"""A button that takes pictures in a notebook: chosen from a file, or dropped onto it."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets

DROP = html.escape(Path(__file__).with_name("drop.js").read_text(encoding="utf-8"))
# The script runs when the style has been put into the page, which is the one moment that a widget of HTML tells of.
STYLE = f'<style onload="{DROP}">.mnist-over {{ outline: 3px dashed #1976d2; outline-offset: 2px; }}</style>'


class PictureButton(widgets.HBox):
    """Calls `act(content)` with the bytes of a picture that is chosen, or dropped onto it or the board around it."""

    def __init__(
        self, act: Callable[[bytes], object], description: str = "Read a picture", tooltip: str = "A picture"
    ) -> None:
        self.upload = widgets.FileUpload(
            accept="image/*", description=description, tooltip=tooltip, layout={"width": "auto"}
        )
        self._act = act
        self.upload.observe(lambda change: self._take(), "value")
        super().__init__([self.upload, widgets.HTML(STYLE, layout={"display": "none"})])
        self.add_class("mnist-drop")

    def _take(self) -> None:
        for file in self.upload.value:
            self._act(bytes(file["content"]))
        self.upload.value = ()  # The same file may be chosen again.
