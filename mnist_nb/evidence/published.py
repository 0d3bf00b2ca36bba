"""The published results, which README and tests speak of, and how far the results of a run here agree with them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..catalogue import TIME, keys_of
from ..files import write_text
from ..paths import RESULTS
from .results import Results, ResultsError

VERSION = 1
PUBLISHED = RESULTS / "published.json"


def load_published(path: str | Path | None = None) -> Results:
    """Return the published results, {notebook: {key: result}}, as `load_results` returns those of a run here.

    `path` is a file as `results/README.md` describes it, that of the project when None. Raises ResultsError when it
    is missing, damaged, or of another version.
    """
    return _read(path)["results"]


def record(results: Results, made_with: dict[str, dict[str, str]], path: str | Path | None = None) -> None:
    """Take results over into the published ones, each with what it was made with, {notebook: provenance}.

    What the catalogue calls gathered keeps what it held under other names, such as of another file of drawings. Raises
    ResultsError for results whose code nobody could get back to, because it was not committed.
    """
    for name in results:
        commit = made_with.get(name, {}).get("commit", "unknown")
        if not commit.endswith("(clean)"):
            raise ResultsError(f"{name} was made by commit {commit}. Commit everything, run it again, then record it.")
    content = _read(path)
    results = {name: _gathered(name, new, content["results"].get(name, {})) for name, new in results.items()}
    for part, new in (("results", results), ("made_with", made_with)):
        known = {name: entry for name, entry in content[part].items() if keys_of(name)}  # An earlier name may be gone.
        content[part] = dict(sorted((known | new).items()))
    write_text(Path(path or PUBLISHED), json.dumps(content, indent=1) + "\n")


def _gathered(name: str, new: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    gathered = {key for key, each in keys_of(name).items() if each.gathered and key in new}
    return new | {key: known.get(key, {}) | new[key] for key in gathered}


def _read(path: str | Path | None) -> dict[str, Any]:
    path = Path(path or PUBLISHED)
    remedy = "Restore it from the repository."
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ResultsError(f"{path}: there are no published results. {remedy}") from error
    except ValueError as error:
        raise ResultsError(f"{path}: not a file of published results ({error}). {remedy}") from error
    parts = content if isinstance(content, dict) else {}
    if not all(isinstance(parts.get(part), dict) for part in ("results", "made_with")):
        raise ResultsError(f"{path}: not a file of published results. {remedy}")
    if content.get("version") != VERSION:
        raise ResultsError(
            f"{path}: version {content.get('version')} of the format, and this program knows {VERSION}. {remedy}"
        )
    return content


@dataclass(frozen=True)
class Comparison:
    """One result of a run here against the published one."""

    notebook: str
    key: str
    here: Any
    published: Any  # None where there is none
    agrees: bool | None  # None for times, and for what has no published counterpart
    ratio: float | None = None  # of times, here against published


def compare(here: Results, published: Results) -> list[Comparison]:
    """Return how each result of a run here compares with the published one.

    Results that depend on the machine alone are left out; the catalogue says which, and how far the others may be
    apart.
    """
    rows = []
    for notebook, results in here.items():
        for key, value in results.items():
            rule = keys_of(notebook)[key].within if key in keys_of(notebook) else None
            if rule is None:
                continue
            theirs = published.get(notebook, {}).get(key)
            if theirs is None or value is None:
                rows.append(Comparison(notebook, key, value, theirs, None if theirs is None else value == theirs))
            elif rule == TIME:
                rows.append(Comparison(notebook, key, value, theirs, None, value / theirs if theirs else None))
            else:
                rows.append(Comparison(notebook, key, value, theirs, _close(value, theirs, rule)))
    return rows


def verdict(rows: list[Comparison]) -> str:
    """Return in a sentence how results compare with the published ones."""
    judged = [row for row in rows if row.agrees is not None]
    if not judged:
        return "None of these results has a published counterpart."
    agreeing = sum(bool(row.agrees) for row in judged)
    sentence = f"{agreeing} of {len(judged)} results agree with the published ones"
    ratio = next((row.ratio for row in rows if row.key == "best_seconds" and row.ratio), None)
    return sentence + (f"; training took {ratio:.1f} times as long." if ratio else ".")


def _close(here: Any, published: Any, within: Any) -> bool:
    """Tell whether two results have the same structure, and numbers no farther apart than `within` says for them."""
    pairs = list(_leaves(here)), list(_leaves(published))
    if [place for place, _ in pairs[0]] != [place for place, _ in pairs[1]]:
        return False

    def bound(place):
        return within[int(place.rpartition("/")[2])] if isinstance(within, tuple) else within

    return all(_near(a, b, bound(place)) for (place, a), (_, b) in zip(*pairs, strict=True))


def _near(here: Any, published: Any, within: float) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (here, published))
    if within and numbers:
        return math.isclose(here, published, rel_tol=0, abs_tol=within * (1 + 1e-9))
    return bool(here == published)


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(value[key], f"{place}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{place}/{index}")
    else:
        yield place, value
