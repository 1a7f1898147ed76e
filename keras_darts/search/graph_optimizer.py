"""TensorFlow's graph optimizer, switched off for as long as it is of no use."""

import contextlib
import threading

import tensorflow as tf

_SWITCH = "disable_meta_optimizer"


class _Holders:
    """The searches of all threads that have switched it, of one process."""

    def __init__(self):
        self._lock = threading.Lock()
        self._count = 0
        self._before = None

    def enter(self, disable):
        options = tf.config.optimizer
        with self._lock:
            if not self._count:
                found = options.get_experimental_options()
                self._before = found.get(_SWITCH, False)
            self._count += 1
            options.set_experimental_options({_SWITCH: disable})

    def leave(self):
        with self._lock:
            self._count -= 1
            if not self._count:
                tf.config.optimizer.set_experimental_options(
                    {_SWITCH: self._before}
                )


_HOLDERS = _Holders()


@contextlib.contextmanager
def graph_optimizer(enabled=None):
    """Inside, graphs are rewritten before their first run, or they are not.

    On a CPU the rewriting takes half of the time to the first step of a
    search and was found to win nothing after it. What was set before is put
    back at the end, with several threads at that of the last one.

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
    _HOLDERS.enter(disable=not enabled)
    try:
        yield
    finally:
        _HOLDERS.leave()
