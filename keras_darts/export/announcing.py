"""What an export says while one waits."""

import contextlib
import logging
import time

from keras_darts import traced_gradients
from keras_darts.messages import shown

_LOG = logging.getLogger("keras_darts")


@contextlib.contextmanager
def announced(form, path, verbose):
    """An export inside: its stages are shown, older graphs given back.

    Args:
        form: String, the format.
        path: Where it goes.
        verbose: As for `messages.shown`.
    """
    begun = time.monotonic()
    traced_gradients.give_back()
    with shown(verbose):
        _LOG.info("export: %s to %s", form, path)
        yield
        _LOG.info("export: done in %.0f s", time.monotonic() - begun)


def stage(words, *values):
    """Logs what comes now."""
    _LOG.info(f"export: {words}", *values)
