"""How long a run will still take."""

import math
import time

import keras


class TimeLeft(keras.callbacks.Callback):
    """Prints after each epoch how long the run will still take.

    Example:

    >>> callback = TimeLeft()
    >>> callback.on_train_begin()
    >>> callback.on_train_end()
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
            print(
                f"{epoch} of {self.params['epochs']} epochs done, "
                f"{duration(usual)} each; about {duration(left * usual)} left",
                flush=True,
            )

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        self._seconds.append(now - self._last)
        self._last = now

    def on_train_end(self, logs=None):
        print(f"took {duration(time.monotonic() - self._begin)} in all")


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
