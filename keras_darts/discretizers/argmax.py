"""The derivation rule of NAS-Bench-201's searches and of SNAS."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from keras_darts.discretizers.base import Discretizer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from typing import Any

    import numpy as np

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.cell_spec import CellSpec


@dataclasses.dataclass(frozen=True)
class Argmax(Discretizer):
    """Keeps on every edge the candidate with the largest mixing weight.

    It may be `none`: then the edge is not there. Of equals the first wins,
    and edge weights have no say. Where a genotype names the edges that are
    there, as in DARTS' space, a node can so have any number of inputs, and
    the genotype is one of triples. A cell of it of which nothing would be
    left keeps, of the edges from its inputs to its output, the one with the
    strongest candidate other than `none`.

    Raises:
        ValueError: when called with a recurrent space, whose nodes have one
            input each.

    Example:

    >>> from keras_darts.search_spaces import nas_bench_201
    >>> weights = np.eye(5)[[3, 0, 3, 1, 0, 1]]
    >>> Argmax()(nas_bench_201(), {"cell": weights}, {}).to_text()
    '|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|\
skip_connect~2|'

    Reference: Dong and Yang, 2020, NAS-Bench-201, appendix; Xie et al., 2019,
    SNAS, section 2.
    """

    def __call__(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        edge_weights: Mapping[str, np.ndarray],
    ) -> BaseGenotype:
        """Mixing weights (E, K) and edge weights (E,) by cell type."""
        return space.genotype(
            {
                cell_type: self._cell(spec, weights[cell_type])
                for cell_type, spec in space.cells.items()
            }
        )

    def _cell(self, spec, weights):
        if spec.edges_per_node == 1:
            raise ValueError(
                "`discretizer` must keep one edge a node for a recurrent "
                f"search space, as 'top_k' does. Received: {self!r}"
            )
        best = [_strongest(*edge) for edge in _edges(spec, weights)]
        kept = [triple for _, triple in best if triple[0] != "none"]
        if spec.edges_per_node is not None and not is_live(spec, kept):
            kept = strongest_left(spec, weights)
        return spec.entries(kept)


def _edges(spec, weights):
    """(names, weights, (node, input)) of each edge."""
    # Edges with fewer candidates have columns that mean nothing.
    return [
        (names, row[: len(names)], edge)
        for names, row, edge in zip(
            spec.primitives, weights, spec.edges, strict=True
        )
    ]


def _strongest(names, weights, edge):
    """(weight, (name, node, input)) of the first largest candidate."""
    weight, name = max(
        zip(map(float, weights), names, strict=True), key=lambda pair: pair[0]
    )
    return weight, (name, *edge)


def strongest_left(
    spec: CellSpec, weights: np.ndarray
) -> list[tuple[str, int, int]]:
    """What stands where all else would be nothing: a triple, if there is."""
    edges = []
    for names, row, (node, source) in _edges(spec, weights):
        if source < spec.num_inputs and node in spec.concat:
            edges += [
                (float(weight), (name, node, source))
                for name, weight in zip(names, row, strict=True)
                if name != "none"
            ]
    best = max(edges, key=lambda pair: pair[0], default=(0.0, None))[1]
    return [] if best is None else [best]


def is_live(spec: CellSpec, triples: Iterable[tuple[str, int, int]]) -> bool:
    """Whether something of the inputs reaches the output."""
    live = set(range(spec.num_inputs))
    # In the order of nodes, so that a state is decided before it is asked for.
    for _, node, source in triples:
        if source in live:
            live.add(node)
    return bool(live & {*spec.concat})
