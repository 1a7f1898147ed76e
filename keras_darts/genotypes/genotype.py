"""The genotype of a network of normal and reduction cells."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence
from typing import ClassVar
from typing import Self
from typing import TypeAlias

from keras_darts.drawing.cell_graph import CellGraph
from keras_darts.drawing.cell_graph import Edge
from keras_darts.drawing.cell_graph import Node
from keras_darts.drawing.cell_graph import labelled_edges
from keras_darts.genotypes import parsing
from keras_darts.genotypes.base_genotype import BaseGenotype
from keras_darts.utils.errors import unknown_name

# A primitive and the input of its edge, or with the node between them.
Entry: TypeAlias = tuple[str, int] | tuple[str, int, int]

CELLS: tuple[str, ...] = ("normal", "reduce")
_FORMS = ("(primitive, input)", "(primitive, node, input)")
_TITLES = {
    "normal": "Normal cell",
    "reduce": "Reduction cell (stride 2 from 0 and 1)",
}
# States 0 and 1 are the outputs of the two cells before.
_FIRST_NODE = 2


@dataclasses.dataclass(frozen=True)
class Genotype(BaseGenotype):
    """A normal and a reduction cell, as DARTS and its successors print them.

    The states of a cell are numbered: 0 and 1 are the outputs of the previous
    cell but one and of the previous cell, the nodes follow from 2 on. A node
    is the sum of primitives, each applied to an earlier state.

    A cell is given in one of two forms. In DARTS' form it has two pairs
    `(primitive, input)` a node: the first two make node 2, the next two make
    node 3. In FairDARTS' form it has triples `(primitive, node, input)`, where
    `node` is the number of the state that the edge leads to (2 for the first
    node, like `input`), so that a node can have any number of edges, none
    included, and an edge more than one primitive. What is given is what is
    kept and printed; `nodes` gives both forms alike. A node without edges may
    still be in the concatenation, as FairDARTS prints it: it returns nothing,
    and neither does an edge that leads from it (`without_isolated_nodes`).

    Args:
        normal: Sequence of pairs or of triples, the normal cell.
        normal_concat: Sequence of ints or range, the nodes that are
            concatenated to the output of the normal cell.
        reduce: The same for the reduction cell.
        reduce_concat: The same for the reduction cell.

    Raises:
        ValueError: If a cell is empty, mixes the forms, has an odd number of
            pairs, takes an input that does not come before its node, or
            concatenates nodes that do not exist or nothing at all.
        TypeError: If an argument is not a list, tuple or range.

    Example:

    >>> pairs = [("sep_conv_3x3", 0), ("skip_connect", 1)]
    >>> genotype = Genotype(pairs, range(2, 3), pairs, range(2, 3))
    >>> genotype.nodes("normal")
    ((('sep_conv_3x3', 0), ('skip_connect', 1)),)
    >>> Genotype.from_text(genotype.to_text()) == genotype
    True

    Reference: Liu et al., 2019, DARTS, section 2; Chu et al., 2020, Fair
    DARTS, for triples and isolated nodes.
    """

    normal: Sequence[Entry]
    normal_concat: Sequence[int]
    reduce: Sequence[Entry]
    reduce_concat: Sequence[int]

    genotype_type = "cell"
    cells: ClassVar[tuple[str, ...]] = CELLS

    def __post_init__(self) -> None:
        for cell in CELLS:
            edges, concat = _checked(
                cell, getattr(self, cell), getattr(self, f"{cell}_concat")
            )
            object.__setattr__(self, cell, edges)
            object.__setattr__(self, f"{cell}_concat", concat)

    def nodes(self, cell: str) -> tuple[tuple[tuple[str, int], ...], ...]:
        """For each node of a cell a tuple of its `(primitive, input)` pairs.

        Args:
            cell: String, "normal" or "reduce".

        Returns:
            Tuple whose item 0 is node 2. The tuple of an isolated node is
            empty.
        """
        edges = getattr(self, self._known(cell))
        concat = getattr(self, f"{cell}_concat")
        pairs_of = collections.defaultdict(list)
        for primitive, node, source in _triples(edges):
            pairs_of[node].append((primitive, source))
        last = max(*pairs_of, *concat)
        return tuple(
            tuple(pairs_of[node]) for node in range(_FIRST_NODE, last + 1)
        )

    def without_isolated_nodes(self) -> Genotype:
        """The genotype that is left when nodes without input give nothing.

        Edges that lead from such a node are dropped, which can isolate further
        nodes, and the concatenation goes without them. Nodes keep their
        numbers. This is what FairDARTS' network does with a genotype; in
        DARTS' form nothing can be isolated.

        Returns:
            A `Genotype`, equal to this one if no node is isolated.
        """
        changes = {}
        for cell in CELLS:
            edges = getattr(self, cell)
            concat = getattr(self, f"{cell}_concat")
            live = _live_states(edges)
            changes[cell] = tuple(edge for edge in edges if edge[-1] in live)
            changes[f"{cell}_concat"] = tuple(
                node for node in concat if node in live
            )
        return dataclasses.replace(self, **changes)

    def primitives(self) -> tuple[str, ...]:
        return tuple(sorted({edge[0] for edge in self.normal + self.reduce}))

    def edge_primitives(self) -> tuple[str, ...]:
        return tuple(edge[0] for edge in self.normal)

    def edges_of(self, cell: str) -> tuple[tuple[str, int, int], ...]:
        return tuple(
            (primitive, node, source)
            for node, pairs in enumerate(self.nodes(cell), _FIRST_NODE)
            for primitive, source in pairs
        )

    def num_skip_connects(self, cell: str = "normal") -> int:
        """How many edges of a cell, "normal" or "reduce", are skips."""
        edges = getattr(self, self._known(cell))
        return sum(edge[0] == "skip_connect" for edge in edges)

    def to_text(self) -> str:
        return parsing.write(
            {
                field.name: getattr(self, field.name)
                for field in dataclasses.fields(self)
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The genotype that DARTS or one of its forks printed.

        Args:
            text: String `Genotype(normal=[...], normal_concat=range(2, 6),
                reduce=[...], reduce_concat=range(2, 6))`, with or without a
                leading `NAME =`. Lists, tuples and ranges are taken for one
                another. Nothing in it is evaluated.

        Raises:
            ValueError: If `text` has another form or describes no genotype.
        """
        return cls.from_fields("text", parsing.parse(text))

    def _graph(self, cell):
        genotype = self.without_isolated_nodes()
        nodes = genotype.nodes(cell)
        boxes = (
            Node("0", "0", caption=("c", "k-2"), role="input"),
            Node("1", "1", caption=("c", "k-1"), role="input"),
            *(
                Node(str(number), str(number))
                for number, node in enumerate(nodes, _FIRST_NODE)
                if node
            ),
            Node("output", "c", "k", role="output"),
        )
        edges = labelled_edges(nodes, _FIRST_NODE) + tuple(
            Edge(str(node), "output")
            for node in getattr(genotype, f"{cell}_concat")
        )
        return CellGraph(_TITLES[cell], boxes, edges, "concatenated")

    def _known(self, cell):
        if cell not in CELLS:
            raise unknown_name("cell", cell, CELLS)
        return cell


def _triples(edges):
    if len(edges[0]) == 3:
        return edges
    return tuple(
        (primitive, _FIRST_NODE + position // 2, source)
        for position, (primitive, source) in enumerate(edges)
    )


def _live_states(edges):
    live = set(range(_FIRST_NODE))
    # In the order of nodes, so that a state is decided before it is asked for.
    for _, node, source in sorted(_triples(edges), key=lambda edge: edge[1]):
        if source in live:
            live.add(node)
    return live


def _checked(cell, edges, concat):
    edges = parsing.entries(cell, edges, forms=_FORMS)
    if len(edges[0]) == 2 and len(edges) % 2:
        raise ValueError(
            f"`{cell}` must have two pairs a node. Received: {len(edges)} pairs"
        )
    triples = _triples(edges)
    if min(node for _, node, _ in triples) < _FIRST_NODE:
        raise ValueError(
            f"`{cell}` must have nodes from {_FIRST_NODE} on, after the cell's "
            f"two inputs. Received: {cell}={parsing.brief(edges)}"
        )
    parsing.inputs_precede(cell, [triple[1:] for triple in triples])
    return edges, _checked_concat(cell, edges, concat)


def _checked_concat(cell, edges, concat):
    argument = f"{cell}_concat"
    concat = parsing.distinct_indices(argument, concat)
    last = max(node for _, node, _ in _triples(edges))
    if len(edges[0]) == 3:
        # Only the concatenation can tell of isolated nodes at the end, and
        # tells of them without a gap.
        while last + 1 in concat:
            last += 1
    parsing.nodes_exist(argument, concat, first=_FIRST_NODE, last=last)
    if _live_states(edges).isdisjoint(concat):
        raise ValueError(
            f"`{argument}` must name a node that has an input. Received: "
            f"{argument}={parsing.brief(concat)}"
        )
    return concat
