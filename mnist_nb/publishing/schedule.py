"""In which order notebooks run, which of them side by side, and what each of them depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import time
import zipfile
from concurrent import futures
from pathlib import Path

import nbformat

from .notebooks import CellError, execute
from .paths import MODELS, PACKAGE, ROOT
from .provenance import code_sha256, provenance

# They read the models that 05 saves.
NEEDS = dict.fromkeys(("06_test", "07_application", "11_handwriting"), ("05_train",))
# They time what they do, or use every processor: nothing runs beside them.
ALONE = ("05_train", "07_application", "08_benchmark", "09_tune", "10_architectures")


def in_turn(assigned, begin, jobs=1, *, timeout=None, environment=None):
    """Execute notebooks, {path: parameters}, up to `jobs` side by side; yield (path, outcome) as each ends.

    One that needs others waits for them, and one in ALONE for all. `begin(path, parameters)` is asked right
    before one would run; what it returns is its outcome, and it runs when that is None. The outcome of
    one that ran is a dict with its `notebook`, executed, and its `seconds`, or with `status` "failed", the `reason`
    and the `error`.
    """
    waiting, running = dict(assigned), {}
    with _pool(jobs) as pool:
        while waiting or running:
            beside = {path.stem for path in running.values()}
            path = next((path for path in waiting if may_begin(path.stem, waiting, beside, jobs)), None)
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


def may_begin(name, waiting, beside, jobs):
    """Return whether a notebook may begin: what it needs has ended, there is room, and none would have to be alone."""
    unmet = {path.stem for path in waiting} | beside
    if len(beside) >= jobs or unmet & set(NEEDS.get(name, ())):
        return False
    return not beside or not ({name} | beside) & set(ALONE)


def inputs_sha256(path, parameters, models=None):
    """Return a digest of what a run of a notebook depends on, but for the models that 05 saves.

    That is its cells, its parameters and the files and models they name, this package with its data and
    templates, the lock file, and this machine.
    """
    cells = [(cell.cell_type, cell.source) for cell in nbformat.read(path, 4).cells]
    machine = {key: value for key, value in provenance().items() if key != "commit"}
    digest = hashlib.sha256(json.dumps([cells, parameters, machine, code_sha256()], default=str).encode())
    files = [ROOT / "requirements.lock", *sorted(PACKAGE.glob("datasets/*.npz")), *sorted(PACKAGE.glob("templates/*"))]
    for value in parameters.values():
        if isinstance(value, str):
            files += [Path(value), Path(models or MODELS) / f"{value}.keras"]
    for file in files:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def results_sha256(name, page, models=None):
    """Return a digest of a notebook's page and, if 05 is its own name or a need of it, of the models that 05 saves.

    A model counts by its weights and layers, not by when it was saved.
    """
    digest = hashlib.sha256(page.read_bytes() if page.exists() else b"")
    if name in NEEDS or any(name in needed for needed in NEEDS.values()):
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
    """Give an executor of so many processes; of this process itself when it is one, so that progress shows."""
    if jobs == 1:
        yield _Here()
        return
    with futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield pool


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
