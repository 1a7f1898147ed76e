"""Mixing weights as pictures: of one epoch, and over the epochs."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from keras_darts.analysis.cell_weights import cell_weights
from keras_darts.analysis.picture import Picture
from keras_darts.analysis.picture import save_picture
from keras_darts.drawing import palette
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    from keras_darts.genotypes.base_genotype import BaseGenotype


# Inches.
_CELL = (0.5, 0.34)
_CHARACTER = 0.1
_BAR = 0.16
_GAP = 0.35
_NOTE = 0.35
_MARK = "#f08a00"
_FONT = 11.5


def plot_alphas(
    weights: Any,
    primitives: Sequence[str] | None = None,
    edges: Sequence[Any] | None = None,
    path: PathLike | None = None,
    title: str | None = None,
    *,
    cell: str | None = None,
    genotype: BaseGenotype | None = None,
) -> Picture | pathlib.Path:
    """Draw mixing weights as a heat map, a row an edge.

    Colours go from 0 to 1 whatever the weights are, with 1/K of K candidates
    marked next to it, so that weights that have not moved look like it. What
    the genotype keeps has a frame, and `none`, which means that there is no
    connection, is grey. Edges have the numbers of the genotype: 0→2 leads from
    the first input to the first node.

    Args:
        weights: `DartsSearch`, the folder of a search run, of which the last
            epoch is drawn, or an array (edges, primitives).
        primitives: The primitives' names, for an array. Defaults to `None`.
        edges: A name or a pair (input, node) for each edge of an array.
            Defaults to `None`: named as the edges of a full cell of that size,
            where every node sees all before it, with inputs and nodes counted
            as in a genotype; where no cell has that size, by number.
        path: Where the picture goes, a name that ends in `.svg` or `.png`.
            Defaults to `None`, in which case nothing is written.
        title: String to be written above. Defaults to `None`: which cell it
            is.
        cell: String, the cell to draw, as `"normal"`. Defaults to `None`: all
            of a search or run, side by side.
        genotype: Genotype whose edges have frames. Defaults to `None`: that of
            the search or run, and none for an array.

    Returns:
        `path` as a `pathlib.Path`; without it, the matplotlib figure, which
        notebooks display.

    Raises:
        ValueError: If shapes and names do not match, if the folder is none of
            a search, if the suffix is unknown, or if nothing can be written at
            `path`.

    Example:

    >>> picture = plot_alphas([[0.9, 0.1], [0.4, 0.6]], ["none", "skip"])
    >>> [label.get_text() for label in picture.axes[0].get_yticklabels()]
    ['0→2', '1→2']
    """
    cells = cell_weights(
        "weights",
        weights,
        primitives,
        edges,
        rank=2,
        cell=cell,
        genotype=genotype,
    )
    return save_picture(_heat_maps(cells, title), path)


def alphas_png(
    weights: ArrayLike,
    primitives: Sequence[str] | None = None,
    edges: Sequence[Any] | None = None,
    *,
    title: str | None = None,
    cell: str | None = None,
    genotype: BaseGenotype | None = None,
) -> bytes:
    """The bytes of the PNG that `plot_alphas` would write, for TensorBoard.

    Args:
        weights: As in `plot_alphas`, like all others.
        primitives: Defaults to `None`.
        edges: Defaults to `None`.
        title: Defaults to `None`.
        cell: Defaults to `None`.
        genotype: Defaults to `None`.
    """
    picture = plot_alphas(
        weights, primitives, edges, title=title, cell=cell, genotype=genotype
    )
    return picture.render("png")


def _heat_maps(cells, title):
    heads = [_head(one, title, len(cells) > 1) for one in cells]
    picture, maps, bar = _frames(cells, heads)
    for axes, one, head in zip(maps, cells, heads, strict=True):
        image = _draw(axes, one)
        if head:
            axes.set_title(
                head,
                fontsize=13,
                color=palette.TEXT,
                fontweight="bold",
                loc="left",
                parse_math=False,
            )
    _draw_bar(picture, bar, image, cells)
    labels = []
    if any(one.kept for one in cells):
        labels.append("framed: kept in the genotype")
    if any("none" in one.names for one in cells):
        labels.append("none: no connection")
    picture.text(
        0.1 / picture.get_figwidth(),
        0.12 / picture.get_figheight(),
        " · ".join(labels),
        fontsize=10,
        color=palette.TEXT,
    )
    return picture


def _head(cells, title, several):
    own = cells.title if cells.cell_type else None
    if title and own and several:
        return f"{title}: {own}"
    return title or own


def _frames(cells, heads):
    """A picture of the right size, with axes for each map and one scale."""
    longest = _CHARACTER * max(len(n) for one in cells for n in one.names)
    bottom, top = 0.2 + 0.72 * longest + _NOTE, 0.45 if any(heads) else 0.15
    heights = [max(len(one.edges) * _CELL[1], 1.2) for one in cells]
    places, x = [], 0.0
    for one, head in zip(cells, heads, strict=True):
        left = max(0.2 + _CHARACTER * max(map(len, one.edges)), 0.75 * longest)
        width = len(one.names) * _CELL[0]
        places.append((x + left, width))
        x += left + max(width, 0.115 * len(head or "") - left) + _GAP
    across = x - _GAP + 0.15 + _BAR + 0.6
    up = bottom + max(heights) + top
    picture = Picture(figsize=(across, up))
    maps = []
    for (left, width), height in zip(places, heights, strict=True):
        low = bottom + max(heights) - height
        maps.append(
            picture.add_axes(
                (left / across, low / up, width / across, height / up)
            )
        )
    left = x - _GAP + 0.15
    bar = picture.add_axes(
        (left / across, bottom / up, _BAR / across, max(heights) / up)
    )
    return picture, maps, bar


def _draw(axes, cells):
    weights = cells.weights[-1]
    image = axes.imshow(
        weights, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto"
    )
    columns = np.array([name != "none" for name in cells.names])
    if not columns.all():
        grey = np.ma.masked_where(columns[None] | np.isnan(weights), weights)
        axes.imshow(grey, cmap="Greys", vmin=0.0, vmax=1.0, aspect="auto")
    axes.set_xticks(
        range(len(cells.names)),
        cells.names,
        rotation=40,
        ha="right",
        rotation_mode="anchor",
        parse_math=False,
    )
    for label, name in zip(axes.get_xticklabels(), cells.names, strict=True):
        label.set_color(palette.color(name))
        label.set_style("italic" if name == "none" else "normal")
    axes.set_yticks(range(len(cells.edges)), cells.edges, parse_math=False)
    axes.tick_params(length=0, labelsize=_FONT)
    axes.tick_params(axis="y", labelcolor=palette.TEXT)
    axes.spines[:].set_visible(False)
    _write_numbers(axes, cells)
    return image


def _write_numbers(axes, cells):
    for row, edge in enumerate(cells.edges):
        for column, name in enumerate(cells.names):
            weight = cells.weights[-1, row, column]
            if not np.isfinite(weight):
                continue
            kept = (edge, name) in cells.kept
            axes.text(
                column,
                row,
                _number(weight),
                ha="center",
                va="center",
                fontsize=10,
                fontweight="bold" if kept else "normal",
                color="white" if weight > 0.55 else palette.INK,
            )
            if kept:
                axes.add_patch(
                    Rectangle(
                        (column - 0.45, row - 0.45),
                        0.9,
                        0.9,
                        fill=False,
                        edgecolor=_MARK,
                        linewidth=2.4,
                    )
                )


def _number(weight):
    return (
        f"{weight:.2f}".replace("0.", ".", 1) if weight < 1 else f"{weight:g}"
    )


def _draw_bar(picture, bar, image, cells):
    """The scale, with what undecided candidates weigh."""
    picture.colorbar(image, cax=bar).outline.set_visible(False)
    marked = dict(pair for one in cells for pair in one.undecided())
    plain = {
        tick: f"{tick:g}"
        for tick in (0.0, 0.5, 1.0)
        if all(abs(tick - mark) > 0.03 for mark in marked)
    }
    ticks = sorted({**plain, **marked}.items())
    bar.set_yticks([at for at, _ in ticks], [label for _, label in ticks])
    bar.hlines([*marked], 0, 1, colors=_MARK, linewidth=2)
    for label, (at, _) in zip(bar.get_yticklabels(), ticks, strict=True):
        label.set_fontweight("bold" if at in marked else "normal")
    bar.tick_params(length=0, labelsize=_FONT, labelcolor=palette.TEXT)


# Inches.
_PANEL = (2.1, 1.1)
_GAPS = (0.2, 0.34)
_LEFT, _RIGHT = 0.75, 0.15
_TITLE, _HEADING = 0.4, 0.26
_LEGEND_ROW = 0.22
_LEGEND_CHARACTER = 0.09


def plot_alpha_history(
    alphas: Any,
    primitives: Sequence[str] | None = None,
    path: PathLike | None = None,
    *,
    edges: Sequence[Any] | None = None,
    title: str | None = None,
    y_label: str = "mixing weight",
    cell: str | None = None,
    genotype: BaseGenotype | None = None,
) -> Picture | pathlib.Path:
    """Draw how mixing weights went, a panel an edge and a line a primitive.

    A thin line stands at 1/K of K candidates, where nothing is decided. In a
    panel whose edge the genotype keeps, its primitive is in the title and
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
    return 0.65 + _LEGEND_CHARACTER * max(len(h.get_label()) for h in handles)


def _height(cells, columns):
    rows = math.ceil(len(cells.edges) / columns)
    return _heading(cells) + rows * (_PANEL[1] + _GAPS[1]) + 0.15


def _heading(cells):
    return _HEADING if cells.cell_type else 0.05


def _draw_cell(picture, cells, looks, columns, top):
    """The panels of a cell below a height, in inches."""
    width, height = picture.get_size_inches()
    if cells.cell_type:
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
