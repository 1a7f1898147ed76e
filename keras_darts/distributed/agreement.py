"""Decisions that several workers take together, so that none waits."""

from __future__ import annotations

import functools
import signal
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.distributed import multi_worker

if TYPE_CHECKING:
    import keras

    from keras_darts.runs.monitor import GracefulShutdown


# From one question to the next: seldom enough to cost nothing.
_SECONDS_BETWEEN_QUESTIONS = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WorkerCoordinator:
    """The steps at which all workers save a run, or stop at a signal.

    They ask each other before some steps, the same ones on every worker: the
    chief, by its clock, says how many to do until the next question and
    whether it is time to save, and each whether a signal has come.

    Args:
        model: The model that is trained.
        minutes: Float, from one checkpoint within an epoch to the next.

    Attributes:
        received: `signal.Signals` at which all stop, or `None`.
    """

    def __init__(self, model: keras.Model, minutes: float) -> None:
        self.received: signal.Signals | None = None
        self._workers = multi_worker.workers_of(model)
        self._total = _total(model.distribute_strategy, self._workers.count)
        self._seconds = 60 * minutes
        self._pause = 1
        self._next = self._asked_step = 0
        self._saved = self._asked = time.monotonic()

    def asks(self, step: int) -> bool:
        """Whether workers ask each other before a step of the epoch."""
        return not 0 < step < self._next

    def before_step(self, step: int, requests: GracefulShutdown) -> bool:
        """Whether the run is to be saved before a step; all workers call it.

        Args:
            step: Integer, the steps of the epoch that are done.
            requests: `GracefulShutdown` of this worker.
        """
        if not self.asks(step):
            return False
        due = self._is_due(step)
        due, pause = self._ask(due, self._steps_until_next(step), requests)
        self._pause, self._next = pause, step + pause
        return due

    def meet(self, requests: GracefulShutdown) -> None:
        """Waits for all, and settles whether a signal has come."""
        self._ask(False, self._pause, requests)

    def of_all(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The arrays of all workers, those of the first one first.

        Args:
            arrays: List, of the same shapes on every worker.
        """
        flat = [np.ravel(a).astype("float64") for a in arrays]
        rows = np.zeros((self._workers.count, sum(map(len, flat))))
        rows[self._workers.index] = np.concatenate(flat)
        sizes = np.cumsum([len(f) for f in flat])[:-1]
        return [
            part.reshape(a.shape).astype(a.dtype)
            for row in self._sum(rows)
            for part, a in zip(np.split(row, sizes), arrays, strict=True)
        ]

    def _ask(self, due, pause, requests):
        mine = [due, pause] if self._workers.is_chief else [0, 0]
        asked = [requests.received is number for number in _SIGNALS]
        due, pause, *asked = self._sum(np.array([*mine, *asked], "float64"))
        for number, count in zip(_SIGNALS, asked, strict=True):
            if count:
                self.received = requests.received = number
        return bool(due), int(pause)

    def _is_due(self, step):
        now = time.monotonic()
        # The end of an epoch is saved anyway.
        due = step > 0 and now - self._saved >= self._seconds
        if due or not step:
            self._saved = now
        return due

    def _steps_until_next(self, step):
        """By the time that the last steps took."""
        now = time.monotonic()
        steps, seconds = step - self._asked_step, now - self._asked
        self._asked_step, self._asked = step, now
        if steps <= 0:
            return self._pause
        wanted = min(self._seconds, _SECONDS_BETWEEN_QUESTIONS)
        pause = int(steps * wanted / max(seconds, 1e-9))
        # The first step is slower than any other.
        return max(1, min(pause, 2 * self._pause))

    def _sum(self, array):
        return self._total(tf.constant(array)).numpy()


def agreement_of(
    model: keras.Model, minutes: float
) -> WorkerCoordinator | None:
    """The `WorkerCoordinator` of a model's workers, `None` where it has but "
    "one."""
    if multi_worker.workers_of(model).count == 1:
        return None
    return WorkerCoordinator(model, minutes)


@functools.cache
def _total(strategy, workers):
    """The function that sums arrays over workers."""
    devices = strategy.num_replicas_in_sync // workers

    def of_worker(array):
        context = tf.distribute.get_replica_context()
        # One device of each worker speaks for it.
        speaks = context.replica_id_in_sync_group % devices == 0
        return tf.where(speaks, array, tf.zeros_like(array))

    def total(array):
        parts = strategy.run(of_worker, args=(array,))
        return strategy.reduce("SUM", parts, axis=None)

    return tf.function(total, autograph=False)
