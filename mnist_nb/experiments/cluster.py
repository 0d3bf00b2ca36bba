"""Runs spread over worker processes, on this machine or on many, by dask.distributed."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any, Self

import dask
import distributed
import keras
import tensorflow as tf
from distributed.client import ClosedClientError

from ..evidence.code import code_sha256
from ..evidence.secrets import secrets_in, without_secrets
from ..machine import THREADS_VARIABLE, usable_threads

DECIDING = "experiments.trial"  # The code that decides a run is this and all that it imports.
PATIENCE = 20  # seconds to wait for a scheduler, for a first worker, and for another one when all are gone
POLL = 0.1  # seconds between two looks at what is done
LOST = (OSError, CancelledError, ClosedClientError)  # what a client raises when its scheduler is gone


class ClusterError(RuntimeError):
    """A cluster cannot be used; the message says why and what to do."""


class Workers:
    """Worker processes; close them, or use them in a `with`, to end what was started for them.

    `scheduler` is "local", for `count` processes on this machine (as many as it has processors when None) that
    share its processors, or the address of a scheduler, such as "tcp://host:8786", whose workers are already
    there. Raises ClusterError when it cannot be reached, has no workers, or they run other code than this.
    """

    def __init__(self, scheduler: str = "local", count: int | None = None) -> None:
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self.client = stack.enter_context(_local(stack, count) if scheduler == "local" else _remote(scheduler))
            self._alone_since: float | None = None
            self._check()
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Let go of the workers, and end them if they were started here."""
        with contextlib.suppress(*LOST):
            self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def names(self) -> list[str]:
        """The addresses of the workers that are there now. Raises ClusterError when none has been for a while."""
        with self.reachable():
            names = list(self.client.ncores())
        self._alone_since = None if names else self._alone_since or time.monotonic()
        if self._alone_since is not None and time.monotonic() - self._alone_since > PATIENCE:
            raise ClusterError("All workers are gone. Start new ones and run this again.")
        return names

    def submit(self, function: Callable, *arguments: Any, only: Sequence[str] | None = None) -> distributed.Future:
        """Return the Future of `function(*arguments)` on a worker, on one of those named in `only` if given.

        It is computed again elsewhere when the worker dies, and refused by a worker of other code.
        """
        with self.reachable():
            return self.client.submit(_checked, made_with(), function, *arguments, workers=only, pure=False)

    def run(
        self,
        function: Callable,
        tasks: Iterable[tuple],
        only: Sequence[str] | None = None,
        each: Callable[[int, Any], None] = lambda index, result: None,
    ) -> list[Any]:
        """Return `function(*task)` of each task, a tuple of arguments, in their order.

        `each` is called with a task's place and what it gave as soon as it is there.
        Raises ClusterError when a task has cost several workers their lives or those who may take it are gone,
        and what the function raises.
        """
        futures = [self.submit(function, *task, only=only) for task in tasks]
        results: dict[int, Any] = {}
        missing = dict(enumerate(futures))
        try:
            while missing:
                for index, future in list(missing.items()):
                    if outcome := self.outcome(future):
                        results[index] = outcome[0]
                        del missing[index]
                        each(index, outcome[0])
                if only and not set(only) & set(self.names):
                    raise ClusterError(f"{', '.join(only)} is gone. Run this again on those that are there.")
                if not only:
                    _ = self.names
                time.sleep(POLL)
            return [results[index] for index in range(len(futures))]
        finally:
            self.cancel(futures)

    def outcome(self, future: distributed.Future) -> tuple[Any] | None:
        """Return what a future gave, as a tuple of one; None when it is not done. Raises what its function raised."""
        if not future.done():
            return None
        with self.reachable():
            if future.status == "finished":
                try:
                    return (future.result(timeout=PATIENCE),)
                except TimeoutError:  # The worker died with the result, and another one makes it again.
                    return None
            error = future.exception(timeout=PATIENCE)
            if error is None:  # It failed by no function: the connection to the scheduler was lost.
                raise CancelledError(future.key)
        if isinstance(error, distributed.KilledWorker):
            raise ClusterError("A run ended each worker that took it. Have they memory enough?") from error
        raise error

    def cancel(self, futures: Iterable[distributed.Future]) -> None:
        """Forget futures, as far as the scheduler can be reached."""
        with contextlib.suppress(*LOST):
            self.client.cancel(list(futures))

    @contextlib.contextmanager
    def reachable(self) -> Iterator[None]:
        """Raise ClusterError in place of what the client raises when its scheduler is gone."""
        try:
            yield
        except LOST as error:
            raise ClusterError("The scheduler does not answer any more. Start it again and run this again.") from error

    def _check(self):
        try:
            self.client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ClusterError(
                f"The scheduler at {self.client.scheduler.address} has no workers. Start some on any host that "
                f"reaches it: `dask worker {self.client.scheduler.address} --nthreads 1`."
            ) from error
        for address, found in self.client.run(made_with, on_error="return").items():
            if isinstance(found, BaseException):
                raise ClusterError(
                    f"The worker at {address} cannot import mnist_nb ({_first_line(found)}). Install the project there."
                ) from found
            _compare(made_with(), found, f"The worker at {address}")


def _local(stack, count):
    count = count or usable_threads()
    share = str(max(1, usable_threads() // count))
    # dask would write its own settings of threads into this process's environment.
    with dask.config.set({"distributed.nanny.pre-spawn-environ": {}}):
        cluster = distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            env={THREADS_VARIABLE: share, "OMP_NUM_THREADS": share, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    client = distributed.Client(stack.enter_context(cluster))
    client.register_plugin(_OnItsProcessors(count))
    return client


class _OnItsProcessors(distributed.WorkerPlugin):
    """Keeps each of `count` workers on processors of its own, so that they do not take each other's."""

    name = "on-its-processors"

    def __init__(self, count):
        self.count = count

    def setup(self, worker):
        """Called in each worker as it starts, before it has threads for its tasks: these inherit the choice."""
        if hasattr(os, "sched_setaffinity") and isinstance(worker.name, int):
            processors = sorted(os.sched_getaffinity(0))
            if mine := processors[worker.name % self.count :: self.count]:
                os.sched_setaffinity(0, mine)


def _remote(address):
    advice = "Start one with `dask scheduler` and give the address it prints, such as tcp://host:8786."
    if "://" not in address or not address.rpartition(":")[2].isdecimal():
        raise ClusterError(f"{without_secrets(address)} is no address of a scheduler. {advice}")
    try:
        return distributed.Client(address, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        reason = without_secrets(_first_line(error), secrets_in([address]))
        raise ClusterError(f"No scheduler answers at {without_secrets(address)} ({reason}). {advice}") from None


def made_with():
    """Return what has to be the same wherever a run is to give the same result."""
    return {"code": code_sha256(DECIDING)[:12], "keras": keras.__version__, "tensorflow": tf.__version__}


def _checked(expected, function, *arguments):
    _compare(expected, made_with(), "A worker")
    return function(*arguments)


def _compare(expected, found, who):
    if found != expected:
        there, here = (", ".join(f"{key} {value}" for key, value in each.items()) for each in (found, expected))
        raise ClusterError(f"{who} has {there}, and this process {here}. Install the same commit on both.")


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
