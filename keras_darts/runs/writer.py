"""The one writer of a run: its settings, history and checkpoints.

A search and a training write more than that, each in a `RunWriter` of its own.
"""

from __future__ import annotations

import abc
import importlib.metadata
import json
import logging
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_darts.runs.errors import writing
from keras_darts.runs.folder import add_rows
from keras_darts.runs.folder import check_same
from keras_darts.runs.folder import remove_run
from keras_darts.runs.folder import rows_before
from keras_darts.runs.resume import SaveWithinEpochs
from keras_darts.utils.files import writable_folder
from keras_darts.utils.files import write_csv
from keras_darts.utils.files import write_json
from keras_darts.version import __version__

if TYPE_CHECKING:
    import pathlib

    from keras_darts.runs.checkpoint import RunCheckpoint
    from keras_darts.runs.folder import Plan
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs
    from keras_darts.utils.typing import PathLike

_LOG = logging.getLogger("keras_darts")


class RunWriter(keras.callbacks.Callback, abc.ABC):
    """Abstract: writes a run, each file whole or not at all.

    The settings are written at the start, and after each epoch the history,
    what `write_epoch` adds, and last the checkpoint, which says how many rows
    of the tables belong to it.

    Args:
        folder: Path of the run.
        config: Dictionary for `config.json`.
        checkpoint: `RunCheckpoint`; the history continues where it was
            restored. Defaults to `None`: there are none.
        end: `EndState` of the checkpoint, whose callbacks stand before this
            one. Defaults to `None`: nobody changes anything at the end.

    Attributes:
        argument: String, what an error calls the folder.
        rows: List of the rows of the history, a dictionary an epoch.
    """

    argument = "output_dir"

    def __init__(
        self,
        folder: PathLike,
        *,
        config: Config,
        checkpoint: RunCheckpoint | None = None,
        end: EndState | None = None,
    ) -> None:
        super().__init__()
        self.folder: pathlib.Path = writable_folder(folder, self.argument)
        self.config = config
        self.checkpoint = checkpoint
        self.end = end
        self.rows: list[dict[str, Any]] = []

    @abc.abstractmethod
    def write_start(self) -> None:
        """Writes what is known before the first epoch."""

    @abc.abstractmethod
    def write_epoch(self) -> None:
        """Writes what an epoch has changed."""

    @abc.abstractmethod
    def write_end(self, changed: bool) -> None:
        """Writes what is left at the end.

        Args:
            changed: Boolean, whether callbacks have changed variables since
                the last epoch was written.
        """

    def on_train_begin(self, logs: Logs = None) -> None:
        if self.checkpoint is not None:
            self.rows = rows_before(
                self.folder / "history.csv", self.checkpoint.rows
            )
        with writing(self.folder):
            if self.checkpoint is not None:
                # It tells a run that was cut from one that has none.
                self.checkpoint.folder.mkdir(exist_ok=True)
            write_json(self.folder / "config.json", self.config)
            self.write_start()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.rows.append({"epoch": epoch, **(logs or {})})
        with writing(self.folder):
            write_csv(self.folder / "history.csv", self.rows)
            self.write_epoch()
            if self.checkpoint is not None:
                self.checkpoint.rows = len(self.rows)
                self.checkpoint.save(epoch + 1)

    def on_train_end(self, logs: Logs = None) -> None:
        with writing(self.folder):
            self.write_end(self.end is not None and self.end.save())


class EndState:
    """Tells what the end of a training has changed, and who did it.

    Callbacks put back the best weights or an architecture at the end, after
    the last epoch was saved. What those of the library do they do again when a
    run is resumed; what those of the user do is part of the state from which
    the run continues.

    Args:
        checkpoint: `RunCheckpoint`, whose variables are looked at.

    Attributes:
        before: Keras callback that stands before all that change something.
        between: Another one, after those of the library and before the
            user's.
    """

    def __init__(self, checkpoint: RunCheckpoint) -> None:
        self._checkpoint = checkpoint
        self.before: keras.callbacks.Callback = _Look(checkpoint)
        self.between: keras.callbacks.Callback = _Look(checkpoint)

    def save(self) -> bool:
        """Saves a state that is not that of the last epoch any more.

        Returns:
            Boolean, whether it was another one.
        """
        now = self._checkpoint.digest()
        if now == self.before.digest:
            return False
        self._checkpoint.save(
            self._checkpoint.epochs_done, resumes=now != self.between.digest
        )
        return True


class _Look(keras.callbacks.Callback):
    """Notes how the variables are when its turn has come."""

    def __init__(self, checkpoint):
        super().__init__()
        self._checkpoint = checkpoint
        self.digest = None

    def on_train_end(self, logs=None):
        self.digest = self._checkpoint.digest()


def written(
    plan: Plan,
    checkpoint: RunCheckpoint,
    config: Config,
    *,
    writers: Callable[..., list[keras.callbacks.Callback]],
    own: Sequence[keras.callbacks.Callback],
    callbacks: Sequence[keras.callbacks.Callback],
    free: tuple[str, ...],
    within: keras.callbacks.Callback | float,
    resume_from: PathLike | None,
    overwritten: PathLike | None,
) -> Plan:
    """The plan of a run that is written, and where it starts.

    Args:
        plan: `Plan`.
        checkpoint: `RunCheckpoint` in the folder of the run.
        config: Dictionary for `config.json`.
        writers: Function of `folder`, `config`, `checkpoint` and `end`, the
            arguments of a `RunWriter`; returns the callbacks that write the
            run.
        own: List of callbacks that come before the user's.
        callbacks: List of those of the user.
        free: Tuple of settings that may differ where a run is resumed, as for
            `comparable`.
        within: Float, minutes from one checkpoint within an epoch to the
            next, or what takes care of them.
        resume_from: The folder of the run where it is resumed, or `None`.
        overwritten: Folder of an earlier run that is removed, or `None`.

    Raises:
        ValueError: if the run that is resumed is another one.
    """
    folder, start = checkpoint.folder.parent, 0
    earlier = folder / "config.json"
    if overwritten is not None:
        if checkpoint.writes:
            remove_run(overwritten)
    elif earlier.exists():
        saved = json.loads(earlier.read_text("utf-8"))
        check_same(comparable(saved, free), comparable(config, free))
    if resume_from is not None:
        start = checkpoint.restore(epochs=plan.epochs)
    end = EndState(checkpoint)
    if not isinstance(within, keras.callbacks.Callback):
        within = SaveWithinEpochs(checkpoint, within, plan.resumable_epochs)
    last = [within]
    if checkpoint.writes:
        options = {"config": config, "checkpoint": checkpoint, "end": end}
        last = [*writers(folder, **options), within]
    return plan._replace(
        initial_epoch=start,
        callbacks=[end.before, *own, end.between, *callbacks, *last],
        checkpoint=checkpoint,
    )


def add_loaded(
    plan: Plan, model: keras.Model, history: keras.callbacks.History
) -> None:
    """Adds the epochs of a run that was finished before to a `History`."""
    folder = plan.checkpoint.folder.parent
    history.set_model(model)
    add_rows(history, folder / "history.csv", plan.checkpoint.rows)
    _LOG.info("finished: loaded from %s", folder)


def versions() -> dict[str, str]:
    """What `config.json` says of the packages that made a run."""
    return {
        "keras_darts": __version__,
        "keras": keras.__version__,
        "tensorflow": importlib.metadata.version("tensorflow"),
    }


def comparable(config: Config, free: tuple[str, ...]) -> dict[str, Any]:
    """The settings with which a run continues only as it began.

    Args:
        config: Dictionary, as in `config.json`.
        free: Tuple of the names of other settings, with dots between the
            levels. One that names a level stands for all in it.

    Returns:
        Dictionary from such names to values.

    Example:

    >>> config = {"fit": {"epochs": 2, "batch_size": 8}, "versions": {"b": 1}}
    >>> comparable(config, ("versions", "fit.epochs"))
    {'fit.batch_size': 8}
    """
    return {
        name: value
        for name, value in _flat(json.loads(json.dumps(config)))
        if not any(f"{name}.".startswith(f"{other}.") for other in free)
        # Keras numbers the names of what a process makes.
        and not name.endswith("config.name")
    }


def _flat(config: Mapping[str, Any], prefix="") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
