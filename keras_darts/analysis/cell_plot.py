"""A genotype's cells as a picture."""

from keras_darts.analysis.picture import save_picture
from keras_darts.analysis.scene_picture import ScenePicture
from keras_darts.drawing.cell_scene import cells_scene
from keras_darts.drawing.svg import svg
from keras_darts.genotypes.base_genotype import BaseGenotype


def plot_cell(genotype, cell=None, path=None, *, title=None):
    """Draw the cells: inputs at the left, what comes out at the right.

    An arrow carries the primitive that it applies; the thin ones lead into the
    cell's output. Nodes have the numbers of the genotype: 0 and 1 are the
    outputs of the two cells before, `c_{k-2}` and `c_{k-1}`, so that
    `('sep_conv_3x3', 2)` is an arrow that leaves node 2. A node that gets
    nothing is left out, as it is in the network. The page shines through.

    Args:
        genotype: `Genotype`, `RecurrentGenotype` or `NasBench201Genotype`.
        cell: String, `"normal"` or `"reduce"`; `"recurrent"` of a recurrent
            genotype and `"cell"` of a NAS-Bench-201 one. Defaults to
            `None`: all that the genotype has, one below the other.
        path: Where the picture goes, a name that ends in `.svg` or `.png`; its
            folder is made if need be. Defaults to `None`, in which case
            nothing is written.
        title: String to be written above, beside which cell it is. Defaults
            to `None`.

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
    >>> [text.get_text() for text in figure.axes[0].texts[:1]]
    ['Reduction cell (stride 2 from 0 and 1)']
    """
    return save_picture(ScenePicture(_scene(genotype, cell, title)), path)


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
    return ScenePicture(_scene(genotype, cell, title)).render("png")


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
    return svg(_scene(genotype, cell, title)).encode("utf-8")


def cell_names(genotype):
    """The names of the cells that a genotype of any kind has.

    Raises:
        TypeError: If `genotype` is not a genotype.
    """
    if not isinstance(genotype, BaseGenotype):
        raise TypeError(
            "`genotype` must be a Genotype, a RecurrentGenotype or a "
            f"NasBench201Genotype. Received: genotype={genotype!r} of type "
            f"{type(genotype).__name__}"
        )
    return genotype.cells


def _scene(genotype, cell, title):
    known = cell_names(genotype)
    cells = known if cell is None else (cell,)
    return cells_scene([genotype.graph(name) for name in cells], title)
