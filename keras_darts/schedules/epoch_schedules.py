"""Schedules of numbers that callbacks set at the start of each epoch."""

from __future__ import annotations

import abc
import bisect
import dataclasses
import math
import numbers
from typing import Any
from typing import Self

import keras

from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import Config


def checked_span(name: str, span: Any, least: int = 0) -> float:
    """A span, when it is one.

    Args:
        name: String, the argument that gives it.
        span: Integer, epochs; or float in [0, 1), the share of the epochs of a
            run.
        least: Integer, the smallest number of epochs. Defaults to `0`.

    Raises:
        ValueError: for a number that is neither.

    Example:

    >>> checked_span("epochs", 15), checked_span("epochs", 0.3)
    (15, 0.3)
    """
    whole = isinstance(span, numbers.Integral)
    if whole and span < 0:
        raise ValueError(
            f"`{name}` must not be negative. Received: {name}={span}"
        )
    if whole and not isinstance(span, bool) and span >= least:
        return int(span)
    if not whole and isinstance(span, numbers.Real) and 0 <= span < 1:
        return float(span)
    raise ValueError(
        f"`{name}` must be an integer of {least} or more, the epochs, or a "
        "float in [0, 1), their share of the run. Received: "
        f"{name}={span!r}"
    )


def epochs_of(span: float, epochs: int, least: int = 0) -> int:
    """How many epochs a span is of a run; the nearest to its share.

    Args:
        span: As of `checked_span`.
        epochs: Integer, of the run.
        least: Integer, which no share falls below. Defaults to `0`.

    Example:

    >>> [epochs_of(0.3, epochs) for epochs in (50, 20, 3, 1)]
    [15, 6, 1, 0]
    >>> epochs_of(15, 20)
    15
    """
    if isinstance(span, int):
        return span
    return max(math.floor(span * epochs + 0.5), least)


class EpochSchedule(abc.ABC):
    """Abstract: a number for each epoch, as `callbacks.ScheduleVariable` asks.

    A subclass is a frozen dataclass, registered with Keras.

    Example:

    >>> @keras.saving.register_keras_serializable("doctest")
    ... @dataclasses.dataclass(frozen=True)
    ... class Halved(EpochSchedule):
    ...     start: float
    ...
    ...     def __call__(self, epoch, epochs):
    ...         return self.start / 2**epoch
    >>> Halved(1.0)(2, epochs=10)
    0.25
    """

    @abc.abstractmethod
    def __call__(self, epoch: int, epochs: int) -> float:
        """The number for `epoch`, counted from zero, of a run of `epochs`."""

    def get_config(self) -> Config:
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


@dataclasses.dataclass(frozen=True)
class _Ramp(EpochSchedule):
    """From `start` to `end`; afterwards it stays there."""

    start: float
    end: float
    epochs: int | None = None
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

    def __call__(self, epoch: int, epochs: int) -> float:
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

    def __call__(self, epoch: int, epochs: int) -> float:
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

    values: tuple[float, ...]
    boundaries: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        object.__setattr__(self, "boundaries", tuple(self.boundaries))
        rising = sorted(set(self.boundaries)) == list(self.boundaries)
        if not rising or len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                "`boundaries` must rise and be one fewer than `values`. "
                f"Received: boundaries={self.boundaries}, values={self.values}"
            )

    def __call__(self, epoch: int, epochs: int) -> float:
        return self.values[bisect.bisect_right(self.boundaries, epoch)]

    def get_config(self) -> Config:
        return {name: list(value) for name, value in vars(self).items()}


@keras.saving.register_keras_serializable(package="keras_darts")
@dataclasses.dataclass(frozen=True)
class DropoutDecay(EpochSchedule):
    """P-DARTS' dropout of skip-connections: linear at first, then exponential.

    In the epochs in which the weights are trained alone it falls from `rate`
    as if it would end at zero after the run's last epoch; with the first epoch
    in which the alphas move it is `rate` again, and falls by `decay` an epoch.

    Args:
        rate: Float in [0, 1).
        warm_up: Integer, the epochs of the weights alone; or float in [0, 1),
            their share of the run or stage. Defaults to `0.4`: 10 of 25.
        decay: Float, the exponent by which it falls in an epoch. Defaults to
            `None`: 5 divided by the epochs of the run or stage, the published
            0.2 of 25.

    Example:

    >>> schedule = DropoutDecay(0.5, warm_up=2, decay=0.2)
    >>> [round(schedule(epoch, epochs=5), 3) for epoch in range(4)]
    [0.4, 0.3, 0.5, 0.409]

    Reference: Chen et al., 2019, P-DARTS, section 3.3.1, with the numbers of
    the published code.
    """

    rate: float
    warm_up: float = 0.4
    decay: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ValueError(
                f"`rate` must be in [0, 1). Received: rate={self.rate}"
            )
        checked_span("warm_up", self.warm_up)

    def __call__(self, epoch: int, epochs: int) -> float:
        warm_up = epochs_of(self.warm_up, epochs)
        if epoch < warm_up:
            return self.rate * (epochs - epoch - 1) / epochs
        decay = 5 / epochs if self.decay is None else self.decay
        return self.rate * math.exp(-decay * (epoch - warm_up))
