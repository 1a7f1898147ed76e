"""Whether a search on several devices moves as it does on one."""

import numpy as np


def assert_same_movement(several, one, what):
    """Of variables after each step, (steps, size), to a thousandth."""
    moved = np.diff(one, axis=0)
    size = np.abs(moved).max()
    assert size > 1e-5, what
    np.testing.assert_allclose(
        np.diff(several, axis=0),
        moved,
        rtol=1e-3,
        atol=1e-3 * size,
        err_msg=what,
    )
