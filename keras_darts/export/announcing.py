"""What an export says while one waits, and what it gives back at its end."""

import contextlib
import logging
import time

from keras_darts.messages import shown
from keras_darts.running import spent_graphs

_LOG = logging.getLogger("keras_darts")


@contextlib.contextmanager
def announced(form, path, verbose):
    """An export inside: its stages are shown, its graphs given back.

    Args:
        form: String, the format.
        path: Where it goes.
        verbose: As for `messages.shown`.
    """
    begun = time.monotonic()
    with shown(verbose), spent_graphs.given_back():
        _LOG.info("export: %s to %s", form, path)
        yield
        _LOG.info("export: done in %.0f s", time.monotonic() - begun)


def stage(words, *values):
    """Logs what comes now."""
    _LOG.info(f"export: {words}", *values)
