"""Files that are whole or not there at all, wherever their paths lead."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath

from filelock import FileLock

LONGEST_NAME = 255  # bytes, of a file in a folder; nearly every file system has this limit
LONGEST_WAIT = 60  # s, for a file that another process changes
TRIES = 50  # Windows refuses to replace a file while somebody has it open
SECONDS_BETWEEN_TRIES = 0.1


class PathError(ValueError):
    """A path that cannot be one; the message says what is wrong with it."""


def as_path(path: str | os.PathLike[str]) -> Path:
    """Return a path as one: `~` is the home folder. Raises PathError for what names no file on any system, or on this.

    A symbolic link is followed, so that it stays a link whatever is done to the file.
    """
    try:
        text = os.fspath(path)
    except TypeError:
        raise PathError(f"a path must be text or a Path; found {type(path).__name__}.") from None
    if not isinstance(text, str):
        raise PathError(f"a path must be text or a Path; found {type(text).__name__}.")
    if not text.strip():
        raise PathError("the path is empty. Name a file.")
    if "\0" in text:
        raise PathError(f"{text[:80]!r} holds a character NUL, which no path can.")
    if any(len(part.encode(errors="replace")) > LONGEST_NAME for part in Path(text).parts):
        raise PathError(f"{text[:80]}...: a name in it is longer than {LONGEST_NAME} bytes. Choose a shorter one.")
    if _is_windows() and not is_portable(Path(text).name):
        raise PathError(f"{text}: Windows keeps this name for itself, or for a drive. Choose another.")
    try:
        expanded = Path(text).expanduser()
        return expanded.resolve() if expanded.is_symlink() else expanded
    except (RuntimeError, OSError) as error:  # No such user; a link to itself.
        raise PathError(f"{text}: {error}.") from None


def _is_windows():
    return os.name == "nt"


def is_portable(name: str) -> bool:
    """Return whether a file can have this name on Windows as well: not `con` or `a:b`, for two."""
    reserved = PureWindowsPath(name).stem.rstrip(" .").lower() in _RESERVED
    return not reserved and not name.endswith((".", " ")) and not set(name) & set('<>:"|?*\\/') and name.isprintable()


_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Keep others that ask for the same from a file while the block runs: what it reads is what it changes.

    Nothing stays beside the file. Raises TimeoutError when another keeps it for longer than a minute.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name[:100]}.lock")
    with FileLock(lock, timeout=LONGEST_WAIT):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Who waits for it sees that it is gone, and makes another.
                lock.unlink()


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give the path of an unfinished file that takes the place of `path`, in one step, when the block ends well.

    It lies beside its place, in a folder of its own that is made if need be; an error or an interrupt
    leaves the earlier file as it was. The new file has the permissions of the earlier one. Raises PermissionError
    for a file that may not be written, which a file system would let us replace, and PathError as `as_path` does.
    """
    path = as_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.stat().st_mode & stat.S_IWRITE:
        raise PermissionError(13, "it is read-only", str(path))
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=path.parent, ignore_cleanup_errors=True) as folder:
        unfinished = Path(folder) / path.name
        yield unfinished
        if path.exists():
            shutil.copymode(path, unfinished)
        _replace(unfinished, path)


def _replace(unfinished, path):
    for _ in range(TRIES if _is_windows() else 1):
        with contextlib.suppress(PermissionError):
            os.replace(unfinished, path)
            return
        time.sleep(SECONDS_BETWEEN_TRIES)
    os.replace(unfinished, path)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in one step, with the ends of lines that `text` has."""
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="")
