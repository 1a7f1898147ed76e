"""Prefers architectures that are small or fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from keras_darts.regularizers.base import Regularizer
from keras_darts.search_spaces import cost_table
from keras_darts.supernet import candidate_costs
from keras_darts.utils.errors import positive
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import tensorflow as tf

    from keras_darts.search_spaces.cost_table import CostTable
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import PathLike

_SMALLEST = 1e-12


@keras.saving.register_keras_serializable(package="keras_darts")
class Cost(Regularizer):
    """The expected cost of the cells, as a share, or its distance to a target.

    - Without a table: each candidate of the supernet counts by its mixing
      weight, and one is the cost of cells with the most expensive candidate
      on every edge.
    - With a table: what the derived network costs on average, where of the
      edges into a node as many are kept as a genotype keeps, each as likely,
      and on each a candidate as likely as its mixing weight says; as a share
      of the highest cost of an architecture.
    - With a target, too: `abs(cost / target - 1)` of the strongest candidates
      on the strongest edges, with the gradient of the average. The average
      alone would be met by alphas that all lean to the dear candidates a
      little, whose strongest cost far more.

    Args:
        measure: `"parameters"`, `"macs"` for multiplications, or `"latency"`,
            which needs a table. Defaults to `"macs"`.
        weight: Float, the term's factor. Defaults to `0.1`.
        table: `kd.CostTable` of that measure, its config or the path of its
            file. Defaults to `None`.
        target: Float > 0, in the table's unit. Defaults to `None`.

    Raises:
        ValueError: for an unknown measure, a table of another one, a target or
            `"latency"` without a table; in a search, for a table of another
            search space and a target that no architecture reaches.

    Example:

    >>> Cost("parameters", weight=0.5).get_config()["measure"]
    'parameters'

    Reference: Xie et al., 2019, SNAS, section 2.3; Cai et al., 2019,
    ProxylessNAS, equation 5; Wu et al., 2019, FBNet, section 3.3.
    """

    def __init__(
        self,
        measure: str = "macs",
        weight: float = 0.1,
        table: CostTable | Config | PathLike | None = None,
        target: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, **kwargs)
        if measure not in cost_table.MEASURES:
            raise unknown_name("measure", measure, cost_table.MEASURES)
        self.measure = measure
        self.table: CostTable | None = (
            None if table is None else cost_table.get(table)
        )
        self.target = target
        self._check_table()
        self.costs: dict[str, np.ndarray] | None = None

    def check_space(self, space: Any) -> None:
        """Refuses a target that no architecture of a search space reaches."""
        if self.target is None:
            return
        least, most = self.table.bounds(space)
        if not least <= self.target <= most:
            unit = self.table.unit
            raise ValueError(
                "`target` (of a search: `target_latency_ms`) must be from "
                f"{least:.4g} to {most:.4g} {unit}, what the architectures of "
                f"the search space cost. Received: target={self.target:.4g} "
                f"{unit}"
            )

    def prepare(self, supernet: Any) -> None:
        """Takes over what the candidates of a supernet cost."""
        if self.costs is not None:
            return
        if self.table is None:
            self.costs = candidate_costs(supernet, self.measure)
            dearest = [c.max(axis=-1).sum() for c in self.costs.values()]
            self._fixed, self._highest = 0.0, max(sum(dearest), 1.0)
            return
        space = supernet.space
        _, self._highest = self.table.bounds(space)
        self._fixed = self.table.fixed
        self._kept = {k: _kept(spec) for k, spec in space.cells.items()}
        self._nodes = {k: _nodes(spec) for k, spec in space.cells.items()}
        self.costs = self.table.edge_costs(space)

    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        expected = self.expected(weights)
        if self.target is None:
            return expected / self._highest
        step = ops.stop_gradient(self.chosen(weights) - expected)
        return ops.abs((expected + step) / self.target - 1)

    def expected(self, weights: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Mixing weights (E, K) by cell type -> the cost, a scalar."""
        costs = [
            ops.sum(
                self._shares(cell_type, w)
                * ops.cast(self.costs[cell_type], w.dtype)
            )
            for cell_type, w in weights.items()
        ]
        return self._fixed + ops.sum(costs)

    def chosen(self, weights: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The cost of the strongest candidates on the strongest edges."""
        costs = []
        for cell_type, table in self.costs.items():
            known = ops.where(
                self._kept[cell_type] > 0, weights[cell_type], -1.0
            )
            strongest = ops.one_hot(ops.argmax(known, -1), known.shape[-1])
            cost = ops.sum(strongest * ops.cast(table, strongest.dtype), -1)
            strength = ops.max(known, axis=-1)
            for edges, count in self._nodes[cell_type]:
                _, kept = ops.top_k(ops.take(strength, edges), count)
                costs.append(ops.sum(ops.take(ops.take(cost, edges), kept)))
        return self._fixed + ops.cast(ops.sum(costs), known.dtype)

    def _shares(self, cell_type, weights):
        """How likely each candidate (E, K) is in the derived network."""
        if self.table is None:
            return weights
        kept = ops.cast(self._kept[cell_type], weights.dtype)
        weights = weights * ops.cast(kept > 0, weights.dtype)
        total = ops.sum(weights, axis=-1, keepdims=True)
        return kept * weights / ops.maximum(total, _SMALLEST)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "measure": self.measure,
            "table": self.table and self.table.get_config(),
            "target": self.target,
        }

    def _check_table(self):
        if self.table is None:
            if self.measure == "latency" or self.target is not None:
                raise ValueError(
                    "`table` must be given for latency and for a target. "
                    f"Received: measure={self.measure!r}, "
                    f"target={self.target!r}, table=None"
                )
        elif self.table.measure != self.measure:
            raise ValueError(
                f"`table` must be one of {self.measure}. Received: a table of "
                f"{self.table.measure}"
            )
        if self.target is not None:
            positive("target", self.target)


def _kept(spec):
    """(E, K): how likely each edge is kept, 0 where no candidate stands."""
    kept = np.zeros((len(spec.edges), spec.num_candidates), "float32")
    for node in spec.nodes:
        edges = spec.edges_into(node)
        count = spec.edges_per_node or len(edges)
        for edge in edges:
            for place, name in enumerate(spec.primitives[edge]):
                if name != "none" or spec.edges_per_node is None:
                    kept[edge, place] = min(count / len(edges), 1.0)
    return kept


def _nodes(spec):
    """For each node its edges, and how many of them are kept."""
    edges = [spec.edges_into(node) for node in spec.nodes]
    return [(e, min(spec.edges_per_node or len(e), len(e))) for e in edges]
