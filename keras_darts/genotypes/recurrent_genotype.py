"""The genotype of a recurrent cell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar
from typing import Self

from keras_darts.drawing.cell_graph import CellGraph
from keras_darts.drawing.cell_graph import Edge
from keras_darts.drawing.cell_graph import Node
from keras_darts.drawing.cell_graph import labelled_edges
from keras_darts.genotypes import parsing
from keras_darts.genotypes.base_genotype import BaseGenotype


@dataclasses.dataclass(frozen=True)
class RecurrentGenotype(BaseGenotype):
    """A recurrent cell, as DARTS prints it.

    State 0 is made of the input and the previous hidden state; node i, counted
    from 1, applies its activation to one earlier state.

    Args:
        recurrent: Sequence of pairs `(primitive, input)`, one a node.
        concat: Sequence of ints or range, the nodes of which the mean is the
            cell's output.

    Raises:
        ValueError: If there is no node, a node takes an input that does not
            come before it, or `concat` names nodes that do not exist.
        TypeError: If an argument is not a list, tuple or range.

    Example:

    >>> genotype = RecurrentGenotype([("tanh", 0), ("relu", 1)], range(1, 3))
    >>> genotype.to_text()
    "Genotype(recurrent=[('tanh', 0), ('relu', 1)], concat=range(1, 3))"

    Reference: Liu et al., 2019, DARTS, section 3.1.2.
    """

    recurrent: Sequence[tuple[str, int]]
    concat: Sequence[int]

    genotype_type = "recurrent"
    cells: ClassVar[tuple[str, ...]] = ("recurrent",)

    def __post_init__(self) -> None:
        pairs = parsing.entries(
            "recurrent", self.recurrent, forms=("(primitive, input)",)
        )
        parsing.inputs_precede(
            "recurrent", [(n, pair[1]) for n, pair in enumerate(pairs, 1)]
        )
        concat = parsing.distinct_indices("concat", self.concat)
        parsing.nodes_exist("concat", concat, first=1, last=len(pairs))
        object.__setattr__(self, "recurrent", pairs)
        object.__setattr__(self, "concat", concat)

    def primitives(self) -> tuple[str, ...]:
        return tuple(sorted({primitive for primitive, _ in self.recurrent}))

    def edge_primitives(self) -> tuple[str, ...]:
        return tuple(primitive for primitive, _ in self.recurrent)

    def edges_of(self, cell: str) -> tuple[tuple[str, int, int], ...]:
        return tuple(
            (primitive, node, source)
            for node, (primitive, source) in enumerate(self.recurrent, 1)
        )

    def to_text(self) -> str:
        return parsing.write(
            {"recurrent": self.recurrent, "concat": self.concat}
        )

    def _graph(self, cell):
        pairs = self.recurrent
        nodes = (
            Node("x", "x", "t", role="input"),
            Node("h", "h", "t-1", role="input"),
            *(Node(str(i), str(i)) for i in range(len(pairs) + 1)),
            Node("output", "h", "t", role="output"),
        )
        edges = (
            Edge("x", "0"),
            Edge("h", "0"),
            *labelled_edges([(pair,) for pair in pairs], 1),
            *(Edge(str(node), "output") for node in self.concat),
        )
        return CellGraph("Recurrent cell", nodes, edges, "mean of the nodes")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The genotype that DARTS' recurrent search printed.

        Args:
            text: String `Genotype(recurrent=[...], concat=range(1, 9))`, with
                or without a leading `NAME =`. Nothing in it is evaluated.

        Raises:
            ValueError: If `text` has another form or describes no genotype.
        """
        return cls.from_fields("text", parsing.parse(text))
