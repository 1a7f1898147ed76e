"""Reproducible first values that leave the user's random state alone."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator

# Python's `random` is one for all threads.
_LOCK = threading.RLock()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, whatever Keras draws a default seed for is reproducible.

    Keras takes the seeds of initializers and dropouts from Python's `random`;
    its state is put back at the end. Threads wait for each other, so that each
    draws what it would draw alone.

    Example:

    >>> with seeded(0):
    ...     first = random.random()
    >>> with seeded(0):
    ...     first == random.random()
    True
    """
    with _LOCK:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)
