"""A search that goes on from the end of a shorter one, for Hyperband."""

import pathlib
import shutil
import tempfile

from keras_darts.runs import manifest

_EPOCHS = "tuner/epochs"
_EARLIER = "tuner/trial_id"


def epochs_of(hp):
    """The epochs that Hyperband gives a trial, or `None` for other oracles."""
    return hp.values.get(_EPOCHS)


def earlier_of(hp):
    """The trial whose search goes on, or `None`."""
    return hp.values.get(_EARLIER)


def take_over(earlier, folder):
    """Begins a run with a copy of another, unless it has begun already.

    Args:
        earlier: Path of a run that is finished.
        folder: Path of the new run.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        copy = pathlib.Path(scratch) / "run"
        shutil.copytree(earlier, copy)
        copy.rename(folder)


def is_done(folder, epochs):
    """Whether a run has come to its end, and to so many epochs if given."""
    if not manifest.is_finished(folder):
        return False
    newest = manifest.seals(folder / "checkpoints")[:1]
    return epochs is None or any(s.epochs_done >= epochs for s in newest)
