"""One of several functions runs, chosen by a number within the graph."""

import keras
import tensorflow as tf


def run_drawn(index, functions, layer, meets=False):
    """What `functions[index]()` gives; the others do not run.

    In a graph all of them run where devices meet inside, which branches of a
    graph can't have; the others then leave no trace.

    Args:
        index: Integer scalar; the last runs where it is out of range.
        functions: List of functions without arguments. Each gives a tensor,
            of the same shape and precision.
        layer: Layer with all variables that the functions read and assign.
        meets: Boolean, whether devices that share a batch meet inside the
            functions, as synchronised normalisations let them. Defaults to
            `False`.
    """
    state = layer.non_trainable_variables
    values = [tf.convert_to_tensor(variable) for variable in layer.variables]
    mapping = list(zip(layer.variables, values, strict=True))

    def branch(function):
        def run():
            # New states leave a branch as its outputs: nothing else may.
            with keras.StatelessScope(state_mapping=mapping) as scope:
                outputs = function()
            return outputs, [scope.get_current_value(v) for v in state]

        return run

    branches = [branch(function) for function in functions]
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if meets and replicas > 1 and tf.inside_function():
        found = [run() for run in branches]
        branches = [lambda given=given: given for given in found]
    outputs, moved = tf.switch_case(index, branches)
    for variable, value in zip(state, moved, strict=True):
        variable.assign(value)
    return outputs


def where_drawn(outputs, drawn):
    """The outputs of an edge, or zeros if it is not in the architecture.

    Args:
        outputs: Tensor.
        drawn: (n,) integers, -1 on an edge that was not drawn.
    """
    return outputs * keras.ops.cast(drawn[0] >= 0, outputs.dtype)
