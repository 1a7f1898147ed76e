"""External failures (disk, memory, data) as errors that say what to do."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    from keras_darts.runs.monitor import RunMonitor


# Of every kind of iterator, in the message of what failed inside it.
_PULL = "IteratorGetNext"
# What a device and a disk lack has one class of errors.
_FULL = os.strerror(errno.ENOSPC)


class RunWriteError(OSError):
    """A file of a run could not be written.

    Keras forgets the cause of what is raised inside of its `fit`, so that the
    original is kept as the cause.
    """

    def __init__(self, message: str, original: BaseException) -> None:
        number = getattr(original, "errno", None) or errno.EIO
        super().__init__(number, message)
        self.original = original

    def __str__(self) -> str:
        return self.strerror


@contextlib.contextmanager
def writing(folder: PathLike) -> Iterator[None]:
    """Inside, files of a run are written to a folder.

    Raises:
        RunWriteError: if that fails, for a disk that is full for example.
    """
    try:
        yield
    except (OSError, ValueError, tf.errors.OpError) as error:
        original = error
        if isinstance(error, ValueError):
            original = error.__cause__
            if not isinstance(original, OSError):
                raise
        raise RunWriteError(
            "`output_dir` must be a folder with room for the run, as long as "
            f"it runs. Received: output_dir={str(folder)!r} "
            f"({_in_short(original)})",
            original,
        ) from original


@contextlib.contextmanager
def explained(watch: RunMonitor) -> Iterator[RunMonitor]:
    """Inside, errors of the outside world are raised with what helps.

    Args:
        watch: `RunMonitor`.

    Yields:
        The watch.

    Raises:
        OSError: if a file of the run can't be written.
        MemoryError: if memory does not suffice.
        RuntimeError: if the user's data can't be read.
    """
    try:
        yield watch
    except RunWriteError as error:
        raise RunWriteError(
            f"{error}. {watch.kept()}, as soon as there is room",
            error.original,
        ) from error.original
    except tf.errors.OpError as error:
        if _FULL in str(error):
            raise OSError(
                errno.ENOSPC, f"{_in_short(error)}. {watch.kept()}"
            ) from error
        if _PULL in str(error):
            raise RuntimeError(
                f"`{watch.data}` must be data that can be read to the end, "
                "and so must `validation_data`: reading failed "
                f"{watch.where()}. Received: {_in_short(error)}. "
                f"{watch.kept()}"
            ) from error
        if isinstance(error, tf.errors.ResourceExhaustedError):
            raise _out_of_memory(watch, error) from error
        raise
    except MemoryError as error:
        raise _out_of_memory(watch, error) from error


def _out_of_memory(watch, error):
    return MemoryError(
        f"The {watch.noun} needs more memory than there is, {watch.where()}. "
        f"What shrinks it: {watch.smaller()}. "
        f"Received: {_in_short(error)}. {watch.kept()}"
    )


def _in_short(error):
    """The first line, without TensorFlow's own places."""
    text = getattr(error, "strerror", None) or str(error)
    line = next(iter(text.strip().splitlines()), type(error).__name__)
    return line.rsplit("}} ", 1)[-1].split(" [Op:")[0][:200]
