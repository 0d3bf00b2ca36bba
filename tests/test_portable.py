"""The package without what only POSIX has, and files by Windows' rules."""

import subprocess
import sys

import pytest

from mnist_nb import files
from mnist_nb.files import PathError, as_path, is_portable, replacing
from mnist_nb.paths import PACKAGE, ROOT

# Hides from this package alone what Windows does not have: others bring their own ways around.
WITHOUT = """
import builtins, os, signal, sys
HIDDEN = {"resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "posix", "readline", "syslog", "curses"}
real = builtins.__import__
def hiding(name, globals=None, locals=None, fromlist=(), level=0):
    if name.partition(".")[0] in HIDDEN and (globals or {}).get("__name__", "").startswith("mnist_nb"):
        raise ImportError(f"no module {name} on Windows")
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = hiding
"""
HIDE = """
for name in [name for name in dir(os) if name.startswith("sched_")] + ["fork", "getuid", "geteuid", "killpg", "setsid"]:
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGUSR1"):
    if hasattr(signal, name):
        delattr(signal, name)
"""
MODULES = sorted(
    ".".join(["mnist_nb", *file.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
    for file in PACKAGE.rglob("*.py")
)


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


def test_every_module_is_imported_without_what_only_posix_has():
    code = f"{WITHOUT}import importlib, tensorflow, distributed, keras, papermill, ipycanvas, optuna, IPython\n{HIDE}"
    code += f"for name in {MODULES!r}:\n    importlib.import_module(name)\nprint('all', len({MODULES!r}))"
    done = run(code)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == f"all {len(MODULES)}" and len(MODULES) > 60


def test_the_light_paths_run_without_what_only_posix_has(tmp_path):
    code = f"""{WITHOUT}import tensorflow, papermill
{HIDE}
from mnist_nb import DigitBoard, Recognizer, load_data, load_drawings, save_drawings, cli, machine, strokes
from mnist_nb.experiments import benchmark
recognizer = Recognizer.load()
board = DigitBoard(recognizer, file={str(tmp_path / "mine.npz")!r})
board.draw(strokes.hands.side_by_side("42", left=40, top=60, height=120))
print(board.text, board.save(), len(load_drawings({str(tmp_path / "mine.npz")!r})), machine.usable_threads() > 0)
print(benchmark._peak_memory() > 0)
try:
    cli.main(["parameters", "05"])
except SystemExit as stop:
    print("exit", stop.code)
"""
    done = run(code)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert lines[:2] == ["42 2 2 True", "True"] and lines[-1] == "exit 0"


@pytest.mark.parametrize("name", ["con", "CON.npz", "aux.txt", "com1", "a:b", "a?", "end.", "end ", "a\\b", "tab\t"])
def test_names_that_windows_does_not_take_are_known(name, monkeypatch):
    assert not is_portable(name)
    monkeypatch.setattr(files, "_is_windows", lambda: True)
    with pytest.raises(PathError, match="Windows keeps this name for itself"):
        as_path(name)


def test_ordinary_names_are_portable():
    assert all(map(is_portable, ["mine.npz", "console", "a-b_c", "best.keras", "caf\u00e9"]))


def test_a_file_that_somebody_has_open_is_replaced_once_it_is_closed(tmp_path, monkeypatch):
    path, refused = tmp_path / "mine.txt", []
    path.write_text("before")
    real = files.os.replace

    def busy(source, target):
        if len(refused) < 3:
            refused.append(target)
            raise PermissionError(13, "it is open elsewhere", str(target))
        real(source, target)

    monkeypatch.setattr(files.os, "replace", busy)
    monkeypatch.setattr(files, "SECONDS_BETWEEN_TRIES", 0)
    monkeypatch.setattr(files, "TRIES", 50)
    monkeypatch.setattr(files, "_is_windows", lambda: True)
    with replacing(path) as unfinished:
        unfinished.write_text("after")
    assert path.read_text() == "after" and len(refused) == 3
