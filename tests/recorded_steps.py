"""What a search or a network is like before and after each of its steps."""

import keras
import numpy as np

import keras_darts as kd


class Recorder(keras.callbacks.Callback):
    """Alphas and weights of a search, or the weights of a network.

    At every step all devices must have the same of the first.
    """

    def __init__(self):
        super().__init__()
        self.values = []

    def on_train_begin(self, logs=None):
        self.record()

    def on_train_batch_end(self, batch, logs=None):
        self.record()

    def record(self):
        model = self.model
        groups = [model.trainable_variables]
        if isinstance(model, kd.DartsSearch):
            groups = [model.arch_variables, model.weight_variables]
        assert_copies_agree(groups[0])
        self.values.append([flat(variables) for variables in groups])


def assert_copies_agree(variables):
    """No device has gone its own way; running text's states are its own."""
    for variable in variables:
        copies = getattr(variable.value, "values", [])
        for copy in copies[1:]:
            np.testing.assert_array_equal(copy, copies[0], variable.path)


def flat(variables):
    # A mirrored variable has no `numpy`.
    values = [np.asarray(v.value).ravel() for v in variables]
    return np.concatenate(values).tolist()
