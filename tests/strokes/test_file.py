"""Labelled drawings come back from their file as they went in, and a bad file is said in a sentence."""

import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from mnist_nb.strokes import file as stroke_file, hands
from mnist_nb.strokes.file import StrokeFileError, load_drawings, save_drawings
from mnist_nb.strokes.ink import InkError

DRAWINGS, LABELS = hands.pen_digits(6, 1)


def same(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_drawings_come_back_in_order_and_later_ones_are_added(tmp_path):
    path = tmp_path / "new folder" / "mine.npz"
    assert save_drawings(path, DRAWINGS[:4], LABELS[:4], writer="me") == 4
    assert save_drawings(path, DRAWINGS[4:], LABELS[4:].tolist(), writer="somebody else") == 6
    loaded = load_drawings(path)
    assert len(loaded) == 6 and loaded.labels.tolist() == LABELS.tolist()
    assert loaded.writers.tolist() == ["me"] * 4 + ["somebody else"] * 2
    assert all(same(one, other) for one, other in zip(loaded.strokes, DRAWINGS, strict=True))
    assert [file.name for file in path.parent.iterdir()] == ["mine.npz"]


def test_the_file_is_laid_out_as_documented(tmp_path):
    path = tmp_path / "mine.npz"
    save_drawings(path, DRAWINGS, LABELS)
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive.files) == {"version", *stroke_file.ARRAYS} and archive["version"] == 1
        strokes = np.split(archive["xy"].astype(float), np.cumsum(archive["n_points"])[:-1])
        ends = np.cumsum(archive["n_strokes"])
    read = [strokes[end - count : end] for end, count in zip(ends, np.diff(ends, prepend=0), strict=True)]
    assert all(same(one, other) for one, other in zip(read, DRAWINGS, strict=True))


def test_a_file_of_other_makers_without_a_version_is_read(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, label=[3], writer=[17], n_strokes=[1], n_points=[2], xy=np.array([[0, 0], [5, 9]], np.int16))
    loaded = load_drawings(path)
    assert loaded.writers.tolist() == ["17"] and loaded.strokes[0][0].tolist() == [[0, 0], [5, 9]]


GOOD = {"label": [3], "writer": ["me"], "n_strokes": [1], "n_points": [2], "xy": [[0.0, 0.0], [5.0, 9.0]]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2 of the format, and this program knows version 1"),
        ({"label": [11]}, "a label that is not a digit"),
        ({"label": [3, 4]}, "its labels, writers and strokes differ in number"),
        ({"n_points": [3]}, "its strokes and points differ in number"),
        ({"n_points": [[2]]}, "its arrays have other shapes"),
        ({"n_strokes": [0], "n_points": np.zeros(0, int), "xy": np.zeros((0, 2))}, "an empty stroke"),
        ({"xy": [[0.0, 0.0], [np.nan, 9.0]]}, "not a finite number"),
        ({"label": ["three"]}, "must be integers"),
    ],
)
def test_a_file_that_does_not_fit_together_is_refused(tmp_path, change, message):
    path = tmp_path / "odd.npz"
    np.savez(path, **{**GOOD, **change})
    with pytest.raises(StrokeFileError, match=message):
        load_drawings(path)


def test_a_file_without_a_key_is_refused(tmp_path):
    path = tmp_path / "half.npz"
    np.savez(path, **{key: value for key, value in GOOD.items() if key != "xy"})
    with pytest.raises(StrokeFileError, match=r"half\.npz: not a file of strokes: it has no xy"):
        load_drawings(path)


def test_a_missing_file_is_named_with_a_remedy(tmp_path):
    with pytest.raises(StrokeFileError, match=r"none\.npz: no such file\. Save drawings"):
        load_drawings(tmp_path / "none.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half an archive"])
def test_what_is_no_file_of_strokes_is_neither_read_nor_written_over(tmp_path, content):
    path = tmp_path / "letter.npz"
    path.write_bytes(content)
    with pytest.raises(StrokeFileError, match=r"letter\.npz: not a file of strokes"):
        save_drawings(path, DRAWINGS, LABELS)
    assert path.read_bytes() == content


def test_pickles_are_never_opened(tmp_path):
    path = tmp_path / "pickle.npz"
    np.savez(path, **{**GOOD, "writer": np.array([{}], object)})
    with pytest.raises(StrokeFileError, match="not a file of strokes"):
        load_drawings(path)


@pytest.mark.parametrize(
    ("drawings", "labels", "message"),
    [
        (DRAWINGS[:2], [1], "2 drawings but 1 labels"),
        (DRAWINGS[:1], [10], "label 0 must be an integer 0 to 9; found 10"),
        (DRAWINGS[:1], [True], "label 0 must be an integer 0 to 9; found True"),
        (DRAWINGS[:1], ["7"], "label 0 must be an integer 0 to 9; found '7'"),
    ],
)
def test_labels_that_do_not_fit_are_refused_before_anything_is_written(tmp_path, drawings, labels, message):
    with pytest.raises(StrokeFileError, match=message):
        save_drawings(tmp_path / "mine.npz", drawings, labels)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_drawing_is_refused(tmp_path):
    with pytest.raises(InkError, match="drawing 1: the drawing is empty"):
        save_drawings(tmp_path / "mine.npz", [DRAWINGS[0], []], [1, 2])
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_save_leaves_the_earlier_drawings(tmp_path, monkeypatch):
    path = tmp_path / "mine.npz"
    save_drawings(path, DRAWINGS, LABELS)
    before = path.read_bytes()

    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_drawings(path, DRAWINGS, LABELS)
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["mine.npz"]


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StrokeFileError, match=r"cannot be written .* Name another file"):
        save_drawings(tmp_path / "file" / "mine.npz", DRAWINGS, LABELS)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(StrokeFileError, match=r"a folder\. Name a file in it"):
        save_drawings(tmp_path, DRAWINGS, LABELS)


def test_a_drawing_is_corrected_in_its_place(tmp_path):
    path = tmp_path / "mine.npz"
    save_drawings(path, DRAWINGS, LABELS, writer="somebody else")
    corrected = (LABELS[2] + 1) % 10
    assert save_drawings(path, DRAWINGS[2:3], [corrected], correct=True) == len(DRAWINGS)
    loaded = load_drawings(path)
    assert loaded.labels.tolist() == [*LABELS[:2], corrected, *LABELS[3:]]
    assert set(loaded.writers) == {"somebody else"}
    assert save_drawings(path, [[stroke + 1 for stroke in DRAWINGS[0]]], [3], correct=True) == len(DRAWINGS) + 1


SAVER = """
import sys
import subprocess
import sys
import time
import zipfile

import numpy as np
from mnist_nb.strokes import save_drawings
path, me, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    save_drawings(path, [[np.array([[me, number], [me + 0.5, number]], float)]], [number % 10], writer=str(me))
    print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("savers", "each", "killed"), [(4, 10, 0), (10, 100, 4)])
def test_nothing_that_was_reported_as_saved_is_lost_when_several_save_at_once(tmp_path, savers, each, killed):
    path = tmp_path / "ours.npz"
    processes = [
        subprocess.Popen([sys.executable, "-c", SAVER, path, str(me), str(each)], stdout=subprocess.PIPE, text=True)
        for me in range(savers)
    ]
    rng = np.random.default_rng(0)
    for process in processes[:killed]:
        time.sleep(rng.uniform(0.5, 2))
        process.kill()
    reported = [len(process.communicate(timeout=300)[0].splitlines()) for process in processes]
    held = load_drawings(path)
    first = np.array([drawing[0][0] for drawing in held.strokes])
    assert len(np.unique(first, axis=0)) == len(held)
    for me, count in enumerate(reported):
        numbers = set(first[held.writers == str(me), 1].astype(int))
        assert numbers >= set(range(count)) and len(numbers) <= count + 1
        assert me < killed or count == each
    assert {file.name for file in tmp_path.iterdir() if not file.name.startswith(".saving-")} <= {
        "ours.npz", ".ours.npz.lock",
    }  # fmt: skip
    save_drawings(path, DRAWINGS[:1], LABELS[:1])  # Whoever was killed keeps nobody out.


def test_a_link_stays_a_link_and_a_mode_and_a_read_only_file_stay_as_they_are(tmp_path, monkeypatch):
    real, link = tmp_path / "real" / "mine.npz", tmp_path / "link.npz"
    save_drawings(real, DRAWINGS[:1], LABELS[:1])
    real.chmod(0o640)
    link.symlink_to(real)
    assert save_drawings(link, DRAWINGS[1:2], LABELS[1:2]) == 2
    assert link.is_symlink() and len(load_drawings(real)) == 2 and real.stat().st_mode & 0o777 == 0o640
    real.chmod(0o440)
    before = real.read_bytes()
    with pytest.raises(StrokeFileError, match="it is read-only"):
        save_drawings(real, DRAWINGS[2:3], LABELS[2:3])
    assert real.read_bytes() == before
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save_drawings("~/mine.npz", DRAWINGS[:1], LABELS[:1])
    assert len(load_drawings(tmp_path / "mine.npz")) == len(load_drawings("~/mine.npz")) == 1


@pytest.mark.parametrize("path", ["", "x" * 300, "a\0b", 7, None, b"bytes.npz"])
def test_what_is_no_path_is_a_sentence(path):
    for use in (load_drawings, lambda path: save_drawings(path, DRAWINGS[:1], LABELS[:1])):
        with pytest.raises(StrokeFileError, match=r"path|name"):
            use(path)


def test_a_header_that_claims_more_than_there_is_is_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "huge.npz"
    save_drawings(path, DRAWINGS, LABELS)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xy.npy"] = members["xy.npy"].replace(b"'shape': (", b"'shape': (9999999999", 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(StrokeFileError, match=r"huge\.npz: not a file of strokes, or a damaged one"):
        load_drawings(path)
