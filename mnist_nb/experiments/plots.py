"""Figures of many runs: their accuracies, how they learned, what they cost, and what a search found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from unittest import mock

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from matplotlib.transforms import Bbox

from ..figures import ERROR_COLOUR, OUR_COLOUR, finished, plain_numbers

if TYPE_CHECKING:
    import optuna


def runs_by_group(
    groups: Mapping[str, Sequence[float]], colours: Mapping[str, str], *, xlabel: str, alt: str
) -> Figure:
    """Show every value of each group as a dot and their mean as a bar: {group: values}, in colours {group: colour}."""
    figure, axes = plt.subplots(figsize=(6.4, 0.7 + 0.34 * len(groups)))
    for index, (group, values) in enumerate(groups.items()):
        colour = colours[group]
        axes.plot(values, np.full(len(values), index), "o", color=colour, markersize=5, alpha=0.6)
        axes.plot([np.mean(values)], [index], "|", color=colour, markersize=16, markeredgewidth=2)
        axes.annotate(f"{np.mean(values):.2f}", (max(values), index), (8, -3), textcoords="offset points", fontsize=8.5)
    axes.set(yticks=np.arange(len(groups)), yticklabels=list(groups), xlabel=xlabel)
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    return finished(figure, alt)


LARGEST_ERROR = 15  # %: what a network reads that has only begun to learn says little about the others


def learning_curves(
    series: Mapping[str, Sequence[Sequence[tuple[float, float]]]], colours: Mapping[str, str], *, alt: str
) -> Figure:
    """Show errors on validation images against seconds: {name: [[(seconds, accuracy), ...] for each run]}.

    `colours` are {name: colour}. The run that ends at the median time is drawn strong.
    """
    figure, axes = plt.subplots(figsize=(7.4, 4.2))
    for name, runs in series.items():
        ends = [curve[-1][0] for curve in runs]
        median = int(np.argsort(ends)[len(ends) // 2])
        for index, curve in enumerate(runs):
            seconds, accuracy = np.transpose(curve)
            strong = index == median
            axes.plot(
                seconds, 100 * (1 - accuracy), color=colours[name], label=name if strong else None,
                linewidth=1.8 if strong else 0.8, alpha=1 if strong else 0.35,
            )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="seconds of training", ylabel="errors on validation images, %")
    axes.set_ylim(top=min(axes.get_ylim()[1], LARGEST_ERROR))
    axes.minorticks_off()
    plain_numbers(axes.yaxis)
    axes.legend(ncols=2, fontsize=8.5)
    return finished(figure, alt)


def against_cost(
    points: Mapping[str, tuple[float, ...]], colours: Mapping[str, str], *, xlabel: str, ylabel: str,
    yscale: str = "linear", front: Collection[str] = (), front_label: str = "no other beats these", alt: str,
) -> Figure:  # fmt: skip
    """Show named points {name: (cost, value)} or {name: (cost, value, low, high)}, cost on a logarithmic axis.

    `colours` are {name: colour}. A line, labelled `front_label`, joins the points named in `front`.
    """
    figure, axes = plt.subplots(figsize=(6.8, 3.8))
    for name, (cost, value, *interval) in points.items():
        reach = [[value - interval[0]], [interval[1] - value]] if interval else None
        axes.errorbar(cost, value, reach, fmt="o", color=colours[name], capsize=3)
    axes.set(xscale="log", yscale=yscale, xlabel=xlabel, ylabel=ylabel)
    if yscale == "log":
        axes.minorticks_off()
        plain_numbers(axes.yaxis)
    if front:
        line = np.transpose(sorted(points[name][:2] for name in front))
        axes.plot(*line, color=ERROR_COLOUR, linewidth=1, linestyle="--", zorder=0, label=front_label)
        axes.legend(loc="upper right")
    axes.margins(x=0.2, y=0.12)
    costs = [cost for cost, *_ in points.values()]
    if max(costs) < 100 * min(costs):
        axes.minorticks_off()
        plain_numbers(axes.xaxis)
    highest_first = sorted(points, key=lambda name: -points[name][1])
    _name_points(axes, {name: points[name][:2] for name in highest_first}, colours)
    return finished(figure, alt)


def _name_points(axes, points, colours):
    """Write the names of points {name: (x, y)} beside them in their colours, where no other name or point lies."""
    marks = [axes.transData.transform(place) for place in points.values()]
    taken = [Bbox.from_extents(x - 5, y - 5, x + 5, y + 5) for x, y in marks]
    for name, place in points.items():
        for right, above in ((True, True), (True, False), (False, True), (False, False)):
            label = axes.annotate(
                name, place, (6 if right else -6, 4 if above else -4), textcoords="offset points", fontsize=8.5,
                ha="left" if right else "right", va="bottom" if above else "top", color=colours[name],
            )  # fmt: skip
            extent = label.get_window_extent()
            if not extent.count_overlaps(taken):
                taken.append(extent)
                break
            label.remove()


def growth(rows: Sequence[tuple[int, float, float]], *, alt: str) -> Figure:
    """Show seconds and test errors against training images, from rows (images, seconds, test accuracy)."""
    images, seconds, accuracy = np.transpose(rows)
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.9))
    for place, values, label in zip(axes, (seconds, 100 * (1 - accuracy)), ("seconds", "test errors, %"), strict=True):
        place.plot(images, values, "o-", color=OUR_COLOUR)
        place.set(xscale="log", yscale="log", xlabel="training images", ylabel=label)
        place.set_xticks(images, [f"{count / 1000:g}k" for count in images])
        place.minorticks_off()
        plain_numbers(place.yaxis)
    return finished(figure, alt)


def of_study(
    plot: Callable[..., Any], study: optuna.Study, *, alt: str, size: tuple[float, float] = (6.8, 3.4), **options: Any
) -> Figure:
    """Return the figure that a function of `optuna.visualization.matplotlib` draws of a study, in our look."""
    # Optuna calls its Matplotlib figures experimental, and sets another style for all that follow.
    with warnings.catch_warnings(action="ignore"), mock.patch.object(plt.style, "use"):
        figure = np.ravel(plot(study, target_name="validation accuracy", **options))[0].figure
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_formatter(NullFormatter())  # Labels of a logarithmic axis would lie across each other.
    figure.set_size_inches(*size)
    return finished(figure, alt)
