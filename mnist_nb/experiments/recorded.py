"""Runs of recipes out of the record, and on workers where it lacks them, recorded as each ends."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ..evidence.runs import Record, checked, packed, unpacked
from ..learning.precision import chosen_precision
from ..learning.recipe import Recipe
from .cluster import DECIDING, Workers
from .trial import READ, run_trial

Task = tuple[Recipe, int]  # a recipe, and the number of images that it trains on


def run_recorded(
    tasks: Sequence[Task],
    runs: str = "record",
    *,
    reads: str = "test",
    record: Record | None = None,
    workers: Workers | str = "local",
    each: Callable[[], object] = lambda: None,
) -> list[dict[str, Any] | None]:
    """Return what `run_trial` gives of each task, in their order; None for what is neither recorded nor trained.

    `runs` decides what is trained here: nothing ("record"), what the record lacks ("missing"), or everything
    ("all"). It is handed to `workers`, open ones or a scheduler's address as `Workers` takes it, and recorded as each
    run ends, when `each` is called. Raises ValueError for other `runs`, and what `Workers` and its `run` raise.
    """
    runs, record = checked(runs), record or Record()
    decided = [decided_by(recipe, images, reads) for recipe, images in tasks]
    held = [None if runs == "all" else record.find(each) for each in decided]
    wanted = [index for index, run in enumerate(held) if run is None and runs != "record"]

    def add(place: int, result: dict[str, Any]) -> None:
        recipe = tasks[wanted[place]][0]
        gave = result | {"right": packed(result["right"])}
        held[wanted[place]] = record.add(
            decided[wanted[place]], gave, DECIDING, precision=chosen_precision(recipe.precision)
        )
        each()

    if wanted:
        with contextlib.nullcontext(workers) if isinstance(workers, Workers) else Workers(workers) as open_workers:
            open_workers.run(run_trial, [(*tasks[index], None, reads) for index in wanted], each=add)
    return [run and run["gave"] | {"right": unpacked(run["gave"]["right"], READ)} for run in held]


def decided_by(recipe: Recipe, images: int, reads: str) -> dict[str, Any]:
    """Return the fields that decide a run of a recipe."""
    return {"recipe": dataclasses.asdict(recipe), "images": images, "reads": reads}
