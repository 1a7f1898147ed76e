"""Everything that a search is made of, on disk and back."""

import collections
import json
import pathlib
import re

import tensorflow as tf

from keras_darts.files import write_json

_MANIFEST = "variables.json"
_KEPT = 2


class SearchCheckpoint:
    """Saves and restores all variables of a search and of its optimizers.

    Variables are kept as flat lists, since Keras' own ways lose some of them
    (random states, layers in lists). Their shapes lie beside, so that a
    checkpoint of another network is refused instead of half restored.

    Args:
        search: A `DartsSearch` that is compiled and built.
        folder: Where the checkpoints lie.
        callbacks: `SearchCallback`s, whose state is saved with the rest, and
            which say how many checkpoints are kept. Defaults to none, and
            two are kept.
    """

    def __init__(self, search, folder, callbacks=()):
        self.folder = pathlib.Path(folder)
        self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._groups = {
            "model": search.variables,
            "optimizer": search.loss_scaling.optimizer.variables,
            "arch_optimizer": search.loss_scaling.arch_optimizer.variables,
        }
        flat = {
            name: {f"{i:05d}": v.value for i, v in enumerate(variables)}
            for name, variables in self._groups.items()
        }
        self._checkpoint = tf.train.Checkpoint(
            epoch=self.epoch, callbacks=_States(callbacks), **flat
        )
        keep = max([_KEPT, *(c.kept_epochs for c in callbacks)])
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, str(self.folder), max_to_keep=keep
        )

    def save(self, epochs_done):
        """Writes the state after `epochs_done` epochs."""
        self.epoch.assign(epochs_done)
        write_json(self.folder / _MANIFEST, self._manifest())
        self._manager.save(checkpoint_number=epochs_done)

    def restore(self, epochs_done=None):
        """Takes over a state and gives the epochs it has done.

        Args:
            epochs_done: Integer, which state. Defaults to `None`, the newest.

        Raises:
            ValueError: if there is none, or it is of another network.
        """
        newest = self._manager.latest_checkpoint
        if epochs_done is not None:
            newest = str(self.folder / f"ckpt-{epochs_done}")
        if newest is None:
            raise ValueError(
                "`resume_from` must be the folder of a run that has saved a "
                "checkpoint: one is written after each epoch. Received: "
                f"resume_from={str(self.folder.parent)!r}"
            )
        saved = json.loads((self.folder / _MANIFEST).read_text())
        _check_equal(saved, self._manifest())
        self._checkpoint.restore(newest).assert_consumed()
        return int(self.epoch)

    def _manifest(self):
        return {
            name: [
                [_plain(v.path), list(v.shape), str(v.dtype)] for v in variables
            ]
            for name, variables in self._groups.items()
        }


def has_checkpoint(folder):
    """Whether the checkpoints of a run lie in a folder."""
    return tf.train.latest_checkpoint(folder) is not None


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
        states = {name: c.state() for name, c in self._callbacks.items()}
        return json.dumps(states)

    def deserialize(self, string_value):
        states = json.loads(string_value)
        for name, callback in self._callbacks.items():
            # One that joins a run later begins there.
            if name in states:
                callback.restore_state(states[name])


def _plain(path):
    """Without the counters that Keras adds in order of creation."""
    return re.sub(r"_\d+(?=/|$|_)", "", path)


def _check_equal(saved, present):
    for name, variables in present.items():
        if len(saved[name]) != len(variables):
            raise ValueError(
                "`resume_from` must be a run of the same search. Received: "
                f"{len(saved[name])} variables of the {name} in the "
                f"checkpoint, {len(variables)} in this search"
            )
        for old, new in zip(saved[name], variables, strict=True):
            if old[1:] != new[1:]:
                raise ValueError(
                    "`resume_from` must be a run of the same search. "
                    f"Received: {old} in the checkpoint, {new} in this search"
                )
