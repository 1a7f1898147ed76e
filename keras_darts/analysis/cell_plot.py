"""A genotype's cell as a picture."""

from keras_darts.analysis.cell_canvas import cell_picture
from keras_darts.analysis.cell_graph import cell_graph
from keras_darts.analysis.picture import save_picture


def plot_cell(genotype, cell=None, path=None, *, title=None):
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
        title: String to be written above the cell. Defaults to `None`.

    Returns:
        `path` as a `pathlib.Path`; without it, the matplotlib figure, which
        notebooks display.

    Raises:
        TypeError: If `genotype` is not a genotype.
        ValueError: If the genotype has no such cell, if the suffix is unknown,
            or if nothing can be written at `path`.

    Example:

    >>> from keras_darts import genotypes
    >>> figure = plot_cell(genotypes.get("darts_v2"), "reduce")
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['max_pool_3x3', 'max_pool_3x3']
    """
    return save_picture(cell_picture(cell_graph(genotype, cell), title), path)


def cell_png(genotype, cell=None, *, title=None):
    """The bytes of the PNG that `plot_cell` would write, for TensorBoard.

    Args:
        genotype: As in `plot_cell`.
        cell: As in `plot_cell`. Defaults to `None`.
        title: As in `plot_cell`. Defaults to `None`.

    Raises:
        TypeError: As `plot_cell`.
        ValueError: As `plot_cell`.
    """
    return cell_picture(cell_graph(genotype, cell), title).render("png")


def cell_svg(genotype, cell=None, *, title=None):
    """The bytes of the SVG that `plot_cell` would write, for a page.

    Args:
        genotype: As in `plot_cell`.
        cell: As in `plot_cell`. Defaults to `None`.
        title: As in `plot_cell`. Defaults to `None`.

    Raises:
        TypeError: As `plot_cell`.
        ValueError: As `plot_cell`.
    """
    return cell_picture(cell_graph(genotype, cell), title).render("svg")
