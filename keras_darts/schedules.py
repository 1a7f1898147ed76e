"""Numbers that change from epoch to epoch, by the step or by the epoch."""

import abc
import bisect
import contextlib
import dataclasses
import math

import keras
from keras import ops

from keras_darts.errors import positive_integer


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


class EpochSchedule(abc.ABC):
    """Abstract: a number for each epoch, as `callbacks.ScheduleVariable` asks.

    A subclass is a frozen dataclass, registered with Keras.
    """

    @abc.abstractmethod
    def __call__(self, epoch, epochs):
        """The number for `epoch`, counted from zero, of a run of `epochs`."""

    def get_config(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@dataclasses.dataclass(frozen=True)
class _Ramp(EpochSchedule):
    """From `start` to `end`; afterwards it stays there."""

    start: float
    end: float
    epochs: int = None
    endpoint: bool = True

    def __post_init__(self):
        if self.epochs is not None:
            positive_integer("epochs", self.epochs)

    def _part(self, epoch, epochs):
        """How much of the way is done, from 0 to 1."""
        last = (self.epochs or epochs) - self.endpoint
        return min(epoch / last, 1.0) if last else 1.0


@keras.saving.register_keras_serializable(package="keras_darts")
@dataclasses.dataclass(frozen=True)
class Linear(_Ramp):
    """A straight line from `start` to `end`, where it stays.

    Args:
        start: Float, the value of the first epoch.
        end: Float.
        epochs: Integer, the length of the way. Defaults to `None`: the epochs
            of the run.
        endpoint: Boolean, whether the last of these epochs has `end`, or the
            one that would come after it. Defaults to `True`.

    Example:

    >>> [Linear(10.0, 0.0)(epoch, epochs=3) for epoch in range(4)]
    [10.0, 5.0, 0.0, 0.0]
    >>> Linear(0.0, 0.5, epochs=4, endpoint=False)(2, epochs=50)
    0.25

    Reference: the temperatures of SNAS and GDAS, the drop path of R-DARTS.
    """

    def __call__(self, epoch, epochs):
        part = self._part(epoch, epochs)
        return self.start + (self.end - self.start) * part


@keras.saving.register_keras_serializable(package="keras_darts")
@dataclasses.dataclass(frozen=True)
class Cosine(_Ramp):
    """Half a cosine from `start` to `end`, where it stays.

    Args:
        start: Float, the value of the first epoch.
        end: Float.
        epochs: Integer, the length of the way. Defaults to `None`: the epochs
            of the run.
        endpoint: Boolean, whether the last of these epochs has `end`, or the
            one that would come after it. Defaults to `True`.

    Example:

    >>> [Cosine(1.0, 0.0)(epoch, epochs=3) for epoch in range(3)]
    [1.0, 0.5, 0.0]
    """

    def __call__(self, epoch, epochs):
        rest = (1 + math.cos(math.pi * self._part(epoch, epochs))) / 2
        return self.end + (self.start - self.end) * rest


@keras.saving.register_keras_serializable(package="keras_darts")
@dataclasses.dataclass(frozen=True)
class Piecewise(EpochSchedule):
    """Constant from each boundary to the next.

    Args:
        values: List of floats.
        boundaries: List of epochs, rising, one fewer than values: from each
            on, the next value holds.

    Raises:
        ValueError: if their numbers don't fit, or the epochs don't rise.

    Example:

    >>> schedule = Piecewise([0.1, 0.4, 0.7], boundaries=[25, 50])
    >>> [schedule(epoch, epochs=75) for epoch in (0, 24, 25, 50, 74)]
    [0.1, 0.1, 0.4, 0.7, 0.7]
    """

    values: tuple
    boundaries: tuple = ()

    def __post_init__(self):
        object.__setattr__(self, "values", tuple(self.values))
        object.__setattr__(self, "boundaries", tuple(self.boundaries))
        rising = sorted(set(self.boundaries)) == list(self.boundaries)
        if not rising or len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                "`boundaries` must rise and be one fewer than `values`. "
                f"Received: boundaries={self.boundaries}, values={self.values}"
            )

    def __call__(self, epoch, epochs):
        return self.values[bisect.bisect_right(self.boundaries, epoch)]

    def get_config(self):
        return {name: list(value) for name, value in vars(self).items()}


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
    own, rate = optimizer._learning_rate, optimizer.learning_rate
    scaled = ops.convert_to_tensor(rate) * ops.cast(factor, rate.dtype)
    # Around Keras, which would take it for a new setting of the user.
    object.__setattr__(optimizer, "_learning_rate", lambda: scaled)
    try:
        yield
    finally:
        object.__setattr__(optimizer, "_learning_rate", own)
