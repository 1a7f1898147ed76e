"""Callbacks of trainings: best epoch, drop path, time left, data wait."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Logs

_LOG = logging.getLogger("keras_darts")


class BestEpoch(keras.callbacks.Callback):
    """Keeps the best weights, with which the training ends.

    Of equal epochs the first one counts. A training that is resumed remembers
    the best one of before. The log says which one it was.

    Args:
        monitor: String, the column of the history, of which more is better.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> best = BestEpoch("val_accuracy")
    >>> best.set_model(model)
    >>> best.on_train_begin()
    >>> best.on_epoch_end(0, {"val_accuracy": 0.5})
    >>> best.best
    0.5
    """

    def __init__(self, monitor: str) -> None:
        super().__init__()
        self.monitor = monitor
        self._resumed = None

    def on_train_begin(self, logs: Logs = None) -> None:
        resumed, self._resumed = self._resumed or {}, None
        self.best: float = resumed.get("best", float("-inf"))
        self.epoch: int | None = resumed.get("epoch")
        self._weights = resumed.get("weights", [])

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        value = (logs or {}).get(self.monitor)
        if value is not None and value > self.best:
            self.best, self.epoch = float(value), epoch
            self._weights = [w.numpy() for w in self.model.weights]

    def on_train_end(self, logs: Logs = None) -> None:
        if self._weights:
            pairs = zip(self.model.weights, self._weights, strict=True)
            for variable, value in pairs:
                variable.assign(value)
            _LOG.info(
                "the weights are those of epoch %d, the best `%s`: %.4g",
                self.epoch + 1,
                self.monitor,
                self.best,
            )

    def get_state(self) -> dict[str, Any]:
        """What a run must remember."""
        return {
            "best": self.best,
            "epoch": self.epoch,
            "weights": self._weights,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave, once training begins."""
        self._resumed = state


class DropPathSchedule(keras.callbacks.Callback):
    """Raises the drop path rate linearly, epoch by epoch, from zero.

    The rate of an epoch is `max_rate * epoch / epochs`, counted from zero.

    Args:
        max_rate: Float in [0, 1), where the ramp would end.
        epochs: Integer, the epochs of the whole training.

    Raises:
        TypeError: when training begins, if the model has no `drop_path_rate`.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False
    ... )
    >>> ramp = DropPathSchedule(0.2, epochs=10)
    >>> ramp.set_model(network)
    >>> ramp.on_epoch_begin(5)
    >>> round(float(network.drop_path_rate), 6)
    0.1

    Reference: Zoph et al., 2018, NASNet, ScheduledDropPath.
    """

    def __init__(self, max_rate: float, epochs: int) -> None:
        super().__init__()
        if not 0 <= max_rate < 1:
            raise ValueError(
                f"`max_rate` must be in [0, 1). Received: max_rate={max_rate}"
            )
        self.max_rate = max_rate
        self.epochs = epochs

    def on_train_begin(self, logs: Logs = None) -> None:
        if not hasattr(self.model, "drop_path_rate"):
            raise TypeError(
                "DropPathSchedule needs a network with a `drop_path_rate`, as "
                "those of keras_darts.networks. Received: a model of type "
                f"{type(self.model).__name__}"
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        part = min(epoch, self.epochs) / self.epochs
        self.model.drop_path_rate.assign(self.max_rate * part)


_NAME = "data_wait_fraction"
# Less is nothing that anybody would do something about.
_WORTH_A_LINE = 0.05


class DataWaitMonitor(keras.callbacks.Callback):
    """Measures the share of an epoch's steps that was spent waiting for input.

    The share is a number between 0 and 1: the seconds that steps stood still
    until their batch was there, divided by the seconds from the start of the
    first step to the end of the last one. Validation does not count. It serves
    every `fit` on TensorFlow whose model runs one step an execution; in others
    nothing is measured. The log says so where it is 5 % or more.
    `DartsSearch.fit` adds this callback itself and writes
    the share to TensorBoard.

    Args:
        in_logs: Boolean, whether the share becomes the log `data_wait_fraction`
            of the epoch, seen by all callbacks that come later. Defaults to
            `False`, since histories with times in them never repeat.

    Attributes:
        share: Float, of the last epoch; `None` before the first one ends.
        seconds: Float, all that the steps of that epoch took, or `None`.
        steps: Integer, how many these were, or `None`.

    Example:

    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> x, y, wait = np.ones((96, 3)), np.ones((96, 1)), DataWaitMonitor()
    >>> history = model.fit(x, y, verbose=0, callbacks=[wait])
    >>> 0 < wait.share < 1
    True
    """

    steps: int | None
    seconds: float | None

    share: float | None

    def __init__(self, in_logs: bool = False) -> None:
        super().__init__()
        self.in_logs = in_logs
        self.added_logs: tuple[str, ...] = (_NAME,) if in_logs else ()
        self.share = self.seconds = self.steps = None
        self._clock = _Clock()

    def on_train_begin(self, logs: Logs = None) -> None:
        self.share = self.seconds = self.steps = None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._clock = _Clock()

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if self.model.steps_per_execution != 1:
            return
        # Asked each time: a callback may have the step made again, or another
        # kind of step run.
        if not isinstance(self.model.train_function, _TimedSteps):
            self.model.train_function = _TimedSteps(
                self.model.train_function, self.model.run_eagerly
            )
        steps = self.model.train_function
        if batch > 0 or steps.clock.begin is not None:
            steps.clock = self._clock
        # Of two such callbacks the second one reads the clock of the first.
        self._clock = steps.clock

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if not self._clock.seconds:
            return
        self.seconds, self.steps = self._clock.seconds, self._clock.steps
        self.share = self._clock.waited / self.seconds
        if self.share >= _WORTH_A_LINE:
            _LOG.info(
                "epoch %d: %.0f %% of the time of its steps waited for input",
                epoch + 1,
                100 * self.share,
            )
        if self.in_logs and logs is not None:
            logs[_NAME] = self.share


class _Clock:
    """The seconds of an epoch."""

    def __init__(self):
        self.waited = self.seconds = 0.0
        self.steps = 0
        self.begin = None


class _TimedSteps:
    """Keras' train function, with batches pulled from outside of its graph.

    A hook for the end of batches would be simpler, but it makes Keras wait
    for the logs of each step. Here the pull can be timed; within the graph it
    is an operation among others.
    """

    def __init__(self, function, eager):
        self._function = function
        self._eager = eager
        self._spec = self._step = None
        self.clock = _Clock()

    def __call__(self, iterator):
        begin, clock = time.perf_counter(), self.clock
        if clock.begin is None:
            clock.begin = begin
        batch = next(iterator)
        clock.waited += time.perf_counter() - begin
        logs = self._step_for(iterator.element_spec)(batch)
        clock.seconds = time.perf_counter() - clock.begin
        clock.steps += 1
        return logs

    def _step_for(self, spec):
        if self._step is None or self._spec != spec:
            self._spec, self._step = spec, self._on_batch
            if not self._eager:
                # The spec of the iterator, since a batch itself has no open
                # dimension and each length of a text would be traced again.
                self._step = tf.function(
                    self._on_batch, input_signature=(spec,), autograph=False
                )
        return self._step

    def _on_batch(self, batch):
        # Keras takes any iterable that is no iterator of TensorFlow.
        return self._function([batch])


class ETALogger(keras.callbacks.Callback):
    """Says after each epoch how long the run will still take, in the log.

    The `fit` of searches and recipes adds this callback itself, unless
    `verbose=0`.

    Example:

    >>> callback = ETALogger()
    >>> with kd.utils.messages.shown():
    ...     callback.on_train_begin()
    ...     callback.on_train_end()
    took 0 s in all
    """

    def on_train_begin(self, logs: Logs = None) -> None:
        self._begin = self._last = time.monotonic()
        self._seconds, self._started = [], False

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if not self._started:
            # The first step also builds the graph, and so tells nothing.
            self._last, self._started = time.monotonic(), True

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        # Here, so that the line stands below Keras' own for the epoch.
        if self._seconds:
            left = self.params["epochs"] - epoch
            usual = sum(self._seconds) / len(self._seconds)
            _LOG.info(
                "%d of %d epochs done, %s each; about %s left",
                epoch,
                self.params["epochs"],
                format_duration(usual),
                format_duration(left * usual),
            )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        now = time.monotonic()
        self._seconds.append(now - self._last)
        self._last = now

    def on_train_end(self, logs: Logs = None) -> None:
        seconds = time.monotonic() - self._begin
        _LOG.info("took %s in all", format_duration(seconds))


def with_eta(
    callbacks: list[keras.callbacks.Callback], verbose: int | str
) -> list[keras.callbacks.Callback]:
    """The callbacks, with one that says the time left if it is wanted.

    Args:
        callbacks: List of Keras callbacks, of which one may do so already.
        verbose: As in Keras.
    """
    has_one = any(isinstance(c, ETALogger) for c in callbacks)
    return callbacks if has_one or not verbose else [*callbacks, ETALogger()]


def format_duration(seconds: float) -> str:
    """A time in the words of a person.

    Example:

    >>> format_duration(7.4), format_duration(150), format_duration(9000)
    ('7 s', '3 min', '2 h 30 min')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
