"""Random numbers of its own for the step of the architecture."""

import numpy as np
from keras import ops

# The name that Keras gives to the state of each `SeedGenerator`.
_STATE = "seed_generator_state"
# Far from all seeds that are near one another; the count of draws stays.
_FAR = np.array([0x1E3779B9, 0])


def random_states(supernet, searching):
    """(variable, value) of what random numbers come from.

    The step of the architecture moves no state, so that the step of the
    weights after it would draw the same numbers once more.

    Args:
        supernet: Keras model.
        searching: Scalar, 1 in a step of the architecture and otherwise 0.
    """
    return [
        (variable, variable + ops.cast(searching * _FAR, variable.dtype))
        for variable in supernet.non_trainable_variables
        if variable.name.endswith(_STATE)
    ]
