"""The derivation rules of FairDARTS."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from keras_darts.discretizers.argmax import is_live
from keras_darts.discretizers.argmax import strongest_left
from keras_darts.discretizers.base import Discretizer
from keras_darts.discretizers.base import ranked_edges
from keras_darts.relaxations.base import wrong_relaxation
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np

    from keras_darts.genotypes.base_genotype import BaseGenotype

_FORMS = ("sparse", "edge")


@dataclasses.dataclass(frozen=True)
class Threshold(Discretizer):
    """Keeps candidates whose gate is open wide enough.

    - `"sparse"`: the edges that `TopK(2)` would keep, each with its best
      candidate, as far as its gate reaches the threshold.
    - `"edge"`: on every edge the candidates of the largest gates, `per_edge`
      at most, that reach the threshold.

    The genotype has triples (primitive, node, input) where not every node
    keeps two. A cell of which nothing would be left keeps, of the edges from
    its inputs to its output, the one with the widest gate; an edge of
    NAS-Bench-201, which holds one primitive, becomes `none`.

    Args:
        value: Float, the threshold. Defaults to `0.85`.
        form: `"sparse"` or `"edge"`. Defaults to `"sparse"`.
        per_edge: Integer > 0, for `"edge"`. Defaults to `2`.

    Raises:
        ValueError: for an unknown `form`, or a `per_edge` below one; when it
            is called, for a recurrent cell, which keeps one edge a node.

    Example:

    >>> from keras_darts.search_spaces import darts_cnn
    >>> gates = np.zeros((14, 8))
    >>> gates[0, 4] = gates[3, 3] = 0.9
    >>> space = darts_cnn()
    >>> Threshold()(space, {"normal": gates, "reduce": gates}, {}).normal
    (('sep_conv_3x3', 2, 0), ('skip_connect', 3, 1))

    Reference: Chu et al., 2020, Fair DARTS, section 3.4.
    """

    value: float = 0.85
    form: str = "sparse"
    per_edge: int = 2

    def __post_init__(self) -> None:
        if self.form not in _FORMS:
            raise unknown_name("form", self.form, _FORMS)
        if self.per_edge < 1:
            raise ValueError(
                f"`per_edge` must be positive. Received: {self.per_edge}"
            )

    def __call__(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        edge_weights: Mapping[str, np.ndarray],
    ) -> BaseGenotype:
        """Gates (E, K) and edge weights (E,) by cell type."""
        if any(spec.edges_per_node == 1 for spec in space.cells.values()):
            raise ValueError(
                "`discretizer` must keep one edge for each node of a recurrent "
                "cell, which Threshold does not. Received: "
                "discretizer=Threshold"
            )
        cells = {
            cell_type: self._cell(
                spec, weights[cell_type], edge_weights.get(cell_type)
            )
            for cell_type, spec in space.cells.items()
        }
        return space.genotype(cells)

    def check_strategy(self, strategy: Any) -> None:
        if strategy.relaxation.competes:
            raise wrong_relaxation(
                self,
                strategy,
                needed="Sigmoid",
                reason="weights that sum to one seldom reach a threshold that "
                "gates do",
            )

    def _cell(self, spec, gates, edge_weights):
        asked = self._asked(spec, gates, edge_weights)
        kept = [
            (name, *spec.edges[edge])
            for edge, name, gate in asked
            if gate >= self.value
        ]
        if spec.edges_per_node is not None and not is_live(spec, kept):
            kept = strongest_left(spec, gates)
        return spec.entries(kept)

    def _asked(self, spec, gates, edge_weights):
        """(edge, name, gate) of what is compared with the threshold."""
        if self.form == "sparse":
            return [
                (edge, name, gate)
                for node in spec.nodes
                for edge, name, gate in ranked_edges(
                    spec, node, gates, edge_weights
                )[: spec.edges_per_node]
            ]
        asked = []
        for edge, names in enumerate(spec.primitives):
            known = [
                (edge, name, float(gate))
                for name, gate in zip(names, gates[edge], strict=False)
                if name != "none"
            ]
            known.sort(key=lambda entry: -entry[-1])
            asked += known[
                : 1 if spec.edges_per_node is None else self.per_edge
            ]
        return asked
