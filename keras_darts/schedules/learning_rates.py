"""Learning rates that follow a schedule until somebody sets them."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras
from keras import ops

from keras_darts.utils import private_api
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import TensorLike

if TYPE_CHECKING:
    import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_darts")
class EpochCosineDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Half a cosine from `initial` to `minimum`, constant within an epoch.

    Past the last epoch the rate stays at that of the last one.

    Args:
        initial: Float, the rate of the first epoch.
        minimum: Float, where the cosine would end after the last epoch.
        epochs: Integer, the epochs of the whole training.
        steps_per_epoch: Integer.

    Example:

    >>> schedule = EpochCosineDecay(1.0, 0.0, epochs=2, steps_per_epoch=10)
    >>> [round(float(schedule(step)), 4) for step in (0, 9, 10, 99)]
    [1.0, 1.0, 0.5, 0.5]

    Reference: Loshchilov and Hutter, 2017, SGDR, equation 5, stepped once an
    epoch as DARTS does.
    """

    def __init__(
        self, initial: float, minimum: float, epochs: int, steps_per_epoch: int
    ) -> None:
        super().__init__()
        self.initial = initial
        self.minimum = minimum
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step: TensorLike) -> tf.Tensor:
        epoch = ops.floor_divide(
            ops.cast(step, "float32"), self.steps_per_epoch
        )
        epoch = ops.minimum(epoch, self.epochs - 1.0)
        cosine = ops.cos(math.pi * epoch / self.epochs)
        return self.minimum + (self.initial - self.minimum) * (1 + cosine) / 2

    def get_config(self) -> Config:
        return {
            "initial": self.initial,
            "minimum": self.minimum,
            "epochs": self.epochs,
            "steps_per_epoch": self.steps_per_epoch,
        }


@keras.saving.register_keras_serializable(package="keras_darts")
class EpochExponentialDecay(keras.optimizers.schedules.LearningRateSchedule):
    """`initial` times `rate` to the power of the epoch.

    Args:
        initial: Float, the rate of the first epoch.
        rate: Float, the factor from one epoch to the next.
        steps_per_epoch: Integer.

    Example:

    >>> schedule = EpochExponentialDecay(1.0, 0.5, steps_per_epoch=10)
    >>> [float(schedule(step)) for step in (0, 9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(
        self, initial: float, rate: float, steps_per_epoch: int
    ) -> None:
        super().__init__()
        self.initial = initial
        self.rate = rate
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step: TensorLike) -> tf.Tensor:
        epoch = ops.floor_divide(
            ops.cast(step, "float32"), self.steps_per_epoch
        )
        return self.initial * ops.power(self.rate, epoch)

    def get_config(self) -> Config:
        return {
            "initial": self.initial,
            "rate": self.rate,
            "steps_per_epoch": self.steps_per_epoch,
        }


@keras.saving.register_keras_serializable(package="keras_darts")
class Consecutive(keras.optimizers.schedules.LearningRateSchedule):
    """One schedule, and after some steps another that starts over.

    Args:
        first: `LearningRateSchedule`.
        second: `LearningRateSchedule`.
        steps: Integer, those of the first.

    Example:

    >>> high, low = (EpochCosineDecay(rate, rate, 1, 1) for rate in (1.0, 0.5))
    >>> [float(Consecutive(high, low, 10)(step)) for step in (9, 10)]
    [1.0, 0.5]
    """

    def __init__(
        self,
        first: keras.optimizers.schedules.LearningRateSchedule,
        second: keras.optimizers.schedules.LearningRateSchedule,
        steps: int,
    ) -> None:
        super().__init__()
        self.first = first
        self.second = second
        self.steps = steps

    def __call__(self, step: TensorLike) -> tf.Tensor:
        step = ops.cast(step, "float32")
        return ops.where(
            step < self.steps, self.first(step), self.second(step - self.steps)
        )

    def get_config(self) -> Config:
        serialize = keras.saving.serialize_keras_object
        return {
            "first": serialize(self.first),
            "second": serialize(self.second),
            "steps": self.steps,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        deserialize = keras.saving.deserialize_keras_object
        first, second = (deserialize(config[k]) for k in ("first", "second"))
        return cls(first, second, config["steps"])


@contextlib.contextmanager
def scaled_learning_rate(
    optimizer: keras.optimizers.Optimizer, factor: TensorLike
) -> Iterator[None]:
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
    rates = private_api.learning_rate_setting(optimizer)
    if not isinstance(rates, _RatesOfReplicas) or rates.of_this_replica:
        rates = _RatesOfReplicas(rates)
    private_api.set_learning_rate_setting(optimizer, rates.own)
    rate = optimizer.learning_rate
    rates.enter(ops.convert_to_tensor(rate) * ops.cast(factor, rate.dtype))
    private_api.set_learning_rate_setting(optimizer, rates)
    try:
        yield
    finally:
        rates.leave()
        if rates.is_empty:
            private_api.set_learning_rate_setting(optimizer, rates.own)


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
    ...     kd.schedules.EpochCosineDecay(0.5, 0.0, 2, 10)
    ... )
    >>> kd.schedules.make_settable(optimizer)
    >>> float(optimizer.learning_rate)
    0.5
    >>> optimizer.learning_rate = 0.25
    >>> float(optimizer.learning_rate)
    0.25
    """

    def __init__(
        self,
        schedule: Callable[..., Any],
        iterations: keras.Variable,
        number: keras.Variable | None = None,
    ) -> None:
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

    def __call__(self) -> tf.Tensor:
        scheduled = ops.convert_to_tensor(self.schedule(self._iterations))
        number = ops.cast(self.number, scheduled.dtype)
        return ops.where(number < 0, scheduled, number)

    def assign(self, number: TensorLike) -> None:
        """Sets the rate, which the schedule no longer decides."""
        self.number.assign(number)

    def get_config(self) -> Config:
        return {"schedule": keras.saving.serialize_keras_object(self.schedule)}

    @classmethod
    def from_config(cls, config: Config) -> Any:
        """The schedule alone: an optimizer that is made again has no steps."""
        return keras.saving.deserialize_keras_object(config["schedule"])


def make_settable(
    optimizer: keras.optimizers.Optimizer,
    schedule: keras.optimizers.schedules.LearningRateSchedule | None = None,
) -> None:
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
    rate, number = private_api.learning_rate_setting(optimizer), None
    if isinstance(rate, SettableRate):
        rate, number = rate.schedule, rate.number
    rate = schedule or rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = SettableRate(rate, private_api.step_counter(optimizer), number)
        optimizer.learning_rate = rate


def set_rates(*optimizers: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """The variables with the learning rates that were set, for checkpoints."""
    optimizers = [getattr(o, "inner_optimizer", o) for o in optimizers]
    rates = [private_api.learning_rate_setting(o) for o in optimizers]
    return [rate.number for rate in rates if isinstance(rate, SettableRate)]


def hand_over_rate(
    old: keras.optimizers.Optimizer, new: keras.optimizers.Optimizer
) -> None:
    """Lets an optimizer begin with the rate that was set in another one."""
    make_settable(new)
    for before, now in zip(set_rates(old), set_rates(new), strict=False):
        now.assign(before)
