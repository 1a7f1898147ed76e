"""A cell as a graph to be drawn: nodes and edges."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Node:
    """A box: the node's number, what else it is called, what it is.

    Args:
        key: String, by which edges name it.
        label: String, what is in the box: the number that the genotype
            has for it, if it has one.
        subscript: String, below the line after the label. Defaults to none.
        caption: Pair of such a label and subscript, smaller and below.
            Defaults to `None`.
        role: `"input"`, `"node"` or `"output"`. Defaults to `"node"`.
    """

    key: str
    label: str
    subscript: str = ""
    caption: tuple[str, ...] | None = None
    role: str = "node"


@dataclasses.dataclass(frozen=True)
class Edge:
    """An arrow between two nodes' keys; one into the output has no label."""

    source: str
    target: str
    primitive: str = ""


@dataclasses.dataclass(frozen=True)
class CellGraph:
    """What is drawn of a cell.

    Args:
        title: String, which cell it is.
        nodes: Tuple of `Node`s, of which the last is the output.
        edges: Tuple of `Edge`s.
        joining: String, what the output is of the nodes that lead into it
            without a primitive. Defaults to none: there are no such edges.
    """

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    joining: str = ""


def labelled_edges(
    nodes: Sequence[Iterable[tuple[str, int]]], first: int
) -> tuple[Edge, ...]:
    """The edges of nodes that are tuples of `(primitive, input)` pairs.

    Args:
        nodes: Sequence of such tuples.
        first: Integer, the number of the first of them.
    """
    return tuple(
        Edge(str(source), str(target), primitive)
        for target, node in enumerate(nodes, first)
        for primitive, source in node
    )
