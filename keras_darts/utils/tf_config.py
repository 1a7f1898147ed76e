"""TensorFlow's graph optimizer, and the release of traced graphs.

TensorFlow registers the gradient of each `tf.custom_gradient` that a graph is
traced with, and of each reduction of an optimizer, for good. A gradient holds
the whole graph: a search or a training that is over would stay in memory until
the process ends.
"""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref
from collections.abc import Iterator

import tensorflow as tf

from keras_darts.utils import private_api

_PREFIX = "CustomGradient-"
_ATTRIBUTE = "_keras_darts_gradients"


class _Registered(dict):
    """TensorFlow's registry, which knows a graph's gradients but weakly."""

    def __setitem__(self, name, entry):
        graph = tf.compat.v1.get_default_graph()
        if name.startswith(_PREFIX) and graph.building_function:
            entry = {**entry, "type": _owned(graph, entry["type"])}
            weakref.finalize(graph, self.pop, name, None).atexit = False
        super().__setitem__(name, entry)


def _owned(graph, gradient):
    """The gradient, which the graph keeps alive from now on."""
    if not hasattr(graph, _ATTRIBUTE):
        setattr(graph, _ATTRIBUTE, [])
    getattr(graph, _ATTRIBUTE).append(gradient)
    reference = weakref.ref(gradient)

    # As TensorFlow leaves its own gradients alone when it writes them.
    @tf.autograph.experimental.do_not_convert
    def registered(operation, *upstream):
        return reference()(operation, *upstream)

    return registered


def keep_with_graphs() -> None:
    """Has graphs own the gradients that they are traced with from now on.

    A function can be differentiated as long as it lives; what nobody refers
    to any more is given back, however many searches and trainings there are,
    in one thread or side by side.

    Example:

    >>> keep_with_graphs()
    >>> square = tf.function(
    ...     tf.custom_gradient(lambda x: (x * x, lambda upstream: 2 * upstream))
    ... )
    >>> x = tf.Variable(3.0)
    >>> with tf.GradientTape() as tape:
    ...     y = square(x)
    >>> tape.gradient(y, x).numpy()
    np.float32(2.0)
    """
    registry = private_api.gradient_registry()
    if not isinstance(registry, _Registered):
        private_api.set_gradient_registry(_Registered(registry))


def give_back() -> None:
    """Frees the graphs that nobody refers to, before others are traced.

    They refer to themselves, and to far more memory than Python's own garbage
    collection, which counts objects, knows of.

    Example:

    >>> give_back()
    """
    gc.collect()


def prefetched(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """A pipeline that works ahead of its reader, as its last step, `untuned`.

    `tf.data.AUTOTUNE` is the number of cores then.

    Example:

    >>> dataset = prefetched(tf.data.Dataset.range(3))
    >>> dataset.options().autotune.enabled
    False
    """
    return untuned(dataset.prefetch(tf.data.AUTOTUNE))


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """A pipeline that TensorFlow tunes only if the user says so.

    The thread that tunes can miss that it is to end (`CancellationManager`
    calls back before it says that it is cancelled), and then the end of `fit`
    waits for the next tuning, which comes after twice the time each time, up
    to a minute.
    """
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


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
                result = options.get_experimental_options()
                self._before = result.get(_SWITCH, False)
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
def grappler(enabled: bool | None = None) -> Iterator[None]:
    """Inside, graphs are rewritten before their first run, or they are not.

    On a CPU the rewriting takes half of the time to the first step of a
    search and was found to win nothing after it. What was set before is put
    back at the end, with several threads at that of the last one.

    Args:
        enabled: Boolean. Defaults to `None`: off without an accelerator, and
            otherwise as the user has it.

    Example:

    >>> with grappler(False):
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


# Python's `random` is one for all threads.
