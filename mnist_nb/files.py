"""Files that are whole or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give the path of an unfinished file that takes the place of `path`, in one step, when the block ends well.

    It lies beside its place, in a folder of its own that is made if need be; an error or an interrupt
    leaves the earlier file as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=path.parent) as folder:
        unfinished = Path(folder) / path.name
        yield unfinished
        os.replace(unfinished, path)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in one step."""
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
