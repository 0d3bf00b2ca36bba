"""The command line, `mnist-nb`: report, compare, parameters, notebooks, model, benchmark, record and results."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from . import files
from .paths import NOTEBOOKS, REPORTS


def main(arguments=None):
    """Run the command line and exit: 0 when all went well, 1 when a notebook failed, 2 when the call was wrong."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up lines would bury what we say.
    from nbformat.reader import NotJSONError

    from .evidence.results import ResultsError
    from .learning.model_file import ModelError
    from .publishing.notebooks import UsageError

    status = 2
    try:
        status = options.command(options)
    except (UsageError, ModelError, ResultsError) as error:
        print(f"mnist-nb: {error}", file=sys.stderr)
    except NotJSONError as error:
        print(f"mnist-nb: A notebook cannot be read. {error}", file=sys.stderr)
    except json.JSONDecodeError as error:
        advice = "Restore run.json or .pages.json in the folder of reports, or delete it."
        print(f"mnist-nb: A file of the report is damaged ({error}). {advice}", file=sys.stderr)
    except OSError as error:
        print(f"mnist-nb: {error.filename or 'A file'} cannot be used: {error.strerror or error}.", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nmnist-nb: interrupted. What had been finished before is in place.", file=sys.stderr)
        status = 130
    sys.exit(status)


def _count(text, what="number"):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no whole {what}, 1 or more")
    return int(text)


def _seconds(text):
    return _count(text, "number of seconds")


def _parser():
    parser = argparse.ArgumentParser(prog="mnist-nb", description="Run the notebooks and write their reports.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    report = commands.add_parser("report", help="run notebooks with papermill, write HTML pages and an index")
    report.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), dest="parameters")
    report.add_argument("--to", type=Path, metavar="DIR", help="write here; the project's reports and models stay")
    report.add_argument("--jobs", type=_count, default=1, metavar="N", help="run up to N notebooks side by side")
    report.add_argument("--force", action="store_true", help="run also what has not changed since its last report")
    report.add_argument(
        "--store", action="store_true", help="also store the notebooks as executed, if run with their own parameters"
    )
    report.set_defaults(command=_report)

    notebooks = commands.add_parser("notebooks", help="execute the stored notebooks again and clean them")
    notebooks.set_defaults(command=_notebooks)

    parameters = commands.add_parser("parameters", help="list the parameters of notebooks")
    parameters.set_defaults(command=_parameters)

    for command in (report, notebooks, parameters):
        command.add_argument("names", nargs="*", metavar="NOTEBOOK", help="such as 05_train or 05; all when left out")
        command.add_argument("--notebooks", type=Path, default=NOTEBOOKS, metavar="DIR", help=argparse.SUPPRESS)
    for command in (report, notebooks):
        command.add_argument(
            "--timeout", type=_seconds, default=1800, metavar="SECONDS", help="for a cell (default 1800)"
        )

    model = commands.add_parser("model", help="say how a model was made: recipe, data, machine, calibration")
    model.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a .keras file; models/best.keras if left out"
    )
    model.set_defaults(command=_model)

    benchmark = commands.add_parser("benchmark", help="measure what the record of runs lacks, alone on the machine")
    benchmark.add_argument("kinds", nargs="*", metavar="KIND", help="such as contenders; all when left out")
    benchmark.add_argument("--list", action="store_true", help="only say what it lacks")
    benchmark.set_defaults(command=_benchmark)

    compare = commands.add_parser("compare", help="set a report's results against the published ones")
    compare.set_defaults(command=_compare)
    record = commands.add_parser("record", help="take a report's results over into the published ones")
    record.set_defaults(command=_record)
    record.add_argument("names", nargs="*", metavar="NAME", help="whose results, such as 05_train; all when left out")
    record.add_argument("--from", type=Path, default=REPORTS, metavar="DIR", dest="folder", help="of the report")
    compare.add_argument("folder", nargs="?", type=Path, default=REPORTS, metavar="DIR", help="of the report")

    results = commands.add_parser("results", help="print the tables of published results")
    results.add_argument("--into", type=Path, metavar="FILE", help="put them between the marks in this Markdown file")
    results.set_defaults(command=_results)
    return parser


def _report(options):
    from .publishing import notebooks, report

    paths = notebooks.find(options.names, options.notebooks)
    assigned = notebooks.assign(paths, dict(options.parameters))
    target = options.to or REPORTS
    models = options.to and options.to / "models"
    how = {"timeout": options.timeout, "jobs": options.jobs, "force": options.force, "stored": options.store}
    failures = report.run(assigned, target, models=models, **how)
    for name, reason in failures.items():
        print(f"mnist-nb: {name} failed: {reason}", file=sys.stderr)
    print(f"Report: {os.path.relpath(target / 'index.html')}")
    return 1 if failures else 0


def _notebooks(options):
    from .publishing import notebooks

    with tempfile.TemporaryDirectory() as folder:  # The project's reports and models stay as they are.
        environment = {"MNIST_NB_REPORTS": f"{folder}/reports", "MNIST_NB_MODELS": f"{folder}/models"}
        for path in notebooks.find(options.names, options.notebooks):
            try:
                executed = notebooks.execute(path, timeout=options.timeout, environment=environment)
                notebooks.store(path, executed)
            except notebooks.CellError as error:
                print(f"mnist-nb: {path.name} failed and is left as it was.\n{error.source}\n{error}", file=sys.stderr)
                return 1
            except notebooks.UsageError as error:
                print(f"mnist-nb: {error}", file=sys.stderr)
                return 1
    return 0


def _parameters(options):
    from .publishing import notebooks

    for path in notebooks.find(options.names, options.notebooks):
        print(path.stem)
        for parameter in notebooks.parameters_of(path).values():
            limits = ", ".join(parameter.choices)
            if (parameter.low, parameter.high) != (None, None):
                ends = ("" if end is None else f"{end:g}" for end in (parameter.low, parameter.high))
                limits = " to ".join(ends).strip() if parameter.high is not None else f"{parameter.low:g} or more"
            print(f"  {parameter.name} = {parameter.default!r}  ({limits + '; ' if limits else ''}{parameter.help})")
    return 0


def _model(options):
    from .learning.model_file import load_notes

    notes = load_notes(options.file)
    if not notes:
        print(f"{options.file} carries no notes: it was not saved by this project's save_model.")
    for name, value in notes.items():
        print(name if isinstance(value, dict) else f"{name} = {value}")
        for key, entry in value.items() if isinstance(value, dict) else ():
            print(f"  {key} = {entry}")
    return 0


def _benchmark(options):
    from .evidence.origin import provenance
    from .evidence.runs import Record
    from .experiments import complete
    from .experiments.benchmark import BenchmarkError
    from .experiments.cluster import ClusterError
    from .experiments.search import StudyError
    from .publishing.notebooks import UsageError, nearest

    record = Record()
    for kind in options.kinds:
        if kind not in complete.KINDS:
            raise UsageError(f"There is no kind of runs called {kind}. {nearest(kind, complete.KINDS)}")
    fresh, stale = record.sorted_out()
    print(f"{len(fresh)} runs are recorded and fresh, {len(stale)} are stale.")
    for work in complete.lacking(record):
        print(f"{work.name}: {work.count} to be made")
    if options.list:
        return 0
    if not provenance()["commit"].endswith("(clean)"):
        print("mnist-nb: there are uncommitted changes, and each run will say so. Evidence is made at a clean commit.")
    try:
        complete.complete(record, options.kinds)
    except (BenchmarkError, ClusterError, StudyError) as error:
        print(f"mnist-nb: {error}", file=sys.stderr)
        return 1
    return 0


def _compare(options):
    from .evidence.published import verdict
    from .publishing.index import compared, state_of

    if not (options.folder / "metrics.json").exists():
        print(f"mnist-nb: {options.folder} holds no results. Run `mnist-nb report` first.", file=sys.stderr)
        return 2
    rows = compared(options.folder)
    for row in rows:
        if row.ratio:
            print(f"{row.notebook}: {row.key} {row.here} here, {row.published} published: {row.ratio:.2f} times")
        elif row.agrees is False:
            print(f"{row.notebook}: {row.key} is OUTSIDE: {row.here} here, {row.published} published")
        elif row.agrees is None:
            print(f"{row.notebook}: {row.key} has no published counterpart")
    for name, entry in state_of(options.folder)["notebooks"].items():
        if entry.get("parameters"):
            print(f"{name}: run with parameters of its own, so it has no published counterpart")
    print(verdict(rows))
    return 1 if any(row.agrees is False for row in rows) else 0


def _record(options):
    from .evidence.published import record
    from .evidence.results import load_results
    from .publishing.index import made_with, outcomes, settle
    from .publishing.notebooks import UsageError, nearest

    held = load_results(options.folder / "metrics.json")
    for name in options.names:
        if name not in held:
            raise UsageError(f"{options.folder} holds no results of {name}. {nearest(name, held)}")
    entries = outcomes(options.folder)
    # What a notebook gives beside its own results, such as for people's drawings, it gives by parameters.
    own = [
        name
        for name, entry in entries.items()
        if name in held and (name == entry["notebook"]) == (not entry.get("parameters"))
    ]
    results = {name: held[name] for name in options.names or own}
    if not results:
        raise UsageError(f"{options.folder} holds no results with default parameters. Name what to record.")
    for name in results:
        if entries.get(name, {}).get("status", "passed") != "passed":
            raise UsageError(f"What gives {name} did not pass in {options.folder}. Run it again, then record it.")
    record(results, made_with(options.folder, results))
    settle(options.folder)
    print(f"Recorded: {', '.join(results)}")
    return 0


def _results(options):
    from .evidence.published import load_published
    from .publishing import notebooks, tables

    published = load_published()
    if options.into is None:
        print("\n\n".join(tables.markdown(table_of(published)) for table_of in tables.TABLES.values()))
        return 0
    text = options.into.read_text(encoding="utf-8")
    if not any(mark.format(name) in text for name in tables.TABLES for mark in tables.MARKS):
        start, end = (mark.format(next(iter(tables.TABLES))) for mark in tables.MARKS)
        raise notebooks.UsageError(f"{options.into} has no lines {start} and {end} to put a table between.")
    files.write_text(options.into, tables.with_tables(text, published))
    return 0
