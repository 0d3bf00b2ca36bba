"""The board as a page of a report: written with the notebook that shows it, and embedded there and in the index."""

import json

import nbformat
import pytest

from mnist_nb import web
from mnist_nb.paths import SHIPPED_MODELS
from mnist_nb.publishing import board_page
from mnist_nb.publishing.board_page import BOARD, write_board

SHOWN = """
from IPython.display import display
from PIL import Image
display({"image/png": Image.new("L", (4, 4))._repr_png_(), "text/plain": "DigitBoard reading '407'"}, raw=True,
        metadata={"image/png": {"alt": "a board"}})
"""


@pytest.fixture
def folder(write, tmp_path):
    """A folder of two notebooks, the second with a board."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "01_plain", SHOWN)
    path = write(folder, "02_board", SHOWN, parameters='model = "best"  # that reads')
    notebook = nbformat.read(path, 4)
    notebook.cells[-1].metadata["tags"] = ["board"]
    nbformat.write(notebook, path)
    return folder


def test_the_report_has_the_board_where_a_notebook_shows_it(folder, tmp_path, call, capsys):
    target = tmp_path / "out"
    assert call("report", "01", "--to", target, "--notebooks", folder) == 0
    assert not (target / BOARD).exists() and "<iframe" not in (target / "index.html").read_text()
    options = ["--to", target, "--notebooks", folder, "-p", "model", "document"]
    assert call("report", *options) == 0
    assert (target / BOARD).stat().st_size < 0.4e6  # The document's network, as told.
    assert f'src="{BOARD}"' in (target / "index.html").read_text()
    page = (target / "02_board.html").read_text()
    assert f'src="{BOARD}#407"' in page and 'alt="a board"' not in page
    assert 'alt="a board"' in (target / "01_plain.html").read_text()
    capsys.readouterr()
    (target / BOARD).unlink()
    assert call("report", *options) == 0
    assert "02_board: unchanged" in capsys.readouterr().out and (target / BOARD).exists()


def test_it_is_written_again_only_when_network_or_code_changed(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(web, "write_page", lambda recognizer, path: written.append(path) or path.write_text("page"))
    models = tmp_path / "models"
    models.mkdir()
    (models / "mine.keras").write_bytes((SHIPPED_MODELS / "document.keras").read_bytes())
    for _ in range(2):
        assert write_board(tmp_path, models, "mine")
    assert len(written) == 1
    monkeypatch.setattr(board_page, "code_sha256", lambda *units: "another")
    assert write_board(tmp_path, models, "mine") and len(written) == 2
    (models / "mine.keras").write_bytes(b"no model")
    assert not write_board(tmp_path, models, "mine") and not (tmp_path / BOARD).exists()
    assert json.loads((tmp_path / ".pages.json").read_text())[BOARD][0] == "another"
