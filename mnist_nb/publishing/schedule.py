"""In which order notebooks run, which of them side by side, and what each of them depends on."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import multiprocessing
import signal
import time
import zipfile
from concurrent import futures
from pathlib import Path

import nbformat

from ..catalogue import NOTEBOOKS, entry_of
from ..evidence.code import behaviour_sha256, code_sha256, imported
from ..evidence.origin import provenance
from ..evidence.runs import RUNS
from ..machine import end_with_parent, stop_children
from ..paths import MODELS, PACKAGE, ROOT
from .notebooks import CellError, execute, parameters_of

PAGES = ("publishing.notebooks", "publishing.pages")  # what turns a notebook into a page


def in_turn(assigned, begin, jobs=1, *, timeout=None, environment=None):
    """Execute notebooks, {path: parameters}, up to `jobs` side by side; yield (path, outcome) as each ends.

    One that needs others waits for them, and one that has to run alone for all; the catalogue says which.
    `begin(path, parameters)` is asked right before one would run; what it returns is its outcome, and it runs when
    that is None. The outcome of one that ran is a dict with its `notebook`, executed, and its `seconds`, or with
    `status` "failed", the `reason` and the `error`.
    """
    waiting, running = dict(assigned), {}
    with _pool(jobs) as pool:
        while waiting or running:
            others = {path.stem for path in running.values()}
            path = next((path for path in waiting if may_begin(path.stem, waiting, others, jobs)), None)
            if path is None:
                done, _ = futures.wait(running, return_when=futures.FIRST_COMPLETED)
                for call in done:
                    yield running.pop(call), call.result()
                continue
            parameters = waiting.pop(path)
            outcome = begin(path, parameters)
            if outcome is None:
                running[pool.submit(_executed, path, parameters, timeout, environment, jobs == 1)] = path
            else:
                yield path, outcome


def may_begin(name, waiting, others, jobs):
    """Return whether a notebook may begin: what it needs has ended, there is room, and none would have to be alone."""
    unmet = {path.stem for path in waiting} | others
    if len(others) >= jobs or unmet & set(entry_of(name).needs):
        return False
    return not others or not any(entry_of(each).alone for each in {name} | others)


def units_of(notebook):
    """Return the units of code that a notebook's cells import, as `mnist_nb.evidence.code.units_needed` takes them."""
    return set(imported(_python(notebook)))


def modules_of(notebook):
    """Return the same, with the modules that a wing's names come from where cells take no more of it than names.

    After `from mnist_nb import strokes`, `strokes.pen_digits` is of the module `strokes.hands`.
    """
    wings = units_of(notebook)
    nodes = list(ast.walk(ast.parse(_python(notebook)))) if wings else []
    taken = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    alone = [node.id for node in nodes if isinstance(node, ast.Name)]
    modules = set()
    for wing in wings:
        names = [node.attr for node in taken if node.value.id == wing]
        whole = not names or len(names) < alone.count(wing)
        modules |= {wing} if whole else imported(f"from mnist_nb.{wing} import {', '.join(names)}")
    return modules


def _python(notebook):
    """Return the Python of a notebook's cells; none when it cannot be read."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    python = "\n".join(line for source in sources for line in source.splitlines() if line[:1] not in ("%", "!"))
    try:
        ast.parse(python)
    except SyntaxError:  # It will fail when it is run, and is no page's source until then.
        return ""
    return python


def behaviours_of(path):
    """Return digests of what decides the results of a notebook, {name that they are published under: digest}.

    They are of its code cells and of what the code does that they import, or, under a name that its entry in the
    catalogue says to be computed by one unit of code, of what that does. What was published with another is stale.
    """
    notebook = nbformat.read(path, 4)
    entry = entry_of(path.stem)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    described = json.dumps([cells, behaviour_sha256(*modules_of(notebook))])
    whole = hashlib.sha256(described.encode()).hexdigest()
    by_unit = {name: behaviour_sha256(*units) for name, units in entry.computed_by.items()}
    return dict.fromkeys((path.stem, *entry.also), whole) | by_unit


def inputs_sha256(path, parameters, models=None):
    """Return a digest of what a notebook's page depends on, but for the models that 05 saves.

    That is its cells, its parameters and the files and models they name, its entry in the catalogue, the parts of
    this package that its cells import and that make pages, their data, the lock file, this machine, and the record of
    runs where a parameter `runs` says what is taken from it.
    """
    notebook = nbformat.read(path, 4)
    cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    machine = {key: value for key, value in provenance().items() if key != "commit"}
    code = code_sha256(*{unit.partition(".")[0] for unit in units_of(notebook)}, *PAGES)
    described = [cells, parameters, machine, code, repr(entry_of(path.stem))]
    digest = hashlib.sha256(json.dumps(described, default=str).encode())
    files = [ROOT / "requirements.lock", *sorted(PACKAGE.glob("datasets/*.npz"))]
    files += [RUNS] if "runs" in parameters_of(path) else []
    for value in parameters.values():
        if isinstance(value, str):
            files += [Path(value), Path(models or MODELS) / f"{value}.keras"]
    for file in files:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def results_sha256(name, page, models=None):
    """Return a digest of a notebook's page and, if it makes models or needs what does, of the models that 05 saves.

    A model counts by its weights and layers, not by when it was saved.
    """
    digest = hashlib.sha256(page.read_bytes() if page.exists() else b"")
    if entry_of(name).needs or any(name in entry.needs for entry in NOTEBOOKS.values()):
        for model in ("best", "document"):
            digest.update(repr(_weights_of(Path(models or MODELS) / f"{model}.keras")).encode())
    return digest.hexdigest()


def _weights_of(file):
    """Return checksums of a `.keras` file's layers and weights; None when there is no such file."""
    try:
        with zipfile.ZipFile(file) as archive:
            return [archive.getinfo(part).CRC for part in ("config.json", "model.weights.h5")]
    except (OSError, KeyError, zipfile.BadZipFile):
        return None


@contextlib.contextmanager
def _pool(jobs):
    """Give an executor of `jobs` processes; of this process itself when it is one, so that progress shows.

    Whatever ends this process ends those too, and the kernels that they started.
    """
    if jobs == 1:
        yield _Here()
        return
    pool = _Quiet(jobs, multiprocessing.get_context("spawn"), initializer=end_with_parent)
    try:
        yield pool
    except BaseException:
        stop_children()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


class _Quiet(futures.ProcessPoolExecutor):
    """Processes that leave an interrupt to the one that started them, from their first moment on."""

    def submit(self, function, /, *arguments):
        with _interrupts_ignored():  # A process that is started here takes that over.
            return super().submit(function, *arguments)


@contextlib.contextmanager
def _interrupts_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Here:
    """An executor that does at once, in this process, what is submitted."""

    def submit(self, function, *arguments):
        future = futures.Future()
        future.set_result(function(*arguments))
        return future


def _executed(path, parameters, timeout, environment, progress):
    """Execute a notebook and return its outcome."""
    started = time.perf_counter()
    try:
        notebook = execute(path, parameters, timeout=timeout, environment=environment, progress=progress)
    except CellError as error:
        parts = {"name": error.name, "message": error.message, "source": error.source}
        parts["traceback"] = "\n".join(error.traceback.splitlines()[-25:])
        return {"status": "failed", "reason": str(error).splitlines()[0], "error": parts}
    return {"notebook": notebook, "seconds": round(time.perf_counter() - started)}
