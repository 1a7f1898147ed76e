"""The course of the mixing weights over the epochs as a picture."""

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from keras_darts.analysis.cell_weights import cell_weights
from keras_darts.analysis.picture import Picture
from keras_darts.analysis.picture import save_picture
from keras_darts.drawing import palette

# Inches.
_PANEL = (2.1, 1.1)
_GAPS = (0.2, 0.34)
_LEFT, _RIGHT = 0.75, 0.15
_TITLE, _HEADING = 0.4, 0.26
_LEGEND_ROW = 0.22
_CHARACTER = 0.09


def plot_alpha_history(
    alphas,
    primitives=None,
    path=None,
    *,
    edges=None,
    title=None,
    y_label="mixing weight",
    cell=None,
    genotype=None,
):
    """Draw how mixing weights went, a panel an edge and a line a primitive.

    A thin line stands at 1/K of K candidates, where nothing is decided. In a
    panel whose edge the genotype keeps, its primitive stands in the title and
    is the thick line. `none`, no connection, is dotted and light.

    Args:
        alphas: Folder of a search run, or array (epochs, edges, primitives).
        primitives: The primitives' names, for an array. Defaults to `None`.
        path: Where the picture goes, a name that ends in `.svg` or `.png`.
            Defaults to `None`, in which case nothing is written.
        edges: As in `plot_alphas`. Defaults to `None`.
        title: String to be written above. Defaults to `None`.
        y_label: String, what the values are. Defaults to `"mixing weight"`.
        cell: String, the cell to draw, as `"normal"`. Defaults to `None`: all
            of a run, one below the other.
        genotype: Genotype whose edges are marked. Defaults to `None`: that of
            the run, and none for an array.

    Returns:
        `path` as a `pathlib.Path`; without it, the matplotlib figure, which
        notebooks display.

    Raises:
        TypeError: If a search is given, which knows the present weights only.
        ValueError: If shapes and names do not match, if the folder is none of
            a search, if the suffix is unknown, or if nothing can be written at
            `path`.

    Example:

    >>> picture = plot_alpha_history([[[0.5, 0.5]], [[0.9, 0.1]]], ["a", "b"])
    >>> [line.get_label() for line in picture.axes[0].lines]
    ['a', 'b']
    """
    if hasattr(alphas, "mixing_weights"):
        raise TypeError(
            "`alphas` must be the folder of a search run, its `output_dir`, "
            "since a search keeps the present weights only; `plot_alphas` "
            f"draws those. Received: alphas={alphas!r}"
        )
    cells = cell_weights(
        "alphas",
        alphas,
        primitives,
        edges,
        rank=3,
        cell=cell,
        genotype=genotype,
    )
    return save_picture(_picture(cells, title, y_label), path)


def _picture(cells, title, y_label):
    names = [*dict.fromkeys(name for one in cells for name in one.names)]
    most = max(len(one.edges) for one in cells)
    columns = min(most, 4 if most <= 16 else 6)
    across = columns * (_PANEL[0] + _GAPS[0]) - _GAPS[0]
    width = max(_LEFT + across + _RIGHT, 4.0)
    looks = dict(zip(names, palette.looks(names), strict=True))
    handles = _handles(cells, looks)
    entries = max(1, int(width / _entry(handles)))
    rows = math.ceil(len(handles) / entries)
    legend = 0.2 + _LEGEND_ROW * rows
    heights = [_height(one, columns) for one in cells]
    height = (_TITLE if title else 0.1) + sum(heights) + 0.2 + legend
    picture = Picture(figsize=(width, height))
    top = height - (_TITLE if title else 0.1)
    for one, taken in zip(cells, heights, strict=True):
        _draw_cell(picture, one, looks, columns, top)
        top -= taken
    picture.legend(
        handles=handles,
        loc="lower center",
        ncols=entries,
        frameon=False,
        fontsize=9.5,
        labelcolor=palette.TEXT,
    )
    words = {"fontsize": 9.5, "color": palette.TEXT}
    picture.supxlabel("epoch", y=legend / height, **words)
    picture.supylabel(
        y_label, x=0.12 / width, y=(height + legend) / 2 / height, **words
    )
    if title:
        picture.suptitle(
            title,
            fontsize=13,
            color=palette.TEXT,
            fontweight="bold",
            parse_math=False,
        )
    return picture


def _handles(cells, looks):
    handles = [
        Line2D([], [], color=color, linestyle=style, linewidth=1.8, label=name)
        for name, (color, style) in looks.items()
    ]
    marks = dict(pair for one in cells for pair in one.undecided())
    if marks:
        handles.append(
            Line2D(
                [],
                [],
                color=palette.TEXT,
                linewidth=0.8,
                label=f"{', '.join(marks.values())}: undecided",
            )
        )
    return handles


def _entry(handles):
    return 0.65 + _CHARACTER * max(len(h.get_label()) for h in handles)


def _height(cells, columns):
    rows = math.ceil(len(cells.edges) / columns)
    return _heading(cells) + rows * (_PANEL[1] + _GAPS[1]) + 0.15


def _heading(cells):
    return _HEADING if cells.kind else 0.05


def _draw_cell(picture, cells, looks, columns, top):
    """The panels of a cell below a height, in inches."""
    width, height = picture.get_size_inches()
    if cells.kind:
        picture.text(
            _LEFT / width,
            (top - 0.2) / height,
            cells.title,
            fontsize=11.5,
            fontweight="bold",
            color=palette.TEXT,
        )
    top -= _heading(cells)
    limits = _limits(cells)
    for edge in range(len(cells.edges)):
        row, column = divmod(edge, columns)
        x = _LEFT + column * (_PANEL[0] + _GAPS[0])
        y = top - (row + 1) * (_PANEL[1] + _GAPS[1])
        panel = picture.add_axes(
            (x / width, y / height, _PANEL[0] / width, _PANEL[1] / height)
        )
        _draw_edge(panel, cells, edge, looks, limits)
        last = edge + columns >= len(cells.edges)
        panel.tick_params(labelbottom=last, labelleft=column == 0)


def _limits(cells):
    """From 0, so that what hardly moves looks like it; raw alphas, as are."""
    marks = cells.undecided()
    if not marks:
        return None
    largest = np.nanmax(cells.weights)
    return 0.0, min(max(1.1 * largest, 2 * marks[-1][0]), 1.02)


def _draw_edge(panel, cells, edge, looks, limits):
    course = cells.weights[:, edge]
    epochs = np.arange(1, len(course) + 1)
    name = cells.edges[edge]
    kept = [one for one in cells.names if (name, one) in cells.kept]
    for one, values in zip(cells.names, course.T, strict=True):
        color, style = looks[one]
        panel.plot(
            epochs,
            values,
            label=one,
            color=color,
            linestyle=style,
            linewidth=2.6 if one in kept else 1.1 if cells.kept else 1.4,
            marker="o" if len(epochs) == 1 else None,
            markersize=4,
            zorder=4 if one in kept else 3,
        )
    panel.set_xlim(1 if len(epochs) > 1 else 0.5, max(len(epochs), 1.5))
    panel.hlines(
        [mark for mark, _ in cells.undecided()],
        *panel.get_xlim(),
        colors=palette.TEXT,
        linewidth=0.8,
        zorder=2,
    )
    if limits:
        panel.set_ylim(limits)
    panel.set_title(
        " ".join([name, *kept]),
        fontsize=9,
        color=palette.color(kept[0]) if kept else palette.TEXT,
        fontweight="bold" if kept else "normal",
        pad=3,
        loc="left",
        parse_math=False,
    )
    panel.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
    panel.yaxis.set_major_locator(MaxNLocator(4))
    panel.tick_params(labelsize=8, colors=palette.TEXT, length=2)
    panel.set_facecolor("none")
    panel.grid(color=palette.GREY, linewidth=0.5, alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(palette.GREY)
