"""Ctrl-C and SIGTERM as requests, which a run grants between two steps."""

import contextlib
import os
import signal
import threading
import time

_STDERR = 2
_NOTE = (
    "\nkeras_darts: {}: the step is finished and what can be kept is saved; "
    "a second one stops at once.\n"
)


class Terminated(SystemExit):
    """What SIGTERM ends a process with that catches it: exit code 143."""

    def __init__(self, message):
        super().__init__(message)
        self.code = 128 + signal.SIGTERM


_ERRORS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}


class StopRequests:
    """Inside, the first SIGINT or SIGTERM only sets `received`.

    What was there before handles the second one, and all of them afterwards.
    A handler that the program has set itself stays, and so does a signal that
    is ignored. Python allows handlers in the main thread alone: elsewhere
    nothing changes.

    Attributes:
        received: `signal.Signals`, the first one that came, or `None`.
        waited: Float, the seconds since then.

    Example:

    >>> with StopRequests() as requests:
    ...     signal.raise_signal(signal.SIGINT)
    >>> requests.received.name
    'SIGINT'
    """

    def __init__(self):
        self.received = None
        self._before, self._came = {}, None

    @property
    def waited(self):
        return 0.0 if self._came is None else time.monotonic() - self._came

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in _ERRORS:
                handler = signal.getsignal(number)
                if handler in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = handler
                    signal.signal(number, self._receive)
        return self

    def __exit__(self, *error):
        self._put_back()

    def error(self, message):
        """The exception with which Python users expect the signal to end."""
        return _ERRORS[self.received](message)

    def _receive(self, number, frame):
        self.received, self._came = signal.Signals(number), time.monotonic()
        self._put_back()
        # Not through Python's streams, in whose midst a signal may come.
        with contextlib.suppress(OSError):
            os.write(_STDERR, _NOTE.format(self.received.name).encode())

    def _put_back(self):
        while self._before:
            signal.signal(*self._before.popitem())
