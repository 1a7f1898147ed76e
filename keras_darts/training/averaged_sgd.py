"""SGD that can keep the mean of its iterates."""

import keras
import tensorflow as tf
from keras import ops

from keras_darts.training.optimizers import CoupledSGD

# No training has that many steps.
_NEVER = 2**62


@keras.saving.register_keras_serializable(package="keras_darts")
class AveragedSGD(CoupledSGD):
    """SGD that keeps the mean of all iterates from `start_averaging` on.

    The averages take no part in the updates. Before `start_averaging` they
    are the variables themselves, as the last step left them.

    `torch.optim.ASGD(lr, lambd=0, t0=0)`, which DARTS switches to, differs in
    two ways. Its mean leaves out the first iterate: after n > 1 steps it is
    that of the steps 2 to n, here it is that of the steps 1 to n. And it
    applies a new learning rate one step late.

    Its arguments are those of `keras.optimizers.SGD`.

    Example:

    >>> weight = keras.Variable([1.0])
    >>> optimizer = AveragedSGD(0.5)
    >>> optimizer.start_averaging()
    >>> optimizer.apply([np.ones(1)], [weight])  # to 0.5
    >>> optimizer.apply([np.ones(1)], [weight])  # to 0.0
    >>> float(optimizer.averages[0][0])
    0.25
    >>> optimizer.swap()
    >>> float(weight[0])
    0.25

    Reference: Polyak and Juditsky, 1992, Acceleration of stochastic
    approximation by averaging; Merity et al., 2018, section 3.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The step from which on iterates are averaged.
        self._start = self.add_variable(
            shape=(),
            initializer=keras.initializers.Constant(_NEVER),
            dtype="int64",
            aggregation="only_first_replica",
            name="averaging_start",
        )
        self.averages = []

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.averages = self.add_optimizer_variables(variables, "average")

    @property
    def averaging(self):
        """Whether `start_averaging` was called."""
        return int(self._start) != _NEVER

    def start_averaging(self):
        """The next step's iterate is the first of the mean."""
        self._start.assign(ops.cast(self.iterations, "int64"))

    def swap(self):
        """Exchanges the variables and their averages."""
        for variable, average in self._pairs():
            value = tf.identity(variable.value)
            variable.assign(average)
            average.assign(value)

    def take_averages(self):
        """The variables become their averages."""
        for variable, average in self._pairs():
            variable.assign(average)

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate)
        average = self.averages[self._get_variable_index(variable)]
        count = ops.cast(self.iterations, "int64") - self._start + 1
        # One and not zero while nothing is averaged: no second case.
        share = 1 / ops.cast(ops.maximum(count, 1), variable.dtype)
        self.assign_add(average, (variable - average) * share)

    def _pairs(self):
        if not self.built:
            raise ValueError(
                "There are averages once the optimizer is built. Received: "
                f"{self.name}, which has no variables yet"
            )
        return zip(self._trainable_variables, self.averages, strict=True)
