"""What a fit has decided and done, so that the same call resumes it."""

import json
import logging
import pathlib
import time

import keras

from keras_darts.files import write_json
from keras_darts.training import duration

_LOG = logging.getLogger("keras_darts")
_FILE = "classifier.json"
# As often as that, the time that was spent is written.
_SECONDS = 5.0


class Record:
    """The file `classifier.json` of a project.

    Args:
        folder: Path of the project.
        facts: Dictionary of plain values that tell data and settings from
            others.

    Raises:
        ValueError: if the project is of other data or settings.
    """

    def __init__(self, folder, facts):
        self.path = pathlib.Path(folder) / _FILE
        self._says = {"facts": facts, "seconds": 0.0}
        if self.path.exists():
            self._says = json.loads(self.path.read_text("utf-8"))
            self._check(json.loads(json.dumps(facts)))

    def get(self, name):
        return self._says.get(name)

    def note(self, **entries):
        """Adds entries and writes the file."""
        self._says.update(entries)
        write_json(self.path, self._says)

    def say_what_is_there(self):
        """Logs that a project is resumed, or that it is finished."""
        folder = self.path.parent
        if self.get("done"):
            _LOG.info("finished before: loaded from %s", folder)
        elif self.path.exists():
            _LOG.info(
                "resuming the project in %s, of which %s are spent",
                folder,
                duration(self.get("seconds")),
            )

    def _check(self, facts):
        before = self._says["facts"]
        other = [name for name in facts if before.get(name) != facts[name]]
        if other:
            name = other[0]
            raise ValueError(
                f"`{name}` must be as in the project {str(self.path.parent)!r} "
                "that is resumed; `overwrite=True` starts over, and another "
                "`project_name` starts beside it. Received: "
                f"{name}={facts[name]!r}, before {before.get(name)!r}"
            )


class NoteTime(keras.callbacks.Callback):
    """Writes the time that was spent, for a process that may be killed.

    Args:
        record: `Record`.
        budget: `Budget`.
    """

    def __init__(self, record, budget):
        super().__init__()
        self.record = record
        self.budget = budget
        self._written = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() - self._written > _SECONDS:
            self._write()

    def on_epoch_end(self, epoch, logs=None):
        self._write()

    def _write(self):
        self._written = time.monotonic()
        self.record.note(seconds=self.budget.spent())
