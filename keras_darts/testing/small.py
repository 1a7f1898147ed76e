"""Searches, batches and networks to test with, for each task."""

from keras_darts import tasks
from keras_darts.search import DartsSearch

_NETWORK_SIZES = {"cells": {"num_cells": 3}, "stages": {"num_cells": 1}}


def small_search(space, strategy="darts", dtype=None):
    """A search for data of the form of `small_batch`."""
    sizes = tasks.get(space.task).example_sizes()
    return DartsSearch(space, strategy, dtype=dtype, **sizes)


def small_batch(space, count=2, seed=0):
    """Inputs and targets for it."""
    return tasks.get(space.task).example_batch(count, seed)


def small_data(space):
    """The first arguments of `fit`."""
    return tasks.get(space.task).example_data()


def small_network(space, genotype):
    """A network that trains from scratch, for the same batches."""
    sizes = dict(_NETWORK_SIZES.get(space.skeleton, {}))
    for name in ("filters", "embedding_size", "hidden_size"):
        if getattr(space, name, None) is not None:
            sizes[name] = getattr(space, name)
    return small_search(space).network_of(genotype, **sizes)
