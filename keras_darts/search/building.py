"""From a search space and a strategy to a supernet."""

import dataclasses

from keras_darts.supernet import Supernet


def adapted_space(space, strategy, filters, num_cells):
    """The space as the strategy and the arguments want it."""
    sizes = {"filters": filters, "num_cells": num_cells}
    given = {name: size for name, size in sizes.items() if size is not None}
    return dataclasses.replace(space.without(strategy.exclude), **given)


def supernet_for(space, strategy, num_outputs, image_shape):
    """A fresh supernet with the pieces of the strategy."""
    return Supernet(
        space,
        num_outputs,
        image_shape,
        relaxation=strategy.relaxation,
        connection=strategy.connection,
        initializer=strategy.initializer,
        edge_normalization=strategy.edge_normalization,
    )
