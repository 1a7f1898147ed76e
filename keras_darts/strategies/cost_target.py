"""A strategy that looks for architectures of a given cost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from keras_darts.discretizers import CostConstrained
from keras_darts.regularizers import Cost
from keras_darts.search_spaces import cost_table
from keras_darts.strategies import methods

if TYPE_CHECKING:
    from keras_darts.search_spaces.cost_table import CostTable
    from keras_darts.strategies.strategy import SearchStrategy
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import PathLike


def with_cost_target(
    strategy: SearchStrategy | str | Config,
    table: CostTable | Config | PathLike,
    target: float,
    weight: float = 1.0,
) -> SearchStrategy:
    """The strategy, with a term for a cost and a discretizer that meets it.

    Args:
        strategy: Name, `SearchStrategy` or config.
        table: `kd.CostTable`, its config or the path of its file.
        target: Float, what the derived network shall cost, in the table's
            unit.
        weight: Float, the factor of the term, relative to the search loss.
            Defaults to `1.0`.

    Returns:
        A `SearchStrategy`.

    Raises:
        ValueError: if the strategy's discretizer decides by data, or there is
            no such table.

    Example:

    >>> table = kd.CostTable(measure="latency", cells=(), costs={}, fixed=1.0)
    >>> strategy = with_cost_target("pc_darts", table, target=3.0)
    >>> strategy.regularizers[-1].target, strategy.discretizer.tolerance
    (3.0, 0.05)
    """
    strategy, table = methods.get(strategy), cost_table.get(table)
    term = Cost(table.measure, weight, table=table, target=target)
    return dataclasses.replace(
        strategy,
        regularizers=[*strategy.regularizers, term],
        discretizer=CostConstrained(table, target, base=strategy.discretizer),
    )
