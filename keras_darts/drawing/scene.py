"""What a drawing is made of. Lengths are in points, y grows downwards."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of cubic Bézier arcs.

    Args:
        points: Tuple of (x, y): where it begins, and three for each arc.
        color: String.
        width: Float. Defaults to `1.6`.
        style: `"solid"` or `"dashed"`. Defaults to `"solid"`.
    """

    points: tuple
    color: str
    width: float = 1.6
    style: str = "solid"

    def moved(self, x, y):
        return dataclasses.replace(self, points=_moved(self.points, x, y))


@dataclasses.dataclass(frozen=True)
class Polygon:
    """A filled polygon of corners (x, y)."""

    points: tuple
    color: str

    def moved(self, x, y):
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

    def moved(self, x, y):
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

    def moved(self, x, y):
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
    shapes: tuple


def stacked(scenes, gap=0.0):
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
