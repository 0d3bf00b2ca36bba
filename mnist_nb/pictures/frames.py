"""Boxes and words around digits, on a board and in a picture."""

from __future__ import annotations

from matplotlib.patches import Rectangle

MARK = "#ff6159"
UNDER_WAY, UNSURE, CORRECTED = "#9aa3b2", "#f2b84b", "#5cc98d"  # In place of MARK.
BOX_MARGIN = 10  # px around the ink
WORD_SIZE = 18  # px
LETTER_WIDTH = 0.6 * WORD_SIZE  # px, an upper bound for the mean letter
CROWDED = 12  # digits: more are named by their digit alone
DASHES = (7, 5)  # px, of the box around an unsure digit


def colour(reading, under_way):
    """Return the colour of a reading's box and word."""
    if reading.label is not None:
        return CORRECTED
    return UNDER_WAY if under_way else UNSURE if reading.unsure else MARK


def captions(named, width, height):
    """Return the words at each digit of `named`, (reading, box) in px: its digit alone where more has no room."""
    if len(named) > CROWDED:
        return [reading.short for reading, _ in named]
    words = [reading.caption for reading, _ in named]
    places = [word_place(box, word, width, height) for (_, box), word in zip(named, words, strict=True)]
    return [
        reading.short if any(_runs_into(place, word, other) for other in places) else word
        for (reading, _), word, place in zip(named, words, places, strict=True)
    ]


def _runs_into(place, word, other):
    """Tell whether a word at a place reaches the one at another, to the right of it."""
    return abs(other[1] - place[1]) < WORD_SIZE and 0 < other[0] - place[0] < LETTER_WIDTH * len(word)


def frame(box, width, height):
    """Return the frame around ink in `box` (left, top, right, bottom), kept on the board, in the same order; px."""
    left, top, right, bottom = box
    return (
        max(left - BOX_MARGIN, 1),
        max(top - BOX_MARGIN, 1),
        min(right + BOX_MARGIN, width - 1),
        min(bottom + BOX_MARGIN, height - 1),
    )


def word_place(box, word, width, height):
    """Return the upper left corner of a word: above the frame, else below it, else inside; never off the board."""
    left, top, _, bottom = frame(box, width, height)
    x = max(min(left, width - LETTER_WIDTH * len(word)), 2)
    if top > WORD_SIZE + 4:
        return x, top - WORD_SIZE - 3
    if bottom + WORD_SIZE + 4 < height:
        return x, bottom + 5
    return x + 5, top + 4


def name(axes, named, width, height, points_per_px, paper=False):
    """Draw frames and words on Matplotlib axes of so many px: `named` holds (reading, box) of each digit.

    On `paper`, which is light, words have a ground of their own.
    """
    for (reading, box), word in zip(named, captions(named, width, height), strict=True):
        left, top, right, bottom = frame(box, width, height)
        shade = colour(reading, under_way=False)
        style = (0, DASHES) if reading.unsure else "solid"
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=shade, linewidth=1.5, ls=style)
        )
        axes.text(
            *word_place(box, word, width, height), word, color="white" if paper else shade, fontweight="bold",
            fontsize=WORD_SIZE * points_per_px, va="top",
            bbox={"facecolor": shade, "edgecolor": "none", "pad": 1.5} if paper else None,
        )  # fmt: skip
