"""Figures: each function takes data and returns a Matplotlib figure that carries its own alternative text."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator

from .data import CLASSES

DOCUMENT_COLOUR = "#7a828e"
OUR_COLOUR = "#0f7b8a"
ERROR_COLOUR = "#d9483b"
COLOURS = {"document": DOCUMENT_COLOUR, "ours": OUR_COLOUR}  # where the two stand side by side
DARK_ON_LIGHT = "gray_r"  # colour map

Values = np.ndarray | Sequence[float]
Images = np.ndarray | Sequence[np.ndarray]
Texts = np.ndarray | Sequence[object]

STYLE = {
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa1ab",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": plt.cycler(color=[OUR_COLOUR, DOCUMENT_COLOUR, ERROR_COLOUR, "#e0a526", "#5b5ea6"]),
    "grid.color": "#e6e8eb",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def use_style() -> None:
    """Give the figures of this notebook the project's look, and their alternative text to the page they stand on."""
    from IPython import get_ipython

    plt.rcParams.update(STYLE)
    shell = get_ipython()
    if shell is not None:
        shell.run_line_magic("matplotlib", "inline")
        shell.display_formatter.formatters["image/png"].for_type(Figure, _png)


def _png(figure):
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=STYLE["figure.dpi"], bbox_inches="tight", facecolor="white")
    return data.getvalue(), {"alt": figure.get_label() or "A figure."}


def finished(figure: Figure, alternative_text: str) -> Figure:
    """Label a figure with its alternative text and return it, closed, so that a notebook shows it once."""
    figure.set_label(alternative_text)
    plt.close(figure)
    return figure


def _bare(axes):
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def image_grid(
    images: Images, titles: Texts | None = None, columns: int = 10, *, row_labels: Texts | None = None,
    size: float = 0.85, alt: str = "Images of digits.",
) -> Figure:  # fmt: skip
    """Show images (N, H, W) row by row, each under its title."""
    rows = -(-len(images) // columns)
    extra = 0.24 * max((str(title).count("\n") + 1 for title in titles), default=0) if titles is not None else 0
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns, (size + extra) * rows), squeeze=False)
    for index, place in enumerate(axes.flat):
        _bare(place)
        if index >= len(images):
            continue
        image = np.asarray(images[index])
        top = 255 if image.dtype == np.uint8 else max(float(image.max()), 1e-9)
        place.imshow(image, cmap=DARK_ON_LIGHT, vmin=0, vmax=top, interpolation="nearest")
        if titles is not None:
            place.set_title(titles[index], fontsize=8.5, fontweight="normal", loc="center", pad=2)
        if row_labels is not None and index % columns == 0:
            label = row_labels[index // columns]
            place.set_ylabel(label, rotation=0, ha="right", va="center", labelpad=8)
    return finished(figure, alt)


def class_balance(labels_by_part: Mapping[str, np.ndarray]) -> Figure:
    """Show how many examples of each class there are: {part: labels (N,)}."""
    figure, axes = plt.subplots(1, len(labels_by_part), figsize=(4.2 * len(labels_by_part), 2.6), squeeze=False)
    for place, (part, labels) in zip(axes.flat, labels_by_part.items(), strict=True):
        counts = np.bincount(labels, minlength=CLASSES)
        place.bar(np.arange(CLASSES), counts, color=OUR_COLOUR, width=0.7)
        place.axhline(counts.mean(), color=ERROR_COLOUR, linewidth=1, linestyle="--", label="equal shares")
        place.set(title=f"{part}: {len(labels):,} images", xlabel="digit", ylabel="images", xticks=np.arange(CLASSES))
        place.grid(axis="x", visible=False)
        place.set_ylim(0, counts.max() * 1.22)
        place.legend(loc="upper right")
    return finished(figure, "Bar charts of the number of images of each digit; the classes are nearly equal.")


def histograms(
    series: Mapping[str, np.ndarray], *, bands: Mapping[str, tuple[float, float]] | None = None, alt: str
) -> Figure:
    """Show histograms side by side: {label: values (N,)}; `bands` shades {label: (low, high)}."""
    figure, axes = plt.subplots(1, len(series), figsize=(2.9 * len(series), 2.4), squeeze=False)
    for place, (label, values) in zip(axes.flat, series.items(), strict=True):
        whole = np.issubdtype(np.asarray(values).dtype, np.integer) and np.ptp(values) < 60
        bins = np.arange(np.min(values), np.max(values) + 2) - 0.5 if whole else 60
        place.hist(values, bins=bins, color=OUR_COLOUR)
        if whole:
            place.set_xlim(np.min(values) - 2.5, np.max(values) + 2.5)
        if bands and label in bands:
            low, high = bands[label]
            place.axvspan(low, high, color="#e0a526", alpha=0.25, linewidth=0, zorder=0)
            place.set_xlim(low - 0.5 * (high - low), high + 0.5 * (high - low))
        place.set(xlabel=label, yticks=[])
        place.spines["left"].set_visible(False)
        place.grid(axis="y", visible=False)
    return finished(figure, alt)


def embedding(points: np.ndarray, labels: np.ndarray) -> Figure:
    """Show points (N, 2) coloured by class, with the digit written at the middle of its class."""
    figure, axes = plt.subplots(figsize=(6.4, 5.2))
    axes.scatter(*points.T, c=labels, cmap="tab10", s=7, alpha=0.75, linewidths=0, vmin=0, vmax=9)
    for digit in range(CLASSES):
        middle = np.median(points[labels == digit], axis=0)
        box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "#9aa1ab", "alpha": 0.9}
        axes.text(*middle, digit, ha="center", va="center", fontsize=13, fontweight="bold", bbox=box)
    _bare(axes)
    return finished(figure, "Two-dimensional embedding of MNIST: ten islands; 4 touches 9, and 3, 5 and 8 touch.")


def curves(
    series: Mapping[str, Values | tuple[Values, Values]], *, xlabel: str, ylabel: str, title: str = "",
    marks: Iterable[tuple[str, float, float, tuple[float, float]]] = (), yscale: str = "linear",
    ylim: tuple[float, float] | None = None, marker: str = "", size: tuple[float, float] = (6.4, 3),
    colours: Mapping[str, str] | None = None, dashed: Collection[str] = (), alt: str,
) -> Figure:  # fmt: skip
    """Show lines {label: values or (x, y)} with `marks`: (text, x, y, its offset in points) for points worth a word.

    `colours` are {label: colour}, those of the style in turn where there is none; the labels in `dashed` have dashes.
    """
    figure, axes = plt.subplots(figsize=size)
    for label, values in series.items():
        x, y = values if isinstance(values, tuple) else (np.arange(1, len(values) + 1), values)
        colour, dash = (colours or {}).get(label), "--" if label in dashed else "-"
        axes.plot(x, y, label=label, color=colour, linestyle=dash, marker=marker)
    for label, x, y, place in marks:
        axes.plot(x, y, "o", color=ERROR_COLOUR, markersize=6)
        axes.annotate(label, (x, y), xytext=place, textcoords="offset points", fontsize=8.5, color=ERROR_COLOUR)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title, yscale=yscale, ylim=ylim)
    if len(series) > 1:
        axes.legend()
    return finished(figure, alt)


def confusion_matrix(matrix: np.ndarray, title: str = "") -> Figure:
    """Show a confusion matrix (10, 10), rows the true digits: errors coloured, right readings as grey numbers."""
    matrix = np.asarray(matrix)
    errors = matrix * (1 - np.eye(len(matrix), dtype=int))
    figure, axes = plt.subplots(figsize=(4.6, 4.3))
    axes.imshow(np.where(errors > 0, errors, np.nan), cmap="OrRd", vmin=0, vmax=max(errors.max() * 1.4, 1))
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            colour = "#8a9099" if row == column else "black"
            axes.text(column, row, count, ha="center", va="center", color=colour, fontsize=8)
    digits = np.arange(len(matrix))
    axes.set(xticks=digits, yticks=digits, xlabel="read as", ylabel="labelled", title=title)
    axes.grid(False)
    return finished(figure, f"Confusion matrix with {errors.sum()} errors off the diagonal.")


def error_gallery(
    images: Images, labels: np.ndarray | Sequence[int], probabilities: np.ndarray, columns: int = 6,
    alt: str = "Misread digits with their probabilities.",
) -> Figure:  # fmt: skip
    """Show images (N, 28, 28), each with its label, its reading and the ten probabilities (N, 10) as bars."""
    rows = -(-len(images) // columns)
    figure = plt.figure(figsize=(1.55 * columns, 2.15 * rows))
    axes = figure.subplots(2 * rows, columns, height_ratios=[3, 1] * rows, squeeze=False)
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        picture, bars = axes[2 * row, column], axes[2 * row + 1, column]
        _bare(picture)
        if index >= len(images):
            bars.set_visible(False)
            continue
        read = int(np.argmax(probabilities[index]))
        picture.imshow(images[index], cmap=DARK_ON_LIGHT, vmin=0, vmax=255)
        picture.set_title(f"{labels[index]} read as {read}", fontsize=8.5, loc="center", pad=2)
        colours = [
            ERROR_COLOUR if digit == read else OUR_COLOUR if digit == labels[index] else "#c5cad1"
            for digit in range(10)
        ]
        bars.bar(np.arange(CLASSES), probabilities[index], color=colours)
        bars.set(ylim=(0, 1), xticks=np.arange(CLASSES), yticks=[])
        bars.tick_params(axis="x", labelsize=6, length=0, pad=1)
        bars.grid(False)
        bars.spines["left"].set_visible(False)
    return finished(figure, alt)


def network_diagram(rows: Iterable[Mapping[str, Any]], title: str = "") -> Figure:
    """Draw a network from the rows of `networks.describe`: a stack of maps for every shape, the layers below it."""
    stages: list[tuple[tuple[int, ...], list]] = []
    for row in rows:
        if not stages or stages[-1][0] != row["output"]:
            stages.append((row["output"], []))
        stages[-1][1].append(row)
    figure, axes = plt.subplots(figsize=(1.12 * len(stages), 2.7))
    _bare(axes)
    for place, (shape, layers) in enumerate(stages):
        *side, depth = shape
        height = side[0] / 28 if side else 0.14 * np.log2(depth + 1)
        width = height if side else 0.09
        sheets = 1 + min(7, depth // 14) if side else 1
        colour = OUR_COLOUR if any(row["multiply_adds"] for row in layers) else "#cfd6dd"
        for sheet in reversed(range(sheets)):
            offset = 0.035 * (sheet - (sheets - 1) / 2)
            corner = (1.5 * place - width / 2 + offset, offset - height / 2)
            axes.add_patch(Rectangle(corner, width, height, facecolor=colour, edgecolor="white", linewidth=0.7))
        names = "\n".join(row["layer"] for row in layers)
        axes.text(1.5 * place, -0.78, names, ha="center", va="top", fontsize=7.5, color="#3c434d")
        if place:
            axes.annotate(
                "",
                (1.5 * place - 0.64, 0),
                (1.5 * place - 0.86, 0),
                arrowprops={"arrowstyle": "->", "color": "#9aa1ab"},
            )
    lines = max(len(layers) for _, layers in stages)
    axes.set(xlim=(-0.75, 1.5 * len(stages) - 0.75), ylim=(-0.85 - 0.17 * lines, 1.0), aspect="equal", title=title)
    return finished(figure, f"Diagram of a network: maps of {', '.join(str(shape) for shape, _ in stages)}.")


def reliability_diagrams(panels: Mapping[str, Mapping[str, np.ndarray]], colours: Mapping[str, str]) -> Figure:
    """Show accuracy against confidence: {title: {label: rows (count, confidence, accuracy)}}, side by side.

    `colours` are {label: colour}.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 3.5), squeeze=False)
    for place, (title, series) in zip(axes.flat, panels.items(), strict=True):
        place.plot([0, 1], [0, 1], color="#c5cad1", linewidth=1, linestyle="--", label="as sure as right")
        for label, rows in series.items():
            count, confidence, accuracy = np.asarray(rows).T
            place.plot(confidence, accuracy, color=colours[label], linewidth=1, alpha=0.6)
            sizes = 12 + 60 * np.sqrt(count / count.sum())
            place.scatter(confidence, accuracy, s=sizes, color=colours[label], label=label, zorder=3)
        low = min(row[1:].min() for rows in series.values() for row in np.asarray(rows))
        place.set(title=title, xlabel="confidence", ylabel="accuracy", xlim=(low - 0.03, 1 + 0.04 * (1 - low)))
        place.set_ylim(place.get_xlim())
        place.legend(loc="lower right", fontsize=8)
    return finished(figure, "Reliability diagrams: accuracy against confidence; the diagonal is perfect calibration.")


def intervals(groups: Mapping[str, Mapping[str, tuple[float, float, float]]], *, xlabel: str, alt: str) -> Figure:
    """Show values with their intervals, group by group: {group: {label: (value, low, high)}}."""
    rows = max(len(entries) for entries in groups.values())
    figure, axes = plt.subplots(
        1, len(groups), figsize=(2.6 * len(groups), 0.6 + 0.26 * rows), sharex=True, squeeze=False
    )
    for place, (group, entries) in zip(axes.flat, groups.items(), strict=True):
        value, low, high = np.array(list(entries.values())).T
        order = np.arange(len(value))
        place.errorbar(
            value, order, xerr=[value - low, high - value], fmt="o", color=OUR_COLOUR, markersize=4, capsize=2
        )
        place.set(title=group, xlabel=xlabel, yticks=order, yticklabels=list(entries))
        place.set_ylim(rows - 0.5, -0.5)
        place.grid(axis="y", visible=False)
    return finished(figure, alt)


def paired_bars(
    pairs: Mapping[str, tuple[float, float]], colours: Mapping[str, str], *, xlabel: str, alt: str
) -> Figure:
    """Show two values for each name as bars, one above the other: {name: (first, second)}.

    `colours` are {what the first is: its colour, what the second is: its colour}.
    """
    figure, axes = plt.subplots(figsize=(6.4, 0.7 + 0.36 * len(pairs)))
    order = np.arange(len(pairs))
    for index, (label, colour) in enumerate(colours.items()):
        axes.barh(
            order + 0.19 * (2 * index - 1), [pair[index] for pair in pairs.values()], 0.36, color=colour, label=label
        )
    axes.set(yticks=order, yticklabels=list(pairs), xlabel=xlabel)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    figure.legend(loc="outside upper right", ncols=2)
    return finished(figure, alt)


def activation_maps(image: np.ndarray, layers: Sequence[tuple[str, np.ndarray]], count: int = 12) -> Figure:
    """Show an image (28, 28) and, a row for each layer, its strongest maps: [(name, (H, W, C))]."""
    figure, axes = plt.subplots(len(layers), count + 1, figsize=(0.72 * (count + 1), 0.78 * len(layers)), squeeze=False)
    for number, (row, (_, maps)) in enumerate(zip(axes, layers, strict=True), start=1):
        for place in row:
            _bare(place)
        shape = " x ".join(map(str, maps.shape))
        row[0].set_ylabel(f"block {number}\n{shape}", rotation=0, ha="right", va="center", fontsize=8)
        row[0].imshow(image, cmap=DARK_ON_LIGHT, vmin=0, vmax=255)
        strongest = np.argsort(-maps.sum((0, 1)))[:count]
        for place, channel in zip(row[1:], strongest, strict=False):
            place.imshow(maps[..., channel], cmap="viridis", interpolation="nearest")
    return finished(figure, "A digit, and for each layer the maps that answer it most strongly.")


def occlusion_maps(images: Images, maps: np.ndarray, titles: Texts, columns: int = 6) -> Figure:
    """Show images (N, 28, 28) under maps (N, 28, 28) of what covering costs: red where much, blue where it helps."""
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.55 * columns, 1.6 * rows), squeeze=False)
    largest = max(np.abs(maps).max(), 1e-3)
    for index, place in enumerate(axes.flat):
        _bare(place)
        if index < len(images):
            place.imshow(images[index], cmap=DARK_ON_LIGHT, vmin=0, vmax=255)
            shown = place.imshow(maps[index], cmap="RdBu_r", vmin=-largest, vmax=largest, alpha=0.6)
            place.set_title(titles[index], fontsize=8.5, loc="center", pad=2)
    figure.colorbar(shown, ax=axes, shrink=0.8, aspect=30, label="probability lost")
    return finished(figure, "Misread digits under maps of how much covering each part changes the reading.")


def plain_numbers(axis: Axis) -> None:
    """Mark a logarithmic axis at 1, 2, 3, 5, 10, 20 and so on, without powers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axis.set_major_formatter("{x:g}")
