"""Costs of the primitives of a network, at each place."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import numpy as np

from keras_darts.genotypes import NasBench201Genotype
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.files import user_path
from keras_darts.utils.files import write_json
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.search_space import BaseSpace


MEASURES: dict[str, str] = {
    "latency": "ms",
    "parameters": "weights",
    "macs": "MACs",
}
_FORMAT = "keras_darts cost table 1"
_NONE = "none"


@dataclasses.dataclass(frozen=True)
class CellInstance:
    """A cell of a network: its type, its filters, the size of its inputs.

    Args:
        cell_type: String, as in the search space: `"normal"`, `"reduce"`,
            `"cell"`.
        filters: Integer, channels of a node.
        sides: Tuple, height and width of what goes in.

    Example:

    >>> CellInstance("reduce", 16, (32, 32)).place(from_input=False)
    (16, 1, (16, 16))
    """

    cell_type: str
    filters: int
    sides: tuple[int, ...]

    def place(self, from_input: bool) -> tuple[int, int, tuple[int, ...]]:
        """Filters, stride and sides of an edge, from an input or a node."""
        if self.cell_type != "reduce":
            return self.filters, 1, tuple(self.sides)
        if from_input:
            return self.filters, 2, tuple(self.sides)
        return self.filters, 1, tuple(side // 2 for side in self.sides)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CostTable:
    """Costs of primitives, and so of any architecture of a network's sizes.

    An architecture costs `fixed + scale * sum`, the sum of what its primitives
    cost in all cells of the network.

    Args:
        measure: `"latency"` in milliseconds, `"parameters"` or `"macs"`.
        cells: Tuple of `CellInstance`s, the network's.
        costs: Dict from `key(primitive, filters, stride, sides)` to floats.
        fixed: Float, what all architectures cost besides. Defaults to `0.0`.
        scale: Float, by which sums are multiplied: primitives measured alone
            take longer or shorter than within a network. Defaults to `1.0`.
        facts: Dict of plain data, how it was measured. Defaults to none.

    Raises:
        ValueError: for an unknown measure, or what is no number.

    Example:

    >>> cell = CellInstance("cell", 16, (32, 32))
    >>> table = CostTable(
    ...     measure="latency",
    ...     cells=(cell,),
    ...     costs={"nor_conv_3x3 16 1 32x32": 0.5},
    ...     fixed=1.0,
    ... )
    >>> text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|"
    >>> table.predict(kd.NasBench201Genotype.from_text(text))
    2.0
    """

    measure: str
    cells: tuple[CellInstance, ...]
    costs: dict[str, float]
    fixed: float = 0.0
    scale: float = 1.0
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise unknown_name("measure", self.measure, MEASURES)
        numbers = [self.fixed, self.scale, *self.costs.values()]
        if not all(np.isfinite(number) and number >= 0 for number in numbers):
            raise ValueError(
                "`costs`, `fixed` and `scale` must be finite and not negative. "
                f"Received: a table with values from {min(numbers)} to "
                f"{max(numbers)}"
            )

    @property
    def unit(self) -> str:
        """String, what costs are counted in."""
        return MEASURES[self.measure]

    def predict(self, genotype: BaseGenotype) -> float:
        """What the network of a genotype costs.

        Raises:
            ValueError: if the table lacks one of its primitives, or is for
                cells of another form.
        """
        total = 0.0
        for cell in self.cells:
            for node in _nodes(genotype, cell.cell_type):
                for name, source in node:
                    total += self._cost(name, cell, _is_input(cell, source))
        return self.fixed + self.scale * total

    def edge_costs(self, space: BaseSpace) -> dict[str, np.ndarray]:
        """Costs (E, K) of the candidates of a search space, by cell type.

        They are those in all cells of the network together.
        """
        self._check_form(space)
        result = {}
        for cell_type, spec in space.cells.items():
            costs = np.zeros((len(spec.edges), spec.num_candidates))
            for cell in self.cells:
                if cell.cell_type == cell_type:
                    costs += self._cell_costs(spec, cell)
            result[cell_type] = self.scale * costs
        return result

    def bounds(self, space: BaseSpace) -> tuple[float, float]:
        """The least and the most that an architecture of a space costs."""
        least = most = self.fixed
        for cell_type, costs in self.edge_costs(space).items():
            spec = space.cells[cell_type]
            for node in spec.nodes:
                known = (_known(spec, e, costs) for e in spec.edges_into(node))
                edges = [each for each in known if each]
                kept = spec.edges_per_node or len(edges)
                least += sum(sorted(min(each) for each in edges)[:kept])
                most += sum(sorted(max(each) for each in edges)[-kept:])
        return float(least), float(most)

    def save(self, path: PathLike) -> None:
        """Writes the table as a JSON file."""
        write_json(path, self.get_config())

    @classmethod
    def load(cls, path: PathLike) -> CostTable:
        """The table of a JSON file.

        Raises:
            ValueError: if there is none, or it is damaged.
        """
        path = user_path(path, "table")
        try:
            config = json.loads(path.read_text("utf-8"))
            return cls.from_config(config)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                "`table` must be the JSON file of a cost table, as "
                "`keras-darts cost_table` writes it. Received: "
                f"{str(path)!r} ({error})"
            ) from error

    def get_config(self) -> Config:
        return {"format": _FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        config = dict(config)
        if config.pop("format", None) != _FORMAT:
            raise ValueError(f"the format is not {_FORMAT!r}")
        cells = tuple(
            CellInstance(c["cell_type"], c["filters"], tuple(c["sides"]))
            for c in config.pop("cells")
        )
        return cls(cells=cells, **config)

    def _cell_costs(self, spec, cell):
        costs = np.zeros((len(spec.edges), spec.num_candidates))
        for edge, names in enumerate(spec.primitives):
            from_input = _is_input(cell, spec.edges[edge][1])
            for place, name in enumerate(names):
                costs[edge, place] = self._cost(name, cell, from_input)
        return costs

    def _cost(self, name, cell, from_input):
        if name == _NONE:
            return 0.0
        known = key(name, *cell.place(from_input))
        if known not in self.costs:
            raise ValueError(
                "`table` must hold every primitive of the search space at "
                f"every place. Received: a table without {known!r}"
            )
        return self.costs[known]

    def _check_form(self, space):
        cell_types = {cell.cell_type for cell in self.cells}
        if not cell_types <= set(getattr(space, "cells", ())):
            raise ValueError(
                "`table` must be one of the search space's cells, "
                f"{', '.join(getattr(space, 'cells', ())) or 'none'}. "
                f"Received: a table of {', '.join(sorted(cell_types))}"
            )


def get(table: CostTable | Config | PathLike) -> CostTable:
    """A `CostTable` from itself, its config or the path of its file."""
    if isinstance(table, CostTable):
        return table
    if isinstance(table, dict):
        return CostTable.from_config(table)
    if isinstance(table, str | os.PathLike):
        return CostTable.load(table)
    raise TypeError(
        "`table` must be a CostTable, its config or the path of its file. "
        f"Received: table of type {type(table).__name__}"
    )


def key(primitive: str, filters: int, stride: int, sides: Sequence[int]) -> str:
    """How a table calls a primitive at a place."""
    return f"{primitive} {filters} {stride} {'x'.join(map(str, sides))}"


def places(
    space: BaseSpace, cells: Iterable[CellInstance]
) -> list[tuple[Any, ...]]:
    """(primitive, filters, stride, sides) of all that can stand anywhere.

    Args:
        space: The search space.
        cells: `CellInstance`s.
    """
    result = {
        (name, *cell.place(_is_input(cell, source)))
        for cell in cells
        for names, (_, source) in zip(
            space.cells[cell.cell_type].primitives,
            space.cells[cell.cell_type].edges,
            strict=True,
        )
        for name in names
        if name != _NONE
    }
    return sorted(result, key=str)


def _nodes(genotype, cell_type):
    if isinstance(genotype, NasBench201Genotype):
        return genotype.nodes()
    return genotype.nodes(cell_type)


def _is_input(cell, source):
    return source < (1 if cell.cell_type == "cell" else 2)


def _known(spec, edge, costs):
    """Costs of what a derived cell can have on an edge."""
    chosen = spec.edges_per_node is not None
    return [
        cost
        for name, cost in zip(spec.primitives[edge], costs[edge], strict=False)
        if not (chosen and name == _NONE)
    ]
