"""How long a run will still take."""

import logging
import math
import time

import keras

_LOG = logging.getLogger("keras_darts")


class TimeLeft(keras.callbacks.Callback):
    """Says after each epoch how long the run will still take, in the log.

    The `fit` of searches and recipes adds this callback itself, unless
    `verbose=0`.

    Example:

    >>> callback = TimeLeft()
    >>> with kd.messages.shown():
    ...     callback.on_train_begin()
    ...     callback.on_train_end()
    took 0 s in all
    """

    def on_train_begin(self, logs=None):
        self._begin = self._last = time.monotonic()
        self._seconds, self._started = [], False

    def on_train_batch_end(self, batch, logs=None):
        if not self._started:
            # The first step also builds the graph, and so tells nothing.
            self._last, self._started = time.monotonic(), True

    def on_epoch_begin(self, epoch, logs=None):
        # Here, so that the line stands below Keras' own for the epoch.
        if self._seconds:
            left = self.params["epochs"] - epoch
            usual = sum(self._seconds) / len(self._seconds)
            _LOG.info(
                "%d of %d epochs done, %s each; about %s left",
                epoch,
                self.params["epochs"],
                duration(usual),
                duration(left * usual),
            )

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        self._seconds.append(now - self._last)
        self._last = now

    def on_train_end(self, logs=None):
        seconds = time.monotonic() - self._begin
        _LOG.info("took %s in all", duration(seconds))


def with_time_left(callbacks, verbose):
    """The callbacks, with one that says the time left if it is wanted.

    Args:
        callbacks: List of Keras callbacks, of which one may do so already.
        verbose: As in Keras.
    """
    has_one = any(isinstance(c, TimeLeft) for c in callbacks)
    return callbacks if has_one or not verbose else [*callbacks, TimeLeft()]


def duration(seconds):
    """A time in the words of a person.

    Example:

    >>> duration(7.4), duration(150), duration(9000)
    ('7 s', '3 min', '2 h 30 min')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
