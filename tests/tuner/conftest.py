"""Shared by the tests of tunings."""

import pytest
import tiny_tuning


@pytest.fixture(scope="module")
def quick():
    """Tunings that take little time."""
    with tiny_tuning.quick():
        yield
