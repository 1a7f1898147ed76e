"""What a step costs against its sizes as small pictures side by side."""

import numpy as np
from cost_fit import AXES
from cost_fit import base_text
from cost_fit import costs
from cost_fit import fitted
from matplotlib.ticker import MaxNLocator

from keras_darts.analysis.picture import Picture
from keras_darts.analysis.picture import save_picture
from keras_darts.drawing.palette import INK

GREY = "#9aa5b1"
# The label, the colour and what a thousandth of it is called.
ROWS = {
    "seconds": ("seconds a step", "#1d5fae", "ms"),
    "GB": ("peak memory, GB", "#c0561f", "MB"),
}
# Inches.
PANEL = (1.75, 1.75)
LEFT, RIGHT, TOP, BOTTOM = 0.75, 0.2, 0.85, 0.55


def draw_cost(report, path):
    """A column for each size, time above memory; `path` where it is written."""
    axes = report["axes"]
    width = max(LEFT + len(axes) * PANEL[0] + RIGHT, 6.5)
    height = TOP + len(ROWS) * PANEL[1] + BOTTOM
    picture = Picture(figsize=(width, height), facecolor="white")
    grid = picture.subplots(
        len(ROWS), len(axes), sharex="col", sharey="row", squeeze=False
    )
    picture.subplots_adjust(
        left=LEFT / width,
        right=1 - RIGHT / width,
        top=1 - TOP / height,
        bottom=BOTTOM / height,
        hspace=0.3,
        wspace=0.14,
    )
    for column, (name, points) in zip(grid.T, axes.items(), strict=True):
        draw_axis(column, AXES[name], costs(points))
    for row, (label, *_) in zip(grid, ROWS.values(), strict=True):
        row[0].set_ylabel(label, fontsize=9, color=INK)
        row[0].set_ylim(bottom=0)
        row[0].yaxis.set_major_locator(MaxNLocator(5))
    settings, base = report["settings"], base_text(report["base"])
    heads = {
        f"Cost of a step, {settings['step_type'].replace('_', ' ')}": (
            0.28,
            12,
        ),
        f"around {base}; one size at a time varies": (0.5, 8.5),
    }
    for text, (depth, size) in heads.items():
        y = 1 - depth / height
        picture.text(LEFT / width, y, text, fontsize=size, color=INK)
    return save_picture(picture, path)


def draw_axis(column, axis, points):
    values = points["values"]
    units = np.array([axis.units(value) for value in values])
    for panel, (cost, look) in zip(column, ROWS.items(), strict=True):
        _, color, thousandth = look
        fit = fitted(axis, values, points[cost])
        whole = np.array([0, units.min()])
        panel.plot(whole, fit.at(whole), color=color, linewidth=1, ls=":")
        panel.plot(np.sort(units), fit.at(np.sort(units)), color=color, lw=1.2)
        panel.plot(units, points[cost], "o", color=color, markersize=4.5)
        panel.set_title(
            f"{slope_text(1e3 * fit.slope)} {thousandth} per {axis.unit}",
            loc="left",
            fontsize=8,
            color=color,
            pad=4,
        )
        panel.set_xlim(0, units.max() * 1.08)
        panel.set_xticks(units, [str(value) for value in values])
        panel.tick_params(labelsize=8, colors=INK, length=2)
        panel.set_facecolor("white")
        panel.grid(color="#e6eaee", linewidth=0.6)
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
        panel.spines[["left", "bottom"]].set_color(GREY)
    column[-1].set_xlabel(axis.title + axis.spaced, fontsize=9, color=INK)


def slope_text(slope):
    return f"{slope:+,.0f}" if abs(slope) >= 10 else f"{slope:+.2g}"
