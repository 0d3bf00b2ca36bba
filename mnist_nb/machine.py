"""This machine: its processor, and how much of it this process may use."""

from __future__ import annotations

import contextlib
import multiprocessing.connection
import os
import platform
import threading
from multiprocessing import resource_tracker
from pathlib import Path

THREADS_VARIABLE = "MNIST_NB_THREADS"  # for a process that shares its machine with others, as a worker does
# What a processor can do that decides how fast and how exactly it computes, the best first.
ABILITIES = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 with bfloat16", "avx512f": "AVX-512", "avx2": "AVX2"}


class MachineError(ValueError):
    """A setting of this machine cannot be used; the message names it."""


def usable_threads() -> int:
    """Return the number of processors that this process may use, or what THREADS_VARIABLE says where it is set.

    Raises MachineError when that is no whole number.
    """
    if text := os.environ.get(THREADS_VARIABLE):
        if not text.isdecimal() or int(text) == 0:
            raise MachineError(f"{THREADS_VARIABLE} must be a whole number, 1 or more; found {text!r:.80}.")
        return int(text)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stop_children(patience: float = 2.0) -> None:
    """End all processes that this one started, and theirs: asked first, and after `patience` seconds made to."""
    import psutil

    # That of the tracker of `multiprocessing` ends by itself with this process, and complains when it is made to.
    tracker = getattr(resource_tracker._resource_tracker, "_pid", None)  # type: ignore[attr-defined]
    children = [child for child in psutil.Process().children(recursive=True) if child.pid != tracker]
    for ask in ("terminate", "kill"):
        for child in children:
            with contextlib.suppress(psutil.Error):
                getattr(child, ask)()
        _, children = psutil.wait_procs(children, timeout=patience)


def end_with_parent() -> None:
    """Have this process, a worker of `multiprocessing`, and all that it starts, end when its parent is gone."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            multiprocessing.connection.wait([parent.sentinel])
            stop_children()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def processor() -> str:
    """Return the name of the processor, with the best of its abilities in `ABILITIES` where the system tells."""
    names = [line.partition(":")[2].strip() for line in _cpuinfo().splitlines() if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    best = next((words for flag, words in ABILITIES.items() if flag in _cpuinfo().split()), None)
    return f"{name}, {best}" if best else name


def has_bfloat16() -> bool:
    """Return whether the processor computes bfloat16 in hardware."""
    return bool({"avx512_bf16", "amx_bf16"} & set(_cpuinfo().split()))


def _cpuinfo() -> str:
    information = Path("/proc/cpuinfo")
    return information.read_text() if information.exists() else ""
