"""Search spaces of cells of convolutions, and their base class: no layers."""

from __future__ import annotations

import abc
import dataclasses
import random
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

from keras_darts.genotypes import Genotype
from keras_darts.genotypes import NasBench201Genotype
from keras_darts.genotypes.nas_bench_201_genotype import PRIMITIVES
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.typing import Config

if TYPE_CHECKING:
    from keras_darts.genotypes.base_genotype import BaseGenotype


class BaseSpace(abc.ABC):
    """Abstract: what is searched in, as a frozen dataclass without layers.

    Attributes:
        task: String, the name of the kind of data, a `kd.tasks` adapter.
        skeleton: String, how cells make a network.
        discretizer: String, what derives a genotype unless a strategy says
            otherwise. Defaults to `"top_k"`.
        can_synchronize: Boolean, whether normalizations can have the
            statistics of a batch that several devices share. Defaults to
            `True`.

    Example:

    >>> space = kd.search_spaces.darts_cnn(num_cells=5)
    >>> isinstance(space, BaseSpace), space.task, [*space.cells]
    (True, 'image_classification', ['normal', 'reduce'])
    >>> space.without(["none"]).resized(filters=8).filters
    8
    """

    task: str
    skeleton: str
    discretizer = "top_k"
    can_synchronize = True

    @property
    @abc.abstractmethod
    def cells(self) -> dict[str, CellSpec]:
        """The `CellSpec`s by cell type, in the order of the alphas."""

    @abc.abstractmethod
    def with_cells(self, cells: Mapping[str, CellSpec]) -> Self:
        """The same space with other `CellSpec`s, by cell type."""

    @abc.abstractmethod
    def random_genotype(self, seed: int) -> BaseGenotype:
        """A genotype drawn uniformly; the same seed gives the same."""

    @abc.abstractmethod
    def genotype(self, entries: Mapping[str, Any]) -> BaseGenotype:
        """The genotype of the edges chosen for each cell type."""

    def without(self, names: Sequence[str]) -> Self:
        """The same space with some primitives left out of every edge."""
        return self.with_cells(
            {name: spec.without(names) for name, spec in self.cells.items()}
        )

    def resized(self, **sizes: Any) -> Self:
        """The same space with other values of fields."""
        return dataclasses.replace(self, **sizes)


@dataclasses.dataclass(frozen=True)
class SearchSpace(BaseSpace):
    """Normal and reduction cells, and how a supernet stacks them.

    Args:
        normal: `CellSpec` of the normal cells.
        reduce: `CellSpec` of the reduction cells, which stand at one and at
            two thirds of the depth and double the channels.
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.
        stem_multiplier: Integer, the stem gives this many times `filters`.
            Defaults to `3`.
        normalization: `"batch"`; `"batch_except_pooling"`, where none follows
            the pools of search cells; either with `"sync_"` before it, for the
            statistics of the whole batch where several devices share it; or
            `None` for a supernet without any. Defaults to `"batch"`.
        task: String, the name of the kind of data: of `kd.tasks.names()`.
            Cells work along time, on embedded tokens, for
            `"text_classification"`. Defaults to `"image_classification"`.
        embedding_size: Integer, for text. Defaults to `None`.
        dropout: Float in [0, 1), for text: of the embedded tokens and before
            the classifier. Defaults to `0.0`.

    Raises:
        ValueError: if a number is not positive, `filters` is odd or `reduce`
            is no reduction cell.

    Example:

    >>> names = ("none", "skip_connect", "sep_conv_3x3")
    >>> space = SearchSpace(
    ...     normal=CellSpec.uniform(names, num_nodes=2),
    ...     reduce=CellSpec.uniform(names, num_nodes=2, reduction=True),
    ...     filters=8,
    ...     num_cells=5,
    ... )
    >>> space.reduction_indices
    (1, 3)

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.
    """

    normal: CellSpec
    reduce: CellSpec
    filters: int = 16
    num_cells: int = 8
    stem_multiplier: int = 3
    normalization: str | None = "batch"
    task: str = "image_classification"
    embedding_size: int | None = None
    dropout: float = 0.0

    skeleton = "cells"

    def __post_init__(self) -> None:
        for name in ("filters", "num_cells", "stem_multiplier"):
            positive_integer(name, getattr(self, name))
        if self.filters % 2:
            raise ValueError(
                "`filters` must be even, since reductions halve them. "
                f"Received: filters={self.filters}"
            )
        for name, spec in self.cells.items():
            if not isinstance(spec, CellSpec):
                raise TypeError(
                    f"`{name}` must be a CellSpec. Received: {name}={spec!r}"
                )
        self._check_text()
        if self.normal.reduction or not self.reduce.reduction:
            raise ValueError(
                "`reduce` must be a reduction cell and `normal` none: "
                "CellSpec(..., reduction=True). Received: "
                f"normal.reduction={self.normal.reduction}, "
                f"reduce.reduction={self.reduce.reduction}"
            )

    @property
    def cells(self) -> dict[str, CellSpec]:
        """The cell types by name, in the order of the alphas."""
        return {"normal": self.normal, "reduce": self.reduce}

    @property
    def reduction_indices(self) -> tuple[int, ...]:
        """Where the reduction cells stand: at thirds of the depth."""
        thirds = {self.num_cells // 3, 2 * self.num_cells // 3}
        return tuple(sorted(thirds))

    def cell_type(self, index: int) -> str:
        """`"reduce"` or `"normal"`, by the place of a cell."""
        return "reduce" if index in self.reduction_indices else "normal"

    def with_cells(self, cells: Mapping[str, CellSpec]) -> SearchSpace:
        """The same space with other `CellSpec`s, by cell type."""
        return dataclasses.replace(self, **cells)

    def random_genotype(self, seed: int) -> Genotype:
        """A genotype drawn uniformly: two edges a node, no `none`.

        A node with fewer edges that could be something else keeps those.

        Args:
            seed: Integer; the same seed gives the same genotype.

        Returns:
            A `Genotype` that `TopK(2)` could have derived.

        Reference: Liu et al., 2019, DARTS, section 3.2, random baseline.
        """
        draw = random.Random(seed)
        return self.genotype(
            {
                cell_type: spec.random_entries(draw)
                for cell_type, spec in self.cells.items()
            }
        )

    def genotype(self, entries: Mapping[str, Any]) -> Genotype:
        """The `Genotype` of the edges chosen for each cell type."""
        return Genotype(
            normal=entries["normal"],
            normal_concat=self.normal.concat,
            reduce=entries["reduce"],
            reduce_concat=self.reduce.concat,
        )

    def _check_text(self):
        needs = {"text_classification": True, "image_classification": False}
        has = self.embedding_size is not None
        if needs.get(self.task, has) != has:
            raise ValueError(
                "`embedding_size` must be given for text, and for text only. "
                f"Received: embedding_size={self.embedding_size}, "
                f"task={self.task!r}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(
                f"`dropout` must be in [0, 1). Received: {self.dropout}"
            )

    def get_config(self) -> Config:
        config = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        config["normal"] = self.normal.get_config()
        config["reduce"] = self.reduce.get_config()
        return config

    @classmethod
    def from_config(cls, config: Config) -> Self:
        cells = {
            cell_type: CellSpec.from_config(config[cell_type])
            for cell_type in ("normal", "reduce")
            if cell_type in config
        }
        return cls(**{**config, **cells})


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
