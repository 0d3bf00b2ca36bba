"""How a board looks: its canvas while it is drawn on, the page around it, and a still picture of it."""

from __future__ import annotations

import html
import io
from base64 import b64encode

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image

from .figures import finished
from .reading import percent

GROUND, INK, MARK = "#15171c", "#ffffff", "#ff6159"
UNDER_WAY, UNSURE, CORRECTED = "#9aa3b2", "#f2b84b", "#5cc98d"  # In place of MARK.
BOX_MARGIN = 10  # px around the ink
WORD_SIZE = 18  # px
LETTER_WIDTH = 0.6 * WORD_SIZE  # px, an upper bound for the mean letter
DASHES = (7, 5)  # px, of the box around an unsure digit

# Colours follow JupyterLab's theme, also under Voila; the second value is for pages that have none. Notebook 7
# hears keys before the canvas does, and would take a 1 for "make this cell a heading": `onload` has it let them be.
STYLE = """<style onload="this.closest('.mnist-board').addEventListener(
  'focusin', event => event.target.dataset.lmSuppressShortcuts = 'true')">
.mnist-board { color: var(--jp-ui-font-color1, #222); font-family: var(--jp-ui-font-family, sans-serif); }
.mnist-board .widget-html-content { line-height: 1.4; }
.mnist-board canvas { border-radius: 6px; touch-action: none; cursor: crosshair; }
.mnist-board canvas:focus-visible, .mnist-board canvas:focus { outline: 3px solid var(--jp-brand-color1, #1976d2);
  outline-offset: -3px; }
.mnist-board button { height: 32px; border-radius: 4px; }
.mnist-board button:focus-visible { outline: 3px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px; }
.mnist-board .widget-toggle-buttons button { width: auto; min-width: 36px; }
.mnist-board-number { font-size: 22px; height: 34px; line-height: 34px; white-space: nowrap; overflow: auto hidden; }
.mnist-board-number b { letter-spacing: 0.12em; }
.mnist-board-number .unsure { border-bottom: 3px dashed #d08700; }
.mnist-board-latency { color: var(--jp-ui-font-color2, #666); font-size: 12px; text-align: right; }
.mnist-board-message { min-height: 20px; overflow-wrap: anywhere; }
.mnist-board-sees { display: flex; align-items: center; gap: 12px; }
.mnist-board-sees img { width: 112px; height: 112px; image-rendering: pixelated; border-radius: 4px; }
.mnist-board-bars { flex: 1; min-width: 0; display: flex; gap: 2px; height: 112px; align-items: stretch; }
.mnist-board-bars div { display: flex; flex-direction: column; justify-content: flex-end; flex: 1 1 0;
  min-width: 0; white-space: nowrap; align-items: center; font-size: 11px; line-height: 1.3; }
.mnist-board-bars i { display: block; width: 100%; min-height: 1px; border-radius: 2px 2px 0 0;
  background: var(--jp-ui-font-color3, #999); }
.mnist-board-bars .best i { background: #e0483f; }
.mnist-board-bars .best { font-weight: bold; }
</style>"""


def colour(reading, under_way):
    """Return the colour of a reading's box and word."""
    if reading.label is not None:
        return CORRECTED
    return UNDER_WAY if under_way else UNSURE if reading.unsure else MARK


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


# ipycanvas stays suspended for good when something raises inside hold_canvas: these only draw.


def paint_ground(layer, width, height):
    """Cover an ipycanvas layer with the ground."""
    layer.fill_style = GROUND
    layer.fill_rect(0, 0, width, height)


def paint_line(layer, points, line_width):
    """Draw points (n, 2) in px as a line of ink on an ipycanvas layer; a single point as a dot."""
    layer.stroke_style = layer.fill_style = INK
    layer.line_width = line_width
    layer.line_cap = layer.line_join = "round"
    if len(points) > 1:
        layer.stroke_lines(points)
    else:
        layer.fill_circle(*points[0], line_width / 2)


def paint_mark(layer, reading, chosen, under_way, width, height):
    """Draw the frame around a digit and its words on an ipycanvas layer; the chosen digit's frame is thicker."""
    left, top, right, bottom = frame(reading.box, width, height)
    layer.stroke_style = layer.fill_style = colour(reading, under_way)
    layer.line_width = 3 if chosen else 1.5
    layer.set_line_dash(DASHES if reading.unsure else [])
    layer.stroke_rect(left, top, right - left, bottom - top)
    layer.font = f"bold {WORD_SIZE}px sans-serif"
    layer.text_baseline = "top"
    layer.fill_text(reading.caption, *word_place(reading.box, reading.caption, width, height))


def number(rows):
    """Return the number on a board as HTML, from rows of readings; what is unsure is underlined and has a mark.

    It is one line high whatever it says, so that the canvas below does not move under the pen.
    """
    if not rows:
        return '<div class="mnist-board-number">Draw a digit, or a number.</div>'
    lines = []
    for row in rows:
        digits = [
            f'<span class="unsure" title="unsure">{reading.digit}?</span>' if reading.unsure else str(reading.digit)
            for reading in row
        ]
        lines.append("".join(digits))
    return f'<div class="mnist-board-number" role="status">Reads <b>{" / ".join(lines)}</b></div>'


def sees(image, probabilities):
    """Return as HTML what the model sees, an image uint8 (28, 28), and its ten probabilities as bars."""
    shares = [float(share) for share in probabilities]
    columns = [
        f'<div class="{"best" if share == max(shares) else ""}">{html.escape(percent(share))}'
        f'<i style="height:{max(share, 0.005) * 72:.1f}px"></i>{digit}</div>'
        for digit, share in enumerate(shares)
    ]
    spoken = ", ".join(f"{digit}: {html.escape(percent(share))}" for digit, share in enumerate(shares))
    data = io.BytesIO()
    Image.fromarray(image).save(data, "png")
    return (
        f'<div class="mnist-board-sees"><img src="data:image/png;base64,{b64encode(data.getvalue()).decode()}" '
        'alt="What the model sees: the digit in the thick frame as 28 by 28 pixels.">'
        f'<div class="mnist-board-bars" role="img" aria-label="Probabilities. {spoken}.">{"".join(columns)}</div></div>'
    )


def message(text):
    """Return a line of plain text as HTML that a screen reader speaks when it changes."""
    return f'<div class="mnist-board-message" role="status">{html.escape(text)}</div>'


def latency(seconds):
    """Return the median and the 95th percentile of so many readings' seconds as HTML."""
    if not len(seconds):
        return ""
    median, slow = np.quantile(seconds, [0.5, 0.95]) * 1e3
    return f'<div class="mnist-board-latency">reading: p50 {median:.1f} ms, p95 {slow:.1f} ms</div>'


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
            *line.T, color=INK, linewidth=line_width * points_per_px, solid_capstyle="round", solid_joinstyle="round"
        )
    for reading in readings:
        left, top, right, bottom = frame(reading.box, width, height)
        shade = colour(reading, under_way=False)
        style = (0, DASHES) if reading.unsure else "solid"
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=shade, linewidth=1.5, ls=style)
        )
        axes.text(
            *word_place(reading.box, reading.caption, width, height), reading.caption, color=shade, fontweight="bold",
            fontsize=WORD_SIZE * points_per_px, va="top",
        )  # fmt: skip
    return finished(figure, spoken(readings))


def spoken(readings):
    """Return a board in words, for those who cannot see it."""
    return f"The drawing board, reading: {', '.join(reading.caption for reading in readings) or 'nothing'}."
