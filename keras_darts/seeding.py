"""Reproducible first values that leave the user's random state alone."""

import contextlib
import random


@contextlib.contextmanager
def seeded(seed):
    """Inside, whatever Keras draws a default seed for is reproducible.

    Keras takes the seeds of initializers and dropouts from Python's `random`;
    its state is put back at the end.

    Example:

    >>> with seeded(0):
    ...     first = random.random()
    >>> with seeded(0):
    ...     first == random.random()
    True
    """
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
