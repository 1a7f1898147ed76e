"""Base class of search spaces."""

import abc
import dataclasses


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
    """

    discretizer = "top_k"
    can_synchronize = True

    @property
    @abc.abstractmethod
    def cells(self):
        """The `CellSpec`s by cell type, in the order of the alphas."""

    @abc.abstractmethod
    def with_cells(self, cells):
        """The same space with other `CellSpec`s, by cell type."""

    @abc.abstractmethod
    def random_genotype(self, seed):
        """A genotype drawn uniformly; the same seed gives the same."""

    @abc.abstractmethod
    def genotype(self, entries):
        """The genotype of the edges chosen for each cell type."""

    def without(self, names):
        """The same space with some primitives left out of every edge."""
        return self.with_cells(
            {name: spec.without(names) for name, spec in self.cells.items()}
        )

    def resized(self, **sizes):
        """The same space with other values of fields."""
        return dataclasses.replace(self, **sizes)
