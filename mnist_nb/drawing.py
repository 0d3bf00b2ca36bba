"""How a board looks: on an ipycanvas while it is drawn on, and as a still picture for pages without a kernel."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from .figures import finished

GROUND, INK, MARK, UNDER_WAY = "#15171c", "#ffffff", "#ff6159", "#f2b84b"
LINE_WIDTH = 9  # px
BOX_MARGIN = 10  # px around the ink
WORD_SIZE = 20  # px


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
    x = max(min(left, width - 0.66 * WORD_SIZE * len(word)), 2)
    if top > WORD_SIZE + 4:
        return x, top - WORD_SIZE - 3
    if bottom + WORD_SIZE + 4 < height:
        return x, bottom + 5
    return x + 5, top + 4


# ipycanvas stays suspended for good when something raises inside hold_canvas: these only draw.


def paint_ground(layer, width, height):
    """Cover an ipycanvas layer with the ground."""
    layer.fill_style = GROUND
    layer.fill_rect(0, 0, width, height)


def paint_line(layer, points):
    """Draw points (n, 2) in px as a line of ink on an ipycanvas layer; a single point as a dot."""
    layer.stroke_style = layer.fill_style = INK
    layer.line_width = LINE_WIDTH
    layer.line_cap = layer.line_join = "round"
    if len(points) > 1:
        layer.stroke_lines(points)
    else:
        layer.fill_circle(*points[0], LINE_WIDTH / 2)


def paint_mark(layer, box, word, colour, width, height):
    """Draw the frame around a digit and its word on an ipycanvas layer."""
    left, top, right, bottom = frame(box, width, height)
    layer.stroke_style = layer.fill_style = colour
    layer.line_width = 2
    layer.stroke_rect(left, top, right - left, bottom - top)
    layer.font = f"bold {WORD_SIZE}px sans-serif"
    layer.text_baseline = "top"
    layer.fill_text(word, *word_place(box, word, width, height))


def picture(width, height, strokes, readings):
    """Return a board as a figure: strokes as (n, 2) arrays in px, and `readings` with a `box` and a `word`."""
    figure = plt.figure(figsize=(width / 100, height / 100), facecolor=GROUND, layout="none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0), frameon=False)
    axes.set_axis_off()
    axes.add_patch(Rectangle((0, 0), width, height, color=GROUND))
    points_per_px = 72 / 100
    for stroke in strokes:
        line = np.repeat(stroke, 2, axis=0) if len(stroke) == 1 else np.asarray(stroke)
        axes.plot(
            *line.T, color=INK, linewidth=LINE_WIDTH * points_per_px, solid_capstyle="round", solid_joinstyle="round"
        )
    for reading in readings:
        left, top, right, bottom = frame(reading.box, width, height)
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=MARK, linewidth=1.5))
        axes.text(
            *word_place(reading.box, reading.word, width, height), reading.word, color=MARK, fontweight="bold",
            fontsize=WORD_SIZE * points_per_px, va="top",
        )  # fmt: skip
    words = ", ".join(reading.word for reading in readings)
    return finished(figure, f"The drawing board, reading: {words or 'nothing'}.")
