"""A cell of a genotype as a graph to be drawn: nodes, edges, colours."""

import dataclasses

from keras_darts.errors import unknown_name
from keras_darts.genotypes import Genotype
from keras_darts.genotypes import NasBench201Genotype
from keras_darts.genotypes import RecurrentGenotype


@dataclasses.dataclass(frozen=True)
class Node:
    """A box: what is written in it, and whether it is input or output."""

    key: str
    label: str
    subscript: str = ""
    role: str = "node"


@dataclasses.dataclass(frozen=True)
class Edge:
    """An arrow between two nodes' keys; one into the output has no label."""

    source: str
    target: str
    primitive: str = ""

    @property
    def color(self):
        return _edge_color(self.primitive)

    @property
    def style(self):
        return "dashed" if self.primitive == "none" else "solid"


@dataclasses.dataclass(frozen=True)
class CellGraph:
    """What is drawn of a cell."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


# Fill and border of a box by its role.
NODE_COLORS = {
    "input": ("#d5eedd", "#2f8f5b"),
    "node": ("#dbe8f8", "#3b6ea8"),
    "output": ("#fbe7b8", "#c08a17"),
}

# The first family with a word of the primitive's name gives the colour, so
# that a primitive of the user's own is mostly coloured as its kind is.
_FAMILIES = (
    (("skip", "identity"), "#5b6875"),
    (("pool",), "#137a4b"),
    (("dil_conv",), "#7a3fb0"),
    (("conv",), "#1d5fae"),
    (("relu",), "#b8341f"),
    (("tanh",), "#1d5fae"),
    (("sigmoid",), "#7a3fb0"),
)
_OTHER = "#8a5a12"
_UNLABELLED = "#b3bcc6"
_NONE = "#7d8894"


def cell_names(genotype):
    """The names of the cells that a genotype of any kind has.

    Raises:
        TypeError: If `genotype` is not a genotype.
    """
    cells, _ = _kind(genotype)
    return cells


def cell_graph(genotype, cell):
    """The graph of one cell of a genotype of any kind, or of its first.

    Raises:
        TypeError: If `genotype` is not a genotype.
        ValueError: If the genotype has no such cell.
    """
    cells, build = _kind(genotype)
    cell = cells[0] if cell is None else cell
    if cell not in cells:
        raise unknown_name("cell", cell, cells)
    return build(genotype, cell)


def _kind(genotype):
    for kind, cells, build in _KINDS:
        if isinstance(genotype, kind):
            return cells, build
    raise TypeError(
        "`genotype` must be a Genotype, a RecurrentGenotype or a "
        f"NasBench201Genotype. Received: genotype={genotype!r} of type "
        f"{type(genotype).__name__}"
    )


def _edge_color(primitive):
    if not primitive:
        return _UNLABELLED
    if primitive == "none":
        return _NONE
    for words, color in _FAMILIES:
        if any(word in primitive for word in words):
            return color
    return _OTHER


def _convolutional(genotype, cell):
    genotype = genotype.without_isolated_nodes()
    inputs = (
        Node("0", "c", "k-2", role="input"),
        Node("1", "c", "k-1", role="input"),
    )
    nodes = genotype.nodes(cell)
    boxes = tuple(
        Node(str(i + 2), str(i)) for i, node in enumerate(nodes) if node
    )
    concat = getattr(genotype, f"{cell}_concat")
    return CellGraph(
        inputs + boxes + (Node("output", "c", "k", role="output"),),
        _labelled(nodes, first=2)
        + tuple(Edge(str(i), "output") for i in concat),
    )


def _recurrent(genotype, cell):
    inputs = (
        Node("x", "x", "t", role="input"),
        Node("h", "h", "t-1", role="input"),
    )
    pairs = genotype.recurrent
    boxes = tuple(Node(str(i), str(i)) for i in range(len(pairs) + 1))
    return CellGraph(
        inputs + boxes + (Node("output", "h", "t", role="output"),),
        (Edge("x", "0"), Edge("h", "0"))
        + _labelled([(pair,) for pair in pairs], first=1)
        + tuple(Edge(str(i), "output") for i in genotype.concat),
    )


def _nas_bench_201(genotype, cell):
    nodes = genotype.nodes()
    last = len(nodes)
    boxes = tuple(Node(str(i), str(i)) for i in range(1, last))
    return CellGraph(
        (Node("0", "0", role="input"),)
        + boxes
        + (Node(str(last), str(last), role="output"),),
        _labelled(nodes, first=1),
    )


def _labelled(nodes, first):
    return tuple(
        Edge(str(source), str(target), primitive)
        for target, node in enumerate(nodes, first)
        for primitive, source in node
    )


_KINDS = (
    (Genotype, ("normal", "reduce"), _convolutional),
    (RecurrentGenotype, ("recurrent",), _recurrent),
    (NasBench201Genotype, ("cell",), _nas_bench_201),
)
