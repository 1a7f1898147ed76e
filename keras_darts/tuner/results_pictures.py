"""Curves, trade-offs and spread of the trials as pictures."""

from matplotlib.ticker import MaxNLocator

from keras_darts.analysis.picture import INK
from keras_darts.analysis.picture import Picture
from keras_darts.tuner.pareto import pareto

_GREY = "#9aa5b1"
_LIGHT = "#e6eaee"
_BEST = "#1d5fae"
_COLORS = (
    "#1d5fae",
    "#e07b22",
    "#137a4b",
    "#c0281f",
    "#7a3fb0",
    "#18a0b5",
    "#c9a227",
    "#d1569a",
    "#6b4a2b",
)
_STYLES = ("-", "--", ":")
# Inches.
_PANEL = (4.6, 2.7)
_LEGEND_LIMIT = 12


def curves_picture(trials, metrics):
    """How searches and trainings went: a row a metric, a line a trial.

    Args:
        trials: List of `TrialResult`.
        metrics: Names of what is drawn, where there is anything of it.

    Returns:
        A `Picture`, or `None` if there is nothing to be drawn.
    """
    panels = [
        (f"{title}: {metric}", part, metric)
        for metric in metrics
        for title, part in (("search", "search"), ("training", "training"))
        if any(getattr(trial, part).get(metric) for trial in trials)
    ]
    if not panels:
        return None
    picture, grid = _panels(len(panels))
    for axes, (title, part, metric) in zip(grid, panels, strict=True):
        for index, trial in enumerate(trials):
            course = getattr(trial, part).get(metric) or []
            axes.plot(
                range(1, len(course) + 1),
                course,
                label=trial.name,
                color=_COLORS[index % len(_COLORS)],
                linestyle=_STYLES[index // len(_COLORS) % len(_STYLES)],
                linewidth=1.4,
                marker="." if len(course) == 1 else None,
            )
        _dress(axes, title, "epoch", None)
        whole = MaxNLocator(6, integer=True, min_n_ticks=1)
        axes.xaxis.set_major_locator(whole)
    if len(trials) <= _LEGEND_LIMIT:
        grid[0].legend(
            title="trial", fontsize=8, title_fontsize=8, frameon=False
        )
    return picture


def pareto_picture(results):
    """The first objective against each of the others.

    Filled are the trials that no other beats in these two, and the line is
    what they leave unbeaten; grey are those of the random baseline.

    Args:
        results: `ProjectResults` with two objectives or more.
    """
    first, *others = results.directions
    picture, grid = _panels(len(others))
    for axes, name in zip(grid, others, strict=True):
        _draw_pair(axes, results, name, first)
        _dress(axes, f"{first} against {name}", _label(results, name), first)
        axes.set_ylabel(_label(results, first), fontsize=9, color=INK)
    return picture


def spread_picture(results, name):
    """Every trial's figure, of the search and of the random baseline.

    Args:
        results: `ProjectResults`.
        name: String, of the figure.
    """
    picture, (axes,) = _panels(1, height=1.7)
    rows = (("random", _GREY), ("search", _BEST))
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
    _dress(axes, "", _label(results, name), None)
    axes.set_ylim(-0.6, 1.6)
    axes.set_yticks([0, 1], [label for label, _ in rows])
    return picture


def _draw_pair(axes, results, x, y):
    directions = {name: results.directions[name] for name in (y, x)}
    for part, color, names in (
        (results.drawn, _GREY, False),
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
        best = sorted(pareto(rows, directions), key=lambda row: row[x])
        # A step stands where both ends are as good as what lies between.
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


def _label(results, name):
    better = {"max": "more", "min": "less"}[results.directions[name]]
    return f"{name} ({better} is better)"


def _panels(count, height=_PANEL[1]):
    columns = min(count, 2)
    rows = -(-count // columns)
    picture = Picture(
        figsize=(columns * _PANEL[0], rows * height),
        facecolor="white",
        layout="constrained",
    )
    grid = picture.subplots(rows, columns, squeeze=False)
    for empty in grid.flat[count:]:
        empty.remove()
    return picture, list(grid.flat[:count])


def _dress(axes, title, x_label, y_label):
    axes.set_title(title, fontsize=10, color=INK, parse_math=False)
    axes.set_xlabel(x_label, fontsize=9, color=INK, parse_math=False)
    if y_label:
        axes.set_ylabel(y_label, fontsize=9, color=INK, parse_math=False)
    axes.tick_params(labelsize=8, colors=INK, length=2)
    axes.grid(color=_LIGHT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(0.08)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GREY)
