"""Small supernets."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.supernet import Supernet
from keras_darts.utils.private_api import seeded

PRIMITIVES = ("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3")


@pytest.fixture
def images():
    """Makes float32 images of a shape without the batch."""

    def make(shape=(8, 8, 3), count=4, seed=0):
        generator = np.random.default_rng(seed)
        return generator.normal(size=(count, *shape)).astype("float32")

    return make


@pytest.fixture
def make_space():
    def make(primitives=PRIMITIVES, num_nodes=2, **settings):
        settings = {"filters": 4, "num_cells": 3, **settings}
        return kd.SearchSpace(
            normal=kd.CellSpec.uniform(primitives, num_nodes),
            reduce=kd.CellSpec.uniform(primitives, num_nodes, reduction=True),
            **settings,
        )

    return make


@pytest.fixture
def make_supernet(make_space):
    """The supernet of a space, with the same first values for a seed."""

    def make(
        space=None, input_shape=(8, 8, 3), strategy=None, outputs=3, seed=0
    ):
        strategy = (strategy or kd.SearchStrategy()).clone()
        with seeded(seed):
            return Supernet(
                make_space() if space is None else space,
                outputs,
                input_shape,
                relaxation=strategy.relaxation,
                connection=strategy.connection,
                initializer=strategy.initializer,
                edge_normalization=strategy.edge_normalization,
            )

    return make
