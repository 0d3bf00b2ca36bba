"""What the record of runs lacks, measured: runs that went stale are confirmed if they can be, the others made again."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..evidence.code import behaviour_sha256
from ..evidence.origin import provenance
from ..evidence.published import load_published
from ..evidence.runs import Record, Run, today
from ..machine import processor, usable_threads
from ..paths import REPORTS, ROOT
from . import plan, writers
from .benchmark import BenchmarkError, Runs, decided_by
from .cluster import Workers
from .contenders import FRONT
from .recorded import Task, decided_by as trial_decided_by, run_recorded
from .search import Search, recorded_trials

CLEAN = " (clean)"
KINDS = ("short runs", "hands", "search", "verdict", "architectures", "ablation", "front", "contenders")


@dataclass
class Work:
    """Runs of one kind that the record lacks: what they are called, how many, and how to make them.

    `make` calls its argument as each run ends.
    """

    name: str
    count: int
    make: Callable[[Callable[[], object]], object]


def complete(record: Record | None = None, kinds: Sequence[str] = (), drawings: Sequence[str | Path] = ()) -> None:
    """Measure what the record lacks, of some of KINDS if given, with a bar that says what remains.

    Each run is recorded as it ends, so that an interrupted call goes on where it was. The networks of the front read
    files of people's `drawings` as well.
    """
    record = record or Record()
    for line in confirm(record):
        print(line, flush=True)
    work = [each for each in lacking(record, drawings) if not kinds or each.name in kinds]
    with tqdm(total=sum(each.count for each in work), unit="run", smoothing=0) as bar:
        for each in work:
            bar.set_description(each.name)
            each.make(bar.update)


def lacking(record: Record, drawings: Sequence[str | Path] = ()) -> list[Work]:
    """Return what the record lacks, shortest first, empty when it is complete: of what is timed, what it lacks of here.

    `drawings` are as `complete` takes them.
    """
    front = [(name, {"seed": plan.FRONT_SEED}) for name in FRONT]
    tasks = [(plan.architecture(name, seed), "test") for seed in seeds() for name in plan.ARCHITECTURES]
    short = [(plan.twin(), "test"), (plan.twin(), "drawings")]
    ablation = [
        (plan.ablation(step, seed), "drawings") for seed in range(1, plan.ABLATION_SEEDS + 1) for step in plan.ABLATION
    ]
    work = [
        _of_trials("short runs", short, record),
        _of_hands(record),
        _of_search(record),
        _of_verdict(record),
        _of_trials("architectures", tasks, record),
        _of_trials("ablation", ablation, record),
        _of_contenders("front", front, record, drawings),
        _of_contenders("contenders", plan.contender_runs(usable_threads()), record),
    ]
    return [each for each in work if each.count]


def seeds() -> range:
    """Return the seeds of runs that are made with several."""
    return range(1, plan.SEEDS + 1)


def _of_trials(name: str, wanted: list[tuple[Task, str]], record: Record) -> Work:
    missing = [(task, reads) for task, reads in wanted if not record.find(trial_decided_by(*task, reads))]

    def make(each: Callable[[], object]) -> None:
        with Workers() as workers:
            for kind in sorted({reads for _, reads in missing}):
                tasks = [task for task, reads in missing if reads == kind]
                run_recorded(tasks, "missing", reads=kind, record=record, workers=workers, each=each)

    return Work(name, len(missing), make)


def _of_contenders(
    kind: str, wanted: list[tuple[str, dict[str, Any]]], record: Record, drawings: Sequence[str | Path] = ()
) -> Work:
    missing = [run for run in wanted if not record.find(decided_by(run[0], **run[1]), processor())]

    def make(each: Callable[[], object]) -> None:
        runs = Runs("missing", record, drawings)
        for name, options in missing:
            runs.run(name, **options)
            each()

    return Work(kind, len(missing), make)


def _of_search(record: Record) -> Work:
    asked = plan.SEARCHED, plan.SEARCH_IMAGES, plan.SEARCH_SEED

    def make(each: Callable[[], object]) -> None:
        search = Search(f"sqlite:///{REPORTS / 'studies.db'}", *asked, record)
        done = len(search.results)

        def watch(study: object) -> None:
            nonlocal done
            while done < len(search.results):
                done += 1
                search.keep()
                each()

        with Workers() as workers:
            search.run(workers, plan.SEARCH_RESULTS, float("inf"), watch=watch)
        search.keep()

    return Work("search", max(0, plan.SEARCH_RESULTS - len(recorded_trials(record, *asked))), make)


def _of_verdict(record: Record) -> Work:
    """The recipe that the search found and ours, once the search is recorded."""
    asked = plan.SEARCHED, plan.SEARCH_IMAGES, plan.SEARCH_SEED
    if len(recorded_trials(record, *asked)) < plan.SEARCH_RESULTS:
        return Work("verdict", 2 * plan.SEEDS, lambda each: _of_verdict(record).make(each))
    best = Search(None, *asked, record).study.best_params
    recipes = plan.SEARCHED, dataclasses.replace(plan.SEARCHED, **best)
    tasks = [dataclasses.replace(each, seed=plan.SEARCH_SEED + 99 + seed) for each in recipes for seed in seeds()]
    return _of_trials("verdict", [((each, plan.SEARCH_IMAGES), "spare") for each in tasks], record)


def _of_hands(record: Record) -> Work:
    model = load_published()["05_train"]["best_weights_sha256"]
    wanted = [(way, each, writer) for writer in plan.WRITERS for way, counts in plan.WAYS.items() for each in counts]
    missing = [hand for hand in wanted if not record.find(writers.hand_decided_by(*hand, model))]

    def make(done: Callable[[], object]) -> None:
        for hand in missing:
            gave = writers.made_up_hand(*hand)
            if gave["model"] != model:
                raise BenchmarkError(
                    "models/best.keras is not the published one. Restore it, or record 05_train first."
                )
            record.add(writers.hand_decided_by(*hand, model), gave, writers.DECIDING)
            done()

    return Work("hands", len(missing), make)


def confirm(record: Record) -> Iterator[str]:
    """Confirm runs that went stale: where the first steps of one kind end in the same weights by the code that made
    them and by today's, both on this machine, all of that kind hold for today's code.

    Yields a sentence for each kind. What was made by a commit that is not in the history stays stale, and so does what
    has been made again.
    """
    fresh, stale = record.sorted_out()
    made_again = {(run["key"], _timed_on(run)) for run in fresh}
    kinds: dict[str, list[Run]] = {}
    for run in stale:
        if (run["key"], _timed_on(run)) in made_again:
            continue
        kinds.setdefault(kind_of(run), []).append(run)
    for runs in kinds.values():
        first = runs[-1]
        commit = first["made_with"]["commit"].removesuffix(CLEAN)
        name = f"{len(runs)} stale runs, such as {short(first['decided'])}"
        try:
            with worktree(commit) as old:
                before = fingerprint_in(old, first["decided"])
            now = fingerprint_in(ROOT, first["decided"])
        except subprocess.CalledProcessError as error:
            yield f"{name}: not to be confirmed ({(error.stderr or str(error)).strip().splitlines()[-1]})"
            continue
        if before != now:
            yield f"{name}: today's code trains otherwise than {commit}, so they have to be made again"
            continue
        evidence: dict[str, Any] = {"behaviour": behaviour_sha256(first["unit"]), "fingerprint": now, "date": today()}
        made_with = provenance()
        evidence |= {"commits": [commit, made_with["commit"]], "processor": made_with["processor"]}
        record.confirm(runs, evidence)
        yield f"{name}: confirmed, since today's code takes the same first steps as {commit}"


def kind_of(run: Run) -> str:
    """Return what runs have to share so that the first steps of one speak for all of them."""
    decided = {key: value for key, value in run["decided"].items() if key not in ("seed", "trial", "images")}
    if "recipe" in decided:  # Its numbers may differ, but not which of its parts are in use.
        recipe = {key: value if isinstance(value, str) else bool(value) for key, value in decided["recipe"].items()}
        decided["recipe"] = {key: value for key, value in recipe.items() if key not in ("seed", "epochs")}
    decided = {key: value for key, value in decided.items() if key not in ("most_epochs", "threads", "each", "writer")}
    return json.dumps([run["unit"], run["behaviour"], run["made_with"]["commit"], decided], sort_keys=True)


def _timed_on(run: Run) -> str | None:
    """Return the processor of a run that is timed, and None for one whose result is the same on any."""
    return run["made_with"]["processor"] if "contender" in run["decided"] else None


def short(decided: dict[str, Any]) -> str:
    """Return what decided a run in a few words."""
    if "recipe" in decided:
        return f"{decided['recipe']['network']} on {decided['images']} images"
    return str(decided.get("contender") or decided.get("hand"))


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """Give a folder with the project as it was at a commit. Raises CalledProcessError for one that is not there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree"
        _git("worktree", "add", "--detach", str(path), commit)
        try:
            yield path
        finally:
            _git("worktree", "remove", "--force", str(path))


def fingerprint_in(tree: Path, decided: dict[str, Any]) -> str:
    """Return the fingerprint of a run by the code in a folder. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", "mnist_nb.experiments.fingerprint", json.dumps(decided)]
    environment = {**os.environ, "PYTHONPATH": str(tree), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
