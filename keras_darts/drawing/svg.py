"""A scene as SVG, whose text stays text."""

import html

from keras_darts.drawing.lettering import FAMILY

_DASHES = {"dashed": ' stroke-dasharray="5 3"', "solid": ""}
# Where the middle of small letters and numbers lies above the base line.
_MIDDLE = 0.36
_CORNER = 6


def svg(scene):
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
