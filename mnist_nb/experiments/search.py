"""The search for a better recipe: Optuna proposes recipes, workers train them, a study remembers what they gave."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import queue
import time
import uuid
import warnings
from collections.abc import Callable
from typing import Any

import distributed
import optuna
from filelock import FileLock, Timeout
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ..evidence.runs import Record, Run
from ..evidence.secrets import secrets_in, without_secrets
from ..learning.precision import chosen_precision
from ..learning.recipe import Recipe
from .cluster import DECIDING, LOST, POLL, Workers, made_with
from .trial import TOPIC, run_trial

# What is searched, by field of the recipe.
SPACE = {
    "peak_learning_rate": FloatDistribution(1e-3, 3e-2, log=True),
    "warm_up": FloatDistribution(0.05, 0.6),
    "weight_decay": FloatDistribution(1e-3, 0.3, log=True),
    "label_smoothing": FloatDistribution(0.0, 0.15),
    "dropout": FloatDistribution(0.0, 0.5),
    "rotation": FloatDistribution(0.0, 0.3),
    "scale": FloatDistribution(0.0, 0.2),
    "shear": FloatDistribution(0.0, 0.3),
    "shift": FloatDistribution(0.0, 2.5),
    "width": FloatDistribution(0.5, 1.5, step=0.25),
}
RANDOM_TRIALS = 4  # before the sampler begins to learn from results, and the pruner to compare with them
MOST_FAILURES = 3  # recipes that failed twice until the search is given up
GAVE_RESULT = (TrialState.COMPLETE, TrialState.PRUNED)


class StudyError(RuntimeError):
    """A study cannot be opened or gone on with; the message says why and what to do."""


class Search:
    """A search for better values of the fields in SPACE, for `recipe` on the first `images` training images.

    `storage` is a database URL as Optuna takes it, such as "sqlite:///study.db". The study there has a name that
    holds a digest of all that its results depend on: an earlier search for the same goes on, and results of
    other code never mix with these. Without a storage, it is what the record of runs holds of this search. Raises
    StudyError when the storage is locked, of another version, or none, or the record holds no such search.
    """

    def __init__(
        self, storage: str | None, recipe: Recipe, images: int, seed: int = 1, record: Record | None = None
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.storage, self.images, self.seed, self.record = storage, images, seed, record or Record()
        self.asked = recipe
        self.recipe = dataclasses.replace(recipe, precision=chosen_precision(recipe.precision))
        if storage is None:
            self.study = optuna.create_study(direction="maximize")
            self._take_over()
            if not self.study.trials:
                raise StudyError(
                    f"The record holds no search for this recipe on {images} images with seed {seed}. Search yourself, "
                    "with runs = 'missing'."
                )
            return
        described = repr([dataclasses.asdict(self.recipe), images, made_with(), SPACE, seed])
        with self._usable(RuntimeError, ValueError, ImportError):
            self.study = optuna.create_study(
                storage=_storage(storage),
                study_name=f"recipe-{hashlib.sha256(described.encode()).hexdigest()[:12]}",
                load_if_exists=True,
                direction="maximize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=RANDOM_TRIALS),
            )
            if not self.study.trials:
                self._take_over()
            self.study.sampler = optuna.samplers.TPESampler(
                seed=seed + len(self.study.trials),  # A search that goes on does not propose the same again.
                n_startup_trials=RANDOM_TRIALS,
                multivariate=True,
                constant_liar=True,
            )

    def _decided_by(self, number: int) -> dict[str, Any]:
        return search_decided_by(self.asked, self.images, self.seed, number)

    @property
    def recorded_runs(self) -> list[Run]:
        """The trials of this search that the record holds, the fresh ones, in their order."""
        return recorded_trials(self.record, self.asked, self.images, self.seed)

    def _take_over(self) -> None:
        """Give a new study the trials that the record holds, so that it goes on from them."""
        for run in self.recorded_runs:
            gave = run["gave"]
            self.study.add_trial(
                optuna.trial.create_trial(
                    state=TrialState[gave["state"]],
                    value=gave["value"],
                    params=gave["params"],
                    distributions=SPACE,
                    user_attrs={"seconds": gave["seconds"], "weights_sha256": gave["weights_sha256"]},
                    intermediate_values={int(epoch): seen for epoch, seen in gave["reported"].items()},
                )
            )

    def keep(self) -> None:
        """Put the results that the record lacks into it."""
        held = {run["decided"]["trial"] for run in self.recorded_runs}
        for trial in self.results:
            if trial.number not in held:
                gave = {"state": trial.state.name, "value": trial.value, "params": trial.params}
                gave |= {"reported": trial.intermediate_values, **trial.user_attrs}
                self.record.add(self._decided_by(trial.number), gave, DECIDING, precision=self.recipe.precision)

    @property
    def results(self) -> list[FrozenTrial]:
        """The trials that gave a result: they were completed, or ended early by the pruner."""
        return self.study.get_trials(deepcopy=False, states=GAVE_RESULT)

    @property
    def best_recipe(self) -> Recipe:
        """The recipe of the best trial."""
        return dataclasses.replace(self.recipe, **self.study.best_params)

    def run(
        self, workers: Workers, results: int, seconds: float, watch: Callable[[optuna.Study], object] | None = None
    ) -> None:
        """Have the workers train until the study holds that many results.

        No trial is begun once `seconds` have passed; those that run are let finish. Each is judged by its accuracy
        on the held-out images. A trial whose worker dies is trained again by another one; one that fails is marked
        so, and its recipe is tried once more. `watch` is called with the study after every epoch. Raises
        ClusterError when no workers are left, StudyError when another process works on this study or too many
        recipes fail.
        """
        with self._usable(), self._alone():
            for trial in self.study.get_trials(states=(TrialState.RUNNING,)):  # Of a process that died.
                self._give_up(trial)
            self._run(workers, results, time.monotonic() + seconds, watch or (lambda study: None))

    def _run(self, workers, wanted, end, watch):
        running, reports = {}, queue.Queue()  # {future: (trial, flag)}
        with workers.reachable():
            workers.client.subscribe_topic(TOPIC, lambda event: reports.put(event[1]))
        try:
            while (missing := wanted - len(self.results)) > 0:
                free = min(missing, len(workers.names)) - len(running)
                if free > 0 and time.monotonic() < end:
                    trial, flag = self.study.ask(SPACE), f"trial-{uuid.uuid4()}"
                    recipe = dataclasses.replace(self.recipe, **trial.params)
                    running[workers.submit(run_trial, recipe, self.images, flag)] = trial, flag
                    continue
                if not running and time.monotonic() >= end:
                    return
                time.sleep(POLL)
                self._hear(reports, running, workers, watch)
                for future in [future for future in running if future.done()]:
                    self._finish(future, running, workers)
                    watch(self.study)
        finally:
            for trial, flag in running.values():
                self._give_up(trial)
                with contextlib.suppress(*LOST):  # A worker cannot be stopped, but it looks at its flag.
                    distributed.Event(flag, client=workers.client).set()
            with contextlib.suppress(*LOST):
                workers.client.unsubscribe_topic(TOPIC)
            workers.cancel(running)

    def _hear(self, reports, running, workers, watch):
        """Tell the study what workers report of their epochs; raise the flag of trials that it prunes."""
        by_flag = {flag: trial for trial, flag in running.values()}
        while not reports.empty():
            report = reports.get()
            if trial := by_flag.get(report["flag"]):
                with warnings.catch_warnings(action="ignore"):  # A trial that is trained again reports again.
                    trial.report(report["accuracy"], report["epoch"])
                if trial.should_prune():
                    with workers.reachable():
                        distributed.Event(report["flag"], client=workers.client).set()
                watch(self.study)

    def _finish(self, future, running, workers):
        """Tell the study how a trial ended."""
        trial, flag = running[future]
        try:
            outcome = workers.outcome(future)
        except Exception as error:
            if future.status != "error":
                raise
            del running[future]
            self._give_up(trial, failure=str(error))
            return
        if outcome is None:
            return
        del running[future]
        with contextlib.suppress(*LOST):
            distributed.Event(flag, client=workers.client).clear()
        result = outcome[0]
        trial.set_user_attr("seconds", result["seconds"])
        trial.set_user_attr("weights_sha256", result["weights_sha256"])
        if result["pruned"]:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, result["accuracy"])

    def _give_up(self, trial, failure=None):
        """Mark a trial as failed and, unless its recipe has failed before, have that tried again."""
        self.study.tell(trial.number, state=TrialState.FAIL)
        failed = self.study.user_attrs.get("failed", {})
        key = repr(sorted(trial.params.items()))
        if failure:
            failed[key] = failed.get(key, 0) + 1
            self.study.set_user_attr("failed", failed)
        if failed.get(key, 0) < 2:
            self.study.enqueue_trial(trial.params)
        elif sum(count > 1 for count in failed.values()) >= MOST_FAILURES:
            raise StudyError(f"{MOST_FAILURES} recipes failed twice, the last with {trial.params}: {failure}")

    @contextlib.contextmanager
    def _usable(self, *others):
        """Raise StudyError in place of the errors of Optuna's storage, and of others."""
        try:
            yield
        except (SQLAlchemyError, optuna.exceptions.StorageInternalError, *others) as error:
            storage, secrets = without_secrets(self.storage), secrets_in([self.storage])
            reason = without_secrets(str(error.__cause__ or error).strip().splitlines()[0], secrets)
            raise StudyError(
                f"The storage {storage} cannot be used: {reason} If another process holds it, wait for that to "
                "end; if another version of Optuna wrote it, `optuna storage upgrade` or another storage helps."
            ) from None  # The error's own text may hold a password.

    @contextlib.contextmanager
    def _alone(self):
        """Hold this process's claim on the studies of a SQLite file; other databases are left to their users."""
        file = make_url(self.storage).database if self.storage.startswith("sqlite") else None
        if not file:
            yield
            return
        try:
            with FileLock(f"{file}.lock", timeout=5):
                yield
        except Timeout as error:
            raise StudyError(f"Another process searches in {file}. Wait for it, or name another storage.") from error


def _storage(url):
    """Return Optuna's storage at a URL; a SQLite file that another process holds is waited for 2 s at a time."""
    waiting = {"connect_args": {"timeout": 2}} if url.startswith("sqlite") else {}
    return optuna.storages.RDBStorage(url, engine_kwargs=waiting)


def search_decided_by(recipe: Recipe, images: int, seed: int, number: int | None) -> dict[str, Any]:
    """Return the fields that decide a trial of a search."""
    return {"recipe": dataclasses.asdict(recipe), "images": images, "seed": seed, "trial": number}


def recorded_trials(record: Record, recipe: Recipe, images: int, seed: int = 1) -> list[Run]:
    """Return the trials of a search that the record holds, the fresh ones, in their order."""
    fresh, _ = record.sorted_out()
    wanted = search_decided_by(recipe, images, seed, None)
    mine = [run for run in fresh if run["decided"] | {"trial": None} == wanted and "trial" in run["decided"]]
    return sorted(mine, key=lambda run: run["decided"]["trial"])
