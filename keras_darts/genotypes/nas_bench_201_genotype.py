"""The genotype of a NAS-Bench-201 cell."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import ClassVar
from typing import Self

from keras_darts.drawing.cell_graph import CellGraph
from keras_darts.drawing.cell_graph import Node
from keras_darts.drawing.cell_graph import labelled_edges
from keras_darts.genotypes import parsing
from keras_darts.genotypes.base_genotype import BaseGenotype
from keras_darts.utils.errors import unknown_name

PRIMITIVES: tuple[str, ...] = (
    "none",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
    "avg_pool_3x3",
)


@dataclasses.dataclass(frozen=True)
class NasBench201Genotype(BaseGenotype):
    """A cell of NAS-Bench-201: one primitive on every edge.

    State 0 is the cell's input, the nodes follow from 1 on, each has an edge
    from every earlier state, and the last one is the cell's output. The
    benchmark has 3 nodes and so 6 edges.

    Args:
        edges: Sequence of names of primitives in the order of the edges: node
            1 from 0, node 2 from 0 and from 1, node 3 from 0, 1 and 2, ...

    Raises:
        ValueError: If the number of edges is not that of a whole cell (1, 3,
            6, 10, ...) or a primitive is not one of the benchmark's five.
        TypeError: If `edges` is not a list or tuple.

    Example:

    >>> genotype = NasBench201Genotype(["none", "none", "skip_connect"])
    >>> genotype.to_text()
    '|none~0|+|none~0|skip_connect~1|'
    >>> genotype.nodes()
    ((('none', 0),), (('none', 0), ('skip_connect', 1)))

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """

    edges: Sequence[str]

    genotype_type = "nas_bench_201"
    cells: ClassVar[tuple[str, ...]] = ("cell",)

    def __post_init__(self) -> None:
        edges = parsing.sequence("edges", self.edges)
        if not math.isqrt(8 * len(edges) + 1) ** 2 == 8 * len(edges) + 1:
            raise ValueError(
                "`edges` must have one primitive for every node and earlier "
                "state, so 1, 3, 6, 10, ... in all. Received: "
                f"{len(edges)} in edges={parsing.brief(edges)}"
            )
        for primitive in edges:
            if primitive not in PRIMITIVES:
                raise unknown_name("edges", primitive, PRIMITIVES)
        object.__setattr__(self, "edges", tuple(map(str, edges)))

    def nodes(self) -> tuple[tuple[tuple[str, int], ...], ...]:
        """For each node a tuple of its `(primitive, input)` pairs."""
        nodes = []
        start = 0
        while start < len(self.edges):
            end = start + len(nodes) + 1
            node = zip(self.edges[start:end], range(end - start), strict=True)
            nodes.append(tuple(node))
            start = end
        return tuple(nodes)

    def primitives(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.edges)))

    def edges_of(self, cell: str) -> tuple[tuple[str, int, int], ...]:
        return tuple(
            (primitive, node, source)
            for node, pairs in enumerate(self.nodes(), 1)
            for primitive, source in pairs
        )

    def num_skip_connects(self) -> int:
        """How many edges are skips."""
        return self.edges.count("skip_connect")

    def edge_primitives(self) -> tuple[str, ...]:
        return tuple(name for name in self.edges if name != "none")

    def to_text(self) -> str:
        return "+".join(
            "".join(f"|{primitive}~{source}" for primitive, source in node)
            + "|"
            for node in self.nodes()
        )

    def _graph(self, cell):
        nodes = self.nodes()
        last = len(nodes)
        boxes = (
            Node("0", "0", caption=("input", ""), role="input"),
            *(Node(str(i), str(i)) for i in range(1, last)),
            Node(str(last), str(last), caption=("output", ""), role="output"),
        )
        edges = labelled_edges(nodes, 1)
        return CellGraph("NAS-Bench-201 cell", boxes, edges)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The genotype of an architecture string of the benchmark.

        Args:
            text: String such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|`,
                with the inputs of each node in order.

        Raises:
            ValueError: If `text` has another form or names other primitives.
        """
        nodes = parsing.string("text", text).strip().split("+")
        edges = []
        for number, node in enumerate(nodes, 1):
            pairs = [edge.partition("~") for edge in node[1:-1].split("|")]
            inputs = [source for _, _, source in pairs]
            if f"{node[:1]}{node[1:][-1:]}" != "||" or inputs != [
                str(source) for source in range(number)
            ]:
                raise ValueError(
                    "`text` must be like |none~0|+|none~0|skip_connect~1|, "
                    f"with the inputs 0 to {number - 1} in order at node "
                    f"{number}. Received: {parsing.brief(node)} in "
                    f"{parsing.brief(text)}"
                )
            edges += [primitive for primitive, _, _ in pairs]
        return cls(edges)
