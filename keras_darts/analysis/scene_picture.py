"""A scene as a matplotlib figure, which gives PNGs of it."""

from matplotlib.patches import FancyBboxPatch
from matplotlib.patches import PathPatch
from matplotlib.patches import Polygon
from matplotlib.path import Path

from keras_darts.analysis.picture import Picture
from keras_darts.drawing.svg import svg

# Comes with matplotlib; the widths of all texts are its.
_FONT = "DejaVu Sans"
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}
_CORNER = 6


class ScenePicture(Picture):
    """A figure of a scene; its SVG is the scene's own.

    Args:
        scene: `drawing.scene.Scene`.
    """

    def __init__(self, scene):
        super().__init__(figsize=(scene.width / 72, scene.height / 72))
        self.scene = scene
        axes = self.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, scene.width)
        axes.set_ylim(scene.height, 0)
        for order, shape in enumerate(scene.shapes):
            _PAINTERS[type(shape).__name__](axes, shape, order)

    def render(self, form, dpi=144):
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
