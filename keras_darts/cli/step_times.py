"""Estimates how long a search takes, from a few of its real steps."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import logging
import time
from typing import TYPE_CHECKING

import keras

from keras_darts.training.callbacks import format_duration

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.utils.typing import Dataset

_LOG = logging.getLogger("keras_darts")
# The first step and the first batch of a validation also build graphs.
_STEPS = 6
_BATCHES = 4
# More than two steps are for those that are quick.
_SECONDS = 20.0


@dataclasses.dataclass(frozen=True)
class StepTimes:
    """What takes how long, in seconds.

    Args:
        start: Float, to the end of the first step, which builds the graph.
        step: Float, a step of weights and architecture.
        judged_batch: Float, a batch of the validation at the end of an epoch.
    """

    start: float
    step: float
    judged_batch: float

    def epoch(self, steps: int, judged_batches: int) -> float:
        """Seconds of an epoch."""
        return steps * self.step + judged_batches * self.judged_batch

    def in_words(self, epochs: int, steps: int, judged_batches: int) -> str:
        """How long a search takes, and what that is made of."""
        epoch = self.epoch(steps, judged_batches)
        validation = format_duration(judged_batches * self.judged_batch)
        return (
            f"about {format_duration(self.start + epochs * epoch)} on this "
            f"machine: {format_duration(self.start)} to the first step, then "
            f"{epochs} epochs of {format_duration(epoch)} ({steps} steps of "
            f"{self.step:.2g} s and {validation} of validation)"
        )


def measured(search: DartsSearch, **arguments: Any) -> StepTimes:
    """The `StepTimes` of a search, which has run a few steps afterwards.

    Args:
        search: `DartsSearch`.
        **arguments: Of its `fit`.
    """
    clock = _Clock()
    with contextlib.suppress(_EnoughError), _only_warnings():
        clock.begin = time.perf_counter()
        search.fit(**arguments, callbacks=[clock], verbose=0)
    return clock.step_times()


class _EnoughError(Exception):
    """All is measured."""


class _Clock(keras.callbacks.Callback):
    """Times some steps and some batches of the first validation."""

    def __init__(self):
        super().__init__()
        self.begin = 0.0
        self._steps, self._batches = [], []

    def on_epoch_begin(self, epoch, logs=None):
        # A warm-up has steps of the weights alone, which say too little.
        self.model.freeze_architecture(False)

    def on_train_batch_end(self, batch, logs=None):
        self._steps.append(self._now())
        taken = self._steps[-1] - self._steps[0]
        few = len(self._steps) < 3
        if len(self._steps) > _STEPS or not few and taken > _SECONDS:
            # Goes on with the validation.
            self.model.stop_training = True

    def on_test_batch_end(self, batch, logs=None):
        self._batches.append(self._now())
        if len(self._batches) > _BATCHES:
            raise _EnoughError

    def on_epoch_end(self, epoch, logs=None):
        raise _EnoughError

    def step_times(self):
        # Nothing to compare with but the first one where there is no other.
        steps = _gaps(self._steps) or [self._steps[0] - self.begin]
        batches = _gaps(self._batches) or [0.0]
        return StepTimes(
            start=self._steps[0] - self.begin,
            step=sum(steps) / len(steps),
            judged_batch=sum(batches) / len(batches),
        )

    def _now(self):
        # Waits for what a GPU still has to do.
        self.model.optimizer.iterations.numpy()
        return time.perf_counter()


def _gaps(times):
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def judged_batches(part: Dataset) -> int:
    """Batches of a validation set, or 0 where their number is not known."""
    return max(0, int(part.cardinality()))


@contextlib.contextmanager
def _only_warnings():
    """Inside, a search does not say what it runs on: nobody waits for it."""
    level = _LOG.level
    _LOG.setLevel(logging.WARNING)
    try:
        yield
    finally:
        _LOG.setLevel(level)
