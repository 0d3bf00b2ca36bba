"""The index of a report: how each notebook's last run went, its results, and the table of them all."""

from __future__ import annotations

import json

from jinja2 import Environment, FileSystemLoader

from ..catalogue import entry_of, keys_of
from ..evidence.origin import provenance
from ..evidence.published import compare, load_published, verdict
from ..evidence.results import ResultsError, load_results
from ..files import write_text
from .board_page import BOARD
from .pages import TEMPLATES
from .tables import results_table


def write_index(target):
    """Write `index.html` of a report folder from its `run.json` and `metrics.json`."""
    state = state_of(target)
    published = load_results(target / "metrics.json")
    cards = [_card(name, entry, target, published) for name, entry in sorted(state["notebooks"].items())]
    headline, lead = _headline(published)
    comparisons = compared(target)
    template = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template("index.html.j2")
    page = template.render(
        headline=headline,
        lead=lead,
        verdict=verdict(comparisons) if comparisons else "",
        outside=[row for row in comparisons if row.agrees is False],
        board=BOARD if (target / BOARD).exists() else "",
        cards=cards,
        table=results_table(published),
        provenance=state["provenance"],
    )
    write_text(target / "index.html", page + "\n")


def settle(target):
    """Write the index of a report again, once its results are the published ones: as if all of it had run at once."""
    state = state_of(target)
    for entry in state["notebooks"].values():
        entry.pop("unchanged", None)
    _keep(state, target)
    write_index(target)


def compared(target):
    """Return how a report's results compare with the published ones, as `evidence.compare` does.

    Notebooks that ran with parameters of their own are left out: their results have no counterpart.
    """
    ran = {name: entry for name, entry in state_of(target)["notebooks"].items() if not entry.get("parameters")}
    here = {name: results for name, results in load_results(target / "metrics.json").items() if name in ran}
    try:
        return compare(here, load_published())
    except ResultsError:  # Installed without its checkout, the package has no published results.
        return []


def _headline(published):
    test, train = published.get("06_test", {}), published.get("05_train", {})
    if "best_errors" not in test:
        return "From MNIST to a board that reads your digits", "The accuracy shows here once 06_test has run."
    headline = (
        f"{test['best_errors']} errors in 10,000 digits, where the document's network makes {test['document_errors']}"
    )
    lead = "The document's workflow, executed on the full MNIST, with its own network next to ours."
    if "best_seconds" in train:
        lead += f" Ours trained in {train['best_seconds']:.0f} seconds on the processor named below."
    return headline, lead


def _card(name, entry, target, published):
    page, thumbnail = f"{name}.html", f"thumbnails/{name}.png"
    has_page = (target / page).exists()
    reason = entry.get("reason", "")
    if entry["status"] != "passed" and has_page:
        reason += " The page is from an earlier run."
    if entry.get("unchanged"):
        reason += " Nothing it depends on has changed, so it was not run again."
    if entry.get("parameters"):
        given = ", ".join(f"{key} = {value}" for key, value in entry["parameters"].items())
        reason = f"{reason} Run with {given}.".strip()
    own = next((own for own in (name, *entry_of(name).also) if own in published), name)
    results = published.get(own, {})
    shown = [(key.label, key.shown(results.get(key_name))) for key_name, key in keys_of(own).items() if key.label]
    return entry | {
        "name": name,
        "title": entry.get("title", name),
        "summary": entry.get("summary", ""),
        "reason": reason,
        "page": page if has_page else None,
        "thumbnail": thumbnail if has_page and (target / thumbnail).exists() else None,
        "alt": entry.get("alt", ""),
        "results": shown if results else [],
    }


def state_of(target):
    """Return how a report's notebooks went and where that came from, the content of its `run.json`."""
    file = target / "run.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"notebooks": {}, "provenance": {}}


def made_with(target, names):
    """Return what published results were made with, {name: provenance}, from a report's `run.json`.

    Beside the provenance, each holds its `behaviour`, as `schedule.behaviours_of` returns it.
    """
    found = {}
    for name, entry in outcomes(target).items():
        if name in names:
            behaviour = entry.get("behaviours", {}).get(name)
            found[name] = entry.get("made_with", {}) | ({"behaviour": behaviour} if behaviour else {})
    return found


def outcomes(target):
    """Return how the notebook went that each published name comes from, {name: entry of `run.json`, and `notebook`}."""
    ran = state_of(target)["notebooks"]
    return {
        name: entry | {"notebook": notebook}
        for notebook, entry in ran.items()
        for name in (notebook, *entry_of(notebook).also)
    }


def remember(target, name, entry):
    """Store how a notebook went in a report's `run.json`, with what is known of its page."""
    state = state_of(target)
    earlier = state["notebooks"].get(name, {})
    kept = {key: earlier[key] for key in ("title", "summary", "alt") if key in earlier}
    state["provenance"] = dict(provenance())
    state["notebooks"][name] = kept | {"made_with": state["provenance"]} | entry
    _keep(state, target)


def _keep(state, target):
    write_text(target / "run.json", json.dumps(state, indent=2) + "\n")
