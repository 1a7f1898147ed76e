"""Functions of one structure are traced once."""

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

    def __init__(self, meets=False):
        self._meets = meets
        self._functions = {}

    def call(self, structure, function, *tensors):
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
