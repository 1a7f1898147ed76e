"""Candidates of each edge of a cell: data, no layers."""

from __future__ import annotations

import collections
import dataclasses
import random
from collections.abc import Sequence
from typing import Any
from typing import Self

from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import Config


@dataclasses.dataclass(frozen=True)
class CellSpec:
    """The edges of one type of search cell and their candidates.

    A convolutional cell has two inputs, 0 and 1, and nodes numbered from 2
    on; node `i` has an edge from every input and from every earlier node.
    Edges are ordered by node, then by input, as the rows of the alphas are.

    Args:
        primitives: For each edge a tuple of names of primitives.
        reduction: Boolean, whether the edges that leave the inputs have
            stride 2. Defaults to `False`.
        concat: Tuple of nodes that make the output. Defaults to all nodes.
        num_inputs: Integer, after which the nodes are numbered; a recurrent
            cell has one, the state made of input and hidden state. Defaults
            to `2`.
        edges_per_node: Integer, how many a node keeps in a derived cell, or
            `None` where a genotype says of every edge what stands on it,
            `none` included. Defaults to `2`.

    Raises:
        TypeError: if the candidates of an edge are no list or tuple.
        ValueError: if the number of edges is that of no cell, an edge has no
            candidate or one twice, no edge has another than `none`, or
            `concat` is empty, repeats itself or names what is no node.

    Example:

    >>> spec = CellSpec.uniform(("none", "skip_connect"), num_nodes=2)
    >>> spec.edges
    ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
    """

    primitives: Sequence[Sequence[str]]
    reduction: bool = False
    concat: Sequence[int] | None = None
    num_inputs: int = 2
    edges_per_node: int | None = 2

    def __post_init__(self) -> None:
        primitives = tuple(_candidates(edge) for edge in self.primitives)
        object.__setattr__(self, "primitives", primitives)
        if all(edge == ("none",) for edge in primitives):
            raise ValueError(
                "`primitives` must name candidates other than 'none'. "
                f"Received: primitives={primitives}"
            )
        concat = tuple(self.nodes if self.concat is None else self.concat)
        object.__setattr__(self, "concat", concat)
        if not concat or set(concat) - set(self.nodes) or _repeats(concat):
            raise ValueError(
                f"`concat` must name nodes from {self.nodes[0]} to "
                f"{self.nodes[-1]}, each once. Received: concat={concat}"
            )

    @classmethod
    def uniform(
        cls,
        names: Sequence[str],
        num_nodes: int = 4,
        reduction: bool = False,
        concat: Sequence[int] | None = None,
        **options: Any,
    ) -> CellSpec:
        """The same candidates on every edge."""
        positive_integer("num_nodes", num_nodes)
        num_inputs = options.get("num_inputs", cls.num_inputs)
        num_edges = sum(node + num_inputs for node in range(num_nodes))
        return cls((names,) * num_edges, reduction, concat, **options)

    @property
    def num_nodes(self) -> int:
        nodes, edges = 0, 0
        while edges < len(self.primitives):
            edges += nodes + self.num_inputs
            nodes += 1
        if edges != len(self.primitives) or not edges:
            counts = [
                str(sum(self.num_inputs + node for node in range(number)))
                for number in (1, 2, 3, 4)
            ]
            raise ValueError(
                f"`primitives` must have an entry an edge: {', '.join(counts)}"
                ", ... for 1, 2, 3, 4, ... nodes. "
                f"Received: {len(self.primitives)}"
            )
        return nodes

    @property
    def nodes(self) -> range:
        """The numbers of the nodes."""
        return range(self.num_inputs, self.num_inputs + self.num_nodes)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """For each edge its (node, input)."""
        return tuple((node, i) for node in self.nodes for i in range(node))

    @property
    def num_candidates(self) -> int:
        """The largest number of candidates on an edge: the alphas' columns."""
        return max(len(edge) for edge in self.primitives)

    def edges_into(self, node: int) -> list[int]:
        """Indices of the edges that end in `node`."""
        return [k for k, (end, _) in enumerate(self.edges) if end == node]

    def stride(self, edge: int) -> int:
        """2 on the edges of a reduction cell that leave an input, else 1."""
        leaves_input = self.edges[edge][1] < self.num_inputs
        return 2 if self.reduction and leaves_input else 1

    def entries(
        self, triples: Sequence[tuple[str, int, int]]
    ) -> list[tuple[str, int]] | list[tuple[str, int, int]]:
        """Chosen edges in a genotype's form: pairs if all nodes keep the same.

        Where a genotype names every edge, `none` stands on those not chosen.

        Args:
            triples: List of (primitive, node, input), ordered by node.

        Raises:
            ValueError: if an edge has two primitives where one can stand.
        """
        if self.edges_per_node is None:
            return self._complete(triples)
        counts = collections.Counter(node for _, node, _ in triples)
        if all(counts[node] == self.edges_per_node for node in self.nodes):
            return [(name, source) for name, _, source in triples]
        return list(triples)

    def random_entries(
        self, draw: random.Random
    ) -> list[tuple[str, int]] | list[tuple[str, int, int]]:
        """Edges drawn uniformly, as many a node as it keeps; never `none`.

        A node with fewer edges that could be something else keeps those.
        Where a genotype names every edge, each is drawn from its candidates,
        `none` among them.

        Args:
            draw: `random.Random`.
        """
        if self.edges_per_node is None:
            return [
                (draw.choice(names), *edge)
                for names, edge in zip(self.primitives, self.edges, strict=True)
            ]
        triples = []
        for node in self.nodes:
            names = {
                edge: [name for name in self.primitives[edge] if name != "none"]
                for edge in self.edges_into(node)
            }
            usable = [edge for edge, known in names.items() if known]
            count = min(self.edges_per_node, len(usable))
            for edge in sorted(draw.sample(usable, count)):
                source = self.edges[edge][1]
                triples.append((draw.choice(names[edge]), node, source))
        return self.entries(triples)

    def _complete(self, triples):
        chosen = {(node, source): name for name, node, source in triples}
        if len(chosen) < len(triples):
            raise ValueError(
                "`discretizer` must choose one primitive an edge for this "
                f"search space. Received: {triples}"
            )
        return [(chosen.get(edge, "none"), *edge) for edge in self.edges]

    def without(self, names: Sequence[str]) -> CellSpec:
        """The same cell with some primitives left out of every edge."""
        primitives = [
            tuple(name for name in edge if name not in names)
            for edge in self.primitives
        ]
        return dataclasses.replace(self, primitives=tuple(primitives))

    def get_config(self) -> Config:
        return {
            "primitives": [list(edge) for edge in self.primitives],
            "reduction": self.reduction,
            "concat": list(self.concat),
            "num_inputs": self.num_inputs,
            "edges_per_node": self.edges_per_node,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


def _candidates(edge):
    if not isinstance(edge, list | tuple):
        raise TypeError(
            "`primitives` must have a list or tuple of names an edge. "
            f"Received: {edge!r}"
        )
    if not edge or _repeats(edge):
        raise ValueError(
            "`primitives` must name at least one candidate an edge and none "
            f"twice. Received: {edge!r}"
        )
    return tuple(edge)


def _repeats(values):
    return len(set(values)) < len(values)
