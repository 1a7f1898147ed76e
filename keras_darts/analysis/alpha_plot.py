"""The mixing weights of one moment as a picture."""

import numpy as np

from keras_darts.analysis.picture import INK
from keras_darts.analysis.picture import Picture
from keras_darts.analysis.picture import save_picture

# Inches.
_CELL = (0.52, 0.27)
_CHARACTER = 0.085
_BAR = 0.1


def plot_alphas(weights, primitives, edges=None, path=None, title=None):
    """Draw mixing weights as a heat map, a row an edge.

    A dot marks the strongest primitive of each edge.

    Args:
        weights: Array (edges, primitives).
        primitives: The primitives' names.
        edges: A name or a pair (input, node) for each edge. Defaults to
            `None`: named as the edges of a full cell of that size, where every
            node sees all before it, with inputs and nodes counted as in a
            genotype; where no cell has that size, by number.
        path: Where the picture goes, a name that ends in `.svg` or `.png`.
            Defaults to `None`, in which case nothing is written.
        title: String to be written above. Defaults to `None`.

    Returns:
        `path` as a `pathlib.Path`; without it, the matplotlib figure, which
        notebooks display.

    Raises:
        ValueError: If shapes and names do not match, if the suffix is
            unknown, or if nothing can be written at `path`.

    Example:

    >>> picture = plot_alphas([[0.9, 0.1], [0.4, 0.6]], ["none", "skip"])
    >>> [label.get_text() for label in picture.axes[0].get_yticklabels()]
    ['0→2', '1→2']
    """
    weights = checked_values("weights", weights, primitives, rank=2)
    picture = _heat_map(
        weights, primitives, edge_names(edges, len(weights)), title
    )
    return save_picture(picture, path)


def alphas_png(weights, primitives, edges=None, *, title=None):
    """The bytes of the PNG that `plot_alphas` would write, for TensorBoard.

    Args:
        weights: As in `plot_alphas`.
        primitives: As in `plot_alphas`.
        edges: As in `plot_alphas`. Defaults to `None`.
        title: As in `plot_alphas`. Defaults to `None`.
    """
    return plot_alphas(weights, primitives, edges, title=title).render("png")


def checked_values(argument, values, primitives, rank):
    """`values` as an array whose last axis the primitives name."""
    values = np.asarray(values, dtype=float)
    axes = ("epochs", "edges", "primitives")[-rank:]
    if values.ndim != rank or 0 in values.shape:
        raise ValueError(
            f"`{argument}` must have the shape ({', '.join(axes)}), none of "
            f"them 0. Received: {argument} of shape {values.shape}"
        )
    if values.shape[-1] != len(primitives):
        raise ValueError(
            f"`primitives` must name each of the {values.shape[-1]} columns "
            f"of `{argument}`. Received: primitives={primitives!r}"
        )
    return values


def edge_names(edges, count):
    """Names for `count` edges, from what the user gave or from the number."""
    if edges is None:
        edges = _full_cell(count)
    elif len(edges) != count:
        raise ValueError(
            f"`edges` must name each of the {count} edges. "
            f"Received: edges={edges!r}"
        )
    return [
        edge if isinstance(edge, str) else "→".join(str(end) for end in edge)
        for edge in edges
    ]


def _full_cell(count):
    # No number of edges is that of a cell with two inputs and of one with one.
    for inputs in (2, 1):
        edges, node = [], inputs
        while len(edges) < count:
            edges += [(source, node) for source in range(node)]
            node += 1
        if len(edges) == count:
            return edges
    return [str(i) for i in range(count)]


def _heat_map(weights, primitives, names, title):
    picture, axes, bar = _frames(primitives, names, title)
    low, high = _colour_range(weights[np.isfinite(weights)])
    image = axes.imshow(
        weights, cmap="Blues", vmin=low, vmax=high, aspect="auto"
    )
    axes.set_xticks(
        range(len(primitives)),
        primitives,
        rotation=40,
        ha="right",
        rotation_mode="anchor",
        parse_math=False,
    )
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylabel("edge", color=INK)
    _mark_strongest(axes, weights, low + 0.5 * (high - low))
    picture.colorbar(image, cax=bar).outline.set_visible(False)
    for part in (axes, bar):
        part.tick_params(length=0, labelsize=9, colors=INK)
    axes.spines[:].set_visible(False)
    return picture


def _colour_range(weights):
    # From the smallest weight, not from zero: early in a search they all lie
    # close to 1/K, and one dark square would say nothing.
    if not weights.size:
        return 0.0, 1.0
    return weights.min(), max(weights.max(), weights.min() + 1e-6)


def _frames(primitives, names, title):
    """A picture of the right size, with axes for the map and its scale."""
    width = len(primitives) * _CELL[0]
    height = max(len(names) * _CELL[1], 0.8)
    left = 0.4 + _CHARACTER * max(map(len, names))
    longest = _CHARACTER * max(map(len, primitives))
    left = max(left, 0.8 * longest)
    right = max(0.8, _CHARACTER * len(title or "") - width)
    bottom, top = 0.2 + 0.7 * longest, 0.42 if title else 0.15
    across, up = left + width + right, bottom + height + top
    picture = Picture(figsize=(across, up), facecolor="white")
    rows = (bottom / up, height / up)
    axes = picture.add_axes((left / across, rows[0], width / across, rows[1]))
    bar = picture.add_axes(
        ((left + width + _BAR) / across, rows[0], _BAR / across, rows[1])
    )
    if title:
        axes.set_title(
            title, fontsize=11, color=INK, loc="left", parse_math=False
        )
    return picture, axes, bar


def _mark_strongest(axes, weights, middle):
    strongest = np.where(np.isfinite(weights), weights, -np.inf).argmax(axis=1)
    rows = np.arange(len(weights))
    dark = weights[rows, strongest] > middle
    axes.scatter(strongest, rows, s=14, c=np.where(dark, "white", INK))
