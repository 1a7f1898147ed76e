"""Graphs that TensorFlow would keep for good."""

import contextlib
import gc

from tensorflow.python.framework import ops

_PREFIX = "CustomGradient-"


@contextlib.contextmanager
def given_back():
    """Has the graphs that are made inside freed with what they are of.

    TensorFlow registers the gradient of each traced `tf.custom_gradient` for
    good, and with it the whole graph: a gigabyte for a few searches. Functions
    that were traced inside run afterwards too, but can't be differentiated.

    Example:

    >>> with given_back():
    ...     network = kd.networks.network_for(
    ...         "darts_v2", 10, (8, 8, 1), filters=4, num_cells=3
    ...     )
    ...     shape = network.predict(np.zeros((2, 8, 8, 1)), verbose=0).shape
    >>> shape
    (2, 10)
    """
    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in set(registered) - before:
            if name.startswith(_PREFIX):
                del registered[name]
        gc.collect()
