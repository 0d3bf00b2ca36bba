"""The page around a board's canvas, as HTML: its style, the number, what the model sees, and messages."""

from __future__ import annotations

import html
import io
from base64 import b64encode
from pathlib import Path

import numpy as np
from PIL import Image

from ..strokes.reading import percent

# Colours follow JupyterLab's theme, also under Voila; the second value is for pages that have none. The script runs
# when the style has been put into the page, which is the one moment that a widget of HTML tells of.
STYLE = (
    f"""<style onload="{html.escape((Path(__file__).with_name("events.js")).read_text(encoding="utf-8"))}">
"""
    + """\
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
.mnist-board-entry { display: flex; align-items: center; gap: 8px; }
.mnist-board-entry img { width: 40px; height: 40px; image-rendering: pixelated; border-radius: 4px; }
.mnist-board-bars { flex: 1; min-width: 0; display: flex; gap: 2px; height: 112px; align-items: stretch; }
.mnist-board-bars div { display: flex; flex-direction: column; justify-content: flex-end; flex: 1 1 0;
  min-width: 0; white-space: nowrap; align-items: center; font-size: 11px; line-height: 1.3; }
.mnist-board-bars i { display: block; width: 100%; min-height: 1px; border-radius: 2px 2px 0 0;
  background: var(--jp-ui-font-color3, #999); }
.mnist-board-bars .best i { background: #e0483f; }
.mnist-board-bars .best { font-weight: bold; }
</style>"""
)


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
    return (
        f'<div class="mnist-board-sees"><img src="{_source(image)}" '
        'alt="What the model sees: the digit in the thick frame as 28 by 28 pixels.">'
        f'<div class="mnist-board-bars" role="img" aria-label="Probabilities. {spoken}.">{"".join(columns)}</div></div>'
    )


def entry(image, label, writer, number, held):
    """Return a drawing of a file as HTML: its image uint8 (28, 28), its label, who drew it, and which it is."""
    name = html.escape(writer)
    return (
        f'<div class="mnist-board-entry"><img src="{_source(image)}" alt="Drawing {number} as 28 by 28 pixels.">'
        f"<span>{number} of {held}: <b>{label}</b>, by {name}</span></div>"
    )


def _source(image):
    data = io.BytesIO()
    Image.fromarray(image).save(data, "png")
    return f"data:image/png;base64,{b64encode(data.getvalue()).decode()}"


def message(text):
    """Return a line of plain text as HTML that a screen reader speaks when it changes."""
    return f'<div class="mnist-board-message" role="status">{html.escape(text)}</div>'


def latency(seconds):
    """Return the median and the 95th percentile of the seconds that readings took as HTML."""
    if not len(seconds):
        return ""
    median, slow = np.quantile(seconds, [0.5, 0.95]) * 1e3
    return f'<div class="mnist-board-latency">reading: p50 {median:.1f} ms, p95 {slow:.1f} ms</div>'


def spoken(readings):
    """Return a board in words, for those who cannot see it."""
    return f"The drawing board, reading: {', '.join(reading.caption for reading in readings) or 'nothing'}."
