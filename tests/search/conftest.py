"""A search that is small enough to run in seconds."""

import numpy as np
import pytest

import keras_darts as kd

PRIMITIVES = ("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3")


@pytest.fixture
def space():
    return kd.search_spaces.darts_cnn(4, 1, num_nodes=1, primitives=PRIMITIVES)


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (80, 8, 8, 1)).astype("uint8")


@pytest.fixture
def labels():
    return np.arange(80) % 4


@pytest.fixture
def batches():
    """A training and a search batch of floats."""
    generator = np.random.default_rng(1)
    return [
        (
            generator.normal(size=(8, 8, 8, 3)).astype("float32"),
            generator.integers(0, 4, 8),
        )
        for _ in range(2)
    ]


@pytest.fixture
def make_search(space):
    """A compiled search for 8x8x3 images of four classes."""

    def make(strategy="darts", *, eager=True, seed=0, **choices):
        search = kd.DartsSearch(
            space, strategy, num_classes=4, input_shape=(8, 8, 3), seed=seed
        )
        search.compile(run_eagerly=eager, **choices)
        return search

    return make
