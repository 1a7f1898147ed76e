"""What all networks of normal and reduction cells have in common."""

from keras_darts.genotypes import Genotype
from keras_darts.networks import checks
from keras_darts.networks.derived_cell import DerivedCell
from keras_darts.networks.trained_in_parts import TrainedInParts
from keras_darts.primitives import DropPath
from keras_darts.primitives import check_rank


class StackedCells(TrainedInParts):
    """Derived cells on top of one another, which share one drop path.

    Abstract: a subclass has the stem below them and the head above them, sets
    `cells` to what `_cells` makes and `rank` to that of the features. The
    cells at a third and at two thirds of the depth are reduction cells.
    """

    rank = 4
    stem_reductions = 0

    def __init__(
        self,
        genotype,
        num_classes,
        filters,
        num_cells,
        *,
        drop_path_rate,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.genotype = checks.cells(genotype)
        live = self.genotype.without_isolated_nodes()
        check_rank(live.primitives(), self.rank)
        self.num_classes = checks.positive("num_classes", num_classes)
        self.filters = checks.positive("filters", filters)
        self.num_cells = checks.positive("num_cells", num_cells)
        self.initial_drop_path_rate = checks.rate(
            "drop_path_rate", drop_path_rate
        )
        self.drop_path = DropPath(self.initial_drop_path_rate)

    @property
    def drop_path_rate(self):
        """The variable of the rate at which all cells drop paths."""
        return self.drop_path.rate

    def get_config(self):
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "num_classes": self.num_classes,
            "filters": self.filters,
            "num_cells": self.num_cells,
            "drop_path_rate": self.initial_drop_path_rate,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        genotype = Genotype.from_text(config["genotype"])
        return cls(**{**config, "genotype": genotype})

    @classmethod
    def _reductions(cls, num_cells):
        return cls.stem_reductions + len(reduction_cells(num_cells))

    def _cells(self):
        """The cells; those that reduce double the filters."""
        cells, filters = [], self.filters
        reduction_before = self.stem_reductions > 0
        for index in range(self.num_cells):
            reduction = index in reduction_cells(self.num_cells)
            filters *= 2 if reduction else 1
            cells.append(
                DerivedCell(
                    self.genotype,
                    filters,
                    reduction,
                    reduction_before=reduction_before,
                    drop_path=self.drop_path,
                )
            )
            reduction_before = reduction
        return cells


def reduction_cells(num_cells):
    """Where the reduction cells stand: at thirds of the depth."""
    return sorted({num_cells // 3, 2 * num_cells // 3})
