"""Pictures of the trials of a tuning: curves, trade-offs and spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import EngFormatter
from matplotlib.ticker import MaxNLocator

from keras_darts.analysis.picture import Picture
from keras_darts.drawing.palette import GREY
from keras_darts.drawing.palette import INK
from keras_darts.drawing.palette import series_look
from keras_darts.tuner.objectives import pareto_front

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from keras_darts.tuner.results import ProjectResults
    from keras_darts.tuner.results import TrialResult

_LIGHT = "#e6eaee"
_BEST = "#4f8ff5"
# What the styles of lines look like in text.
_DASHES = {"solid": "━", "dashed": "╍", "dotted": "┈", "dashdot": "╌"}
# Inches.
_WIDTH, _HEIGHT = 4.6, 2.7
_COUNTS_FROM = 10_000
# Up to so many, each is a point of the line.
_FEW_EPOCHS = 12


def line_of(index: int) -> tuple[str, str]:
    """The color and the dashes, as text, of the curves of a trial."""
    color, style = series_look(index)
    return color, _DASHES[style]


def curves_pictures(
    trials: Sequence[TrialResult], metrics: Iterable[str]
) -> dict[str, Picture]:
    """Draws metrics of searches and trainings by epoch, a line a trial.

    Args:
        trials: List of `TrialResult`.
        metrics: Names of metrics; one that no trial has is left out.

    Returns:
        Dictionary from titles to a `Picture` each.
    """
    return {
        f"{part}: {metric}": _lines(
            [trial.name for trial in trials],
            [getattr(trial, part).get(metric) or [] for trial in trials],
        )
        for metric in metrics
        for part in ("search", "training")
        if any(getattr(trial, part).get(metric) for trial in trials)
    }


def pareto_pictures(results: ProjectResults) -> dict[str, Picture]:
    """Draws the first objective against each of the others.

    Filled are the trials of the Pareto front of these two, which the line
    joins; grey are those of the random baseline.

    Args:
        results: `ProjectResults` with two objectives or more.

    Returns:
        Dictionary from titles to a `Picture` each.
    """
    first, *others = results.directions
    return {
        f"{first} against {name}": _trade_off(results, name, first)
        for name in others
    }


def spread_picture(results: ProjectResults, name: str) -> Picture:
    """Draws a figure of every trial, of the search and of the baseline.

    Args:
        results: `ProjectResults`.
        name: String, of the figure.
    """
    picture, axes = _panel(height=1.7)
    rows = (("random", GREY), ("search", _BEST))
    spreads = reversed(results.spread(name))
    for row, ((_, color), spread) in enumerate(zip(rows, spreads, strict=True)):
        heights = [row] * len(spread.values)
        axes.plot(spread.values, heights, "o", color=color, alpha=0.7)
        if spread.mean is not None:
            axes.errorbar(
                spread.mean,
                row,
                xerr=spread.deviation or 0.0,
                fmt="|",
                color=INK,
                markersize=16,
                capsize=4,
            )
    _dress(axes, _label(results, name))
    axes.set_ylim(-0.6, 1.6)
    axes.set_yticks([0, 1], [label for label, _ in rows])
    return picture


def _lines(names, courses):
    if max(map(len, courses)) == 1:
        return _points(names, courses)
    picture, axes = _panel()
    for index, course in enumerate(courses):
        color, style = series_look(index)
        axes.plot(
            range(1, len(course) + 1),
            course,
            color=color,
            linestyle=style,
            linewidth=1.4,
            marker="o" if len(course) <= _FEW_EPOCHS else None,
            markersize=6 if len(course) == 1 else 3.5,
        )
    _dress(axes, "epoch")
    whole = MaxNLocator(6, integer=True, min_n_ticks=1)
    axes.xaxis.set_major_locator(whole)
    return picture


def _points(names, courses):
    """Draws metrics after a single epoch: a row a trial, with its value."""
    picture, axes = _panel(height=0.7 + 0.26 * len(courses))
    for row, course in enumerate(courses):
        color, _ = series_look(row)
        for value in course:
            axes.plot(value, row, "o", color=color, markersize=7)
            axes.annotate(
                f"{value:.4g}",
                (value, row),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=INK,
            )
    _dress(axes, "after the only epoch")
    axes.margins(x=0.2)
    axes.set_ylim(len(courses) - 0.4, -0.6)
    axes.set_yticks(range(len(courses)), names, parse_math=False)
    return picture


def _trade_off(results, x, y):
    picture, axes = _panel()
    directions = {name: results.directions[name] for name in (y, x)}
    for part, color, names in (
        (results.drawn, GREY, False),
        (results.searched, _BEST, True),
    ):
        rows = [
            {**trial.figures, "trial": trial.name}
            for trial in part
            if trial.completed and {x, y} <= {*trial.figures}
        ]
        axes.plot(
            [row[x] for row in rows],
            [row[y] for row in rows],
            "o",
            color=color,
            markerfacecolor="white",
        )
        if not names:
            continue
        best = sorted(pareto_front(rows, directions), key=lambda row: row[x])
        # Each end of a step is as good as all that lies between.
        where = "post" if directions[x] == "min" else "pre"
        places = [row[x] for row in best], [row[y] for row in best]
        axes.step(*places, where=where, color=color, linewidth=1.2, marker="o")
        for row in best:
            axes.annotate(
                row["trial"],
                (row[x], row[y]),
                xytext=(5, 5),
                textcoords="offset points",
                fontsize=8,
                color=INK,
                parse_math=False,
            )
    _dress(axes, _label(results, x), _label(results, y))
    return picture


def _label(results, name):
    better = {"max": "more", "min": "less"}[results.directions[name]]
    return f"{name} ({better} is better)"


def _panel(height=_HEIGHT):
    picture = Picture(
        figsize=(_WIDTH, height), facecolor="white", layout="constrained"
    )
    return picture, picture.subplots()


def _dress(axes, x_label, y_label=None):
    for axis, label in ((axes.xaxis, x_label), (axes.yaxis, y_label)):
        axis.set_label_text(label or "", fontsize=9, color=INK)
        axis.label.set_parse_math(False)
        if max(map(abs, axis.get_view_interval())) >= _COUNTS_FROM:
            axis.set_major_formatter(EngFormatter(sep=""))
    axes.tick_params(labelsize=8, colors=INK, length=2)
    axes.grid(color=_LIGHT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(0.08)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
