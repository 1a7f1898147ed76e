"""Layers of one structure share one traced function."""

import keras
import tensorflow as tf


class SharedTraces:
    """Calls layers with given variables, tracing each structure once.

    Tracing a supernet edge by edge takes minutes and makes a graph of two
    hundred thousand operations. Here the graph of an edge is made once for
    each structure and shape and then called, forward and backward, with the
    weights of whichever edge it is. Outside of a graph the layer is called
    as it is.

    Example:

    >>> layer = keras.layers.Dense(2, use_bias=False)
    >>> layer.build((None, 2))
    >>> traces = SharedTraces()
    >>> outputs, state = traces.call(
    ...     "dense", layer, [np.ones((1, 2))], ([np.eye(2)], [])
    ... )
    >>> outputs.numpy().tolist()
    [[1.0, 1.0]]
    """

    def __init__(self):
        self._functions = {}

    def call(self, structure, layer, inputs, values, **settings):
        """`layer` on `inputs`, with other values for its variables.

        Args:
            structure: Hashable; layers with equal ones are interchangeable.
            layer: A built Keras layer.
            inputs: List of tensors, the layer's arguments.
            values: Pair of lists, for the trainable and the non-trainable
                variables.
            **settings: `training`, and `frozen`: no gradient will be asked
                for the trainable values, so that none is prepared.

        Returns:
            The layer's outputs and the new non-trainable values.
        """
        if not tf.inside_function():
            return _call(layer, inputs, values, **settings)
        shapes = tuple((tuple(x.shape), x.dtype.name) for x in inputs)
        key = (structure, shapes, *sorted(settings.items()))
        if key not in self._functions:
            self._functions[key] = _traced(layer, settings)
        return self._functions[key](list(inputs), tuple(values))


def _traced(layer, settings):
    return tf.function(
        lambda inputs, values: _call(layer, inputs, values, **settings),
        autograph=False,
        reduce_retracing=True,
        # Inlined, the graph would be as large as without sharing.
        experimental_attributes={"_noinline": True},
    )


def _call(layer, inputs, values, *, training=False, frozen=False):
    weights, state = values
    if frozen:
        weights = [tf.stop_gradient(weight) for weight in weights]
    variables = [*layer.trainable_variables, *layer.non_trainable_variables]
    mapping = list(zip(variables, [*weights, *state], strict=True))
    with keras.StatelessScope(state_mapping=mapping) as scope:
        outputs = layer(*inputs, training=training)
    return outputs, [
        scope.get_current_value(variable)
        for variable in layer.non_trainable_variables
    ]
