"""Learning rates that follow a schedule until somebody sets them."""

import keras
from keras import ops

_NOT_SET = -1.0


@keras.saving.register_keras_serializable(package="keras_darts")
class SettableRate:
    """A learning-rate schedule, until a number is set; then that number.

    Keras refuses `optimizer.learning_rate = number` where the rate is a
    `LearningRateSchedule`, and with it `ReduceLROnPlateau` and
    `LearningRateScheduler`. Of a function without arguments it calls `assign`.

    Args:
        schedule: `keras.optimizers.schedules.LearningRateSchedule`.
        iterations: Variable with the steps of the optimizer.
        number: Variable with the number that was set, negative before.
            Defaults to `None`: a new one.

    Example:

    >>> optimizer = keras.optimizers.SGD(
    ...     kd.schedules.CosineByEpoch(0.5, 0.0, 2, 10)
    ... )
    >>> kd.schedules.make_settable(optimizer)
    >>> float(optimizer.learning_rate)
    0.5
    >>> optimizer.learning_rate = 0.25
    >>> float(optimizer.learning_rate)
    0.25
    """

    def __init__(self, schedule, iterations, number=None):
        self.schedule = schedule
        self._iterations = iterations
        if number is None:
            number = keras.Variable(
                _NOT_SET,
                dtype="float32",
                trainable=False,
                aggregation="only_first_replica",
                name="set_learning_rate",
            )
        self.number = number

    def __call__(self):
        scheduled = ops.convert_to_tensor(self.schedule(self._iterations))
        number = ops.cast(self.number, scheduled.dtype)
        return ops.where(number < 0, scheduled, number)

    def assign(self, number):
        """Sets the rate, which the schedule no longer decides."""
        self.number.assign(number)

    def get_config(self):
        return {"schedule": keras.saving.serialize_keras_object(self.schedule)}

    @classmethod
    def from_config(cls, config):
        """The schedule alone: an optimizer that is made again has no steps."""
        return keras.saving.deserialize_keras_object(config["schedule"])


def make_settable(optimizer, schedule=None):
    """Lets callbacks set the learning rate of an optimizer.

    A number that was set before stays, as it does in Keras. Call it in the
    scope of the `tf.distribute` strategy of the model.

    Args:
        optimizer: `keras.optimizers.Optimizer`, whose rate may be anything.
        schedule: `LearningRateSchedule` that takes the place of its own.
            Defaults to `None`.
    """
    # Keras wraps the optimizer of a model in mixed precision.
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    rate, number = optimizer._learning_rate, None
    if isinstance(rate, SettableRate):
        rate, number = rate.schedule, rate.number
    rate = schedule or rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = SettableRate(rate, optimizer._iterations, number)
        optimizer.learning_rate = rate


def set_rates(*optimizers):
    """The variables with the learning rates that were set, for checkpoints."""
    optimizers = [getattr(o, "inner_optimizer", o) for o in optimizers]
    rates = [o._learning_rate for o in optimizers]
    return [rate.number for rate in rates if isinstance(rate, SettableRate)]


def hand_over_rate(old, new):
    """Lets an optimizer begin with the rate that was set in another one."""
    make_settable(new)
    for before, now in zip(set_rates(old), set_rates(new), strict=False):
        now.assign(before)
