"""The command line, `mnist-nb`: what it takes and what it does."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from . import files
from .paths import MODELS, NOTEBOOKS, REPORTS

SIGNALS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # Beside SIGINT; no system has all of them.


class Stopped(KeyboardInterrupt):
    """This process was asked to end by a signal; holds its number."""


def main(arguments=None):
    """Run the command line and exit: 0 when all went well, 1 when a notebook failed, 2 when the call was wrong.

    When it is ended by a signal, it ends all that it started and exits with 128 and the signal's number.
    """
    for stream in (sys.stdout, sys.stderr):  # A terminal that knows ASCII alone must not end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up lines would bury what we say.
    status = 2
    with _signals_raise():
        try:
            status = _run(options)
        except KeyboardInterrupt as stop:
            from .machine import stop_children

            with contextlib.suppress(KeyboardInterrupt):
                stop_children()
            number = stop.args[0] if isinstance(stop, Stopped) else signal.SIGINT
            print("\nmnist-nb: interrupted. What had been finished before is in place.", file=sys.stderr)
            status = 128 + number
    sys.exit(status)


def _run(options):
    """Run a command and return its status; say what was wrong with the call, or with what it needs, in a sentence."""
    from nbformat.reader import NotJSONError

    from .data import DataError
    from .evidence.results import ResultsError
    from .evidence.secrets import without_secrets
    from .files import PathError
    from .learning.model_file import ModelError
    from .machine import MachineError
    from .publishing.notebooks import UsageError
    from .web.steps import PageError

    try:
        return options.command(options)
    except (UsageError, ModelError, ResultsError, DataError, PathError, MachineError, PageError) as error:
        message = str(error)
    except NotJSONError as error:
        message = f"A notebook cannot be read. {error}"
    except json.JSONDecodeError as error:
        advice = "Restore run.json or .pages.json in the folder of reports, or delete it."
        message = f"A file of the report is damaged ({error}). {advice}"
    except UnicodeDecodeError as error:
        message = f"A file is no text in UTF-8 ({error.reason} at byte {error.start}). Save it as UTF-8."
    except OSError as error:
        message = f"{error.filename or 'A file'} cannot be used: {error.strerror or error}."
    print(f"mnist-nb: {without_secrets(message)}", file=sys.stderr)
    return 2


@contextlib.contextmanager
def _signals_raise():
    """Have signals that end a process raise Stopped, so that what it started can be ended; an ignored one stays so."""

    def stop(number, frame):
        raise Stopped(number)

    known = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {each: signal.getsignal(each) for each in known}
    for each, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(each, stop)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


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
    report.add_argument("--to", metavar="DIR", help="write here; the project's reports and models stay")
    report.add_argument("--jobs", type=_count, default=1, metavar="N", help="run up to N notebooks side by side")
    report.add_argument("--force", action="store_true", help="run also what has not changed since its last report")
    report.add_argument(
        "--store", action="store_true", help="also store the notebooks as executed, if run with their own parameters"
    )
    report.set_defaults(command=_report)

    page = commands.add_parser("page", help="write one file of HTML that reads what is drawn on it, without Python")
    page.add_argument("--model", type=Path, metavar="FILE", help="a .keras or .h5 file; models/best.keras if left out")
    page.add_argument("--to", default="board.html", metavar="FILE", help="write here (default board.html)")
    page.set_defaults(command=_page)

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

    read = commands.add_parser("read", help="read the handwritten digits in pictures")
    read.add_argument("files", nargs="+", metavar="FILE", help="a photograph, a scan or a screenshot")
    read.add_argument("--json", action="store_true", help="print the readings: digit, confidence, unsure, box in px")
    read.add_argument("--model", metavar="FILE", help="a .keras file; models/best.keras if left out")
    read.set_defaults(command=_read)

    model = commands.add_parser("model", help="say how a model was made: recipe, data, machine, calibration")
    model.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a .keras file; models/best.keras if left out"
    )
    model.set_defaults(command=_model)

    benchmark = commands.add_parser("benchmark", help="measure what the record of runs lacks, alone on the machine")
    benchmark.add_argument("kinds", nargs="*", metavar="KIND", help="such as contenders; all when left out")
    benchmark.add_argument("--list", action="store_true", help="only say what it lacks")
    benchmark.add_argument("--forget", action="store_true", help="only take out what is stale")
    benchmark.add_argument(
        "--drawings", nargs="+", default=[], metavar="FILE", help="of people, which the networks of the front read too"
    )
    benchmark.set_defaults(command=_benchmark)

    compare = commands.add_parser("compare", help="set a report's results against the published ones")
    compare.set_defaults(command=_compare)
    record = commands.add_parser("record", help="take a report's results over into the published ones")
    record.set_defaults(command=_record)
    record.add_argument("names", nargs="*", metavar="NAME", help="whose results, such as 05_train; all when left out")
    record.add_argument("--from", type=Path, default=REPORTS, metavar="DIR", dest="folder", help="of the report")
    compare.add_argument("folder", nargs="?", type=Path, default=REPORTS, metavar="DIR", help="of the report")

    results = commands.add_parser("results", help="print the tables of published results")
    results.add_argument("--into", metavar="FILE", help="put them between the marks in this Markdown file")
    results.set_defaults(command=_results)
    return parser


def _report(options):
    from .publishing import notebooks, report

    target = REPORTS if options.to is None else files.as_path(options.to)
    models = None if options.to is None else target / "models"
    paths = notebooks.find(options.names, options.notebooks)
    assigned = notebooks.assign(paths, dict(options.parameters), models or MODELS)
    how = {"timeout": options.timeout, "jobs": options.jobs, "force": options.force, "stored": options.store}
    failures = report.run(assigned, target, models=models, **how)
    for name, reason in failures.items():
        print(f"mnist-nb: {name} failed: {reason}", file=sys.stderr)
    print(f"Report: {os.path.relpath(target / 'index.html')}")
    return 1 if failures else 0


def _page(options):
    from .learning import Recognizer
    from .publishing.notebooks import UsageError
    from .web import write_page

    target = files.as_path(options.to)
    if target.is_dir():
        raise UsageError(f"{options.to} is a folder. Name a file in it, such as board.html.")
    write_page(Recognizer.load(options.model), target)
    print(f"Page: {os.path.relpath(target)}, {target.stat().st_size / 1e6:.2f} MB. Open it in a browser.")
    return 0


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


def _read(options):
    from tqdm import tqdm

    from .learning.recognizer import Recognizer
    from .pictures import PictureError, read_picture

    recognizer = Recognizer.load(options.model)
    pages, status = {}, 0
    for file in tqdm(options.files, unit="picture", disable=len(options.files) < 2 or not sys.stderr.isatty()):
        try:
            pages[file] = page = read_picture(file, recognizer)
        except PictureError as error:
            print(f"mnist-nb: {error}", file=sys.stderr)
            status = 2
            continue
        if not page.readings:
            print(f"mnist-nb: no digit was found in {file}.", file=sys.stderr)
            status = status or 1
        if not options.json and page.readings:
            label = f"{file}: " if len(options.files) > 1 else ""
            print(label + (" / " if label else "\n").join(page.text.split("\n")), flush=True)
    if options.json:
        print(json.dumps({file: page.as_dict() for file, page in pages.items()}, indent=1))
    return status


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
    from .strokes.file import load_drawings

    record = Record()
    for kind in options.kinds:
        if kind not in complete.KINDS:
            raise UsageError(f"There is no kind of runs called {kind}. {nearest(kind, complete.KINDS)}")
    for file in options.drawings:
        load_drawings(file)  # Before an hour's training, not after.
    fresh, stale = record.sorted_out()
    print(f"{len(fresh)} runs are recorded and fresh, {len(stale)} are stale.")
    for work in complete.lacking(record):
        print(f"{work.name}: {work.count} to be made")
    if options.forget:
        record.drop(stale)
        print(f"{len(stale)} stale runs were taken out.")
    if options.list or options.forget:
        return 0
    if not provenance()["commit"].endswith("(clean)"):
        print("mnist-nb: there are uncommitted changes, and each run will say so. Evidence is made at a clean commit.")
    try:
        complete.complete(record, options.kinds, options.drawings)
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
    path = files.as_path(options.into)
    with open(path, encoding="utf-8", newline="") as file:  # The ends of its lines stay as they are.
        text = file.read()
    if problem := tables.problem_with_marks(text):
        raise notebooks.UsageError(f"{options.into} {problem}")
    files.write_text(path, tables.with_tables(text, published))
    return 0


if __name__ == "__main__":
    main()
