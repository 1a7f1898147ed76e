"""Layers of one structure are traced once, or rematerialized."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from typing import Any

import keras
import tensorflow as tf


class SharedTraces:
    """Calls functions that are the same for all places of one structure.

    Traced place by place, a supernet takes minutes and makes a graph of two
    hundred thousand operations. Here the graph of a structure is made once
    for each shape and then called, forward and backward, with the weights of
    whichever place it is. Outside of a graph the function is called as it is.

    Args:
        meets: Boolean, whether devices that share a batch meet inside the
            functions, as synchronised normalisations let them. They can't in
            a graph that is called, so that on several devices nothing is
            shared and the graph is large. Defaults to `False`.

    Example:

    >>> traces = SharedTraces()
    >>> traces.call("double", lambda x: 2 * x, tf.constant(3)).numpy()
    np.int32(6)
    """

    def __init__(self, meets: bool = False) -> None:
        self._meets = meets
        self._functions = {}

    def call(
        self, structure: Hashable, function: Callable[..., Any], *tensors: Any
    ) -> Any:
        """`function` of the tensors, or one that was traced before.

        Args:
            structure: Hashable; functions with equal ones are the same.
            function: Function of nested tensors, which alone it depends on.
            *tensors: Its arguments.
        """
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if not tf.inside_function() or (self._meets and replicas > 1):
            return function(*tensors)
        if structure not in self._functions:
            self._functions[structure] = tf.function(
                function,
                autograph=False,
                # Inlined, the graph would be as large as without sharing.
                experimental_attributes={"_noinline": True},
            )
        return self._functions[structure](*tensors)


def recomputed(
    layer: keras.Layer,
    function: Callable[..., Any],
    *arguments: Any,
    **options: Any,
) -> Any:
    """`function(*arguments, **options)`, of which nothing else is kept.

    A gradient calls the function once more, with the same tensors, weights
    and state: the numbers are the same, those of dropout as well. What the
    layer's state becomes counts once. Second derivatives work.

    Args:
        layer: Layer with all variables that the function reads and assigns.
        function: Function of nested tensors that returns a tensor.
        *arguments: Its arguments; what is no tensor is handed on.
        **options: The same by name.

    Example:

    >>> layer = keras.layers.Dense(1, kernel_initializer="ones")
    >>> layer.build((None, 2))
    >>> x = tf.constant([[1.0, 2.0]])
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = recomputed(layer, layer, x)
    >>> tape.gradient(y, x).numpy().tolist()
    [[1.0, 1.0]]

    Reference: Chen et al., 2016, Training Deep Nets with Sublinear Memory
    Cost, section 3.
    """
    flat = tf.nest.flatten((arguments, options))
    places = [i for i, value in enumerate(flat) if tf.is_tensor(value)]
    variables = [*layer.trainable_variables, *layer.non_trainable_variables]
    state = layer.non_trainable_variables

    def run(tensors):
        """The outputs, and the values of the state after the call."""
        tensors, values = tensors[: len(places)], tensors[len(places) :]
        whole = list(flat)
        for place, tensor in zip(places, tensors, strict=True):
            whole[place] = tensor
        args, kwargs = tf.nest.pack_sequence_as((arguments, options), whole)
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = function(*args, **kwargs)
        return outputs, [scope.get_current_value(v) for v in state]

    outputs, *moved = _called(run)(
        *[flat[place] for place in places],
        *[tf.convert_to_tensor(variable) for variable in variables],
    )
    for variable, value in zip(state, moved, strict=True):
        variable.assign(value)
    return outputs


def _called(run):
    @tf.custom_gradient
    def call(*tensors):
        # No gradient is prepared here, so that nothing is kept for it.
        outputs, state = run([tf.stop_gradient(t) for t in tensors])

        def gradient(upstream, *_):
            # Not before the gradient arrives: all cells at once would need
            # as much memory as if they had been kept.
            with tf.control_dependencies([upstream]):
                again = [tf.identity(tensor) for tensor in tensors]
            watched = [t for t in again if t.dtype.is_floating]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(watched)
                outputs, _ = run(again)
            gradients = iter(tape.gradient(outputs, watched, upstream))
            return [
                next(gradients) if t.dtype.is_floating else None for t in again
            ]

        return (outputs, *state), gradient

    return call
