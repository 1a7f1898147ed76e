"""Small networks and images for them."""

import keras
import numpy as np
import pytest


@pytest.fixture
def images():
    """Makes float32 images of a shape without the batch."""

    def make(shape, count=4, seed=0):
        rng = np.random.default_rng(seed)
        return rng.standard_normal((count, *shape)).astype("float32")

    return make


@pytest.fixture
def policy():
    """Sets the dtype policy for one test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)
