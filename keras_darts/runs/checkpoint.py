"""Checkpoints: everything that is trained, on disk and back."""

from __future__ import annotations

import collections
import hashlib
import io
import json
import pathlib
import re
import warnings
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.runs import manifest
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    import keras

    from keras_darts.runs.manifest import CheckpointManifest
    from keras_darts.runs.resume import MidEpochState


# How many checkpoints are left as refuges if the newest is damaged.
KEPT = 3


class RunCheckpoint:
    """Saves and restores all variables of a model and of its optimizers.

    Variables are kept as flat lists, since Keras' own ways lose some of them
    (random states, layers in lists). Their shapes are stored too, so that a
    checkpoint of another network raises an error and is not half restored. A
    manifest with the digests of the files is written last: what has none, or
    does not match it, is passed over with a warning.

    Args:
        folder: Path where the checkpoints lie.
        groups: Dictionary from names to lists of Keras variables.
        running: `MidEpochState`, what an epoch has besides in its midst.
        noun: String, what is run.
        callbacks: Keras callbacks. The state of those with `get_state` and
            `set_state` is saved with the rest. Defaults to none.
        writes: Boolean, whether this worker writes what all have to save.
            Defaults to `True`.
        epochs_kept: Integer, of how many epochs the ends are kept. Defaults
            to three.

    Attributes:
        epochs_done: Integer, those of the state that was saved or restored
            last.
        step: Integer, the steps that the restored state has done in its
            epoch.
        rows: Integer, those of the tables of a run that belong to the state:
            one for each epoch, of those that were rolled back too.
        finished: Boolean, whether the restored state is that of a run which
            has come to its end.
    """

    epochs_done: int
    step: int
    rows: int
    finished: bool

    def __init__(
        self,
        folder: PathLike,
        groups: Mapping[str, Sequence[keras.Variable]],
        running: MidEpochState,
        *,
        noun: str = "run",
        callbacks: Sequence[keras.callbacks.Callback] = (),
        writes: bool = True,
        epochs_kept: int = KEPT,
    ) -> None:
        self.folder: pathlib.Path = pathlib.Path(folder)
        self.epochs_done = self.step = self.rows = 0
        self.finished = False
        self.running = running
        self.noun = noun
        self.writes = writes
        self._groups = groups
        self._epochs_kept = epochs_kept
        flat = {
            name: {f"{i:05d}": v.value for i, v in enumerate(variables)}
            for name, variables in groups.items()
        }
        self._checkpoint = tf.train.Checkpoint(
            callbacks=_States(callbacks), running=running, **flat
        )

    def save(
        self,
        epochs_done: int,
        step: int = 0,
        collect: bool = True,
        resumes: bool = True,
    ) -> None:
        """Writes the state after `epochs_done` epochs and `step` steps.

        Within an epoch all workers have to call it.

        Args:
            epochs_done: Integer.
            step: Integer. Defaults to `0`.
            collect: Boolean, whether `running` is as the step left it, and
                not to be as it was collected before. Defaults to `True`.
            resumes: Boolean, as in `CheckpointManifest`. Defaults to `True`.
        """
        self.epochs_done = epochs_done
        if collect:
            self.running.collect(step > 0)
        if not self.writes:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        earlier = manifest.manifests(self.folder)
        number = earlier[0].number + 1 if earlier else 1
        prefix = self.folder / f"ckpt-{number}"
        try:
            self._checkpoint.write(str(prefix))
            manifest.write_manifest(
                prefix,
                number=number,
                epochs_done=epochs_done,
                step=step,
                finished=False,
                rows=self.rows,
                resumes=resumes,
                variables=self._variables_by_group(),
            )
        except BaseException:
            manifest.remove_incomplete(self.folder)
            raise
        self._remove_old()

    def newest(self) -> CheckpointManifest | None:
        """The `CheckpointManifest` of the newest state, or `None`."""
        return next(iter(manifest.manifests(self.folder)), None)

    def digest(self) -> str:
        """A string that differs where any of the variables does."""
        digest = hashlib.sha256()
        for variables in self._groups.values():
            for variable in variables:
                value = self.running.of_first_device(variable)
                digest.update(np.ascontiguousarray(value).tobytes())
        return digest.hexdigest()

    def restore(
        self, epochs_done: int | None = None, epochs: int | None = None
    ) -> int:
        """Takes over a state and returns the epochs it has done.

        Args:
            epochs_done: Integer, which state, at the end of an epoch; the
                rows of later ones stay. Defaults to `None`, the newest of
                all.
            epochs: Integer, those that the run shall have: a state of the end
                of a shorter one may not be one to resume from. Defaults to
                `None`, those it has.

        Raises:
            ValueError: if there is none, or it is of another network.
        """
        damaged = [
            f"{n} can't be read" for n in manifest.unreadable(self.folder)
        ]
        for saved in self._candidates(epochs_done, epochs):
            damage = saved.find_corruption()
            if damage is not None:
                self._warn(damage)
                damaged.append(damage)
                continue
            self._check_equal(saved.variables)
            self._checkpoint.read(str(saved.prefix)).assert_consumed()
            if saved.step and not self.running.fits():
                # Its hidden states and metrics are those of a device.
                continue
            self.epochs_done, self.step = saved.epochs_done, saved.step
            self.finished = saved.finished
            if epochs_done is None:
                self.rows = saved.rows
                self._remove_incomplete()
            return saved.epochs_done
        raise self._nothing_to_restore(damaged)

    def _candidates(self, epochs_done, epochs):
        """The manifests to try, the newest first."""
        manifests = manifest.manifests(self.folder)
        if epochs_done is not None:
            return [
                saved
                for saved in manifests
                if (saved.epochs_done, saved.step) == (epochs_done, 0)
                and saved.resumes
            ]
        return [
            saved
            for saved in manifests
            if saved.resumes or epochs is None or saved.epochs_done >= epochs
        ]

    def _remove_incomplete(self):
        for name in manifest.incomplete(self.folder):
            self._warn(f"{name} is half written")
        manifest.remove_incomplete(self.folder)

    def _nothing_to_restore(self, damaged):
        run = str(self.folder.parent)
        if damaged:
            return ValueError(
                "`resume_from`, or the unfinished run in `output_dir`, must "
                "have a checkpoint that is whole: copy the folder back from a "
                "backup, or start over by overwrite=True. "
                f"Received: {run!r}, whose checkpoints are all damaged: "
                f"{'; '.join(damaged)}"
            )
        return ValueError(
            "`resume_from` must be the folder of a run that has saved a "
            "checkpoint: one is written after each epoch. Received: "
            f"resume_from={run!r}"
        )

    def _check_equal(self, saved):
        for name, present in self._variables_by_group().items():
            # Older runs lack what came later.
            before = saved.get(name, [])
            pairs = [(f"{len(before)} variables", f"{len(present)}")]
            if len(before) == len(present):
                pairs = [
                    (old, new)
                    for old, new in zip(before, present, strict=True)
                    if old[1:] != new[1:]
                ]
            for old, new in pairs:
                raise ValueError(
                    f"`resume_from` must be a run of the same {self.noun}. "
                    f"Received: of the {name} {old} in the checkpoint, {new} "
                    f"in this {self.noun}"
                )

    def _warn(self, damage):
        warnings.warn(
            "A checkpoint is damaged, the one before it is taken: "
            f"{damage} in {self.folder}",
            stacklevel=3,
        )

    def _remove_old(self):
        manifests = manifest.manifests(self.folder)
        ends = {}
        for saved in manifests:
            if not saved.step:
                ends.setdefault(saved.epochs_done, saved)
        kept = {s.number for s in [*ends.values()][: self._epochs_kept]}
        kept |= {s.number for s in manifests[:KEPT]}
        for saved in manifests:
            if saved.number not in kept:
                saved.remove()

    def _variables_by_group(self):
        return {
            name: [
                [_plain(v.path), list(v.shape), str(v.dtype)] for v in variables
            ]
            for name, variables in self._groups.items()
        }


if TYPE_CHECKING:
    # Which the stubs of TensorFlow lack.
    _PythonState = object
else:
    _PythonState = tf.train.experimental.PythonState


class _States(_PythonState):
    """The states of callbacks, by their classes: plain data and arrays."""

    def __init__(self, callbacks):
        counts = collections.Counter()
        self._callbacks = {}
        for callback in callbacks:
            if hasattr(callback, "set_state"):
                name = type(callback).__name__
                counts[name] += 1
                self._callbacks[f"{name}-{counts[name]}"] = callback

    def serialize(self):
        plain, arrays, file = {}, {}, io.BytesIO()
        for name, callback in self._callbacks.items():
            plain[name] = {}
            for key, value in callback.get_state().items():
                if not _is_of_arrays(value):
                    plain[name][key] = value
                    continue
                for index, array in enumerate(value):
                    arrays[f"{name}/{key}/{index:05d}"] = array
        np.savez(file, plain=json.dumps(plain), **arrays)
        return file.getvalue()

    def deserialize(self, string_value):
        with np.load(io.BytesIO(string_value)) as saved:
            states = json.loads(str(saved["plain"]))
            for path in saved.files:
                if path != "plain":
                    name, _, place = path.partition("/")
                    key, _, _ = place.rpartition("/")
                    # Scalars come back as scalars.
                    array = saved[path][()]
                    states[name].setdefault(key, []).append(array)
        for name, callback in self._callbacks.items():
            # One that joins a run later begins there.
            if name in states:
                callback.set_state(states[name])


def _is_of_arrays(value):
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, np.ndarray | np.generic) for part in value)
    )


def _plain(path):
    """Without the counters that Keras adds in order of creation."""
    return re.sub(r"_\d+(?=/|$|_)", "", path)
