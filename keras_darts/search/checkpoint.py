"""Checkpoints of a search."""

from __future__ import annotations

import collections
import json
from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts.distributed import multi_worker
from keras_darts.runs.checkpoint import KEPT
from keras_darts.runs.checkpoint import RunCheckpoint
from keras_darts.runs.resume import MidEpochState
from keras_darts.schedules import set_rates
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    from keras_darts.callbacks.base import SearchCallback
    from keras_darts.distributed.multi_worker import WorkerCoordinator
    from keras_darts.search.darts_search import DartsSearch


class SearchCheckpoint(RunCheckpoint):
    """Saves and restores all variables of a search and of its optimizers.

    Args:
        search: A `DartsSearch` that is compiled and built.
        folder: Where the checkpoints lie.
        callbacks: `SearchCallback`s, whose state is saved with the rest, and
            which say how many checkpoints are kept. Defaults to none, and
            three are kept.
        agreement: `WorkerCoordinator` of several workers, of which the chief
            writes. Defaults to `None`.
    """

    noun = "search"

    def __init__(
        self,
        search: DartsSearch,
        folder: PathLike,
        callbacks: SearchCallback = (),
        agreement: WorkerCoordinator | None = None,
    ) -> None:
        worker = multi_worker.workers_of(search)
        super().__init__(
            folder,
            {
                "model": search.variables,
                "optimizer": search.loss_scaling.optimizer.variables,
                "arch_optimizer": search.loss_scaling.arch_optimizer.variables,
                "learning_rates": set_rates(
                    search.optimizer, search.arch_optimizer
                ),
            },
            MidEpochState(
                search,
                lambda: search.streams.variables,
                worker.index,
                agreement and agreement.of_all,
            ),
            callbacks=_States(callbacks),
            writes=agreement is None or worker.is_chief,
            epochs_kept=max([KEPT, *(c.history_epochs for c in callbacks)]),
        )


class _States(tf.train.experimental.PythonState):
    """The states of callbacks, by their classes, as a part of a checkpoint."""

    def __init__(self, callbacks):
        counts = collections.Counter()
        self._callbacks = {}
        for callback in callbacks:
            name = type(callback).__name__
            counts[name] += 1
            self._callbacks[f"{name}-{counts[name]}"] = callback

    def serialize(self):
        states = {name: c.get_state() for name, c in self._callbacks.items()}
        return json.dumps(states)

    def deserialize(self, string_value):
        states = json.loads(string_value)
        for name, callback in self._callbacks.items():
            # One that joins a run later begins there.
            if name in states:
                callback.set_state(states[name])
