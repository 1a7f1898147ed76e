"""Everything that a training is made of, on disk and back."""

import io
import json

import numpy as np
import tensorflow as tf

from keras_darts.running.checkpoint import RunCheckpoint
from keras_darts.running.within_epoch import RunningEpoch
from keras_darts.schedules import set_rates


class TrainingCheckpoint(RunCheckpoint):
    """Saves and restores all variables of a network and of its optimizer.

    Args:
        network: Keras model that is built and compiled.
        folder: Where the checkpoints lie.
        callbacks: List of Keras callbacks. Those with `state` and
            `restore_state` are saved with the rest. Defaults to none.
    """

    noun = "training"

    def __init__(self, network, folder, callbacks=()):
        super().__init__(
            folder,
            {
                "network": network.variables,
                "optimizer": network.optimizer.variables,
                "learning_rates": set_rates(network.optimizer),
            },
            RunningEpoch(network, lambda: getattr(network, "carried", [])),
            callbacks={
                f"{index}-{type(callback).__name__}": _State(callback)
                for index, callback in enumerate(callbacks)
                if hasattr(callback, "restore_state")
            },
        )


class _State(tf.train.experimental.PythonState):
    """A dictionary of plain data and lists of arrays."""

    def __init__(self, callback):
        self._callback = callback

    def serialize(self):
        state, file = self._callback.state(), io.BytesIO()
        arrays = {
            f"{name}/{index:05d}": array
            for name, value in state.items()
            if _is_of_arrays(value)
            for index, array in enumerate(value)
        }
        plain = {k: v for k, v in state.items() if not _is_of_arrays(v)}
        np.savez(file, plain=json.dumps(plain), **arrays)
        return file.getvalue()

    def deserialize(self, string_value):
        with np.load(io.BytesIO(string_value)) as saved:
            state = json.loads(str(saved["plain"]))
            for key in saved.files:
                name, slash, _ = key.rpartition("/")
                if slash:
                    state.setdefault(name, []).append(saved[key])
        self._callback.restore_state(state)


def _is_of_arrays(value):
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, np.ndarray | np.generic) for part in value)
    )
