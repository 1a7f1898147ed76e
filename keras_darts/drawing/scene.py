"""Elements of a drawing, and SVG. Lengths in points, y grows downwards."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of cubic Bézier arcs.

    Args:
        points: Tuple of (x, y): where it begins, and three for each arc.
        color: String.
        width: Float. Defaults to `1.6`.
        style: `"solid"` or `"dashed"`. Defaults to `"solid"`.
    """

    points: tuple[tuple[float, float], ...]
    color: str
    width: float = 1.6
    style: str = "solid"

    def moved(self, x: float, y: float) -> Line:
        return dataclasses.replace(self, points=_moved(self.points, x, y))


@dataclasses.dataclass(frozen=True)
class Polygon:
    """A filled polygon of corners (x, y)."""

    points: tuple[tuple[float, float], ...]
    color: str

    def moved(self, x: float, y: float) -> Polygon:
        return dataclasses.replace(self, points=_moved(self.points, x, y))


@dataclasses.dataclass(frozen=True)
class Box:
    """A filled box with round corners; x and y are its middle."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    border: str

    def moved(self, x: float, y: float) -> Box:
        return dataclasses.replace(self, x=self.x + x, y=self.y + y)


@dataclasses.dataclass(frozen=True)
class Text:
    """A text, at the height of its middle.

    Args:
        x: Float, of its `"start"`, `"middle"` or `"end"`.
        y: Float.
        text: String.
        color: String.
        size: Float. Defaults to `9.5`.
        anchor: Which of the three `x` is. Defaults to `"middle"`.
        bold: Boolean. Defaults to `False`.
        italic: Boolean. Defaults to `False`.
    """

    x: float
    y: float
    text: str
    color: str
    size: float = 9.5
    anchor: str = "middle"
    bold: bool = False
    italic: bool = False

    def moved(self, x: float, y: float) -> Text:
        return dataclasses.replace(self, x=self.x + x, y=self.y + y)


@dataclasses.dataclass(frozen=True)
class Scene:
    """Shapes on a page without a colour, which shines through.

    Args:
        width: Float.
        height: Float.
        shapes: Tuple, from the lowest to the uppermost.
    """

    width: float
    height: float
    shapes: tuple[Line | Polygon | Box | Text, ...]


def stacked(scenes: Sequence[Scene], gap: float = 0.0) -> Scene:
    """One scene of several, one below the other.

    Example:

    >>> stacked([Scene(10, 5, ()), Scene(20, 5, ())], gap=1)
    Scene(width=20, height=11, shapes=())
    """
    shapes, top = [], 0
    for scene in scenes:
        shapes += [shape.moved(0, top) for shape in scene.shapes]
        top += scene.height + gap
    width = max(scene.width for scene in scenes)
    return Scene(width, top - gap, tuple(shapes))


def _moved(points, x, y):
    return tuple((at + x, height + y) for at, height in points)


FAMILY = "DejaVu Sans, Verdana, sans-serif"

# Thousandths of the size of DejaVu Sans' characters from the space on.
_WIDTHS = (
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361),
    *(318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337),
    *(838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295),
    *(295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989),
    *(685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615),
    *(352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521),
    *(392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838),
)
_OTHER = 1000
_BOLD = 1.1


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width in points of a text of a size in points.

    Example:

    >>> text_width("ab", 10)
    12.48
    """
    widths = [
        _WIDTHS[ord(c) - 32] if 32 <= ord(c) < 127 else _OTHER for c in text
    ]
    return sum(widths) * size / 1000 * (_BOLD if bold else 1)


_DASHES = {"dashed": ' stroke-dasharray="5 3"', "solid": ""}
# Where the middle of small letters and numbers lies above the base line.
_MIDDLE = 0.36
_CORNER = 6


def svg(scene: Scene) -> str:
    """The text of an SVG; it has no names, so that pages can hold several."""
    parts = [_write(shape) for shape in scene.shapes]
    size = _numbers(scene.width, scene.height)
    width, height = size.split()
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'width="{width}pt" height="{height}pt" '
            f'viewBox="0 0 {size}" font-family="{FAMILY}">',
            *parts,
            "</svg>\n",
        ]
    )


def _write(shape):
    return _WRITERS[type(shape).__name__](shape)


def _line(shape):
    first, *others = shape.points
    arcs = " ".join(_numbers(x, y) for x, y in others)
    return (
        f'<path d="M {_numbers(*first)} C {arcs}" fill="none" '
        f'stroke="{shape.color}" stroke-width="{shape.width}"'
        f"{_DASHES[shape.style]}/>"
    )


def _polygon(shape):
    corners = " ".join(_numbers(x, y) for x, y in shape.points)
    return f'<polygon points="{corners}" fill="{shape.color}"/>'


def _box(shape):
    x, y = shape.x - shape.width / 2, shape.y - shape.height / 2
    places = zip(
        ("x", "y", "width", "height"),
        _numbers(x, y, shape.width, shape.height).split(),
        strict=True,
    )
    frame = " ".join(f'{name}="{value}"' for name, value in places)
    return (
        f'<rect {frame} rx="{_CORNER}" fill="{shape.fill}" '
        f'stroke="{shape.border}" stroke-width="1.4"/>'
    )


def _text(shape):
    x, y = _numbers(shape.x, shape.y + _MIDDLE * shape.size).split()
    look = ' font-weight="bold"' if shape.bold else ""
    look += ' font-style="italic"' if shape.italic else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{shape.size:g}" '
        f'text-anchor="{shape.anchor}" fill="{shape.color}"{look}>'
        f"{html.escape(shape.text, quote=False)}</text>"
    )


def _numbers(*values):
    return " ".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in values)


_WRITERS = {
    "Box": _box,
    "Line": _line,
    "Polygon": _polygon,
    "Text": _text,
}
