"""Reports: notebooks executed and exported as pages, an index over them, and the table of results.

A report folder holds `index.html`, a page and a thumbnail for each notebook, `metrics.json` (what the
notebooks published) and `run.json` (how each notebook's last run went, from which the index is made).
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from nbconvert import HTMLExporter
from PIL import Image

from . import metrics
from .evaluation import wilson_interval
from .execution import NEEDS, in_turn, inputs_sha256, results_sha256
from .files import write_text
from .provenance import provenance

TEMPLATES = Path(__file__).with_name("templates")
# Tables that `mnist-nb results --into` puts between such marks.
MARKS = ("<!-- {} -->", "<!-- /{} -->")
THUMBNAIL_WIDTH = 640  # px
MISSING = "–"  # noqa: RUF001 (an en dash, on purpose)

# What the source document prints or says of itself.
DOCUMENT = {"accuracy": 0.9886, "test_images": 10_000, "epochs": "50 + 5", "seconds": "about 550", "read": "16 to 41"}


def run(assigned, target, *, timeout=None, models=None, jobs=1, force=False):
    """Execute notebooks and write their pages and the index into the folder `target`.

    `assigned` is {path: parameters}, as `notebooks.assign` returns it. Models are saved in `models`, in
    the project's own folder when it is None. Up to `jobs` notebooks run side by side. A notebook is not run again,
    unless `force`, when nothing it depends on has changed since its page was written. A page is replaced only when
    its notebook succeeded; one that needs a failed notebook is skipped. Returns {name: reason} of those that
    failed or were skipped.
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
        if blocked := [needed for needed in NEEDS.get(name, ()) if needed in failures]:
            return {"status": "skipped", "reason": f"It needs {blocked[0]}, which failed."}
        inputs[name] = inputs_sha256(path, parameters, models)
        if not force and _pages(target).get(name) == made_from(name):
            print(f"{name}: unchanged since its last run", flush=True)
            return _state(target)["notebooks"][name] | {"unchanged": True}
        print(name, flush=True)
        return None

    for path, outcome in in_turn(assigned, begin, jobs, timeout=timeout, environment=environment):
        name, notebook = path.stem, outcome.pop("notebook", None)
        if notebook:
            outcome = {"status": "passed"} | _write_page(notebook, name, target) | outcome
        passed = outcome["status"] == "passed"
        if not passed:
            failures[name] = outcome["reason"]
        _remember(target, name, {"parameters": assigned[path]} | outcome)
        _remember_page(target, name, made_from(name) if passed else None)
        write_index(target)
    return failures


def _pages(target):
    """Return what the pages of a report were made from, {name: digests}.

    It stands apart from `run.json`, in a file that git leaves out: a clone runs everything at its first time.
    """
    file = target / ".pages.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _remember_page(target, name, digests):
    write_text(target / ".pages.json", json.dumps(_pages(target) | {name: digests}, indent=2) + "\n")


def write_index(target):
    """Write `index.html` of a report folder from its `run.json` and `metrics.json`."""
    state = _state(target)
    published = metrics.load(target / "metrics.json")
    cards = [_card(name, entry, target, published) for name, entry in sorted(state["notebooks"].items())]
    headline, lead = _headline(published)
    template = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template("index.html.j2")
    page = template.render(
        headline=headline, lead=lead, cards=cards, table=results_table(published), provenance=state["provenance"]
    )
    write_text(target / "index.html", page + "\n")


def results_table(published):
    """Return the table of results, a header and rows of strings, from the published figures."""
    train, test = published.get("05_train", {}), published.get("06_test", {})
    networks, board = published.get("03_architecture", {}), published.get("07_application", {})
    people, people_row = published.get("drawings", {}), []
    if people and people["weights_sha256"] == train.get("best_weights_sha256"):  # Read by the weights of this table.
        label = f"drawings of {people['writers']} people, mean over writers"
        people_row = [[label, MISSING, MISSING, _formatted("percent", people["per_writer"])]]

    def row_of(label, form, printed, source, key):
        return [label, printed, *(_formatted(form, source.get(f"{whose}_{key}")) for whose in ("document", "best"))]

    images, accuracy = DOCUMENT["test_images"], DOCUMENT["accuracy"]
    interval = wilson_interval(round(accuracy * images), images)
    return [
        ["", "the document printed", "its network here", "ours"],
        row_of("accuracy on the test set", "percent", _formatted("percent", accuracy), test, "accuracy"),
        row_of("95% Wilson interval", "interval", _formatted("interval", interval), test, "interval"),
        row_of("errors in 10,000", "count", _formatted("count", round((1 - accuracy) * images)), test, "errors"),
        ["drawings of forms never trained on", MISSING, MISSING, _formatted("percent", test.get("withheld_accuracy"))],
        *people_row,
        row_of("parameters", "count", MISSING, networks, "parameters"),
        row_of("multiply-adds for an image", "count", MISSING, networks, "multiply_adds"),
        row_of("epochs", "count", DOCUMENT["epochs"], train, "epochs"),
        row_of("seconds of training", "count", DOCUMENT["seconds"], train, "seconds"),
        [
            "milliseconds to read a drawn digit",
            DOCUMENT["read"],
            _formatted("decimal", board.get("milliseconds_predict")),
            _formatted("decimal", board.get("milliseconds_per_digit")),
        ],
    ]


def benchmark_table(published):
    """Return the table of the last full benchmark, a header and rows of strings; no rows before there is one."""
    header = ["", "test accuracy, mean (s.d.)", "runs", "s to 99%", "s an epoch", "parameters", "ms to read one"]
    benchmark, rows = published.get("benchmark", {}), []
    for name, row in benchmark.get("contenders", {}).items():
        spread = f" ({row['test_sd']:.2%})" if row["test_sd"] is not None else ""
        to_99 = _formatted("count", row["seconds_to_99"]) if row["seconds_to_99"] is not None else "never"
        rows.append(
            [
                name,
                _formatted("percent", row["test_accuracy"]) + spread,
                str(row["runs"]),
                to_99,
                _formatted("decimal", row["seconds_an_epoch"]),
                _formatted("count", row["parameters"]),
                _formatted("decimal", row["milliseconds"]),
            ]
        )
    if ensembles := benchmark.get("ensembles"):
        count, row = list(ensembles.items())[-1]
        read = [_formatted("percent", row["test_accuracy"]), *[MISSING] * 4, _formatted("decimal", row["milliseconds"])]
        rows.append([f"{count} of ours read together", *read])
    return [header, *rows]


def architectures_table(published):
    """Return the table of the last full comparison of networks, a header and rows of strings; no rows before one."""
    header = ["", "test accuracy, mean (s.d.)", "95% interval", "parameters", "multiply-adds", "ms to read one"]
    rows = [
        [
            name,
            f"{_formatted('percent', row['accuracy'])} ({row['sd']:.2%})",
            _formatted("interval", (row["low"], row["high"])),
            _formatted("count", row["parameters"]),
            _formatted("count", row["multiply_adds"]),
            _formatted("decimal", row["milliseconds"]),
        ]
        for name, row in published.get("architectures", {}).get("networks", {}).items()
    ]
    return [header, *rows]


TABLES = {"results": results_table, "benchmark": benchmark_table, "architectures": architectures_table}


def markdown(table):
    """Return a table, a header and rows of strings, in Markdown."""
    header, *rows = table
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_tables(text, published):
    """Return a Markdown text with the tables of `TABLES` put between their marks, where it has them."""
    for name, table_of in TABLES.items():
        start, end = (mark.format(name) for mark in MARKS)
        head, found, rest = text.partition(start)
        _, closed, tail = rest.partition(end)
        if found and closed:
            text = f"{head}{start}\n{markdown(table_of(published))}\n{end}{tail}"
    return text


# The figures on each notebook's card: label, published key, form.
HIGHLIGHTS = {
    "01_explore": [
        ("images", "train_images", "count"),
        ("centred as promised", "centred_share", "percent"),
        ("doubtful test labels", "doubtful_labels", "count"),
    ],
    "02_preprocess": [
        ("read on the scale of training", "accuracy_same_scale", "percent"),
        ("read on the board's scale", "accuracy_other_scale", "percent"),
    ],
    "03_architecture": [
        ("parameters, document", "document_parameters", "count"),
        ("parameters, ours", "best_parameters", "count"),
    ],
    "04_compile": [
        ("loss of sure and wrong", "loss_sure_and_wrong", "decimal"),
        ("peak learning rate", "peak_learning_rate", "plain"),
    ],
    "05_train": [
        ("our training, s", "best_seconds", "count"),
        ("ahead of the document after, s", "best_seconds_to_document", "count"),
        ("validation accuracy", "best_validation_accuracy", "percent"),
    ],
    "06_test": [
        ("errors, document", "document_errors", "count"),
        ("errors, ours", "best_errors", "count"),
        ("test accuracy", "best_accuracy", "percent"),
        ("drawings of unknown forms", "withheld_accuracy", "percent"),
    ],
    "08_benchmark": [
        ("runs of each contender", "seeds", "count"),
        ("faster to 99% than the document, times", "speed_up_to_99", "decimal"),
    ],
    "09_tune": [
        ("results", "results", "count"),
        ("pruned", "pruned", "count"),
        ("faster on two workers than on one, times", "speed_up", "decimal"),
    ],
    "10_architectures": [
        ("runs of each network", "seeds", "count"),
        ("pairs compared", "pairs", "count"),
    ],
    "11_handwriting": [
        ("drawings learned from", "drawings", "count"),
        ("errors on held-back drawings, before", "error_before", "percent"),
        ("after", "error_after", "percent"),
        ("seconds", "seconds", "decimal"),
    ],
    "07_application": [
        ("ms for a digit", "milliseconds_per_digit", "decimal"),
        ("ms through predict", "milliseconds_predict", "decimal"),
    ],
}


def _formatted(form, value):
    if value is None:
        return MISSING
    if form == "interval":
        return f"{value[0]:.2%} to {value[1]:.2%}"
    return {"percent": "{:.2%}", "count": "{:,.0f}", "decimal": "{:.1f}", "plain": "{}"}[form].format(value)


def _headline(published):
    test, train = published.get("06_test", {}), published.get("05_train", {})
    if "best_errors" not in test:
        return "From MNIST to a board that reads your digits", "The accuracy shows here once 06_test has run."
    headline = (
        f"{test['best_errors']} errors in 10,000 digits, where the document's network makes {test['document_errors']}"
    )
    lead = "The document's workflow, executed on the full MNIST, with its own network beside ours."
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
    figures = [
        (label, _formatted(form, published.get(name, {}).get(key))) for label, key, form in HIGHLIGHTS.get(name, [])
    ]
    return entry | {
        "name": name,
        "title": entry.get("title", name),
        "summary": entry.get("summary", ""),
        "reason": reason,
        "page": page if has_page else None,
        "thumbnail": thumbnail if has_page and (target / thumbnail).exists() else None,
        "alt": entry.get("alt", ""),
        "figures": figures if name in published else [],
    }


def _state(target):
    file = target / "run.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"notebooks": {}, "provenance": {}}


def _remember(target, name, entry):
    state = _state(target)
    earlier = state["notebooks"].get(name, {})
    kept = {key: earlier[key] for key in ("title", "summary", "alt") if key in earlier}
    state["notebooks"][name] = kept | entry
    state["provenance"] = provenance()
    write_text(target / "run.json", json.dumps(state, indent=2) + "\n")


def _write_page(notebook, name, target):
    """Write a notebook's page and thumbnail; return its title, summary and the thumbnail's alternative text."""
    heading = next((line[2:] for cell in notebook.cells for line in cell.source.splitlines() if line[:2] == "# "), name)
    exporter = HTMLExporter(template_file=str(TEMPLATES / "page.html.j2"), embed_images=True)
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": heading}})
    picture = _thumbnail(notebook)
    (target / "thumbnails" / f"{name}.png").unlink(missing_ok=True)
    if picture:
        (target / "thumbnails").mkdir(exist_ok=True)
        image = Image.open(io.BytesIO(base64.b64decode(picture["png"])))
        image.thumbnail((THUMBNAIL_WIDTH, 2 * THUMBNAIL_WIDTH))
        image.save(target / "thumbnails" / f"{name}.png", optimize=True)
    write_text(target / f"{name}.html", page)
    title, _, summary = heading.partition(": ")
    summary = f"{summary[:1].upper()}{summary[1:]}." if summary else ""
    return {"title": title, "summary": summary, "alt": picture.get("alt", "")}


def _thumbnail(notebook):
    """Return the picture, {png, alt}, of the cell tagged `thumbnail`, of the first cell that has one, or {}."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in sorted(cells, key=lambda cell: "thumbnail" not in cell.metadata.get("tags", [])):
        for output in cell.outputs:
            if png := output.get("data", {}).get("image/png"):
                return {"png": png, "alt": output.metadata.get("image/png", {}).get("alt", "")}
    return {}
