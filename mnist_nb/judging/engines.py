"""Engines that read text in pictures, beside which ours is measured where they are installed; nothing needs them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import shutil
import subprocess
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache

import numpy as np
from PIL import Image

Engine = Callable[[np.ndarray], str]  # a picture uint8 (H, W) -> its digits, a line for each row

# Sparse text, of digits alone: of its modes for whole pages (4, 6 and 11) the one in which it reads most digits.
TESSERACT = ("tesseract", "-", "-", "--psm", "11", "-c", "tessedit_char_whitelist=0123456789")
PP_OCR = "rapidocr_onnxruntime"


def installed() -> dict[str, Engine]:
    """Return the engines that are installed here, {name and version: engine}.

    Tesseract is the program of that name, and PP-OCR the package rapidocr-onnxruntime, which brings its networks.
    """
    engines: dict[str, Engine] = {}
    if shutil.which(TESSERACT[0]):
        told = subprocess.run([TESSERACT[0], "--version"], capture_output=True, text=True, check=True)
        version = (told.stdout or told.stderr).split("\n")[0].split()[-1]
        engines[f"Tesseract {version}"] = tesseract
    if importlib.util.find_spec(PP_OCR):
        engines[f"PP-OCR, RapidOCR {importlib.metadata.version(PP_OCR)}"] = pp_ocr
    return engines


def tesseract(picture: np.ndarray) -> str:
    """Return what Tesseract reads in a picture uint8 (H, W), its digits alone."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "png")
    read = subprocess.run(TESSERACT, input=data.getvalue(), capture_output=True, check=True).stdout
    return _digits(read.decode().split("\n"))


def pp_ocr(picture: np.ndarray) -> str:
    """Return what PP-OCR reads in a picture uint8 (H, W), its digits alone."""
    found, _ = _pp_ocr()(picture)
    rows: list[tuple[float, list[tuple[float, str]]]] = []  # their lowest edge, and pieces of text with their left one
    for corners, text, _ in sorted(found or [], key=lambda piece: np.mean(piece[0], axis=0)[1]):
        (left, middle), bottom = np.mean(corners, axis=0), np.max(corners, axis=0)[1]
        if not rows or middle > rows[-1][0]:
            rows.append((bottom, []))
        rows[-1][1].append((left, text))
    return _digits(" ".join(text for _, text in sorted(pieces)) for _, pieces in rows)


def in_common(text: str, truth: str) -> int:
    """Return how many characters of the truth a text has in its order, without the breaks between rows."""
    blocks = SequenceMatcher(None, text, truth, autojunk=False).get_matching_blocks()
    return sum(len(text[block.a : block.a + block.size].replace("\n", "")) for block in blocks)


def _digits(lines):
    return "\n".join(row for line in lines if (row := "".join(filter(str.isdecimal, line))))


@cache
def _pp_ocr():
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()
