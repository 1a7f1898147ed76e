"""Equal genotypes of different trials are trained once."""

import contextlib
import hashlib
import json
import pathlib

import filelock

from keras_darts.utils.files import write_json

_FIGURES = "figures.json"


class GenotypeCache:
    """What was trained in a project, by genotype and settings.

    Several processes may share it: who asks for what another one is training
    waits for that, and takes over if the other ends before it is done.

    Args:
        folder: Path; each training has a folder of its own in it.

    Example:

    >>> import tempfile
    >>> cache = GenotypeCache(tempfile.mkdtemp())
    >>> def train(folder):
    ...     return {"val_accuracy": 0.5}
    >>> cache.trained({"genotype": "a", "epochs": 2}, train)["val_accuracy"]
    0.5
    >>> cache.trained({"genotype": "a", "epochs": 2}, None)["val_accuracy"]
    0.5
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def folder_of(self, settings):
        """Where the training with some settings lies."""
        text = json.dumps(settings, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self.folder / digest[:16]

    def known(self, settings):
        """The figures of a training that was done, or `None`."""
        path = self.folder_of(settings) / _FIGURES
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def is_free(self, settings):
        """Whether no other process trains with these settings now."""
        with _lock(self.folder_of(settings), wait=False) as held:
            return held

    def trained(self, settings, train):
        """The figures with some settings, from before or from `train`.

        Args:
            settings: Dictionary of plain values, all that decides the result.
            train: Function of a folder, in which it may find what was begun
                before, that gives a dictionary of figures.
        """
        folder = self.folder_of(settings)
        with _lock(folder):
            found = self.known(settings)
            if found is None:
                found = train(folder)
                write_json(folder / _FIGURES, found)
        return found


@contextlib.contextmanager
def _lock(folder, wait=True):
    """Inside, this process alone is in a folder; a lock ends with its owner.

    Yields:
        Whether it is, which may be false without `wait`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / "lock")
    try:
        lock.acquire(blocking=wait)
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
