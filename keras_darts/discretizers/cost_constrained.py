"""The architecture that costs what is asked for, and departs least."""

from __future__ import annotations

import dataclasses
import itertools
import typing
from typing import TYPE_CHECKING

import numpy as np

from keras_darts.discretizers.base import Discretizer
from keras_darts.discretizers.base import registry
from keras_darts.search_spaces import cost_table
from keras_darts.utils.errors import positive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.cost_table import CostTable
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import PathLike

# From one that moves nothing to one that only asks for the cost, both ways.
_PRICES = (0.0, *(s * p for p in np.geomspace(0.01, 100, 60) for s in (1, -1)))
# Of a single edge, the smallest first.
_CHANGES = tuple(s * p for p in np.geomspace(0.1, 100, 7) for s in (1, -1))


class _Tried(typing.NamedTuple):
    """How far an architecture is from the target, and its prices."""

    gap: float
    genotype: object
    prices: dict


@dataclasses.dataclass(frozen=True)
class CostConstrained(Discretizer):
    """Another rule, on weights that are priced until the cost is met.

    Each mixing weight is multiplied by `exp(-price * cost)`, with the cost of
    its candidate relative to the mean, and the other rule derives an
    architecture. The price is the smallest, up or down, by which the
    architecture costs what it should. Where none does, single edges have other
    prices, as long as that leads nearer.

    Args:
        table: `CostTable`, its config or the path of its file.
        target: Float > 0, in the table's unit.
        base: Discretizer of mixing weights alone, a name or a config. Defaults
            to `None`: the search space's own.
        tolerance: Float, the share of the target that the cost may be off.
            Defaults to `0.05`.

    Raises:
        ValueError: for numbers that are not positive, or a `base` that
            decides by data.

    Example:

    >>> table = kd.CostTable(
    ...     measure="macs",
    ...     cells=(kd.search_spaces.CellInstance("cell", 16, (8, 8)),),
    ...     costs={
    ...         f"{name} 16 1 8x8": cost
    ...         for name, cost in (("nor_conv_3x3", 9), ("skip_connect", 0))
    ...     },
    ... )
    >>> space = kd.NasBench201Space(
    ...     kd.CellSpec.uniform(
    ...         ("skip_connect", "nor_conv_3x3"), 1, concat=(1,), num_inputs=1,
    ...         edges_per_node=None,
    ...     )
    ... )
    >>> weights = {"cell": np.array([[0.6, 0.4]])}
    >>> CostConstrained(table, target=9)(space, weights, {}).to_text()
    '|nor_conv_3x3~0|'
    """

    table: CostTable | Config | PathLike
    target: float
    base: Discretizer | str | Config | None = None
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", cost_table.get(self.table))
        for name in ("target", "tolerance"):
            positive(name, getattr(self, name))
        if self.base is not None:
            object.__setattr__(self, "base", registry.get(self.base))
        if self.base is not None and self.base.callback() is not None:
            raise ValueError(
                "`base` must be a rule on mixing weights alone: one that "
                "decides by data ignores costs. Received: "
                f"base={type(self.base).__name__}"
            )

    def __call__(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        edge_weights: Mapping[str, np.ndarray],
    ) -> BaseGenotype:
        """Mixing weights (E, K) and edge weights (E,) by cell type."""
        rule = self.base or registry.get(space.discretizer)
        shares = _shares(self.table.edge_costs(space))

        def derived(prices):
            priced = {
                cell_type: row
                * np.exp(-prices[cell_type][:, None] * shares[cell_type])
                for cell_type, row in weights.items()
            }
            return rule(space, priced, edge_weights)

        def tried(prices):
            genotype = derived(prices)
            gap = abs(self.table.predict(genotype) / self.target - 1)
            return _Tried(gap, genotype, prices)

        counts = {
            cell_type: len(spec.edges)
            for cell_type, spec in space.cells.items()
        }
        nearest = _Tried(np.inf, None, None)
        for price in _PRICES:
            result = tried({k: np.full(n, price) for k, n in counts.items()})
            if result.gap < nearest.gap:
                nearest = result
            if nearest.gap <= self.tolerance:
                return nearest.genotype
        return _refined(nearest, tried, self.tolerance).genotype

    def figures(self, genotype: BaseGenotype) -> dict[str, float]:
        """What the architecture costs."""
        measure = self.table.measure
        name = "latency_ms" if measure == "latency" else measure
        return {name: self.table.predict(genotype)}

    def check_strategy(self, strategy: Any) -> None:
        if self.base is not None:
            self.base.check_strategy(strategy)

    def get_config(self) -> Config:
        return {
            "table": self.table.get_config(),
            "target": self.target,
            "base": self.base and registry.serialize(self.base),
            "tolerance": self.tolerance,
        }


def _shares(costs):
    """Costs (E, K) by cell type, of which the mean is one."""
    known = np.concatenate([each[each > 0] for each in costs.values()])
    mean = known.mean() if known.size else 1.0
    return {cell_type: each / mean for cell_type, each in costs.items()}


def _refined(nearest, tried, tolerance):
    """The nearest after each edge has had a price of its own, in turn."""
    improves = True
    while improves and nearest.gap > tolerance:
        improves = False
        for cell_type, prices in nearest.prices.items():
            for edge, change in itertools.product(range(len(prices)), _CHANGES):
                moved = prices.copy()
                moved[edge] += change
                result = tried({**nearest.prices, cell_type: moved})
                if result.gap < nearest.gap:
                    nearest, improves, prices = result, True, moved
    return nearest
