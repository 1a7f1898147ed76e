"""What the library says to its users: one log, shown or quiet."""

import contextlib
import logging
import sys

LOG = logging.getLogger("keras_darts")


class _Stdout(logging.StreamHandler):
    """Writes to the `sys.stdout` of the moment, which notebooks exchange."""

    def __init__(self):
        super().__init__(sys.stdout)

    def emit(self, record):
        self.stream = sys.stdout
        super().emit(record)


@contextlib.contextmanager
def shown(verbose="auto"):
    """Shows the log of the library on the screen, inside of the context.

    Whatever a user should know while waiting is logged with the level INFO to
    the logger `keras_darts`. Every `fit` shows it unless `verbose=0`, and so
    does the command line. Contexts nest: a line appears once. A program that
    has given the logger a handler of its own sees what that one shows.

    Args:
        verbose: As in Keras; `0` shows nothing but warnings. Defaults to
            `"auto"`.

    Example:

    >>> with shown():
    ...     LOG.info("the labels are 10 classes")
    the labels are 10 classes
    """
    if verbose == 0 or LOG.handlers:
        yield
        return
    handler, level, propagate = _Stdout(), LOG.level, LOG.propagate
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    # Other packages show what reaches the root a second time.
    LOG.propagate = False
    try:
        yield
    finally:
        LOG.propagate = propagate
        LOG.setLevel(level)
        LOG.removeHandler(handler)
