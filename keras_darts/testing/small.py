"""Searches, batches and networks to test with, for each task."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_darts import tasks
from keras_darts.search import DartsSearch

if TYPE_CHECKING:
    import keras

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.search_space import BaseSpace


_NETWORK_SIZES = {"cells": {"num_cells": 3}, "stages": {"num_cells": 1}}


def small_search(
    space: BaseSpace, strategy: Any = "darts", dtype: str | None = None
) -> DartsSearch:
    """A search for data of the form of `small_batch`."""
    sizes = tasks.get(space.task).example_sizes()
    return DartsSearch(space, strategy, dtype=dtype, **sizes)


def small_batch(
    space: BaseSpace, count: int = 2, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets for it."""
    return tasks.get(space.task).example_batch(count, seed)


def small_data(space: BaseSpace, count: int = 24) -> tuple[Any, ...]:
    """The first arguments of `fit`: with `batch_size=4`, 24 are three steps."""
    return tasks.get(space.task).example_data(count)


def small_network(search: DartsSearch, genotype: BaseGenotype) -> keras.Model:
    """A network that trains from scratch, for the batches of a search."""
    space = search.search_space
    sizes = dict(_NETWORK_SIZES.get(space.skeleton, {}))
    for name in ("filters", "embedding_size", "hidden_size"):
        if getattr(space, name, None) is not None:
            sizes[name] = getattr(space, name)
    return search.network_of(genotype, **sizes)
