"""Pages: an executed notebook as HTML that needs nothing from the network, with a picture for the index."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from nbconvert import HTMLExporter
from PIL import Image

from ..files import write_text

TEMPLATES = Path(__file__).with_name("templates")
THUMBNAIL_WIDTH = 640  # px


def write_page(notebook, name, target):
    """Write a notebook's page and thumbnail; return its title, summary and the thumbnail's alternative text."""
    heading = next((line[2:] for cell in notebook.cells for line in cell.source.splitlines() if line[:2] == "# "), name)
    exporter = HTMLExporter(template_file=str(TEMPLATES / "page.html.j2"), embed_images=True)
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": heading}})
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


def thumbnail_of(notebook):
    """Return the picture, {png, alt}, of the cell tagged `thumbnail`, of the first cell that has one, or {}."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in sorted(cells, key=lambda cell: "thumbnail" not in cell.metadata.get("tags", [])):
        for output in cell.outputs:
            if png := output.get("data", {}).get("image/png"):
                return {"png": png, "alt": output.metadata.get("image/png", {}).get("alt", "")}
    return {}
