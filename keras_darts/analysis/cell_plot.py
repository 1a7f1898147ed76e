"""A genotype's cells as a picture."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

from matplotlib.patches import FancyBboxPatch
from matplotlib.patches import PathPatch
from matplotlib.patches import Polygon
from matplotlib.path import Path

from keras_darts.analysis.picture import Picture
from keras_darts.analysis.picture import save_picture
from keras_darts.drawing.cell_scene import cells_scene
from keras_darts.drawing.scene import svg
from keras_darts.genotypes.base_genotype import BaseGenotype
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    from keras_darts.drawing.scene import Scene


# Comes with matplotlib; the widths of all texts are its.
_FONT = "DejaVu Sans"
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}
_CORNER = 6


class ScenePicture(Picture):
    """A figure of a scene; its SVG is the scene's own.

    Args:
        scene: `drawing.scene.Scene`.
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__(figsize=(scene.width / 72, scene.height / 72))
        self.scene = scene
        axes = self.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, scene.width)
        axes.set_ylim(scene.height, 0)
        for order, shape in enumerate(scene.shapes):
            _PAINTERS[type(shape).__name__](axes, shape, order)

    def render(self, form: str, dpi: int = 144) -> bytes:
        if form == "svg":
            return svg(self.scene).encode("utf-8")
        return super().render(form, dpi)


def _line(axes, shape, order):
    codes = [Path.MOVETO] + [Path.CURVE4] * (len(shape.points) - 1)
    dashes = (0, (3.1, 1.9)) if shape.style == "dashed" else "solid"
    axes.add_patch(
        PathPatch(
            Path(shape.points, codes),
            facecolor="none",
            edgecolor=shape.color,
            linewidth=shape.width,
            linestyle=dashes,
            capstyle="butt",
            zorder=order,
        )
    )


def _polygon(axes, shape, order):
    axes.add_patch(
        Polygon(shape.points, facecolor=shape.color, lw=0, zorder=order)
    )


def _box(axes, shape, order):
    inner = shape.width - 2 * _CORNER, shape.height - 2 * _CORNER
    axes.add_patch(
        FancyBboxPatch(
            (shape.x - inner[0] / 2, shape.y - inner[1] / 2),
            *inner,
            boxstyle=f"round,pad={_CORNER},rounding_size={_CORNER}",
            facecolor=shape.fill,
            edgecolor=shape.border,
            linewidth=1.4,
            zorder=order,
        )
    )


def _text(axes, shape, order):
    axes.text(
        shape.x,
        shape.y,
        shape.text,
        color=shape.color,
        fontsize=shape.size,
        fontfamily=_FONT,
        fontweight="bold" if shape.bold else "normal",
        fontstyle="italic" if shape.italic else "normal",
        ha=_ANCHORS[shape.anchor],
        va="center_baseline",
        parse_math=False,
        zorder=order,
    )


_PAINTERS = {
    "Box": _box,
    "Line": _line,
    "Polygon": _polygon,
    "Text": _text,
}


def plot_cell(
    genotype: BaseGenotype,
    cell: str | None = None,
    path: PathLike | None = None,
    *,
    title: str | None = None,
) -> Picture | pathlib.Path:
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
        title: String to be written above, next to which cell it is. Defaults
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


def cell_png(
    genotype: BaseGenotype, cell: str | None = None, *, title: str | None = None
) -> bytes:
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


def cell_svg(
    genotype: BaseGenotype, cell: str | None = None, *, title: str | None = None
) -> bytes:
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


def cell_names(genotype: BaseGenotype) -> tuple[str, ...]:
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
