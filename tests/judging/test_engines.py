"""Engines that are no part of the project are asked where they are installed, and missed nowhere."""

import sys
import types

import numpy as np
import pytest

from mnist_nb.judging import engines

PICTURE = np.full((90, 120), 255, np.uint8)


def test_common_characters_are_counted_in_order_and_without_breaks():
    assert engines.in_common("12\n45", "12345") == 4
    assert engines.in_common("", "123") == 0
    assert engines.in_common("321", "123") == 1


def test_without_engines_there_are_none(monkeypatch):
    monkeypatch.setattr(engines.shutil, "which", lambda name: None)
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)
    assert engines.installed() == {}


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program named tesseract that says what it was asked for."""
    path = tmp_path / "tesseract"
    path.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --version ]; then echo "tesseract 9.8.7"; exit; fi\n'
        "head -c 4 | tail -c 3\n"  # A PNG begins so.
        'printf "\\n 4 2 \\n\\n7%s\\n" "$4"\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_tesseract_is_given_a_png_and_its_digits_are_taken(program):
    found = engines.installed()
    assert found["Tesseract 9.8.7"](PICTURE) == "42\n711"


def test_pieces_of_text_are_laid_in_rows(monkeypatch):
    def piece(left, top, text):
        return [[left, top], [left + 80, top], [left + 80, top + 30], [left, top + 30]], text, 0.9

    answers = [piece(100, 10, "45"), piece(5, 60, "7 a"), piece(5, 12, "1 23")]
    module = types.ModuleType(engines.PP_OCR)
    module.RapidOCR = lambda: lambda picture: (answers, 0.1)
    monkeypatch.setitem(sys.modules, engines.PP_OCR, module)
    engines._pp_ocr.cache_clear()
    assert engines.pp_ocr(PICTURE) == "12345\n7"
    engines._pp_ocr.cache_clear()
