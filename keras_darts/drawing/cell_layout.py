"""Places for the boxes, labels and arrows of a cell, from left to right.

Boxes are in even columns by their longest way from the inputs. An arrow
takes one place in every column that it passes, and its label one in an odd
column, so that no two things are ever drawn over each other.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_darts.drawing.cell_graph import CellGraph
    from keras_darts.drawing.cell_graph import Edge


BOX = 32.0
LABEL_HEIGHT = 14.0
_PASSING_HEIGHT = 6.0
_ROW_GAP = 7.0
_COLUMN_GAP = 24.0
# Between the heads of two arrows at a box.
_PORT = 8.0
_SWEEPS = 16
_STRAIGHTNESS = 4


@dataclasses.dataclass(eq=False)
class Slot:
    """A place in a column: a box, a label or an arrow that passes.

    Lengths are in points; `room` is the width of the widest in its column. An
    arrow that passes goes from the height `begin` to the height `end`.
    """

    column: int
    width: float = 0.0
    height: float = _PASSING_HEIGHT
    room: float = 0.0
    x: float = 0.0
    y: float = 0.0
    begin: float = 0.0
    end: float = 0.0
    before: list[Slot] = dataclasses.field(default_factory=list)
    after: list[Slot] = dataclasses.field(default_factory=list)

    @property
    def is_box(self) -> bool:
        return bool(self.width) and self.column % 2 == 0

    @property
    def passes(self) -> bool:
        """Whether it is a part of an arrow without a label."""
        return not self.width


@dataclasses.dataclass(frozen=True)
class Layout:
    """Boxes by node key, and each edge with its slots from end to end.

    The slot of a chain that carries the label is the only one inside the chain
    that has a width.
    """

    boxes: dict[str, Slot]
    chains: tuple[tuple[Edge, list[Slot]], ...]
    width: float
    height: float


def place(graph: CellGraph, label_width: Callable[[str], float]) -> Layout:
    """The `Layout` of a `CellGraph`.

    Args:
        graph: `CellGraph`.
        label_width: Function from a primitive's name to its width in points.
    """
    ranks = _ranks(graph)
    boxes = {
        node.key: Slot(2 * ranks[node.key], width=BOX, height=BOX)
        for node in graph.nodes
    }
    chains = tuple(
        (edge, _chain(edge, boxes, label_width)) for edge in graph.edges
    )
    for box in boxes.values():
        box.height = max(BOX, 10 + _PORT * len(box.before))
    columns = _columns(boxes, chains)
    _uncross(columns)
    if columns[0] != sorted(columns[0], key=list(boxes.values()).index):
        for column in columns:
            column.reverse()
    _set_y(columns)
    width = _set_x(columns)
    _straighten(columns)
    slots = [slot for column in columns for slot in column]
    top = min(slot.y - slot.height / 2 for slot in slots)
    for slot in slots:
        slot.y, slot.begin, slot.end = (
            height - top for height in (slot.y, slot.begin, slot.end)
        )
    height = max(slot.y + slot.height / 2 for slot in slots)
    return Layout(boxes, chains, width, height)


def _ranks(graph):
    ranks = {}
    for node in graph.nodes:
        sources = [e.source for e in graph.edges if e.target == node.key]
        first = 0 if node.role == "input" else 1
        ranks[node.key] = max([first, *(ranks[s] + 1 for s in sources)])
    last = graph.nodes[-1].key
    ranks[last] = max(
        [ranks[last], *(ranks[n.key] + 1 for n in graph.nodes[:-1])]
    )
    return ranks


def _chain(edge, boxes, label_width):
    source, target = boxes[edge.source], boxes[edge.target]
    middle = (source.column + target.column) // 2
    middle += 1 - middle % 2
    chain = [source]
    for column in range(source.column + 1, target.column):
        if edge.primitive and column == middle:
            width = label_width(edge.primitive)
            chain.append(Slot(column, width=width, height=LABEL_HEIGHT))
        else:
            chain.append(Slot(column))
    chain.append(target)
    for left, right in itertools.pairwise(chain):
        left.after.append(right)
        right.before.append(left)
    return chain


def _columns(boxes, chains):
    slots = list(boxes.values())
    slots += [slot for _, chain in chains for slot in chain[1:-1]]
    columns = [[] for _ in range(1 + max(slot.column for slot in slots))]
    for slot in slots:
        columns[slot.column].append(slot)
    return columns


def _uncross(columns):
    """Order each column by its neighbours' mean place; keep the best order."""
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for column in columns if forward else columns[::-1]:
            at = {s: i for other in columns for i, s in enumerate(other)}
            column.sort(key=lambda slot: _mean_place(slot, at, forward))
        crossings = _crossings(columns)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    columns[:] = best


def _mean_place(slot, at, forward):
    neighbours = slot.before if forward else slot.after
    if not neighbours:
        return at[slot]
    return sum(at[other] for other in neighbours) / len(neighbours)


def _crossings(columns):
    count = 0
    for left, right in itertools.pairwise(columns):
        at = {slot: i for i, slot in enumerate(right)}
        ends = [at[other] for slot in left for other in slot.after]
        starts = [i for i, slot in enumerate(left) for _ in slot.after]
        for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
            for other, other_end in zip(starts[:i], ends[:i], strict=True):
                count += other < start and other_end > end
    return count


def _set_y(columns):
    for column in columns:
        y = 0.0
        for slot in column:
            slot.y = y + slot.height / 2
            y += slot.height + _ROW_GAP
    for sweep in range(4 * _SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            _relax(column)


def _relax(column):
    """Move slots towards their neighbours, as near as their heights allow.

    Least squares under an order: neighbours that want to pass each other are
    pooled and share the mean of their wishes.
    """
    pools, offset, above = [], 0.0, None
    for slot in column:
        if above is not None:
            offset += (above.height + slot.height) / 2 + _ROW_GAP
        above = slot
        pools.append((_wish(slot) - offset, 1, [(slot, offset)]))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (y, n, members), (low, m, others) = pools[-2:]
            mean = (n * y + m * low) / (n + m)
            pools[-2:] = [(mean, n + m, members + others)]
    for y, _, members in pools:
        for slot, offset in members:
            slot.y = y + offset


def _wish(slot):
    """The mean height of the neighbours; an arrow's parts hold together."""
    neighbours = slot.before + slot.after
    if not neighbours:
        return slot.y
    pulls = [
        1 if slot.is_box or other.is_box else _STRAIGHTNESS
        for other in neighbours
    ]
    heights = (p * n.y for p, n in zip(pulls, neighbours, strict=True))
    return sum(heights) / sum(pulls)


def _set_x(columns):
    x = 0.0
    for column in columns:
        width = max((slot.width for slot in column), default=0.0)
        for slot in column:
            slot.x = x + width / 2
            slot.room = width
        x += width + _COLUMN_GAP
    return x - _COLUMN_GAP


def _straighten(columns):
    """Let arrows that pass lean, as far as what is in a column leaves."""
    for slot in itertools.chain(*columns):
        slot.begin = slot.end = slot.y
    for _ in range(4 * _SWEEPS):
        for column in columns:
            for index, slot in enumerate(column):
                if slot.passes:
                    _lean(slot, column[:index], column[index + 1 :])


def _lean(slot, above, below):
    """Move both ends of an arrow's part onto the line of its neighbours."""
    (before,), (after,) = slot.before, slot.after
    left, right = slot.x - slot.room / 2, slot.x + slot.room / 2
    origin = before.x + before.room / 2, before.end
    goal = after.x - after.room / 2, after.begin
    if not slot.room:
        slot.begin = _between(origin, goal, slot.x)
        slot.begin = slot.end = _within(slot, "begin", above, below)
        return
    slot.begin = _between(origin, (right, slot.end), left)
    slot.begin = _within(slot, "begin", above, below)
    slot.end = _between((left, slot.begin), goal, right)
    slot.end = _within(slot, "end", above, below)


def _between(a, b, x):
    share = (x - a[0]) / (b[0] - a[0])
    return a[1] + share * (b[1] - a[1])


def _within(slot, side, above, below):
    """The height at one side that leaves a gap to what is above and below."""
    height = getattr(slot, side)
    if above:
        near = above[-1]
        room = (near.height + slot.height) / 2 + _ROW_GAP / 2
        height = max(height, getattr(near, side) + room)
    if below:
        near = below[0]
        room = (near.height + slot.height) / 2 + _ROW_GAP / 2
        height = min(height, getattr(near, side) - room)
    return height
