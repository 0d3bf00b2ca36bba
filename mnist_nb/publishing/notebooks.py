"""Notebooks as files: finding them, their parameters, executing them in a kernel of their own, cleaning them."""

from __future__ import annotations

import ast
import difflib
import io
import math
import os
import re
import subprocess
import tempfile
import tokenize
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from jupyter_client import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from ..evidence.secrets import secrets_in, without_secrets
from ..files import PathError, as_path, write_text
from ..paths import MODELS, NOTEBOOKS, ROOT, SHIPPED_MODELS
from ..pictures.opening import PictureError, opened
from ..strokes.file import StrokeFileError, load_drawings

KERNEL = "python3"
# What a default may be made of, beside literals: 60 * 60 is clearer than 3600.
ARITHMETIC = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
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
    pattern: str = ""

    def read(self, text, models=MODELS):
        """Return the value that `text` gives this parameter. Raises UsageError for a wrong type, range or choice.

        A file, a model in the folder `models` or among those that ship, and whatever else is named has to be there.
        """
        if isinstance(self.default, str):
            value = self._path(text) if self.help.startswith("a file ") else text
        elif self.default is None:
            value = None if text.lower() == "none" else text
        else:
            value = scalar(text)
        if problem := self._problem(value) or self._lacking(value, models):
            # An address may hold a password, also where it is none.
            found = "what was given is none" if self._may_be_secret() else f"found {value!r:.200}"
            raise UsageError(f"{self.name} {problem}; {found}.")
        return value

    def _path(self, text):
        """Return the full path of a file named from where the command was given: notebooks run in their own folder."""
        if not text:
            return text
        try:
            path = as_path(text)
            if not path.is_file():
                raise UsageError(f"{self.name} must be {self.help}; there is no file {text}.")
        except PathError as error:
            raise UsageError(f"{self.name} must be {self.help}; {error}") from None
        return str(path.resolve())

    def _may_be_secret(self):
        return "URL" in self.help or "address" in self.help

    def _lacking(self, value, models):
        if not re.match(r"name of .*network in models/", self.help):
            return None
        there = {file.stem for folder in (Path(models), SHIPPED_MODELS) for file in folder.glob("*.keras")}
        return None if value in there else f"must be the {self.help}: {' or '.join(sorted(there))}"

    def _problem(self, value):
        kind = type(self.default)
        if kind is float and type(value) not in (int, float):
            return f"must be a number, such as {self.default!r}"
        if kind in (int, bool) and type(value) is not kind:
            return f"must be {kind.__name__}, such as {self.default!r}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"must be {self.help}"
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
    """Return the parameters that a notebook declares in its cell tagged `parameters`, {name: Parameter}.

    Raises UsageError when a default there is no plain value.
    """
    cells = nbformat.read(path, 4).cells
    source = next((cell.source for cell in cells if "parameters" in cell.metadata.get("tags", ())), "")
    try:
        statements = ast.parse(source).body
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        raise UsageError(f"{Path(path).name}: its cell of parameters is no Python ({error}).") from None
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    found = {}
    for statement in statements:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(targets[0], ast.Name) and statement.value:
            name = targets[0].id
            default = _plain_value(statement.value, f"{Path(path).name}: the default of {name}")
            found[name] = _parameter(name, default, comments.get(statement.end_lineno, "").strip())
    return found


def _plain_value(node, what):
    """Return the value of an expression of literals and arithmetic, without running anything else."""
    try:
        if all(isinstance(part, ARITHMETIC) for part in ast.walk(node)):
            return eval(compile(ast.Expression(node), "parameters", "eval"), {"__builtins__": {}})
        return ast.literal_eval(node)
    except (ValueError, TypeError, ArithmeticError, MemoryError):
        raise UsageError(
            f"{what} must be a plain value, such as 3600 or 'fast'; found {ast.unparse(node):.80}."
        ) from None


def _parameter(name, value, comment):
    """Read what a comment says of a parameter's values before it says what they are for.

    `[1, 100] text` is a range whose ends may be missing, `{a, b} text` are choices, and `/[a-z]+/ text` is a regular
    expression that all of the value has to match.
    """
    bounds = re.match(r"\[\s*([-+.\de]*)\s*,\s*([-+.\de]*)\s*\]\s*(.*)", comment)
    if bounds:
        low, high = (float(end) if end else None for end in bounds.group(1, 2))
        return Parameter(name, value, bounds.group(3), low, high)
    options = re.match(r"\{([^}]*)\}\s*(.*)", comment)
    if options:
        return Parameter(name, value, options.group(2), choices=tuple(re.split(r"\s*,\s*", options.group(1).strip())))
    expression = re.match(r"/(.*?)/\s+(.*)", comment)
    if expression:
        return Parameter(name, value, expression.group(2), pattern=expression.group(1))
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


def assign(paths, texts, models=MODELS):
    """Return {path: {name: value}} for {name: text}, each parameter to the notebooks that declare it.

    Raises UsageError for a name that none of them declares, with the nearest that one does, for a value of the wrong
    type or out of range, and for what is named and not there, such as a model in the folder `models`.
    """
    declared = {path: parameters_of(path) for path in paths}
    known = {name for parameters in declared.values() for name in parameters}
    assigned = {path: {} for path in paths}
    for name, text in texts.items():
        if name not in known:
            raise UsageError(f"None of these notebooks has a parameter {name}. {nearest(name, known)}")
        for path, parameters in declared.items():
            if name in parameters:
                assigned[path][name] = parameters[name].read(text, models)
    for path, parameters in declared.items():
        _check_drawings(parameters, assigned[path])
        _check_picture(parameters, assigned[path])
    return assigned


def _check_drawings(parameters, values):
    """Raise UsageError when a file of strokes is none, or holds no drawing by the writer that is asked for."""
    writer, file = (_described(parameters, as_what) for as_what in ("whose drawings", "a file of strokes"))
    if not values.get(file):
        if values.get(writer):
            raise UsageError(f"{writer} says whose drawings: name their file with -p {file} FILE, or leave it out.")
        return
    try:
        writers = sorted(set(load_drawings(values[file]).writers.tolist()))
    except StrokeFileError as error:
        raise UsageError(f"{file} must be {parameters[file].help}; {error}") from None
    if values.get(writer, "") not in ("", *writers):
        raise UsageError(f"{file} holds no drawings by {values[writer]!r:.80}. {nearest(values[writer], writers)}")


def _check_picture(parameters, values):
    """Raise UsageError when a file that has to be a picture is none."""
    file = _described(parameters, "a file that is a picture")
    if values.get(file):
        try:
            opened(values[file])
        except PictureError as error:
            raise UsageError(f"{file} must be {parameters[file].help}; {error}") from None


def _described(parameters, as_what):
    """Return the name of the parameter whose comment begins so; None when there is none."""
    return next((name for name, each in parameters.items() if each.help.startswith(as_what)), None)


def execute(path, parameters=None, *, timeout=None, environment=None, progress=True):
    """Execute a notebook in a kernel of its own and return it, cleaned. The file itself is not changed.

    `timeout` is the longest that one cell may take, in seconds. Raises CellError when a cell fails.
    """
    path = Path(path).resolve()
    secrets = secrets_in((parameters or {}).values())
    before = os.environ.copy()
    os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})})
    try:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / path.name
            papermill.execute_notebook(
                str(path), str(output), parameters or {}, kernel_name=KERNEL, cwd=str(path.parent),
                execution_timeout=timeout, progress_bar=progress, kernel_manager_class=QuietKernel,
            )  # fmt: skip
            return clean(nbformat.read(output, 4), secrets)
    except PapermillExecutionError as error:
        parts = (error.source, error.ename, plain(error.evalue), plain("\n".join(error.traceback)))
        raise CellError(*(without_secrets(part, secrets) for part in parts)) from None
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


def clean(notebook, secrets=()):
    """Return an executed notebook without what changes from run to run: logs, times, widget state, paths.

    Nor does it hold the `secrets` among its parameters, or those of any address.
    """
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
        if "solution" in (tags or ()):  # JupyterLab shows it folded, until a reader wants it.
            cell.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
        if cell.cell_type == "code":
            cell.outputs = [_clean_output(output, secrets) for output in cell.outputs if output.get("name") != "stderr"]
            if "injected-parameters" in (tags or ()):
                cell.source = without_secrets(cell.source, secrets)
    return notebook


def _clean_output(output, secrets):
    if "text" in output:
        output.text = without_secrets(plain(output.text), secrets)
    data = output.get("data", {})
    if len(data) > 1:  # A page without a kernel cannot show a live widget; its other forms can be shown.
        data.pop("application/vnd.jupyter.widget-view+json", None)
    for kind in {"text/plain", "text/html"} & set(data):
        data[kind] = without_secrets(plain(data[kind]), secrets)
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
