"""The time that a fit may take, and what ends a phase when it is over."""

import logging
import math
import numbers
import re
import time

import keras

_LOG = logging.getLogger("keras_darts")
_UNITS = {"h": 3600, "m": 60, "s": 1}
_PART = r"(\d+(?:\.\d+)?)\s*([hms])"


def seconds_of(time_budget):
    """The seconds of a budget, infinite for `None`.

    Args:
        time_budget: `None`, a number of seconds, or a text of hours, minutes
            and seconds such as `"30m"` or `"1h 30m"`.

    Raises:
        ValueError: for anything else, and for what is not above zero.

    Example:

    >>> [seconds_of(time) for time in ("90s", "1h 30m", 12, None)]
    [90.0, 5400.0, 12.0, inf]
    """
    if time_budget is None:
        return math.inf
    seconds = math.nan
    if isinstance(time_budget, str):
        text = time_budget.strip().lower()
        if re.fullmatch(rf"{_PART}(\s*{_PART})*", text):
            parts = re.findall(_PART, text)
            seconds = sum(float(n) * _UNITS[unit] for n, unit in parts)
    elif isinstance(time_budget, numbers.Real):
        if not isinstance(time_budget, bool):
            seconds = float(time_budget)
    if not 0 < seconds < math.inf:
        raise ValueError(
            "`time_budget` must be a time above zero, such as '2h', '30m', "
            "'90s' or a number of seconds, or None. Received: "
            f"time_budget={time_budget!r}"
        )
    return seconds


class Budget:
    """A time that runs from the moment it is made.

    Args:
        seconds: Float, all of it; may be infinite.
        spent: Float, what an earlier process has used of it. Defaults to
            `0.0`.

    Example:

    >>> Budget(10.0, spent=4.0).left() <= 6.0
    True
    """

    def __init__(self, seconds, spent=0.0):
        self.seconds = seconds
        self._begin = time.monotonic() - spent

    def spent(self):
        return time.monotonic() - self._begin

    def left(self):
        return self.seconds - self.spent()


class Deadline(keras.callbacks.Callback):
    """Ends a training when no further epoch fits into the time, and says so.

    It is an epoch that is not begun; where an epoch takes longer than was
    expected, it ends after the step at which the time was over.

    Args:
        budget: `Budget`.
        until: Float, how much of it may be spent at the end.
        phase: String, what the log calls the training. Defaults to
            `"training"`.
    """

    def __init__(self, budget, until, phase="training"):
        super().__init__()
        self.budget = budget
        self.until = until
        self.phase = phase

    def on_epoch_begin(self, epoch, logs=None):
        self._stepped, self._epoch = None, epoch

    def on_train_batch_end(self, batch, logs=None):
        # The first step of a process also builds the graph.
        self._stepped = self._stepped or self.budget.spent()
        self._stop_without(0.0, f"in epoch {self._epoch + 1}")

    def on_epoch_end(self, epoch, logs=None):
        now = self.budget.spent()
        done = epoch + 1
        if done < self.params["epochs"]:
            self._stop_without(now - (self._stepped or now), f"after {done}")

    def _stop_without(self, seconds, where):
        if self.model.stop_training:
            return
        if self.budget.spent() + seconds > self.until:
            self.model.stop_training = True
            _LOG.info(
                "time is up: the %s stops %s of %d epochs",
                self.phase,
                where,
                self.params["epochs"],
            )
