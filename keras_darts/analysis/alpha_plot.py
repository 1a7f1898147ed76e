"""The mixing weights of one moment as a picture."""

import numpy as np
from matplotlib.patches import Rectangle

from keras_darts.analysis.cell_weights import cell_weights
from keras_darts.analysis.picture import Picture
from keras_darts.analysis.picture import save_picture
from keras_darts.drawing import palette

# Inches.
_CELL = (0.5, 0.34)
_CHARACTER = 0.1
_BAR = 0.16
_GAP = 0.35
_NOTE = 0.35
_MARK = "#f08a00"
_FONT = 11.5


def plot_alphas(
    weights,
    primitives=None,
    edges=None,
    path=None,
    title=None,
    *,
    cell=None,
    genotype=None,
):
    """Draw mixing weights as a heat map, a row an edge.

    Colours go from 0 to 1 whatever the weights are, with 1/K of K candidates
    marked beside, so that weights that have not moved look like it. What the
    genotype keeps has a frame, and `none`, which means that there is no
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
    weights,
    primitives=None,
    edges=None,
    *,
    title=None,
    cell=None,
    genotype=None,
):
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
    said = []
    if any(one.kept for one in cells):
        said.append("framed: kept in the genotype")
    if any("none" in one.names for one in cells):
        said.append("none: no connection")
    picture.text(
        0.1 / picture.get_figwidth(),
        0.12 / picture.get_figheight(),
        " · ".join(said),
        fontsize=10,
        color=palette.TEXT,
    )
    return picture


def _head(cells, title, several):
    own = cells.title if cells.kind else None
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
