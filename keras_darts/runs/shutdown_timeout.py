"""A time limit for the shutdown of a process that has failed.

TensorFlow's shutdown may wait for good for a worker that is lost, and continues
telling others that this one lives.
"""

from __future__ import annotations

import atexit
import signal

# Longer than a shutdown takes that comes to its end.
SECONDS = 30


def set_shutdown_timeout() -> None:
    """Lets SIGALRM end this process where its shutdown takes too long.

    Everything that Python does at the end still happens, and the exit code
    stays if it is done in time. Nothing in Python could end the process any
    later, since TensorFlow hangs where no Python runs any more.
    """
    atexit.unregister(_limit)
    # The last one registered is called first, and so counts all others.
    atexit.register(_limit)


def _limit():
    # Windows has no alarm, and no way that would not need Python.
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
