"""The kind of search space of which NAS-Bench-201 is one: data, no layers."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from typing import Any
from typing import Self

from keras_darts.genotypes import NasBench201Genotype
from keras_darts.genotypes.nas_bench_201_genotype import PRIMITIVES
from keras_darts.search_spaces.base import BaseSpace
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.typing import Config


@dataclasses.dataclass(frozen=True)
class NasBench201Space(BaseSpace):
    """One cell type, and the three stages that a supernet makes of it.

    A stage has `num_cells` cells in a row, each of which takes the output of
    the one before. Between stages a residual block halves height and width
    and doubles the channels. The genotype names a primitive for every edge.

    Args:
        cell: `CellSpec` with one input, whose last node is the output, and
            with `edges_per_node=None`.
        filters: Integer, channels of the first stage. Defaults to `16`.
        num_cells: Integer, the cells of a stage. Defaults to `5`.
        normalization: `"batch_except_pooling"`, as in the benchmark's searches:
            a convolution of a search cell is normalised without trained scale
            and offset, a pool, which keeps the channels, not at all; `"batch"`,
            as in DARTS, where one follows the pools too; or `None` for a
            supernet without any. Stem, reductions and head have trained ones.
            Defaults to `"batch_except_pooling"`.

    Raises:
        TypeError: if `cell` is no `CellSpec`.
        ValueError: if the cell has another form or primitives that the
            benchmark has not, or a number is not positive.

    Example:

    >>> cell = CellSpec.uniform(
    ...     ("none", "nor_conv_3x3"), 2, concat=(2,), num_inputs=1,
    ...     edges_per_node=None,
    ... )
    >>> NasBench201Space(cell).random_genotype(0).to_text()
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|'

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """

    cell: CellSpec
    filters: int = 16
    num_cells: int = 5
    normalization: str | None = "batch_except_pooling"

    task = "image_classification"
    skeleton = "stages"
    discretizer = "argmax"

    def __post_init__(self) -> None:
        if not isinstance(self.cell, CellSpec):
            raise TypeError(
                f"`cell` must be a CellSpec. Received: cell={self.cell!r}"
            )
        self._check_form()
        for name in sorted({*sum(self.cell.primitives, ())} - {*PRIMITIVES}):
            raise unknown_name("primitives", name, PRIMITIVES)
        for name in ("filters", "num_cells"):
            number = positive_integer(name, getattr(self, name))
            object.__setattr__(self, name, number)

    def _check_form(self):
        cell = self.cell
        form = (cell.num_inputs, cell.edges_per_node, cell.concat)
        if form != (1, None, (cell.nodes[-1],)) or cell.reduction:
            raise ValueError(
                "`cell` must have one input, its last node as the output, "
                "`edges_per_node=None` and be no reduction. Received: "
                f"num_inputs={cell.num_inputs}, concat={cell.concat}, "
                f"edges_per_node={cell.edges_per_node}, "
                f"reduction={cell.reduction}"
            )

    @property
    def cells(self) -> dict[str, CellSpec]:
        """The only cell type, by name."""
        return {"cell": self.cell}

    def with_cells(self, cells: Mapping[str, CellSpec]) -> NasBench201Space:
        """The same space with another `CellSpec`, by cell type."""
        return dataclasses.replace(self, **cells)

    def random_genotype(self, seed: int) -> NasBench201Genotype:
        """A genotype drawn uniformly from all that the space has.

        Args:
            seed: Integer; the same seed gives the same genotype.

        Returns:
            A `NasBench201Genotype`.
        """
        draw = random.Random(seed)
        return self.genotype({"cell": self.cell.random_entries(draw)})

    def genotype(self, entries: Mapping[str, Any]) -> NasBench201Genotype:
        """The `NasBench201Genotype` of what was chosen for the edges."""
        return NasBench201Genotype([name for name, *_ in entries["cell"]])

    def get_config(self) -> Config:
        config = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        return {
            "skeleton": self.skeleton,
            **config,
            "cell": self.cell.get_config(),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        config = {k: v for k, v in config.items() if k != "skeleton"}
        return cls(**{**config, "cell": CellSpec.from_config(config["cell"])})
