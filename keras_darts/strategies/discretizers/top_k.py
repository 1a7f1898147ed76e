"""The derivation rule of DARTS."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class TopK:
    """Keeps for each node the `k` edges with the strongest candidate.

    An edge counts as its largest mixing weight among candidates other than
    `none`, times its edge weight where there are betas; on a kept edge the
    candidate of that weight stays. Of equals the first wins. Where a genotype
    names every edge, as in NAS-Bench-201, the others become `none`.

    Args:
        k: Integer > 0, edges a node keeps; in a recurrent cell, whose nodes
            have one input each, it is one. Defaults to `2`.

    Example:

    >>> from keras_darts.search_spaces import darts_cnn
    >>> flat = {kind: np.ones((14, 8)) for kind in ("normal", "reduce")}
    >>> TopK()(darts_cnn(), flat, {}).normal[:2]
    (('max_pool_3x3', 0), ('max_pool_3x3', 1))

    Reference: Liu et al., 2019, DARTS, section 2.4.
    """

    k: int = 2

    def __post_init__(self):
        if self.k < 1:
            raise ValueError(f"`k` must be positive. Received: k={self.k}")

    def __call__(self, space, weights, edge_weights):
        """Mixing weights (E, K) and edge weights (E,) by kind of cell."""
        cells = {
            kind: self._cell(spec, weights[kind], edge_weights.get(kind))
            for kind, spec in space.cells.items()
        }
        return space.genotype(cells)

    def get_config(self):
        return dataclasses.asdict(self)

    def _cell(self, spec, weights, edge_weights):
        best = {
            k: _strongest(primitives, weights[k])
            for k, primitives in enumerate(spec.primitives)
        }
        factor = np.ones(len(best)) if edge_weights is None else edge_weights
        kept, count = [], 1 if spec.edges_per_node == 1 else self.k
        for node in spec.nodes:
            edges = [k for k in spec.edges_into(node) if best[k]]
            edges.sort(key=lambda k: -best[k][1] * factor[k])
            kept += [(best[k][0], *spec.edges[k]) for k in edges[:count]]
        return spec.entries(kept)


def _strongest(primitives, weights):
    """(name, weight) of the first largest candidate that is not `none`."""
    known = [
        (name, float(weight))
        for name, weight in zip(primitives, weights, strict=False)
        if name != "none"
    ]
    return max(known, key=lambda pair: pair[1], default=None)
