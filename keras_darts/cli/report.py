"""What a long run says of itself: where it runs, and how long it will take."""

import math
import os
import sys
import time
import warnings

import keras
import tensorflow as tf


class TimeLeft(keras.callbacks.Callback):
    """Prints after each epoch how long the run will still take."""

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


class Board(keras.callbacks.TensorBoard):
    """Curves of a training, in TensorBoard.

    Args:
        log_dir: Path.
        wait: `InputWait`, whose share becomes a curve, but no column of the
            history, which holds no times.
    """

    def __init__(self, log_dir, wait):
        super().__init__(log_dir)
        self._wait = wait

    def on_epoch_end(self, epoch, logs=None):
        if self._wait.share is not None:
            logs = {**(logs or {}), "input_wait_share": self._wait.share}
        with warnings.catch_warnings():
            # Keras' way to NumPy arrays, which is not for users to mend.
            warnings.filterwarnings("ignore", "__array__ implementation")
            super().on_epoch_end(epoch, logs)


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


def device(strategy):
    """Where TensorFlow computes, under a `tf.distribute` strategy."""
    gpus = tf.config.list_physical_devices("GPU")
    names = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        for gpu in gpus
    ]
    found = ", ".join(names) or f"CPU with {os.cpu_count()} cores"
    replicas = strategy.num_replicas_in_sync
    return f"{found}; {replicas} in use" if replicas > 1 else found


def count(variables):
    """The numbers in variables, as text."""
    return f"{sum(math.prod(v.shape) for v in variables):,}"


def verbosity():
    """A progress bar for a person, a line an epoch for a file."""
    return 1 if sys.stdout.isatty() else 2
