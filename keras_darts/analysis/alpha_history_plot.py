"""The course of the mixing weights over the epochs as a picture."""

import math

import numpy as np
from matplotlib.ticker import MaxNLocator

from keras_darts.analysis.alpha_plot import checked_values
from keras_darts.analysis.alpha_plot import edge_names
from keras_darts.analysis.picture import GREY
from keras_darts.analysis.picture import INK
from keras_darts.analysis.picture import Picture
from keras_darts.analysis.picture import line_look
from keras_darts.analysis.picture import save_picture

# Inches.
_PANEL = (2.1, 1.35)
_LEFT = 0.75
_LEGEND_ROW = 0.2
_CHARACTER = 0.085


def plot_alpha_history(
    alphas, primitives, path=None, *, edges=None, title=None, y_label="weight"
):
    """Draw how weights went, a panel an edge and a line a primitive.

    Args:
        alphas: Array (epochs, edges, primitives).
        primitives: The primitives' names.
        path: Where the picture goes, a name that ends in `.svg` or `.png`.
            Defaults to `None`, in which case nothing is written.
        edges: As in `plot_alphas`. Defaults to `None`.
        title: String to be written above. Defaults to `None`.
        y_label: String, what the values are. Defaults to `"weight"`.

    Returns:
        `path` as a `pathlib.Path`; without it, the matplotlib figure, which
        notebooks display.

    Raises:
        ValueError: If shapes and names do not match, if the suffix is
            unknown, or if nothing can be written at `path`.

    Example:

    >>> picture = plot_alpha_history([[[0.5, 0.5]], [[0.9, 0.1]]], ["a", "b"])
    >>> [line.get_label() for line in picture.axes[0].lines]
    ['a', 'b']
    """
    alphas = checked_values("alphas", alphas, primitives, rank=3)
    names = edge_names(edges, alphas.shape[1])
    columns = min(len(names), 4 if len(names) <= 16 else 6)
    width = max(_LEFT + columns * _PANEL[0], 4.0)
    entry = 0.6 + _CHARACTER * max(map(len, primitives))
    entries = max(1, min(len(primitives), int(width / entry)))
    legend = 0.15 + _LEGEND_ROW * math.ceil(len(primitives) / entries)
    margins = (0.6 if title else 0.3, legend + 0.45)
    picture, panels = _panels(len(names), columns, width, margins)
    looks = _looks(primitives)
    for edge, (panel, name) in enumerate(zip(panels, names, strict=True)):
        _draw_edge(panel, alphas[:, edge], primitives, looks)
        panel.set_title(name, fontsize=9, color=INK, pad=3, parse_math=False)
    panels[0].update_datalim([(1, 0)])
    panels[0].autoscale_view()
    picture.legend(
        handles=panels[0].lines,
        loc="lower center",
        ncols=entries,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
    )
    picture.supxlabel(
        "epoch", y=legend / picture.get_figheight(), fontsize=9, color=INK
    )
    left = panels[0].get_position().x0 - 0.6 / width
    frame = (panels[0].get_position().y1 + panels[-1].get_position().y0) / 2
    picture.supylabel(y_label, x=left, y=frame, fontsize=9, color=INK)
    if title:
        picture.suptitle(title, fontsize=12, color=INK, parse_math=False)
    return save_picture(picture, path)


def _panels(count, columns, width, margins):
    rows = math.ceil(count / columns)
    top, bottom = margins
    height = top + rows * _PANEL[1] + bottom
    picture = Picture(figsize=(width, height), facecolor="white")
    grid = picture.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    )
    picture.subplots_adjust(
        left=_LEFT / width,
        right=1 - 0.15 / width,
        top=1 - top / height,
        bottom=bottom / height,
        hspace=0.32,
        wspace=0.12,
    )
    for empty in grid.flat[count:]:
        empty.remove()
    panels = grid.flat[:count]
    for lowest in panels[-columns:]:
        lowest.tick_params(labelbottom=True)
    return picture, panels


def _draw_edge(panel, alphas, primitives, looks):
    epochs = np.arange(1, len(alphas) + 1)
    marker = "." if len(alphas) == 1 else None
    for name, course, (color, style) in zip(
        primitives, alphas.T, looks, strict=True
    ):
        panel.plot(
            epochs,
            course,
            label=name,
            color=color,
            linestyle=style,
            linewidth=1.4,
            marker=marker,
        )
    panel.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
    panel.yaxis.set_major_locator(MaxNLocator(4))
    panel.tick_params(labelsize=7.5, colors=INK, length=2)
    panel.set_facecolor("white")
    panel.grid(color="#e6eaee", linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(GREY)


def _looks(primitives):
    """A colour and a line style for each name, and grey for `none`."""
    others = [name for name in primitives if name != "none"]
    looks = {"none": (GREY, "-")}
    for i, name in enumerate(others):
        looks[name] = line_look(i)
    return [looks[name] for name in primitives]
