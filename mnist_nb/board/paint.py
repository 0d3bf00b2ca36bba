"""What is painted on a board's canvas while it is drawn on, and a still picture of it."""

from __future__ import annotations

import io
from contextlib import contextmanager

import matplotlib.pyplot as plt
import numpy as np
from ipycanvas import hold_canvas
from matplotlib.patches import Rectangle

from ..figures import finished
from ..pictures.frames import DASHES, UNDER_WAY, WORD_SIZE, captions, colour, frame, name, word_place
from . import page

GROUND, LINE = "#15171c", "#ffffff"
REPLAY_SECONDS = 1.5
DOTS = (2, 4)  # px, of the frame around a mark


@contextmanager
def batch(layer):
    """Send what the block paints on an ipycanvas layer in one go, beginning with the layer's name.

    ipycanvas names a layer only when another was painted on before, which a page that was loaded again, or a second
    one, has not heard of. It stays suspended for good when something raises inside, so the block only paints.
    """
    layer._canvas_manager._current_canvas = None
    with hold_canvas():
        yield


def ground(layer, width, height):
    """Cover an ipycanvas layer with the ground."""
    layer.fill_style = GROUND
    layer.fill_rect(0, 0, width, height)


def line(layer, points, line_width):
    """Draw points (n, 2) in px as a line of ink on an ipycanvas layer; a single point as a dot."""
    layer.stroke_style = layer.fill_style = LINE
    layer.line_width = line_width
    layer.line_cap = layer.line_join = "round"
    if len(points) > 1:
        layer.stroke_lines(points)
    else:
        layer.fill_circle(*points[0], line_width / 2)


def strokes(layer, strokes, line_width, width, height):
    """Draw strokes, (n, 2) arrays in px, on an ipycanvas layer in place of what is there."""
    with batch(layer):
        ground(layer, width, height)
        for points in strokes:
            line(layer, points, line_width)


def replay(layer, strokes, line_width, width, height):
    """Draw strokes, (n, 2) arrays in px, on an ipycanvas layer once more, piece by piece."""
    pieces = [points[first : first + 3] for points in strokes for first in range(0, len(points), 2)]
    with batch(layer):
        ground(layer, width, height)
        for piece in pieces:
            line(layer, piece, line_width)
            layer.sleep(1e3 * REPLAY_SECONDS / len(pieces))


def frames(layer, readings, marks, chosen, under_way, width, height):
    """Draw the frames around digits and marks on an ipycanvas layer, the chosen digit's thicker."""
    words = captions([(reading, reading.box) for reading in readings], width, height)
    with batch(layer):
        layer.clear()
        for mark in marks:
            _left_out(layer, mark, width, height)
        for reading, word in zip(readings, words, strict=True):
            _frame(layer, reading, word, reading is chosen, under_way in reading.strokes, width, height)


def _frame(layer, reading, word, chosen, under_way, width, height):
    """Draw the frame around a digit and a word on an ipycanvas layer; the chosen digit's frame is thicker."""
    left, top, right, bottom = frame(reading.box, width, height)
    layer.stroke_style = layer.fill_style = colour(reading, under_way)
    layer.line_width = 3 if chosen else 1.5
    layer.set_line_dash(DASHES if reading.unsure else [])
    layer.stroke_rect(left, top, right - left, bottom - top)
    layer.font = f"bold {WORD_SIZE}px sans-serif"
    layer.text_baseline = "top"
    layer.fill_text(word, *word_place(reading.box, word, width, height))


def _left_out(layer, mark, width, height):
    """Draw a dotted frame around a mark, lists of points (n, 2) in px, that is no digit."""
    points = np.concatenate(mark)
    left, top, right, bottom = frame((*points.min(0), *points.max(0)), width, height)
    layer.stroke_style = UNDER_WAY
    layer.line_width = 1
    layer.set_line_dash(DOTS)
    layer.stroke_rect(left, top, right - left, bottom - top)


def picture(width, height, strokes, readings, line_width):
    """Return a board as a figure: strokes as (n, 2) arrays in px, and readings around them."""
    figure = plt.figure(figsize=(width / 100, height / 100), facecolor=GROUND, layout="none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0), frameon=False)
    axes.set_axis_off()
    axes.add_patch(Rectangle((0, 0), width, height, color=GROUND))
    points_per_px = 72 / 100
    for stroke in strokes:
        line = np.repeat(stroke, 2, axis=0) if len(stroke) == 1 else np.asarray(stroke)
        axes.plot(
            *line.T, color=LINE, linewidth=line_width * points_per_px, solid_capstyle="round", solid_joinstyle="round"
        )
    name(axes, [(reading, reading.box) for reading in readings], width, height, points_per_px)
    return finished(figure, page.spoken(readings))


def png(*arguments):
    """Return the bytes of what `picture` returns for these arguments, as a PNG file."""
    data = io.BytesIO()
    picture(*arguments).savefig(data, format="png", dpi=100)
    return data.getvalue()
