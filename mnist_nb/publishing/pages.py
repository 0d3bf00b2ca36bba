"""Pages: an executed notebook as HTML that needs nothing from the network, with a picture for the index."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

from nbconvert import HTMLExporter
from PIL import Image

from ..files import write_text

TEMPLATES = Path(__file__).with_name("templates")
THUMBNAIL_WIDTH = 640  # px


def write_page(notebook, name, target, board=""):
    """Write a notebook's page and thumbnail; return its title, summary and the thumbnail's alternative text.

    `board`, the name of the page of the board beside it, takes the place of the picture of the board, and is asked
    to begin with the same number on it.
    """
    heading = next((line[2:] for cell in notebook.cells for line in cell.source.splitlines() if line[:2] == "# "), name)
    exporter = HTMLExporter(template_file=str(TEMPLATES / "page.html.j2"), embed_images=True)
    number = re.search(r"DigitBoard reading '([0-9]+)'", _board_cell(notebook))
    board = f"{board}#{number[1]}" if board and number else board
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": heading}, "board": board})
    picture = thumbnail_of(notebook)
    (target / "thumbnails" / f"{name}.png").unlink(missing_ok=True)
    if picture:
        (target / "thumbnails").mkdir(exist_ok=True)
        image = Image.open(io.BytesIO(base64.b64decode(picture["png"])))
        image.thumbnail((THUMBNAIL_WIDTH, 2 * THUMBNAIL_WIDTH))
        image.save(target / "thumbnails" / f"{name}.png", optimize=True)
    write_text(target / f"{name}.html", page)
    title, _, summary = heading.partition(": ")
    summary = f"{summary[:1].upper()}{summary[1:]}." if summary else ""
    return {"title": title, "summary": summary, "alt": picture.get("alt", "")}


def known_pages(target: Path) -> dict[str, object]:
    """Return what the pages of a report were made from, {name: digests}.

    It stands apart from `run.json`, in a file that git leaves out: a clone runs everything at its first time.
    """
    file = target / ".pages.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def remember_page(target: Path, name: str, digests: object) -> None:
    """Note what a page of a report was made from; None when it is not to be relied on."""
    write_text(target / ".pages.json", json.dumps(known_pages(target) | {name: digests}, indent=2) + "\n")


def has_board(notebook):
    """Return whether a cell of a notebook is tagged `board`: its page shows the board at work in place of a picture."""
    return any("board" in cell.metadata.get("tags", []) for cell in notebook.cells)


def _board_cell(notebook):
    """Return what the cell tagged `board` printed, as text."""
    outputs = [each for cell in notebook.cells if "board" in cell.metadata.get("tags", []) for each in cell.outputs]
    return "".join(output.get("data", {}).get("text/plain", "") for output in outputs)


def thumbnail_of(notebook):
    """Return the picture, {png, alt}, of the cell tagged `thumbnail`, of the first cell that has one, or {}."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in sorted(cells, key=lambda cell: "thumbnail" not in cell.metadata.get("tags", [])):
        for output in cell.outputs:
            if png := output.get("data", {}).get("image/png"):
                return {"png": png, "alt": output.metadata.get("image/png", {}).get("alt", "")}
    return {}
