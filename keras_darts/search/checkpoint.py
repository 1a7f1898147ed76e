"""Everything that a search is made of, on disk and back."""

import collections
import json
import pathlib
import re
import warnings

import tensorflow as tf

from keras_darts import seals
from keras_darts.search import many_workers
from keras_darts.search.within_epoch import RunningEpoch

# How many checkpoints are left as refuges if the newest is damaged.
_KEPT = 3


class SearchCheckpoint:
    """Saves and restores all variables of a search and of its optimizers.

    Variables are kept as flat lists, since Keras' own ways lose some of them
    (random states, layers in lists). Their shapes lie beside, so that a
    checkpoint of another network is refused instead of half restored. A seal
    with the digests of the files is written last: what has none, or does not
    match it, is passed over with a warning.

    Args:
        search: A `DartsSearch` that is compiled and built.
        folder: Where the checkpoints lie.
        callbacks: `SearchCallback`s, whose state is saved with the rest, and
            which say how many checkpoints are kept. Defaults to none, and
            three are kept.

    Attributes:
        step: Integer, the steps that the restored state has done in its
            epoch.
        rows: Integer, those of the tables of a run that belong to the state:
            one for each epoch, of those that were rolled back too.
        running: `RunningEpoch`, what an epoch has besides in its midst.
    """

    def __init__(self, search, folder, callbacks=()):
        self.folder = pathlib.Path(folder)
        self.step = self.rows = 0
        self.running = RunningEpoch(search)
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
            callbacks=_States(callbacks), running=self.running, **flat
        )
        # A worker knows the metrics of its own part alone.
        self._whole_epochs = many_workers.workers_of(search).count > 1
        self._epochs_kept = max([_KEPT, *(c.kept_epochs for c in callbacks)])

    def save(self, epochs_done, step=0):
        """Writes the state after `epochs_done` epochs and `step` steps."""
        self.folder.mkdir(parents=True, exist_ok=True)
        earlier = seals.seals(self.folder)
        number = earlier[0].number + 1 if earlier else 1
        prefix = self.folder / f"ckpt-{number}"
        self.running.within = step > 0
        try:
            self._checkpoint.write(str(prefix))
            seals.seal(
                prefix,
                number=number,
                epochs_done=epochs_done,
                step=step,
                finished=False,
                rows=self.rows,
                variables=self._manifest(),
            )
        except BaseException:
            seals.remove_half_written(self.folder)
            raise
        self._remove_old()

    def newest(self):
        """The `Seal` of the newest state, or `None`."""
        return next(iter(seals.seals(self.folder)), None)

    def restore(self, epochs_done=None):
        """Takes over a state and gives the epochs it has done.

        Args:
            epochs_done: Integer, which state, at the end of an epoch; the
                rows of later ones stay. Defaults to `None`, the newest of
                all.

        Raises:
            ValueError: if there is none, or it is of another network.
        """
        found = seals.seals(self.folder)
        if epochs_done is not None:
            found = [
                s for s in found if (s.epochs_done, s.step) == (epochs_done, 0)
            ]
        else:
            for name in seals.half_written(self.folder):
                self._warn(f"{name} is half written")
            seals.remove_half_written(self.folder)
        for seal in found:
            if seal.step and self._whole_epochs:
                continue
            damage = seal.damage()
            if damage is None:
                _check_equal(seal.variables, self._manifest())
                self._checkpoint.read(str(seal.prefix)).assert_consumed()
                self.step = seal.step
                if epochs_done is None:
                    self.rows = seal.rows
                return seal.epochs_done
            self._warn(damage)
        raise ValueError(
            "`resume_from` must be the folder of a run that has saved a "
            "checkpoint: one is written after each epoch. Received: "
            f"resume_from={str(self.folder.parent)!r}"
        )

    def _warn(self, damage):
        warnings.warn(
            "A checkpoint is damaged, the one before it is taken: "
            f"{damage} in {self.folder}",
            stacklevel=3,
        )

    def _remove_old(self):
        found = seals.seals(self.folder)
        ends = {}
        for seal in found:
            if not seal.step:
                ends.setdefault(seal.epochs_done, seal)
        kept = {s.number for s in [*ends.values()][: self._epochs_kept]}
        kept |= {s.number for s in found[:_KEPT]}
        for seal in found:
            if seal.number not in kept:
                seal.remove()

    def _manifest(self):
        return {
            name: [
                [_plain(v.path), list(v.shape), str(v.dtype)] for v in variables
            ]
            for name, variables in self._groups.items()
        }


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
