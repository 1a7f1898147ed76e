"""Epochs that are resumed in their midst."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.callbacks import ProgbarLogger

from keras_darts.utils import private_api
from keras_darts.utils.typing import Logs

if TYPE_CHECKING:
    from keras_darts.runs.checkpoint import RunCheckpoint
    from keras_darts.runs.folder import Plan


class ProgressBar(keras.callbacks.ProgbarLogger):
    """`keras.callbacks.ProgbarLogger`, for logs of which some are integers.

    Example:

    >>> bar = ProgressBar()
    >>> bar.set_params({"verbose": 2, "epochs": 1, "steps": 1})
    >>> bar.on_epoch_begin(0)
    >>> bar.on_train_batch_end(0, {})
    >>> bar.on_epoch_end(0, {"num_skip_connects": 2})  # doctest: +ELLIPSIS
    1/1 - ... - num_skip_connects: 2
    """

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        counts = {k: _Count(v) for k, v in logs.items() if isinstance(v, int)}
        super().on_epoch_end(epoch, {**logs, **counts})


class _Count(float):
    """An integer, to which a number of decimals means nothing."""

    def __truediv__(self, other):
        # Keras' bar shows the mean of one value.
        return _Count(super().__truediv__(other))

    def __format__(self, spec):
        return str(int(self))


if TYPE_CHECKING:
    # Which the stubs of TensorFlow lack.
    _PythonState = object
else:
    _PythonState = tf.train.experimental.PythonState


class MidEpochState(_PythonState):
    """The metrics' sums and the hidden states that segments hand on.

    They are forgotten at the start of each epoch, so a checkpoint at the end
    of one has none of them.

    Args:
        model: Keras model.
        carried: Function that returns the variables of hidden states.
        worker: Integer, the number of this worker. Defaults to `0`.
        of_all: Function from the arrays of this worker to those of all, one
            worker after the other. Defaults to `None`: there is no other.
    """

    def __init__(
        self,
        model: keras.Model,
        carried: Callable[[], list[Any]],
        worker: int = 0,
        of_all: Callable[[list[np.ndarray]], list[np.ndarray]] | None = None,
    ) -> None:
        self._model = model
        self._carried = carried
        self._worker = worker
        self._of_all = of_all
        self._values = self._collected = []
        self._devices = None

    def collect(self, within: bool) -> None:
        """Takes what the next checkpoint has of it; all workers call it.

        Args:
            within: Boolean, whether that one is within an epoch.
        """
        values = [v.numpy() for v in self._variables()] if within else []
        if values and self._of_all is not None:
            values = self._of_all(values)
        self._collected = values

    def serialize(self) -> bytes:
        file = io.BytesIO()
        np.savez(file, *self._collected, devices=self._present_devices())
        return file.getvalue()

    def deserialize(self, string_value: bytes) -> None:
        with np.load(io.BytesIO(string_value)) as arrays:
            saved = dict(arrays)
        # Older versions did not note them.
        self._devices = saved.pop("devices", self._present_devices())
        self._values = [saved[f"arr_{i}"] for i in range(len(saved))]

    def fits(self) -> bool:
        """Whether as many devices as now shared the batches."""
        return self._devices == self._present_devices()

    def prepare(self, batch: Any) -> None:
        """Builds the metrics, which otherwise the first step would."""
        with self._model.distribute_strategy.scope():
            private_api.build_metrics(self._model, batch)

    def apply(self) -> None:
        """Puts back what was restored, once the epoch has begun."""
        variables = self._variables()
        first = self._worker * len(variables)
        values = self._values[first : first + len(variables)]
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value, read_value=False)

    def of_first_device(self, variable: keras.Variable) -> np.ndarray:
        """The array that the first device of this worker has of a variable."""
        local = self._model.distribute_strategy.experimental_local_results
        return local(variable.value)[0].numpy()

    def _present_devices(self):
        return self._model.distribute_strategy.num_replicas_in_sync

    def _variables(self):
        """Those of each device by themselves."""
        variables = [v.value for v in self._model.metrics_variables]
        variables += self._carried()
        strategy = self._model.distribute_strategy
        local = strategy.experimental_local_results
        return [part for variable in variables for part in local(variable)]


class SaveWithinEpochs(keras.callbacks.Callback):
    """Saves a run every few minutes.

    Args:
        checkpoint: `RunCheckpoint`.
        minutes: Float, from one checkpoint to the next.
        epochs: Integer, the first epochs, in whose midst it may be saved.
    """

    def __init__(
        self, checkpoint: RunCheckpoint, minutes: float, epochs: int
    ) -> None:
        super().__init__()
        self.checkpoint = checkpoint
        self.minutes = minutes
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch, self._saved = epoch, time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        done = batch + 1
        if self._epoch >= self.epochs or done >= self.params["steps"]:
            return
        if time.monotonic() - self._saved >= 60 * self.minutes:
            self.checkpoint.save(self._epoch, done)
            self._saved = time.monotonic()


class ResumedCallbackList(keras.callbacks.CallbackList):
    """Callbacks of a training that continues in the midst of an epoch.

    Keras' `fit` runs the epoch from its first step on: the steps that were
    done before take no batch, and no callback hears of them.

    Args:
        callbacks: List of Keras callbacks.
        running: `MidEpochState`, put back as an epoch continues; `None` where
            none ever does.
        add_progbar: Boolean, whether a progress bar is shown.
        **options: Further arguments of `CallbackList`, of the whole training.

    Attributes:
        first_step: Integer, the steps that were done before of the coming
            epoch.
        at_end: Boolean, whether these are all of it.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        running: MidEpochState | None,
        *,
        add_progbar: bool,
        **options: Any,
    ) -> None:
        bars = [c for c in callbacks if isinstance(c, ProgbarLogger)]
        if add_progbar and not bars:
            callbacks = [*callbacks, ProgressBar()]
        super().__init__(callbacks, add_history=True, **options)
        self.running = running
        self.first_step: int = 0
        self.at_end: bool = False
        self._train = None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        super().on_epoch_begin(epoch, logs)
        if self.first_step:
            self.running.apply()
            self._train = None

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if batch < self.first_step:
            self._train = self._train or self.model.train_function
            self.model.train_function = self._skip
            return
        super().on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if batch >= self.first_step:
            super().on_train_batch_end(batch, logs)
        elif batch + 1 == self.first_step:
            self.model.train_function, self.first_step = self._train, 0

    def _skip(self, iterator):
        """Stands for steps; the logs of the last one are the epoch's."""
        return self.model.get_metrics_result() if self.at_end else {}


def batches_from(
    plan: Plan, epoch: int, step: int, callbacks: ResumedCallbackList
) -> Any:
    """The data for a `fit` that begins in an epoch, maybe in its midst.

    Args:
        plan: `Plan`.
        epoch: Integer, where it begins.
        step: Integer, the steps of that epoch which were done before.
        callbacks: `ResumedCallbackList` of the `fit`, told of the step.

    Raises:
        ValueError: for a `steps_per_execution` with which Keras can't begin
            there, or would not end with the epoch.
    """
    at_once = callbacks.model.steps_per_execution
    if step % at_once or plan.steps_per_epoch % at_once:
        raise ValueError(
            "`steps_per_execution` must divide the steps of an epoch, and "
            "those that a run has done where it continues in its midst. "
            f"Received: steps_per_execution={at_once}, "
            f"{plan.steps_per_epoch} steps, {step} of them done"
        )
    callbacks.first_step, callbacks.at_end = step, step == plan.steps_per_epoch
    if not step:
        return plan.batches(epoch)
    if callbacks.at_end:
        # Of the last epoch's steps none is left, but Keras wants a batch.
        batches = plan.batches(min(epoch + 1, plan.epochs - 1))
    else:
        batches = plan.batches(epoch, step)
    callbacks.running.prepare(next(iter(batches)))
    # Keras would count the batches, of which the skipped steps take none.
    return batches.repeat()
