"""A cell drawn by matplotlib."""

import itertools

from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch
from matplotlib.patches import FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from keras_darts.analysis.cell_graph import NODE_COLORS
from keras_darts.analysis.cell_layout import BOX
from keras_darts.analysis.cell_layout import place
from keras_darts.analysis.picture import INK
from keras_darts.analysis.picture import Picture

_FAMILY = ["DejaVu Sans", "sans-serif"]
_TITLE_FONT = FontProperties(family=_FAMILY, size=13)
_EDGE_FONT = FontProperties(family=_FAMILY, size=9.5)
_NODE_FONT = FontProperties(family=_FAMILY, size=12)
_BASE_FONT = FontProperties(family=_FAMILY, size=12.5, style="italic")
_LOW_FONT = FontProperties(family=_FAMILY, size=8.5)
_MARGIN = 14.0
_TITLE_HEIGHT = 22.0


def cell_picture(graph, title=None):
    """A `Picture` of a `CellGraph`."""
    layout = place(graph, _label_width)
    width = layout.width + 2 * _MARGIN
    if title:
        width = max(width, _width(title, _TITLE_FONT) + 2 * _MARGIN)
    height = layout.height + 2 * _MARGIN + (_TITLE_HEIGHT if title else 0)
    picture = Picture(figsize=(width / 72, height / 72), facecolor="white")
    axes = picture.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    left = (width - layout.width) / 2
    axes.set_xlim(-left, width - left)
    axes.set_ylim(layout.height + _MARGIN, layout.height + _MARGIN - height)
    if title:
        _write(
            axes,
            (layout.width / 2, -_TITLE_HEIGHT + 2),
            title,
            font=_TITLE_FONT,
        )
    for edge, chain in layout.chains:
        _draw_edge(axes, edge, chain)
    for node in graph.nodes:
        _draw_node(axes, node, layout.boxes[node.key])
    return picture


def _label_width(text):
    return _width(text, _EDGE_FONT) + 8


def _width(text, font):
    measured = text_to_path.get_text_width_height_descent
    return measured(text, font, ismath=False)[0]


def _draw_edge(axes, edge, chain):
    axes.add_patch(
        FancyArrowPatch(
            path=_curve(chain),
            arrowstyle="-|>,head_length=5,head_width=2.4",
            color=edge.color,
            linewidth=1.6 if edge.primitive else 1.0,
            linestyle=edge.style,
            zorder=2 if edge.primitive else 1,
            capstyle="butt",
            joinstyle="miter",
        )
    )
    for slot in chain[1:-1]:
        if slot.width:
            _write(
                axes,
                (slot.x, slot.y),
                edge.primitive,
                font=_EDGE_FONT,
                color=edge.color,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )


def _curve(chain):
    """Bézier arcs that are level wherever they pass a column."""
    source, target = chain[0], chain[-1]
    points = [(source.x + BOX / 2, _port(source, source.after, chain[1]))]
    for slot in chain[1:-1]:
        points.append((slot.x - slot.room / 2, slot.y))
        points.append((slot.x + slot.room / 2, slot.y))
    points.append((target.x - BOX / 2, _port(target, target.before, chain[-2])))
    vertices, codes = [points[0]], [Path.MOVETO]
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        middle = (x + next_x) / 2
        vertices += [(middle, y), (middle, next_y), (next_x, next_y)]
        codes += [Path.CURVE4] * 3
    return Path(vertices, codes)


def _port(box, neighbours, neighbour):
    """The height at a box's side that keeps its arrows from crossing there."""
    order = sorted(neighbours, key=lambda slot: slot.y)
    spread = BOX * 0.6
    step = spread / len(order)
    return box.y - spread / 2 + step * (order.index(neighbour) + 0.5)


def _draw_node(axes, node, slot):
    fill, border = NODE_COLORS[node.role]
    pad = 5
    side = BOX - 2 * pad
    axes.add_patch(
        FancyBboxPatch(
            (slot.x - side / 2, slot.y - side / 2),
            side,
            side,
            boxstyle=f"round,pad={pad},rounding_size={pad}",
            facecolor=fill,
            edgecolor=border,
            linewidth=1.4,
            zorder=3,
        )
    )
    if not node.subscript:
        _write(axes, (slot.x, slot.y), node.label, font=_NODE_FONT)
        return
    # Two texts rather than a formula, whose letters an SVG holds one by one.
    base, low = node.label, node.subscript
    end = slot.x + (_width(base, _BASE_FONT) - _width(low, _LOW_FONT)) / 2
    _write(axes, (end, slot.y), base, font=_BASE_FONT, ha="right")
    _write(axes, (end, slot.y + 3), low, font=_LOW_FONT, ha="left")


def _write(axes, place, text, *, color=INK, ha="center", **options):
    axes.text(
        *place,
        text,
        color=color,
        ha=ha,
        va="center",
        parse_math=False,
        zorder=4,
        **options,
    )
