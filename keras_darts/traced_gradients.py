"""Gradients of traced functions, which go when the graphs go.

TensorFlow registers the gradient of each `tf.custom_gradient` that a graph is
traced with, and of each reduction of an optimizer, for good. A gradient holds
the whole graph: a search or a training that is over would stay in memory until
the process ends.
"""

import gc
import weakref

import tensorflow as tf
from tensorflow.python.framework import ops

_PREFIX = "CustomGradient-"
_ATTRIBUTE = "_keras_darts_gradients"


class _Registered(dict):
    """TensorFlow's registry, which knows a graph's gradients but weakly."""

    def __setitem__(self, name, entry):
        graph = ops.get_default_graph()
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


def keep_with_graphs():
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
    registry = ops.gradient_registry
    if not isinstance(registry._registry, _Registered):
        registry._registry = _Registered(registry._registry)


def give_back():
    """Frees the graphs that nobody refers to, before others are traced.

    They refer to themselves, and to far more memory than Python's own garbage
    collection, which counts objects, knows of.

    Example:

    >>> give_back()
    """
    gc.collect()
