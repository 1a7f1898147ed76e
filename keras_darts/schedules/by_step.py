"""Learning rates, which optimizers ask for in each step."""

import contextlib
import math
import threading

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_darts")
class CosineByEpoch(keras.optimizers.schedules.LearningRateSchedule):
    """Half a cosine from `initial` to `minimum`, constant within an epoch.

    Past the last epoch the rate stays at that of the last one.

    Args:
        initial: Float, the rate of the first epoch.
        minimum: Float, where the cosine would end after the last epoch.
        epochs: Integer, the epochs of the whole training.
        steps_per_epoch: Integer.

    Example:

    >>> schedule = CosineByEpoch(1.0, 0.0, epochs=2, steps_per_epoch=10)
    >>> [round(float(schedule(step)), 4) for step in (0, 9, 10, 99)]
    [1.0, 1.0, 0.5, 0.5]

    Reference: Loshchilov and Hutter, 2017, SGDR, equation 5, stepped once an
    epoch as DARTS does.
    """

    def __init__(self, initial, minimum, epochs, steps_per_epoch):
        super().__init__()
        self.initial = initial
        self.minimum = minimum
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step):
        epoch = ops.floor_divide(
            ops.cast(step, "float32"), self.steps_per_epoch
        )
        epoch = ops.minimum(epoch, self.epochs - 1.0)
        cosine = ops.cos(math.pi * epoch / self.epochs)
        return self.minimum + (self.initial - self.minimum) * (1 + cosine) / 2

    def get_config(self):
        return {
            "initial": self.initial,
            "minimum": self.minimum,
            "epochs": self.epochs,
            "steps_per_epoch": self.steps_per_epoch,
        }


@keras.saving.register_keras_serializable(package="keras_darts")
class ExponentialByEpoch(keras.optimizers.schedules.LearningRateSchedule):
    """`initial` times `rate` to the power of the epoch.

    Args:
        initial: Float, the rate of the first epoch.
        rate: Float, the factor from one epoch to the next.
        steps_per_epoch: Integer.

    Example:

    >>> schedule = ExponentialByEpoch(1.0, 0.5, steps_per_epoch=10)
    >>> [float(schedule(step)) for step in (0, 9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(self, initial, rate, steps_per_epoch):
        super().__init__()
        self.initial = initial
        self.rate = rate
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step):
        epoch = ops.floor_divide(
            ops.cast(step, "float32"), self.steps_per_epoch
        )
        return self.initial * ops.power(self.rate, epoch)

    def get_config(self):
        return {
            "initial": self.initial,
            "rate": self.rate,
            "steps_per_epoch": self.steps_per_epoch,
        }


@contextlib.contextmanager
def scaled_learning_rate(optimizer, factor):
    """Inside, an optimizer steps at `factor` times its learning rate.

    Args:
        optimizer: A Keras optimizer.
        factor: Scalar number or tensor.

    Example:

    >>> sgd = keras.optimizers.SGD(0.5)
    >>> with scaled_learning_rate(sgd, 0.5):
    ...     float(sgd.learning_rate)
    0.25
    >>> float(sgd.learning_rate)
    0.5

    Reference: Merity et al., 2018, Regularizing and optimizing LSTM language
    models, section 5, for segments of varying length.
    """
    # Keras wraps the optimizer of a model in mixed precision.
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    rates = optimizer._learning_rate
    if not isinstance(rates, _RatesOfReplicas) or rates.of_this_replica:
        rates = _RatesOfReplicas(rates)
    # Around Keras, which would take it for a new setting of the user.
    object.__setattr__(optimizer, "_learning_rate", rates.own)
    rate = optimizer.learning_rate
    rates.enter(ops.convert_to_tensor(rate) * ops.cast(factor, rate.dtype))
    object.__setattr__(optimizer, "_learning_rate", rates)
    try:
        yield
    finally:
        rates.leave()
        if rates.is_empty:
            object.__setattr__(optimizer, "_learning_rate", rates.own)


class _RatesOfReplicas:
    """A rate of each replica that is amid a step; a replica is a thread.

    They take turns, so that one begins its step before another ends its own.
    """

    def __init__(self, own):
        self.own = own
        self._scaled = {}

    def __call__(self):
        # What runs for all replicas at once takes that of any.
        (any_rate, *_) = self._scaled.values()
        return self._scaled.get(threading.get_ident(), any_rate)

    @property
    def of_this_replica(self):
        return threading.get_ident() in self._scaled

    @property
    def is_empty(self):
        return not self._scaled

    def enter(self, rate):
        self._scaled[threading.get_ident()] = rate

    def leave(self):
        del self._scaled[threading.get_ident()]
