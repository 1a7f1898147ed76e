"""The trials of a classifier, in the time that is theirs."""

import logging
import statistics
import time

import keras

from keras_darts.auto.budget import Deadline
from keras_darts.tuner import DartsTuner

_LOG = logging.getLogger("keras_darts")
# What a brief training may take of the time after the trials, where the
# machine has become slower than it was.
_GRACE = 0.25


class StepClock(keras.callbacks.Callback):
    """Notes how long steps take, but for those of first epochs."""

    def __init__(self):
        super().__init__()
        self._seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self._begin = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self._mean = (time.monotonic() - self._begin) / (batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        if epoch:
            self._seconds.append(self._mean)

    def step(self, default):
        """The usual seconds of a step, or `default` where none is known."""
        return statistics.median(self._seconds) if self._seconds else default


class TunerInTime(DartsTuner):
    """A tuner that begins no trial for which there is no time.

    Args:
        *args: As for `DartsTuner`.
        budget: `Budget`.
        begun: Float, what was spent of it when the trials began.
        plan: `Plan`.
        **options: As for `DartsTuner`.

    Attributes:
        clock: `StepClock` of the trainings.
    """

    def __init__(self, *args, budget, begun, plan, **options):
        super().__init__(*args, max_trials=plan.trials, **options)
        self._budget, self._plan = budget, plan
        self._until = begun + plan.trials_seconds
        self._begun, self._seconds = begun, []
        grace = 0.0
        if self._until < budget.seconds:
            grace = _GRACE * (budget.seconds - self._until)
        self.clock = StepClock()
        self.trials.training_callbacks = [
            self.clock,
            Deadline(budget, self._until + grace, "training of a trial"),
        ]

    def search_deadline(self):
        """The callback that leaves time for the training of a trial."""
        until = self._until - self._plan.train_seconds
        return Deadline(self._budget, until, "search")

    def has_time(self):
        """Whether a further trial fits."""
        usual = max(self._seconds, default=self._plan.trial_seconds)
        return self._budget.spent() + usual <= self._until

    def on_trial_begin(self, trial):
        self._begun = self._budget.spent()
        super().on_trial_begin(trial)

    def on_trial_end(self, trial):
        self._seconds.append(self._budget.spent() - self._begun)
        if not self.has_time():
            done = len(self.oracle.trials)
            if done < self._plan.trials:
                _LOG.info(
                    "no time for a further trial: %d of %d were run",
                    done,
                    self._plan.trials,
                )
            # KerasTuner's way to have no further one.
            self.oracle.max_trials = done
        super().on_trial_end(trial)
