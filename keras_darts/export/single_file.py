"""Shared code of the exports that are one file."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING

from keras import __version__

from keras_darts.export.exported_model import ExportedModel
from keras_darts.export.exported_model import vocabulary_file
from keras_darts.utils import tf_config
from keras_darts.utils.messages import shown

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator
    from typing import Any

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.utils.typing import PathLike

_LOG = logging.getLogger("keras_darts")


@contextlib.contextmanager
def announced(form: str, path: PathLike, verbose: int | str) -> Iterator[None]:
    """An export inside: its stages are shown, older graphs given back.

    Args:
        form: String, the format.
        path: Where it goes.
        verbose: As for `messages.shown`.
    """
    begun = time.monotonic()
    tf_config.give_back()
    with shown(verbose):
        _LOG.info("export: %s to %s", form, path)
        yield
        _LOG.info("export: done in %.0f s", time.monotonic() - begun)


def stage(words: str, *values: Any) -> None:
    """Logs what comes now."""
    _LOG.info(f"export: {words}", *values)


def check_file(path: pathlib.Path, suffix: str) -> None:
    """Refuses a path that such a file can't be written to."""
    if path.suffix != suffix or path.is_dir():
        raise ValueError(
            f"`path` must be a file that ends in {suffix!r}. "
            f"Received: path={str(path)!r}"
        )


def write_vocabulary(path: pathlib.Path, vocabulary: Vocabulary | None) -> None:
    """Writes the vocabulary next to the file, or takes away an older one's."""
    file = vocabulary_file(path)
    if vocabulary is None:
        file.unlink(missing_ok=True)
    else:
        vocabulary.save(file)


def of_keras(file: pathlib.Path) -> ExportedModel:
    """The `ExportedModel` of a file that Keras reads, which serves nothing."""
    return ExportedModel(
        path=file, runtime=f"keras {__version__}", signatures={}
    )
