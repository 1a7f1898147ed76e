"""TensorFlow's graph optimizer, switched off for as long as it is of no use."""

import contextlib

import tensorflow as tf

_SWITCH = "disable_meta_optimizer"


@contextlib.contextmanager
def graph_optimizer(enabled=None):
    """Inside, graphs are rewritten before their first run, or they are not.

    On a CPU the rewriting takes half of the time to the first step of a
    search and was found to win nothing after it. What was set before is put
    back at the end.

    Args:
        enabled: Boolean. Defaults to `None`: off without an accelerator, and
            otherwise as the user has it.

    Example:

    >>> with graph_optimizer(False):
    ...     tf.config.optimizer.get_experimental_options()[_SWITCH]
    True
    """
    if enabled is None and tf.config.list_physical_devices("GPU"):
        yield
        return
    before = tf.config.optimizer.get_experimental_options().get(_SWITCH, False)
    tf.config.optimizer.set_experimental_options({_SWITCH: not enabled})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({_SWITCH: before})
