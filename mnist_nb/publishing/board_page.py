"""The board as a page of a report, beside those of the notebooks."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..evidence.code import code_sha256
from ..paths import PACKAGE, model_path
from .pages import known_pages, remember_page

BOARD = "board.html"


def write_board(target: Path, models: str | Path | None = None, model: str = "best") -> bool:
    """Write the page on which a network of a report's `models` reads into its folder; return whether it is there.

    The project's own models serve when `models` is None or has none of that name. A page that the same network and
    the same code would make again stays; one whose network cannot be put into a page is said, and goes.
    """
    own = Path(models) / f"{model}.keras" if models else None
    file = own if own and own.exists() else model_path(model)
    made_from = _made_from(file)
    if (target / BOARD).exists() and known_pages(target).get(BOARD) == made_from:
        return True
    from ..learning import ModelError, Recognizer
    from ..web import PageError, write_page

    print(BOARD, flush=True)
    try:
        write_page(Recognizer.load(file), target / BOARD)
    except (ModelError, PageError) as error:
        print(f"mnist-nb: there is no {BOARD}: {error}")
        (target / BOARD).unlink(missing_ok=True)
        return False
    remember_page(target, BOARD, made_from)
    return True


def _made_from(model):
    scripts = sorted(file for file in (PACKAGE / "web").iterdir() if file.suffix in (".js", ".css"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in (*scripts, model)))
    return [code_sha256("web"), digest.hexdigest()]
