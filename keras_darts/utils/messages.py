"""Messages to users, and standard error without lines of runtimes."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator

LOG: logging.Logger = logging.getLogger("keras_darts")


class _Stdout(logging.StreamHandler):
    """Writes to the `sys.stdout` of the moment, which notebooks exchange."""

    def __init__(self):
        super().__init__(sys.stdout)

    def emit(self, record):
        self.stream = sys.stdout
        super().emit(record)


@contextlib.contextmanager
def shown(verbose: str | int = "auto") -> Iterator[None]:
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


_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_WARNINGS_OFF = "2"
_NOISE = (b"Created TensorFlow Lite", b"fully_quantize: ")


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Holds back standard error, shown only if something is raised.

    TensorFlow writes there about itself before it looks at its log level, so
    that only the descriptor itself can be turned aside. Where the user has
    set `TF_CPP_MIN_LOG_LEVEL` to 0 or 1, all is shown.

    Example:

    >>> import os
    >>> with without_chatter():
    ...     _ = os.write(2, b"Could not find cuda drivers on your machine")
    """
    level = os.environ.setdefault(_LEVEL, _WARNINGS_OFF)
    shown = _duplicate() if level >= _WARNINGS_OFF else None
    if shown is None:
        yield
        return
    with tempfile.TemporaryFile("w+") as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            with os.fdopen(os.dup(shown), "w") as standard_error:
                shutil.copyfileobj(aside, standard_error)
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)


@contextlib.contextmanager
def without_runtime_chatter() -> Iterator[None]:
    """Leaves out what LiteRT writes about itself to standard error.

    Its lines come from compiled code that asks no log level, so that they are
    left out between the descriptor and the screen; all others pass.
    """
    shown = _duplicate()
    if shown is None:
        yield
        return
    source, sink = os.pipe()
    os.dup2(sink, 2)
    os.close(sink)
    passing = threading.Thread(target=_pass_on, args=(source, shown))
    passing.start()
    try:
        yield
    finally:
        if sys.stderr is not None:
            sys.stderr.flush()
        # Nobody else holds the pipe, so that it ends.
        os.dup2(shown, 2)
        passing.join()
        os.close(shown)


def _pass_on(source, shown):
    with os.fdopen(source, "rb") as lines:
        for line in lines:
            if not any(noise in line for noise in _NOISE):
                os.write(shown, line)


def _duplicate():
    """The descriptor of standard error, or `None` where there is none."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        return os.dup(2)
    except OSError:
        return None
