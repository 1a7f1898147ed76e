"""A genotype's cell as a picture."""

import shutil
import subprocess
import warnings

from keras_darts.analysis.cell_canvas import cell_picture
from keras_darts.analysis.cell_digraph import cell_digraph
from keras_darts.analysis.cell_graph import cell_graph
from keras_darts.analysis.picture import picture_path
from keras_darts.analysis.picture import write_picture
from keras_darts.errors import unknown_name

_ENGINES = ("dot", "matplotlib")
_REMEDY = (
    "get it with `apt install graphviz`, `brew install graphviz`, "
    "`conda install graphviz` or from https://graphviz.org/download"
)
_INSTEAD = "matplotlib draws the cell instead."
_PNG_DPI = "144"


def plot_cell(genotype, cell=None, path=None, *, engine=None, title=None):
    """Draw one cell: inputs at the left, what comes out at the right.

    An arrow carries the primitive that it applies; the thin ones lead into the
    cell's output. Nodes are numbered from 0, without the two inputs. A node
    that gets nothing is left out, as it is in the network.

    Args:
        genotype: `Genotype`, `RecurrentGenotype` or `NasBench201Genotype`.
        cell: String, `"normal"` or `"reduce"`; `"recurrent"` of a recurrent
            genotype and `"cell"` of a NAS-Bench-201 one. Defaults to
            `None`, the first of these that the genotype has.
        path: Where the picture goes, a name that ends in `.svg` or `.png`; its
            folder is made if need be. Defaults to `None`, in which case
            nothing is written.
        engine: `"dot"` (Graphviz), `"matplotlib"`, or `None` for Graphviz
            where its program `dot` is found and works, and else, with a
            warning, matplotlib. Defaults to `None`.
        title: String to be written above the cell. Defaults to `None`.

    Returns:
        `path` as a `pathlib.Path`; without it, the `graphviz.Digraph` or the
        matplotlib figure, which notebooks display.

    Raises:
        TypeError: If `genotype` is not a genotype.
        ValueError: If the genotype has no such cell, if the suffix or the
            engine is unknown, if `"dot"` is asked for and absent, or if
            nothing can be written at `path`.

    Example:

    >>> from keras_darts import genotypes
    >>> genotype = genotypes.get("darts_v2")
    >>> figure = plot_cell(genotype, "reduce", engine="matplotlib")
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['max_pool_3x3', 'max_pool_3x3']
    """
    if path is not None:
        path = picture_path(path)
    graph = cell_graph(genotype, cell)
    engines = _engines(engine)
    if path is not None:
        form = path.suffix.lower()[1:]
        return write_picture(path, _render(graph, form, engines, title))
    if engines[0] == "dot":
        return cell_digraph(graph, title)
    return cell_picture(graph, title)


def cell_png(genotype, cell=None, *, engine=None, title=None):
    """The bytes of the PNG that `plot_cell` would write, for TensorBoard.

    Args:
        genotype: As in `plot_cell`.
        cell: As in `plot_cell`. Defaults to `None`.
        engine: As in `plot_cell`. Defaults to `None`.
        title: As in `plot_cell`. Defaults to `None`.

    Raises:
        TypeError: As `plot_cell`.
        ValueError: As `plot_cell`.
    """
    graph = cell_graph(genotype, cell)
    return _render(graph, "png", _engines(engine), title)


def cell_svg(genotype, cell=None, *, engine=None, title=None):
    """The bytes of the SVG that `plot_cell` would write, for a page.

    Args:
        genotype: As in `plot_cell`.
        cell: As in `plot_cell`. Defaults to `None`.
        engine: As in `plot_cell`. Defaults to `None`.
        title: As in `plot_cell`. Defaults to `None`.

    Raises:
        TypeError: As `plot_cell`.
        ValueError: As `plot_cell`.
    """
    graph = cell_graph(genotype, cell)
    return _render(graph, "svg", _engines(engine), title)


def _engines(engine):
    """The engines to try, in their order."""
    if engine is not None and engine not in _ENGINES:
        raise unknown_name("engine", engine, _ENGINES)
    if engine == "matplotlib":
        return ("matplotlib",)
    if shutil.which("dot"):
        return _ENGINES if engine is None else ("dot",)
    if engine == "dot":
        raise ValueError(
            "`engine` must be 'matplotlib' or None, since Graphviz' program "
            f"`dot` is not found; {_REMEDY}. Received: engine='dot'"
        )
    warnings.warn(
        f"Graphviz' program `dot` is not found; {_REMEDY}. {_INSTEAD}",
        stacklevel=3,
    )
    return ("matplotlib",)


def _render(graph, form, engines, title):
    if engines[0] == "dot":
        digraph = cell_digraph(graph, title)
        if form == "png":
            digraph.attr(dpi=_PNG_DPI)
        try:
            return digraph.pipe(format=form, quiet=True)
        except subprocess.CalledProcessError as error:
            if "matplotlib" not in engines:
                raise
            warnings.warn(
                f"Graphviz' program `dot` failed: {error}. {_INSTEAD}",
                stacklevel=3,
            )
    return cell_picture(graph, title).render(form)
