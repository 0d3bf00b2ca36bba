"""Notebooks as files: finding them, their parameters, executing them in a kernel of their own, cleaning them."""

from __future__ import annotations

import ast
import difflib
import math
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from jupyter_client import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from ..files import write_text
from ..paths import NOTEBOOKS, ROOT

KERNEL = "python3"
# What a stored notebook and a page must not hold, because it changes with every run or every machine.
NOISE = {
    "an object's address": re.compile(r" at 0x[0-9a-f]{6,}"),
    "a progress bar": re.compile(r"\r|\x08"),
    "a path of one machine": re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|var/folders)/[\w.-]+"),
}


class UsageError(ValueError):
    """What the user asked for cannot be done; the message says why and what to do."""


@dataclass(frozen=True)
class Parameter:
    """A variable of the cell tagged `parameters`, and what its comment says about it."""

    name: str
    default: object
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def read(self, text):
        """Return the value that `text` gives this parameter. Raises UsageError for a wrong type, range or choice."""
        if isinstance(self.default, str):
            value = self._path(text) if self.help.startswith("a file ") else text
        elif self.default is None:
            value = None if text.lower() == "none" else text
        else:
            value = scalar(text)
        if problem := self._problem(value):
            raise UsageError(f"{self.name} {problem}; found {value!r}.")
        return value

    def _path(self, text):
        """Return the full path of a file named from where the command was given: notebooks run in their own folder."""
        if text and not Path(text).is_file():
            raise UsageError(f"{self.name} must be {self.help}; there is no file {text}.")
        return str(Path(text).resolve()) if text else text

    def _problem(self, value):
        kind = type(self.default)
        if kind is float and type(value) not in (int, float):
            return f"must be a number, such as {self.default!r}"
        if kind in (int, bool) and type(value) is not kind:
            return f"must be {kind.__name__}, such as {self.default!r}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        if self.low is not None and value < self.low:
            return f"must be at least {self.low:g}"
        if self.high is not None and value > self.high:
            return f"must be at most {self.high:g}"
        return None


class QuietKernel(AsyncKernelManager):
    """Starts kernels whose own log, such as TensorFlow's start-up lines, stays off the terminal."""

    async def _async_launch_kernel(self, kernel_cmd, **options):
        return await super()._async_launch_kernel(kernel_cmd, **{**options, "stderr": subprocess.DEVNULL})


class CellError(Exception):
    """A cell of a notebook failed; keeps its source, the error's name and message, and the traceback."""

    def __init__(self, source, name, message, traceback):
        super().__init__(f"{name}: {message}")
        self.source, self.name, self.message, self.traceback = source, name, message, traceback


def find(names, folder=NOTEBOOKS):
    """Return the paths of the notebooks called `names`, in the order of their numbers; all when there are no names.

    A name is `05_train`, `05`, `5`, or a path. Raises UsageError for one that is not there, with the nearest that is.
    """
    paths = {path.stem: path for path in sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))}
    if not names:
        if not paths:
            raise UsageError(f"There are no notebooks in {folder}. Run this in a checkout of the project.")
        return list(paths.values())
    chosen = set()
    for name in names:
        if Path(name).suffix == ".ipynb" and Path(name).is_file():
            chosen.add(Path(name).resolve())
            continue
        stem = Path(name).stem.zfill(2)
        matches = [path for known, path in paths.items() if stem in (known, known[:2])]
        if not matches:
            raise UsageError(f"There is no notebook {name}. {nearest(stem, paths)}")
        chosen.update(matches)
    return sorted(chosen, key=lambda path: path.name)


def nearest(name, known):
    """Return a sentence with the name in `known` that is most like `name`, or with all of them."""
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"Did you mean {close[0]}?" if close else f"There is {', '.join(sorted(known))}."


def parameters_of(path):
    """Return the parameters that a notebook declares, {name: Parameter}."""
    declared = papermill.inspect_notebook(str(path))
    return {name: _parameter(name, entry["default"], entry["help"] or "") for name, entry in declared.items()}


def _parameter(name, default, comment):
    """Read a default and its comment: `[1, 100] text` is a range whose ends may be missing, `{a, b} text` choices."""
    value = ast.literal_eval(default)
    bounds = re.match(r"\[\s*([-+.\de]*)\s*,\s*([-+.\de]*)\s*\]\s*(.*)", comment)
    if bounds:
        low, high = (float(end) if end else None for end in bounds.group(1, 2))
        return Parameter(name, value, bounds.group(3), low, high)
    options = re.match(r"\{([^}]*)\}\s*(.*)", comment)
    if options:
        return Parameter(name, value, options.group(2), choices=tuple(re.split(r"\s*,\s*", options.group(1).strip())))
    return Parameter(name, value, comment)


def scalar(text):
    """Return a value as papermill reads one from a command line: bool, None, int, finite float, or else the text."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if kind is int or math.isfinite(value):
            return value
    return text


def assign(paths, texts):
    """Return {path: {name: value}} for {name: text}, each parameter to the notebooks that declare it.

    Raises UsageError for a name that none of them declares, with the nearest that one does, and for a
    value of the wrong type or out of range.
    """
    declared = {path: parameters_of(path) for path in paths}
    known = {name for parameters in declared.values() for name in parameters}
    assigned = {path: {} for path in paths}
    for name, text in texts.items():
        if name not in known:
            raise UsageError(f"None of these notebooks has a parameter {name}. {nearest(name, known)}")
        for path, parameters in declared.items():
            if name in parameters:
                assigned[path][name] = parameters[name].read(text)
    return assigned


def execute(path, parameters=None, *, timeout=None, environment=None, progress=True):
    """Execute a notebook in a kernel of its own and return it, cleaned. The file itself is not changed.

    `timeout` is the longest that one cell may take, in seconds. Raises CellError when a cell fails.
    """
    path = Path(path).resolve()
    before = os.environ.copy()
    os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})})
    try:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / path.name
            papermill.execute_notebook(
                str(path), str(output), parameters or {}, kernel_name=KERNEL, cwd=str(path.parent),
                execution_timeout=timeout, progress_bar=progress, kernel_manager_class=QuietKernel,
            )  # fmt: skip
            return clean(nbformat.read(output, 4))
    except PapermillExecutionError as error:
        traceback = plain("\n".join(error.traceback))
        raise CellError(error.source, error.ename, plain(error.evalue), traceback) from None
    except TimeoutError as error:
        raise CellError("", "TimeoutError", f"a cell took longer than {timeout} s", plain(str(error))) from None
    except DeadKernelError as error:
        raise CellError(
            "", "DeadKernelError", "the kernel died, perhaps for want of memory", plain(str(error))
        ) from None
    finally:
        os.environ.clear()
        os.environ.update(before)


def plain(text):
    """Return text without terminal colours, and with paths below the project, the home and temporary folders short."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for folder, short in ((ROOT, "."), (Path.home(), "~"), (Path(tempfile.gettempdir()), "...")):
        if folder != folder.parent:  # Some containers' home is the root, which is part of every path.
            text = re.sub(rf"(?<![\w.]){re.escape(str(folder))}(?=/|\b)", short, text)
    return text


def clean(notebook):
    """Return an executed notebook without what changes from run to run: logs, times, widget state, paths."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": KERNEL},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = [_clean_output(output) for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def _clean_output(output):
    if "text" in output:
        output.text = plain(output.text)
    data = output.get("data", {})
    if len(data) > 1:  # A page without a kernel cannot show a live widget; its other forms can be shown.
        data.pop("application/vnd.jupyter.widget-view+json", None)
    for kind in {"text/plain", "text/html"} & set(data):
        data[kind] = plain(data[kind])
    return output


def find_noise(notebook):
    """Return sentences about what a stored notebook must not hold; empty when it is clean."""
    problems = []
    for number, cell in enumerate(notebook.cells, start=1):
        if not cell.source.strip():
            problems.append(f"cell {number} is empty.")
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None:
            problems.append(f"cell {number} has no execution count.")
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"cell {number} ends in an error.")
            text = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
            problems += [f"cell {number} prints {what}." for what, pattern in NOISE.items() if pattern.search(text)]
    if "widgets" in notebook.metadata:
        problems.append("it holds the state of widgets.")
    return problems


def store(path, notebook):
    """Store a notebook that was executed. Raises UsageError for one with noise, and leaves what is stored."""
    if problems := find_noise(notebook):
        raise UsageError(f"{path.name} would be stored with noise: {' '.join(problems)}")
    write_text(path, nbformat.writes(notebook) + "\n")
