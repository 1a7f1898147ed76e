"""A cell as a scene: boxes, arrows with their primitives, title, legend."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_darts.drawing import palette
from keras_darts.drawing.cell_layout import BOX
from keras_darts.drawing.cell_layout import place
from keras_darts.drawing.scene import Box
from keras_darts.drawing.scene import Line
from keras_darts.drawing.scene import Polygon
from keras_darts.drawing.scene import Scene
from keras_darts.drawing.scene import Text
from keras_darts.drawing.scene import stacked
from keras_darts.drawing.scene import text_width

if TYPE_CHECKING:
    from keras_darts.drawing.cell_graph import CellGraph


# Fill and border of a box by its role; what is written in it is INK.
_BOXES = {
    "input": ("#d5eedd", "#2f8f5b"),
    "node": ("#dbe8f8", "#3b6ea8"),
    "output": ("#fbe7b8", "#c08a17"),
}
_MARGIN = 12.0
_TITLE = 14.0
_HEADING = 12.0
_HEADING_HEIGHT = 24.0
_LABEL = 9.5
_LEGEND = 9.0
_LEGEND_ROW = 15.0
_SWATCH = 16.0
_HEAD = 7.0


def cells_scene(graphs: Sequence[CellGraph], title: str | None = None) -> Scene:
    """The scene of some `CellGraph`s, one below the other.

    Args:
        graphs: Sequence of them.
        title: String, written above all of them. Defaults to `None`.
    """
    above = [] if title is None else [_title_scene(title)]
    return stacked([*above, *map(_scene, graphs)])


def _title_scene(title):
    width = text_width(title, _TITLE, bold=True)
    heading = Text(
        *(_MARGIN, _MARGIN + _TITLE / 2),
        title,
        palette.TEXT,
        _TITLE,
        anchor="start",
        bold=True,
    )
    return Scene(width + 2 * _MARGIN, _MARGIN + _TITLE, (heading,))


def _scene(graph):
    layout = place(graph, lambda text: text_width(text, _LABEL) + 8)
    entries = _legend_entries(graph)
    width = max(
        layout.width,
        text_width(graph.title, _HEADING, bold=True),
        *(_entry_width(meaning) for *_, meaning in entries),
    )
    shapes = [
        part for edge, chain in layout.chains for part in _arrow(edge, chain)
    ]
    for node in graph.nodes:
        shapes += _box(node, layout.boxes[node.key])
    left = (width - layout.width) / 2
    shapes = [shape.moved(left, _HEADING_HEIGHT) for shape in shapes]
    legend, below = _legend(entries, width)
    top = _HEADING_HEIGHT + layout.height + 12
    shapes += [shape.moved(0, top) for shape in legend]
    heading = Text(
        *(0, _HEADING / 2),
        graph.title,
        palette.TEXT,
        _HEADING,
        anchor="start",
        bold=True,
    )
    return Scene(
        width + 2 * _MARGIN,
        top + below + 2 * _MARGIN,
        tuple(s.moved(_MARGIN, _MARGIN) for s in [heading, *shapes]),
    )


def _arrow(edge, chain):
    """Lines from box to label and from label to box, with a head."""
    color = palette.color(edge.primitive) if edge.primitive else palette.GREY
    width = 1.6 if edge.primitive else 1.0
    style = _style(edge.primitive)
    *lines, last = _stretches(chain)
    x, y = last[-1]
    last[-1] = (x - _HEAD + 0.5, y)
    shapes = [
        Line(_curve(points), color, width, style) for points in [*lines, last]
    ]
    half = _HEAD * (0.42 if edge.primitive else 0.36)
    corners = ((x, y), (x - _HEAD, y - half), (x - _HEAD, y + half))
    shapes.append(Polygon(corners, color))
    shapes += [
        Text(slot.x, slot.y, edge.primitive, color, _LABEL)
        for slot in chain[1:-1]
        if slot.width
    ]
    return shapes


def _style(primitive):
    return "dashed" if primitive == "none" else "solid"


def _stretches(chain):
    """The points through which each part of an arrow goes."""
    source, target = chain[0], chain[-1]
    parts = [[(source.x + BOX / 2, _port(source, source.after, chain[1]))]]
    for slot in chain[1:-1]:
        left, right = slot.x - slot.room / 2, slot.x + slot.room / 2
        if slot.passes:
            ends = [(left, slot.begin), (right, slot.end)]
            # A column in which nothing stands has no width.
            parts[-1] += ends if slot.room else ends[:1]
            continue
        # Level next to the label, since another of the column may be wider.
        parts[-1] += [(left, slot.y), (slot.x - slot.width / 2 + 2, slot.y)]
        parts.append([(slot.x + slot.width / 2 - 2, slot.y), (right, slot.y)])
    parts[-1].append(
        (target.x - BOX / 2, _port(target, target.before, chain[-2]))
    )
    return parts


def _curve(points):
    """Bézier arcs, level at both ends, that nowhere go beyond the points."""
    # Where neighbours stand at one height or change direction, level too.
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(points)
    ]
    tangents = [0.0]
    for before, after in itertools.pairwise(slopes):
        opposed = before * after <= 0
        tangents.append(
            0.0 if opposed else 2 * before * after / (before + after)
        )
    tangents.append(0.0)
    curve = [points[0]]
    for (a, s), (b, t) in itertools.pairwise(
        zip(points, tangents, strict=True)
    ):
        # Steeper where it begins and ends level: an S, not a ramp.
        third = (b[0] - a[0]) / (2 if s == t == 0 else 3)
        curve += [
            (a[0] + third, a[1] + s * third),
            (b[0] - third, b[1] - t * third),
            b,
        ]
    return tuple(curve)


def _port(box, neighbours, neighbour):
    """The height at a box's side that keeps its arrows from crossing there."""
    order = sorted(neighbours, key=lambda slot: slot.y)
    spread = box.height - 10
    step = spread / len(order)
    return box.y - spread / 2 + step * (order.index(neighbour) + 0.5)


def _box(node, slot):
    fill, border = _BOXES[node.role]
    box = Box(slot.x, slot.y, BOX, slot.height, fill, border)
    if node.caption is None:
        return [box, *_symbol(slot.x, slot.y, node.label, node.subscript, 12)]
    return [
        box,
        *_symbol(slot.x, slot.y - 6, node.label, node.subscript, 12),
        *_symbol(slot.x, slot.y + 8, *node.caption, 8.5),
    ]


def _symbol(x, y, base, low, size):
    if not low:
        return [Text(x, y, base, palette.INK, size)]
    small = 0.72 * size
    middle = x + (text_width(base, size) - text_width(low, small)) / 2
    # Two texts rather than a formula, so that each can be searched.
    return [
        Text(middle, y, base, palette.INK, size, "end", italic=True),
        Text(middle, y + size / 4, low, palette.INK, small, "start"),
    ]


def _legend_entries(graph):
    """(colour, style, width, meaning) of what is in a drawing."""
    names = dict.fromkeys(e.primitive for e in graph.edges if e.primitive)
    entries = dict.fromkeys(
        (palette.color(name), _style(name), 2.2, palette.family(name))
        for name in names
    )
    legend = sorted(entries, key=lambda entry: entry[-1])
    if graph.joining:
        legend.append((palette.GREY, "solid", 1.0, graph.joining))
    return legend


def _entry_width(meaning):
    return _SWATCH + 5 + text_width(meaning, _LEGEND) + 16


def _legend(entries, width):
    """The shapes of a legend, and their height."""
    shapes, x, y = [], 0.0, _LEGEND_ROW / 2
    for color, style, line_width, meaning in entries:
        step = _entry_width(meaning)
        if x and x + step > width:
            x, y = 0.0, y + _LEGEND_ROW
        ends = ((x, y), (x, y), (x + _SWATCH, y), (x + _SWATCH, y))
        shapes.append(Line(ends, color, line_width, style))
        place = x + _SWATCH + 5, y
        shapes.append(
            Text(*place, meaning, palette.TEXT, _LEGEND, anchor="start")
        )
        x += step
    return shapes, y + _LEGEND_ROW / 2
