"""Reports: notebooks executed and exported as pages, with an index over them.

A report folder holds `index.html`, a page and a thumbnail for each notebook, `board.html` (the board, which needs no
Python), `metrics.json` (what the notebooks published) and `run.json` (how each notebook's last run went, from which
the index is made).
"""

from __future__ import annotations

from pathlib import Path

import nbformat

from ..catalogue import entry_of
from ..evidence.secrets import secrets_in, without_secrets
from .board_page import BOARD, write_board
from .index import remember, state_of, write_index
from .notebooks import UsageError, store
from .pages import has_board, known_pages, remember_page, write_page
from .schedule import behaviours_of, in_turn, inputs_sha256, results_sha256


def run(assigned, target, *, timeout=None, models=None, jobs=1, force=False, stored=False):
    """Execute notebooks and write their pages and the index into the folder `target`.

    `assigned` is {path: parameters}, as `notebooks.assign` returns it. Models are saved in `models`, in
    the project's own folder when it is None. Up to `jobs` notebooks run side by side. A notebook is not run again,
    unless `force`, when nothing it depends on has changed since its page was written. A page is replaced only when
    its notebook succeeded; one that needs a failed notebook is skipped. With `stored`, notebooks that ran with their
    own parameters are stored as they were executed. Returns {name: reason} of those that failed or were skipped.
    """
    target = Path(target).resolve()
    target.mkdir(parents=True, exist_ok=True)
    environment = {"MNIST_NB_REPORTS": str(target)} | (
        {"MNIST_NB_MODELS": str(Path(models).resolve())} if models else {}
    )
    failures, inputs = {}, {}

    def made_from(name):
        """Return what tells whether a notebook's page is still that of these inputs."""
        return [inputs[name], results_sha256(name, target / f"{name}.html", models)]

    def begin(path, parameters):
        """Return the entry of a notebook that need not run; None for one that has to."""
        name = path.stem
        if blocked := [needed for needed in entry_of(name).needs if needed in failures]:
            return {"status": "skipped", "reason": f"It needs {blocked[0]}, which failed."}
        inputs[name] = inputs_sha256(path, parameters, models)
        if not force and known_pages(target).get(name) == made_from(name):
            print(f"{name}: unchanged since its last run", flush=True)
            if has_board(nbformat.read(path, 4)):
                write_board(target, models, parameters.get("model", "best"))
            return state_of(target)["notebooks"][name] | {"unchanged": True}
        print(name, flush=True)
        return None

    for path, outcome in in_turn(assigned, begin, jobs, timeout=timeout, environment=environment):
        name, notebook = path.stem, outcome.pop("notebook", None)
        if notebook:
            outcome = {"status": "passed", "behaviours": behaviours_of(path)} | outcome
            board = has_board(notebook) and write_board(target, models, assigned[path].get("model", "best"))
            outcome |= write_page(notebook, name, target, board=BOARD if board else "")
            try:
                if stored and not assigned[path]:
                    store(path, notebook)
            except UsageError as error:
                outcome |= {"status": "failed", "reason": str(error)}
        passed = outcome["status"] == "passed"
        if not passed:
            failures[name] = outcome["reason"]
        secrets = secrets_in(assigned[path].values())
        shown = {
            key: without_secrets(value, secrets) if isinstance(value, str) else value
            for key, value in assigned[path].items()
        }
        remember(target, name, {"parameters": shown} | outcome)
        remember_page(target, name, made_from(name) if passed else None)
        write_index(target)
    return failures
