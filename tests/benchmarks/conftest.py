"""What the tests of the benchmarks compare with."""

import os

import pytest


@pytest.fixture(scope="session")
def original():
    """A checkout of quark0/darts with PyTorch, or a skip."""
    folder = os.environ.get("KERAS_DARTS_TEST_ORIGINAL")
    if not folder:
        pytest.skip(
            "set KERAS_DARTS_TEST_ORIGINAL to a checkout of quark0/darts"
        )
    pytest.importorskip("torch")
    return folder
