"""Tables of results: on the index of a report, and in the README between marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import catalogue
from ..catalogue import MISSING, formatted
from ..judging.statistics import wilson_interval

Table = list[list[str]]  # a header and rows
Published = dict[str, dict[str, Any]]  # as `evidence.load_results` returns it

# `mnist-nb results --into` puts tables between such marks.
MARKS = ("<!-- {} -->", "<!-- /{} -->")

# What the source document prints or says of itself.
PRINTED_ACCURACY, PRINTED_IMAGES = 0.9886, 10_000  # on the test set, and how many there are
PRINTED = {"epochs": "50 + 5", "seconds": "about 550", "read": "16 to 41"}


def results_table(published: Published) -> Table:
    """Return the table of results, a header and rows of strings, from what was published."""
    train, test = published.get("05_train", {}), published.get("06_test", {})
    robustness = published.get("13_robustness", {})
    networks, board = published.get("03_architecture", {}), published.get("07_application", {})
    people_rows = [
        [f"drawings of {people['writers']} people, mean over writers", MISSING, MISSING, shown]
        for people in published.get("drawings", {}).get("sets", {}).values()
        if people["weights_sha256"] == train.get("best_weights_sha256")  # Read by the weights of this table.
        and (shown := formatted("percent", people["per_writer"]))
    ]

    def row_of(label, form, printed, source, key):
        return [label, printed, *(formatted(form, source.get(f"{whose}_{key}")) for whose in ("document", "best"))]

    images, accuracy = PRINTED_IMAGES, PRINTED_ACCURACY
    interval = wilson_interval(round(accuracy * images), images)
    return [
        ["", "the document printed", "its network here", "ours"],
        row_of("accuracy on the test set", "percent", formatted("percent", accuracy), test, "accuracy"),
        row_of("95% Wilson interval", "interval", formatted("interval", interval), test, "interval"),
        row_of("errors in 10,000", "count", formatted("count", round((1 - accuracy) * images)), test, "errors"),
        [
            "drawings of forms never trained on",
            MISSING,
            MISSING,
            formatted("percent", robustness.get("withheld_accuracy")),
        ],
        *people_rows,
        row_of("parameters", "count", MISSING, networks, "parameters"),
        row_of("multiply-adds for an image", "count", MISSING, networks, "multiply_adds"),
        row_of("epochs", "count", PRINTED["epochs"], train, "epochs"),
        row_of("seconds of training", "count", PRINTED["seconds"], train, "seconds"),
        [
            "milliseconds to read a drawn digit",
            PRINTED["read"],
            formatted("decimal", board.get("milliseconds_predict")),
            formatted("decimal", board.get("milliseconds_per_digit")),
        ],
    ]


def benchmark_table(published: Published) -> Table:
    """Return the table of the benchmark, a header and rows of strings; no rows before there is one."""
    header = ["", "test accuracy, mean (s.d.)", "runs", "s to 99%", "s an epoch", "parameters", "ms to read one"]
    benchmark, rows = published.get("08_benchmark", {}), []
    for name, row in benchmark.get("contenders", {}).items():
        spread = f" ({row['test_sd']:.2%})" if row["test_sd"] is not None else ""
        to_99 = formatted("count", row["seconds_to_99"]) if row["seconds_to_99"] is not None else "never"
        rows.append(
            [
                name,
                formatted("percent", row["test_accuracy"]) + spread,
                str(row["runs"]),
                to_99,
                formatted("decimal", row["seconds_an_epoch"]),
                formatted("count", row["parameters"]),
                formatted("decimal", row["milliseconds"]),
            ]
        )
    ensembles = benchmark.get("ensembles", {})
    if len(ensembles) > 1:
        count, accuracy = list(ensembles.items())[-1]
        rows.append([f"{count} of ours read together", formatted("percent", accuracy), *[MISSING] * 5])
    return [header, *rows]


def architectures_table(published: Published) -> Table:
    """Return the table of networks at equal budgets, a header and rows of strings; no rows before there is one."""
    header = ["", "test accuracy, mean (s.d.)", "95% interval", "runs", "parameters", "multiply-adds"]
    rows = [
        [
            name,
            f"{formatted('percent', row['accuracy'])} ({row['sd']:.2%})",
            formatted("interval", (row["low"], row["high"])),
            str(row["runs"]),
            formatted("count", row["parameters"]),
            formatted("count", row["multiply_adds"]),
        ]
        for name, row in published.get("10_architectures", {}).get("networks", {}).items()
    ]
    return [header, *rows]


def notebooks_table(published: Published) -> Table:
    """Return the table of notebooks, a header and rows of strings."""
    rows = [[f"[{name}](notebooks/{name}.ipynb)", entry.promise] for name, entry in catalogue.NOTEBOOKS.items()]
    return [["notebook", "what you will have seen by its end"], *rows]


TABLES: dict[str, Callable[[Published], Table]] = {
    "results": results_table,
    "benchmark": benchmark_table,
    "architectures": architectures_table,
    "notebooks": notebooks_table,
}


def markdown(table: Table) -> str:
    """Return a table, a header and rows of strings, in Markdown."""
    header, *rows = table
    numbers = header[0] == ""  # A table without a name for its first column holds numbers in the others.
    lines = [header, ["---"] + ["---:" if numbers else "---"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def problem_with_marks(text: str) -> str:
    """Return what keeps tables from being put into a text, as the end of a sentence; "" when nothing does."""
    found = False
    for name in TABLES:
        start, end = (mark.format(name) for mark in MARKS)
        places = text.find(start), text.find(end)
        if (text.count(start), text.count(end)) not in ((0, 0), (1, 1)) or places[1] < places[0]:
            return f"must have one line {start} and, below it, one line {end}, or neither."
        found = found or places[0] >= 0
    start, end = (mark.format(next(iter(TABLES))) for mark in MARKS)
    return "" if found else f"has no lines {start} and {end} to put a table between."


def with_tables(text: str, published: Published) -> str:
    """Return a Markdown text with the tables of `TABLES` put between their marks, where it has them."""
    newline = "\r\n" if "\r\n" in text else "\n"
    for name, table_of in TABLES.items():
        start, end = (mark.format(name) for mark in MARKS)
        head, found, rest = text.partition(start)
        _, closed, tail = rest.partition(end)
        if found and closed:
            table = f"\n{markdown(table_of(published))}\n".replace("\n", newline)
            text = f"{head}{start}{table}{end}{tail}"
    return text
