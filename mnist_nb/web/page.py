"""Writes the page: the JavaScript of this folder, the constants that it takes from Python, and the weights."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import re
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader

from ..board import controls, paint, places, readings, widget
from ..data import CLASSES, IMAGE_SIZE
from ..files import write_text
from ..pictures import frames
from ..strokes import file, grouping, hands, ink, marks, reading
from .steps import steps_of

HERE = Path(__file__).parent
# In the order in which they run; each is an ES module, and they become one script.
SCRIPTS = (
    *("ink", "shapes", "grouping", "enclosing", "marks", "layout", "checksum", "network", "readings", "reader"),
    *("history", "places", "archive", "file", "collection", "paint", "pointers", "controls", "board", "main"),
)
LETTERS = "".join(chr(code) for code in range(33, 127) if chr(code) not in "<&>")  # 91 that mean nothing in HTML
LINE = 1_000  # letters of the weights in a line of the page
LEAST_HEIGHT = 320  # px, of a board that is wide enough
WORDS = {
    "EMPTY": "Draw a digit, or a number.",
    "SEES": "What the network sees: the digit in the thick frame as 28 by 28 pixels.",
    "CORRECTION": "Wrong? Type the right digit",
    "DAMAGED": "This page is damaged, so it does not read. Fetch or write it again.",
    "SCRIPT": "This page reads what you draw by a script, which does not run: scripts are turned off, the browser is "
    "too old, or the page is damaged. If it is damaged, fetch or write it again.",
}
TEXTS = {"clear": "Clear"}  # A phone has no room for the key.
TOOLTIPS = {  # Where a page does otherwise than a notebook.
    "save": "Add the digits and their labels to the file, and download it",
    "load": "Take the drawings of a file, and put the last one on the board",
    "picture": "Download a picture of the board",
}


def write_page(recognizer: Any, path: str | Path) -> None:
    """Write the page on which a `Recognizer` reads, in one step: an interrupted write leaves the earlier page.

    Raises PageError when its model has a layer that the page does not know.
    """
    write_text(path, page_of(recognizer))


def page_of(recognizer: Any) -> str:
    """Return the page on which a `Recognizer` reads, as HTML. Raises PageError as `write_page` does."""
    steps, weights = steps_of(recognizer.model)
    text, known = packed(weights)
    network = {"steps": steps, "unsure_below": recognizer.unsure_below, "digit_when": recognizer.digit_when} | known
    script = _script(_settings() | {"network": network})
    shades = {"GROUND": paint.GROUND, "MARK": frames.MARK, "UNSURE": frames.UNSURE}
    colours = "".join(f"--{name.lower()}: {colour}; " for name, colour in shades.items())
    style = f"\n:root {{ {colours}}}\n" + (HERE / "style.css").read_text(encoding="utf-8")
    policy = {
        "default-src": "'none'",
        "script-src": _digest(script),
        "style-src": _digest(style),
        "img-src": "data:",  # an empty icon, so that the browser asks for none
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    template = Environment(loader=FileSystemLoader(HERE), autoescape=False).get_template("page.html.j2")
    return template.render(
        policy="; ".join(f"{name} {allowed}" for name, allowed in policy.items()),
        style=style,
        script=script,
        weights=text,
        words=WORDS,
        side=IMAGE_SIZE,
        tools=_buttons(controls.TOOLS),
        keep=_buttons(controls.KEEP),
    ) + "\n"  # fmt: skip


def packed(weights: np.ndarray) -> tuple[str, dict[str, Any]]:
    """Return weights float32 (P,) as lines of letters, and what unpacks them again and tells whether they are whole.

    All first bytes of the numbers come first, then all second ones, and so on: the last ones, sign and exponent,
    are alike and compress well. `unpack` in network.js is the way back.
    """
    planes = np.ascontiguousarray(weights.astype("<f4").view(np.uint8).reshape(-1, 4).T).tobytes()
    deflate = zlib.compressobj(9, strategy=zlib.Z_HUFFMAN_ONLY)  # Nothing repeats; letters by their frequency do best.
    data = deflate.compress(planes) + deflate.flush()
    text = _as_letters(data)
    lines = [text[first : first + LINE] for first in range(0, len(text), LINE)]
    return "\n".join(lines), {"letters": LETTERS, "packed_bytes": len(data), "crc32": zlib.crc32(planes)}


def _as_letters(data):
    """Return bytes as text, thirteen bits in two letters: 91 times 91 is a little more than 2 to the power of 13."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    pairs = np.pad(bits, (0, -len(bits) % 13)).reshape(-1, 13) @ (1 << np.arange(12, -1, -1))
    return "".join(LETTERS[value] for value in np.stack(np.divmod(pairs, len(LETTERS)), axis=1).ravel())


def _settings():
    """Return the constants of Python's modules that the scripts take, {name of a module: {name: value}}."""
    writer = inspect.signature(widget.DigitBoard).parameters["writer"].default
    own = {"WRITER": writer, "LEAST_HEIGHT": LEAST_HEIGHT}
    modules = {module.__name__.rpartition(".")[2]: _constants(module) for module in _TAKEN}
    modules["readings"]["WORDS"] = reading.WORDS
    modules["paint"] |= _constants(frames)
    return modules | {
        "data": {"CLASSES": CLASSES, "IMAGE_SIZE": IMAGE_SIZE},
        "widget": _constants(widget) | own,
        "words": WORDS,
        "shortcuts": controls.SHORTCUTS,
        "examples": [_example(digit) for digit in range(CLASSES)],
    }


_TAKEN = (ink, grouping, marks, file, readings, paint, places)


def _constants(module: ModuleType):
    kinds = (int, float, str, tuple, dict)
    return {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, kinds)}


def _example(digit):
    """Return a digit's written form as lists of [x, y] in a box of side 1."""
    return [stroke.round(3).tolist() for stroke in hands.side_by_side(str(digit), left=0.2, top=0, height=1)]


def _script(settings):
    """Return the modules as one script: their imports name functions that stand further up in it."""
    parts = [f"const {name} = {_json(value)};" for name, value in settings.items()]
    for name in SCRIPTS:
        source = (HERE / f"{name}.js").read_text(encoding="utf-8")
        parts.append(re.sub(r"^import [^;]*;\n", "", source, flags=re.MULTILINE).replace("\nexport ", "\n"))
    return '\n(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def _json(value):
    return json.dumps(value, separators=(",", ":")).replace("</", "<\\/")


def _digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _buttons(rows):
    return [(name, TEXTS.get(name, text), TOOLTIPS.get(name, tooltip), key) for name, text, _, tooltip, key in rows]
