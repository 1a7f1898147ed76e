"""Base class of discretizers and the rule of DARTS; discretizers by name."""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from keras_darts.utils.registry import Registry
from keras_darts.utils.registry import fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.callbacks.base import SearchCallback
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.utils.typing import Config


class Discretizer(abc.ABC):
    """Abstract: from mixing weights to a genotype.

    It is called whenever the genotype is asked for, with arrays, and returns
    the same for the same. It holds no state but its arguments.

    One that needs data has `callback`, which returns what chooses; what was
    chosen lies in the supernet's variables, so that the mixing weights of the
    call tell it. One that decides edge by edge while the weights are trained
    on has `decides_edges` and `extra_epochs` too, and its callback decides
    with `search.supernet.arch.decide` in these epochs.

    Attributes:
        decides_by: String, what decides in place of the mixing weights, such
            as "by rewards", which a search says at its end. `None`: they do.
        decides_edges: Boolean, whether single edges are decided while others
            are still sought. `False`.

    Example:

    >>> class First(Discretizer):
    ...     def __call__(self, space, weights, edge_weights):
    ...         first = {c: np.zeros_like(w) for c, w in weights.items()}
    ...         return kd.discretizers.TopK()(space, first, edge_weights)
    >>> space = kd.search_spaces.darts_cnn()
    >>> flat = {cell_type: np.ones((14, 8)) for cell_type in space.cells}
    >>> First()(space, flat, {}).normal[:2]
    (('max_pool_3x3', 0), ('max_pool_3x3', 1))
    """

    decides_by: str | None = None
    decides_edges = False

    @abc.abstractmethod
    def __call__(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        edge_weights: Mapping[str, np.ndarray],
    ) -> BaseGenotype:
        """A genotype of the space.

        Args:
            space: Search space.
            weights: Dictionary from cell types to their mixing weights,
                an array (E, K), of which an edge with fewer candidates uses
                the first columns.
            edge_weights: The same of edge weights (E,), empty without betas.
        """

    def callback(self) -> SearchCallback | None:
        """The `SearchCallback` that chooses, or `None`: none is needed."""
        return None

    def extra_epochs(self, space: Any, epochs: int) -> int:
        """How many epochs follow those of the user; by default none.

        Args:
            space: Search space.
            epochs: Integer, those of the user.
        """
        return 0

    def learning_rates(self, recipe: Any) -> tuple[float, float]:
        """The first and the last learning rate of the extra epochs.

        Args:
            recipe: `SearchRecipe`, whose last rate continues by default.
        """
        return recipe.min_learning_rate, recipe.min_learning_rate

    def figures(self, genotype: BaseGenotype) -> dict[str, float]:
        """Numbers by name for the logs of each epoch; by default none.

        Args:
            genotype: What the discretizer has given.
        """
        return {}

    def check_strategy(self, strategy: Any) -> None:
        """Raises a `ValueError` for pieces that can't go with this one.

        Args:
            strategy: `SearchStrategy` of which it is a piece.
        """

    def get_config(self) -> Config:
        """The arguments of the constructor, by default those of a dataclass."""
        return fields(self)


_SKIP = "skip_connect"


@dataclasses.dataclass(frozen=True)
class TopK(Discretizer):
    """Keeps for each node the `k` edges with the strongest candidate.

    An edge counts as its largest mixing weight among candidates other than
    `none`, times its edge weight where there are betas; on a kept edge the
    candidate of that weight stays. Of equals the first wins. Where a genotype
    names every edge, as in NAS-Bench-201, the others become `none`.

    Args:
        k: Integer > 0, edges a node keeps; in a recurrent cell, whose nodes
            have one input each, it is one. Defaults to `2`.
        max_skip_connects: Integer, how many skip-connections a normal cell
            may have. While it has more, the weakest of them is struck out and
            the cell derived again, as P-DARTS does. Defaults to `None`: any
            number.

    Raises:
        ValueError: if `k` is not positive, or `max_skip_connects` negative.

    Example:

    >>> from keras_darts.search_spaces import darts_cnn
    >>> flat = {c: np.ones((14, 8)) for c in ("normal", "reduce")}
    >>> TopK()(darts_cnn(), flat, {}).normal[:2]
    (('max_pool_3x3', 0), ('max_pool_3x3', 1))

    Reference: Liu et al., 2019, DARTS, section 2.4; Chen et al., 2019,
    P-DARTS, section 3.3.2, for the bound.
    """

    k: int = 2
    max_skip_connects: int | None = None

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"`k` must be positive. Received: k={self.k}")
        if self.max_skip_connects is not None and self.max_skip_connects < 0:
            raise ValueError(
                "`max_skip_connects` must be 0 or more. Received: "
                f"max_skip_connects={self.max_skip_connects}"
            )

    def __call__(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        edge_weights: Mapping[str, np.ndarray],
    ) -> BaseGenotype:
        """Mixing weights (E, K) and edge weights (E,) by cell type."""
        cells = {
            cell_type: self._cell(
                spec, weights[cell_type], edge_weights.get(cell_type)
            )
            for cell_type, spec in space.cells.items()
        }
        return space.genotype(cells)

    def _cell(self, spec, weights, edge_weights):
        kept = self._kept(spec, weights, edge_weights)
        while excess := self._excess_skips(spec, kept):
            weights = np.array(weights, dtype="float64")
            places = [
                (edge, spec.primitives[edge].index(_SKIP)) for edge in excess
            ]
            # Below all others, so that another candidate is the best.
            weights[min(places, key=lambda place: weights[place])] = -1.0
            kept = self._kept(spec, weights, edge_weights)
        return spec.entries(
            [(name, *spec.edges[edge]) for edge, name in kept.items()]
        )

    def _kept(self, spec, weights, edge_weights):
        """The kept edges, node by node, the strongest first: their names."""
        count = 1 if spec.edges_per_node == 1 else self.k
        return {
            edge: name
            for node in spec.nodes
            for edge, name, _ in ranked_edges(
                spec, node, weights, edge_weights
            )[:count]
        }

    def _excess_skips(self, spec, kept):
        """The edges that skip, if they are too many and could do otherwise."""
        skips = [edge for edge, name in kept.items() if name == _SKIP]
        bound = self.max_skip_connects
        if bound is None or spec.reduction or len(skips) <= bound:
            return []
        return [
            edge
            for edge in skips
            if not set(spec.primitives[edge]) <= {"none", _SKIP}
        ]


def ranked_edges(
    spec: CellSpec,
    node: int,
    weights: np.ndarray,
    edge_weights: np.ndarray | None,
) -> list[tuple[int, str, float]]:
    """(edge, name, weight) of each edge's best candidate, the best first.

    Args:
        spec: `CellSpec`.
        node: Integer, the node in which the edges end.
        weights: (E, K) mixing weights.
        edge_weights: (E,), or `None`.
    """
    factor = np.ones(len(weights)) if edge_weights is None else edge_weights
    best = [
        (edge, *strongest)
        for edge in spec.edges_into(node)
        if (strongest := _strongest(spec.primitives[edge], weights[edge]))
    ]
    return sorted(best, key=lambda entry: -entry[2] * factor[entry[0]])


def _strongest(primitives, weights):
    """(name, weight) of the first largest candidate that is not `none`."""
    known = [
        (name, float(weight))
        for name, weight in zip(primitives, weights, strict=False)
        if name != "none"
    ]
    return max(known, key=lambda pair: pair[1], default=None)


# The classes are registered where all of them are imported, in __init__.py.
registry: Registry = Registry("discretizer", base=Discretizer)


def get(identifier: Discretizer | str | Config | None) -> Discretizer | None:
    """A discretizer from its name, its config or itself, or `None`."""
    return None if identifier is None else registry.get(identifier)


def clone(discretizer: Discretizer | None) -> Discretizer | None:
    """An equal one, or `None`."""
    return None if discretizer is None else registry.clone(discretizer)


def serialize(discretizer: Discretizer | None) -> Config | None:
    """The config from which `get` makes an equal one, or `None`."""
    return None if discretizer is None else registry.serialize(discretizer)
