"""Base class of search spaces."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

if TYPE_CHECKING:
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.cell_spec import CellSpec


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
