"""Base class of all discretizers, and their names."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from keras_darts.utils.registry import Registry
from keras_darts.utils.registry import fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np

    from keras_darts.callbacks.base import SearchCallback
    from keras_darts.genotypes.base_genotype import BaseGenotype
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


# The classes are registered where all of them are imported, in __init__.py.
registry: Registry = Registry("discretizer", base=Discretizer)
