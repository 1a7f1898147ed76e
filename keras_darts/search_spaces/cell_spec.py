"""What may stand on each edge of a cell: data, no layers."""

import collections
import dataclasses


@dataclasses.dataclass(frozen=True)
class CellSpec:
    """The edges of one kind of search cell and their candidates.

    A cell has two inputs, 0 and 1, and nodes numbered from 2 on; node `i` has
    an edge from both inputs and from every earlier node. Edges are ordered
    by node, then by input, as the rows of the alphas are.

    Args:
        primitives: For each edge a tuple of names of primitives.
        reduction: Boolean, whether the edges that leave the inputs have
            stride 2. Defaults to `False`.
        concat: Tuple of nodes whose concatenation is the output. Defaults to
            all nodes.

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

    primitives: tuple
    reduction: bool = False
    concat: tuple = None

    def __post_init__(self):
        primitives = tuple(_candidates(edge) for edge in self.primitives)
        object.__setattr__(self, "primitives", primitives)
        if all(edge == ("none",) for edge in primitives):
            raise ValueError(
                "`primitives` must name candidates other than 'none'. "
                f"Received: primitives={primitives}"
            )
        nodes = range(2, self.num_nodes + 2)
        concat = tuple(nodes if self.concat is None else self.concat)
        object.__setattr__(self, "concat", concat)
        if not concat or set(concat) - set(nodes) or _repeats(concat):
            raise ValueError(
                f"`concat` must name nodes from 2 to {self.num_nodes + 1}, "
                f"each once. Received: concat={concat}"
            )

    @classmethod
    def uniform(cls, names, num_nodes=4, reduction=False, concat=None):
        """The same candidates on every edge."""
        if num_nodes < 1:
            raise ValueError(
                f"`num_nodes` must be 1 or more. Received: {num_nodes}"
            )
        num_edges = sum(node + 2 for node in range(num_nodes))
        return cls((names,) * num_edges, reduction, concat)

    @property
    def num_nodes(self):
        nodes, edges = 0, 0
        while edges < len(self.primitives):
            edges += nodes + 2
            nodes += 1
        if edges != len(self.primitives) or not edges:
            raise ValueError(
                "`primitives` must have an entry an edge: 2, 5, 9, 14, ... "
                f"for 1, 2, 3, 4, ... nodes. Received: {len(self.primitives)}"
            )
        return nodes

    @property
    def edges(self):
        """For each edge its (node, input)."""
        nodes = range(2, self.num_nodes + 2)
        return tuple((node, i) for node in nodes for i in range(node))

    @property
    def num_candidates(self):
        """The largest number of candidates on an edge: the alphas' columns."""
        return max(len(edge) for edge in self.primitives)

    def edges_into(self, node):
        """Indices of the edges that end in `node`."""
        return [k for k, (end, _) in enumerate(self.edges) if end == node]

    def stride(self, edge):
        """2 on the edges of a reduction cell that leave an input, else 1."""
        return 2 if self.reduction and self.edges[edge][1] < 2 else 1

    def entries(self, triples):
        """Chosen edges in a genotype's form: pairs if each node has two.

        Args:
            triples: List of (primitive, node, input), ordered by node.
        """
        counts = collections.Counter(node for _, node, _ in triples)
        if all(counts[node] == 2 for node in range(2, self.num_nodes + 2)):
            return [(name, source) for name, _, source in triples]
        return list(triples)

    def without(self, names):
        """The same cell with some primitives left out of every edge."""
        primitives = [
            tuple(name for name in edge if name not in names)
            for edge in self.primitives
        ]
        return dataclasses.replace(self, primitives=tuple(primitives))

    def get_config(self):
        return {
            "primitives": [list(edge) for edge in self.primitives],
            "reduction": self.reduction,
            "concat": list(self.concat),
        }

    @classmethod
    def from_config(cls, config):
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
