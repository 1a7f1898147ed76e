"""Shared by the tests of training."""

import keras
import pytest


@pytest.fixture
def policy():
    """Sets the dtype policy for one test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)
