"""The board as a page of a report, beside those of the notebooks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..evidence.code import code_sha256
from ..files import write_text
from ..paths import PACKAGE, model_path

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


def known_pages(target: Path) -> dict[str, object]:
    """Return what the pages of a report were made from, {name: digests}.

    It stands apart from `run.json`, in a file that git leaves out: a clone runs everything at its first time.
    """
    file = target / ".pages.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def remember_page(target: Path, name: str, digests: object) -> None:
    """Note what a page of a report was made from; None when it is not to be relied on."""
    write_text(target / ".pages.json", json.dumps(known_pages(target) | {name: digests}, indent=2) + "\n")


def _made_from(model):
    scripts = sorted(file for file in (PACKAGE / "web").iterdir() if file.suffix in (".js", ".css"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in (*scripts, model)))
    return [code_sha256("web"), digest.hexdigest()]
