"""Runs on workers that are recorded as each ends, so that an interrupted comparison goes on where it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from ..evidence.runs import Record, packed, unpacked
from ..learning.precision import chosen_precision
from ..learning.recipe import Recipe
from .cluster import DECIDING, Workers
from .trial import READ, run_trial


def run_recorded(
    workers: Workers, tasks: Iterable[tuple[Recipe, int]], record: Record, reads: str = "test"
) -> list[dict[str, Any]]:
    """Return what `run_trial` gives of each task, a recipe and a number of images, in their order.

    What the record holds is not run again; what it lacks is handed to the workers, and recorded as each run ends.
    Raises what `Workers.run` raises.
    """
    decided = [_decided(recipe, images, reads) for recipe, images in tasks]
    held = {index: record.find(each) for index, each in enumerate(decided)}
    missing = [index for index, run in held.items() if run is None]

    def add(place: int, result: dict[str, Any]) -> None:
        index = missing[place]
        held[index] = record.add(decided[index], result | {"right": packed(result["right"])}, DECIDING)

    arguments = [(Recipe(**decided[index]["recipe"]), decided[index]["images"], None, reads) for index in missing]
    workers.run(run_trial, arguments, each=add)
    return [run["gave"] | {"right": unpacked(run["gave"]["right"], READ)} for run in held.values() if run]


def _decided(recipe: Recipe, images: int, reads: str) -> dict[str, Any]:
    """Return the fields that decide a run, with the precision that this machine takes for "auto"."""
    exact = dataclasses.replace(recipe, precision=chosen_precision(recipe.precision))
    return {"recipe": dataclasses.asdict(exact), "images": images, "reads": reads}
