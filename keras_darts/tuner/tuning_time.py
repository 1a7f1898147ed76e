"""How long the trials of a tuning will still take."""

import time

from keras_darts.training import format_duration


class TuningTime:
    """Prints after each trial how long the others will take.

    Args:
        tuner: `DartsTuner`.
    """

    def __init__(self, tuner):
        self._tuner = tuner
        self._seconds, self._begin = [], None

    def begin(self):
        self._begin = time.monotonic()

    def end(self):
        self._seconds.append(time.monotonic() - self._begin)
        # A worker does not know of the others' trials.
        oracle = self._tuner.oracle
        left = 0 if self._tuner._is_worker() else oracle.remaining_trials()
        if left and oracle.verbose:
            usual = sum(self._seconds) / len(self._seconds)
            trials = "trial" if left == 1 else "trials"
            print(
                f"{left} {trials} left, {format_duration(usual)} each; about "
                f"{format_duration(left * usual)} left",
                flush=True,
            )
