"""The command line as users meet it: signals, secrets, wrong values and odd files."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from mnist_nb.evidence import published, results
from mnist_nb.evidence.results import ResultsError
from mnist_nb.evidence.secrets import HIDDEN, secrets_in, without_secrets
from mnist_nb.paths import NOTEBOOKS, ROOT
from mnist_nb.publishing import notebooks, tables
from mnist_nb.strokes import hands, save_drawings

BUSY = "open('{started}', 'w').close()\nwhile True:\n    sum(range(10**6))"


def started(write, tmp_path, jobs):
    """Start a report of notebooks that compute for good; return its process once they do, and all that it started."""
    for number in range(1, jobs + 1):
        write(tmp_path, f"0{number}_busy", BUSY.format(started=tmp_path / f"began{number}"))
    command = [sys.executable, "-m", "mnist_nb", "report", "--jobs", str(jobs), "--to", str(tmp_path / "out")]
    with open(tmp_path / "log", "w") as log:
        report = subprocess.Popen(
            [*command, "--notebooks", str(tmp_path)], stdout=log, stderr=log, cwd=ROOT, start_new_session=True
        )
    end = time.monotonic() + 120
    while not all((tmp_path / f"began{number}").exists() for number in range(1, jobs + 1)):
        assert report.poll() is None and time.monotonic() < end, (tmp_path / "log").read_text()
        time.sleep(0.1)
    return report, psutil.Process(report.pid).children(recursive=True)


def gone(processes, seconds):
    """Tell whether processes have ended within some seconds; kill those that have not."""
    _, left = psutil.wait_procs(processes, timeout=seconds)
    left = [process for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return not left


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_ends_all_that_was_started(write, tmp_path, jobs, name):
    number = getattr(signal, name)
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip(f"{name} is ignored here, as nohup has it, and so it is by what is started")
    report, children = started(write, tmp_path, jobs)
    try:
        assert len(children) >= 2 * jobs - 1
        if number == signal.SIGINT:
            os.killpg(report.pid, number)  # As a terminal does it.
        else:
            report.send_signal(number)
        assert report.wait(20) == 128 + number
        assert gone(children, 5)
    finally:
        report.kill()
        report.wait(20)
        gone(children, 0)
    printed = (tmp_path / "log").read_text()
    assert "mnist-nb: interrupted." in printed and "Traceback" not in printed


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_killed_report_started_ends_by_itself(write, tmp_path, jobs):
    report, children = started(write, tmp_path, jobs)
    report.kill()
    report.wait(20)
    assert gone(children, 60)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_an_interrupt_in_the_first_seconds_is_a_sentence(write, tmp_path):
    write(tmp_path, "01_busy", "1")
    for seconds in (0.8, 1.6, 2.4):
        command = [sys.executable, "-m", "mnist_nb", "report", "--jobs", "2", "--to", str(tmp_path / "out")]
        report = subprocess.Popen(
            [*command, "--notebooks", str(tmp_path)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(report.pid, signal.SIGINT)
        _, printed = report.communicate(timeout=60)
        assert printed.count("Traceback") <= (seconds < 1), printed  # Python itself may still be starting.


URLS = {
    "postgresql://u:SECRET99@h/x": "SECRET99",
    "postgresql+psycopg2://u:SEC%40RET99@h:5432/x?sslmode=require": "SEC%40RET99",
    "mysql://SECRET99@h/x": "SECRET99",
    "redis://:SECRET99@h:6379/0": "SECRET99",
    "https://h/x?token=SECRET99&user=me": "SECRET99",
    "https://h/x#access_token=SECRET99": "SECRET99",
    "sqlite:///file.db?key=SECRET99": "SECRET99",
    "tls://u:pa/SECRET99@h:8786": "SECRET99",
}


@pytest.mark.parametrize("url", URLS)
def test_secrets_are_hidden_wherever_they_stand(url):
    secret = URLS[url]
    for text in (url, f"cannot reach {url}.", f'storage = "{url}"', f"<td>{url}</td>", f"({url}, 3)"):
        assert secret not in without_secrets(text)
    for known in secrets_in([url]):
        assert HIDDEN in without_secrets(f"login {known} failed", secrets_in([url]))
    assert without_secrets("see https://h/x and a/b@c, 12:30") == "see https://h/x and a/b@c, 12:30"
    for text in ("password=SECRET99", "'token': 'SECRET99'", "API_KEY: SECRET99"):
        assert "SECRET99" not in without_secrets(text)


@pytest.mark.slow
def test_no_secret_of_a_parameter_reaches_a_report(write, call, tmp_path, capfd):
    parameters = 'storage = ""  # /|[a-z+0-9]+:[/][/].+/ a database URL\nfail = False  # whether to fail'
    sources = ["print(storage)\nstorage", "assert not fail, f'cannot use {storage}'"]
    write(tmp_path, "01_secret", *sources, parameters=parameters)
    for url, secret in URLS.items():
        for fail in ("false", "true"):
            call("report", "-p", "storage", url, "-p", "fail", fail, "--to", tmp_path / "out", "--notebooks", tmp_path)
            printed = capfd.readouterr()
            texts = [printed.out, printed.err]
            texts += [file.read_text() for file in (tmp_path / "out").rglob("*") if file.suffix in (".html", ".json")]
            assert len(texts) > 4 and not any(secret in text for text in texts)
    assert call("report", "-p", "storage", "host=h password=SECRET99", "--notebooks", tmp_path) == 2
    assert "SECRET99" not in capfd.readouterr().err


def values_beyond(parameter):
    """Return texts that a parameter has to refuse."""
    wrong = []
    if parameter.low is not None:
        wrong.append(f"{parameter.low - 1:.0f}" if isinstance(parameter.default, int) else str(parameter.low - 0.01))
    if parameter.high is not None:
        wrong.append(f"{parameter.high + 1:.0f}" if isinstance(parameter.default, int) else str(parameter.high + 0.01))
    if isinstance(parameter.default, bool):
        wrong += ["perhaps", "1"]
    elif isinstance(parameter.default, int | float):
        wrong += ["much", "nan", "1e999", "9" * 5000, "None", "", "0x10"]
    if parameter.choices or parameter.pattern or "in models/" in parameter.help or "file" in parameter.help:
        wrong += ["no such thing", "\0", "a/b", "x" * 300]
    return wrong


def declared():
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for parameter in notebooks.parameters_of(path).values():
            yield pytest.param(path, parameter, id=f"{path.stem}-{parameter.name}")


@pytest.mark.parametrize(("path", "parameter"), list(declared()))
def test_every_parameter_refuses_what_is_beyond_its_limits_and_takes_the_limits(path, parameter, tmp_path):
    known = (parameter.low, parameter.high, *parameter.choices) != (None, None) or parameter.pattern
    assert known or isinstance(parameter.default, bool) or parameter.help.startswith(("a file", "whose", "name of"))
    for text in values_beyond(parameter):
        with pytest.raises(notebooks.UsageError) as refused:
            notebooks.assign([path], {parameter.name: text})
        assert parameter.name in str(refused.value) and len(str(refused.value)) < 600
    assert notebooks.assign([path], {parameter.name: str(parameter.default)})[path]
    for limit in (parameter.low, parameter.high, *parameter.choices):
        if limit is not None:
            text = f"{limit:.0f}" if isinstance(parameter.default, int) else str(limit)
            assert notebooks.assign([path], {parameter.name: text})[path]
    assert parameter.name != "seed" or parameter.high < 2**32


def test_drawings_and_their_writer_are_looked_up_before_anything_runs(call, tmp_path, capsys):
    drawings, labels = hands.pen_digits(5, 1)
    save_drawings(tmp_path / "mine.npz", drawings, labels, writer="reader")
    (tmp_path / "text.npz").write_text("Dear")
    wrong = {
        ("drawings", "text.npz"): "not a file of strokes",
        ("drawings", "none.npz"): "there is no file",
        ("drawings", "mine.npz", "writer", "nobody"): "holds no drawings by 'nobody'. There is reader.",
        ("writer", "reader"): "name their file with -p drawings FILE",
    }
    for given, message in wrong.items():
        pairs = [str(tmp_path / each) if "." in each else each for each in given]
        arguments = [part for place in range(0, len(pairs), 2) for part in ("-p", *pairs[place : place + 2])]
        assert call("report", "11", *arguments, "--to", tmp_path / "out") == 2
        assert message in capsys.readouterr().err and not (tmp_path / "out").exists()
    good = notebooks.assign(notebooks.find(["11"]), {"drawings": str(tmp_path / "mine.npz"), "writer": "reader"})
    assert next(iter(good.values()))["writer"] == "reader"


@pytest.mark.parametrize(
    ("source", "default"),
    [("seconds = 60 * 60  # how long", 3600), ("text = 'a=b'  # with a sign", "a=b"), ("low = -1.5", -1.5)],
)
def test_defaults_are_read_as_python_reads_them(write, tmp_path, source, default):
    write(tmp_path, "01_tiny", parameters=source)
    (parameter,) = notebooks.parameters_of(tmp_path / "01_tiny.ipynb").values()
    assert parameter.default == default and parameter.help in ("how long", "with a sign", "")


@pytest.mark.parametrize("source", ["seconds = 1 +", "seconds = open('x').read()", "seconds = 1 / 0"])
def test_a_default_that_is_no_plain_value_is_a_sentence(write, call, tmp_path, capsys, source):
    write(tmp_path, "01_tiny", parameters=source)
    assert call("parameters", "--notebooks", tmp_path) == 2
    printed = capsys.readouterr().err
    assert "01_tiny.ipynb" in printed and printed.count("\n") == 1


def test_an_empty_folder_name_and_a_wrong_count_of_threads_are_sentences(call, tmp_path, capsys, monkeypatch):
    assert call("report", "01", "--to", "") == 2
    assert "the path is empty" in capsys.readouterr().err
    monkeypatch.setenv("MNIST_NB_THREADS", "abc")
    assert call("benchmark", "--list") == 2
    assert "MNIST_NB_THREADS must be a whole number, 1 or more; found 'abc'." in capsys.readouterr().err


def mark(name, closing=""):
    return f"<!-- {closing}{name} -->"


def test_tables_keep_the_ends_of_lines_and_refuse_marks_out_of_order(call, tmp_path, capsys):
    file = tmp_path / "README.md"
    file.write_bytes(f"before\r\n{mark('results')}\r\n{mark('results', '/')}\r\nafter\r\n".encode())
    assert call("results", "--into", file) == 0
    written = file.read_bytes()
    assert written.count(b"\n") == written.count(b"\r\n") > 10
    for text in (f"{mark('results', '/')}\n{mark('results')}", mark("results"), 2 * f"{mark('results')}\n"):
        file.write_text(text)
        assert call("results", "--into", file) == 2 and file.read_text() == text
        assert "must have one line <!-- results -->" in capsys.readouterr().err
    file.write_bytes("caf\u00e9".encode("latin-1"))
    assert call("results", "--into", file) == 2
    assert "is no text in UTF-8" in capsys.readouterr().err and file.read_bytes() == b"caf\xe9"


@pytest.mark.parametrize("content", ["[]", '{"results": [], "made_with": {}, "version": 1}', "{", "null", "\xff"])
def test_damaged_published_results_are_a_sentence(call, tmp_path, monkeypatch, capsys, content):
    monkeypatch.setattr(published, "PUBLISHED", tmp_path / "published.json")
    (tmp_path / "published.json").write_bytes(content.encode("latin-1"))
    assert call("results") == 2
    printed = capsys.readouterr().err
    assert "not a file of published results" in printed and printed.count("\n") == 1


def test_an_ascii_terminal_shows_the_tables(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = [sys.executable, "-m", "mnist_nb", "results"]
    done = subprocess.run(command, env=environment, capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0 and done.stdout.isascii() and b"accuracy on the test set" in done.stdout


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.array([1, np.nan]), {"a": -np.inf}, object()])
def test_results_that_json_does_not_know_are_refused(tmp_path, monkeypatch, value):
    monkeypatch.setattr(results, "REPORTS", tmp_path)
    results.publish("04_compile", adam_loss=1.0)
    before = (tmp_path / "metrics.json").read_bytes()
    with pytest.raises(ResultsError, match="JSON cannot hold its result sgd_loss"):
        results.publish("04_compile", adam_loss=2.0, sgd_loss=value)
    assert (tmp_path / "metrics.json").read_bytes() == before


@pytest.mark.parametrize("content", ["{", "[]", '{"04_compile": 3}', "\xff"])
def test_damaged_or_closed_results_are_a_sentence(tmp_path, monkeypatch, content):
    monkeypatch.setattr(results, "REPORTS", tmp_path)
    file = tmp_path / "metrics.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(ResultsError, match="not a file of results"):
        results.publish("04_compile", adam_loss=1.0)
    assert file.read_bytes() == content.encode("latin-1")
    file.write_text(json.dumps({}))
    file.chmod(0o444)
    with pytest.raises(ResultsError, match="cannot be written"):
        results.publish("04_compile", adam_loss=1.0)
    assert file.read_text() == "{}"
    shutil.rmtree(tmp_path)


def test_tables_have_marks():
    assert tables.problem_with_marks("") and not tables.problem_with_marks((ROOT / "README.md").read_text())
