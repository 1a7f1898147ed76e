"""The lines that the terminal shows while a tuning runs."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from keras_darts.training import format_duration
from keras_darts.tuner import objectives
from keras_darts.tuner import private_api
from keras_darts.tuner.results_text import figures_line
from keras_darts.tuner.results_text import plain

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.tuner.darts_tuner import DartsTuner


class TrialDisplay(private_api.Display):
    """Prints hyper-parameters and figures of trials, by the ids of folders.

    KerasTuner's own display counts trials from one, while table, page and
    folders name them by ids from zero, and adds several objectives up. A
    tuning of ordinary models keeps it.

    Args:
        tuner: `DartsTuner`, whose oracle has been reloaded.
    """

    search_start: datetime | None

    def __init__(self, tuner: DartsTuner) -> None:
        before = private_api.display_of(tuner.oracle)
        super().__init__(tuner.oracle, before.verbose)
        self.set_state(before.get_state())
        self._tuner = tuner

    def on_trial_begin(self, trial: Any) -> None:
        if not self._tuner._searches:
            super().on_trial_begin(trial)
            return
        now = datetime.now()
        self.trial_start[trial.trial_id] = now
        self.search_start = self.search_start or now
        self.trial_number[trial.trial_id] = len(self.oracle.trials)
        if self.verbose < 1:
            return
        values = trial.hyperparameters.values.items()
        tried = ", ".join(f"{name}={plain(value)}" for name, value in values)
        print(f"\ntrial {trial.trial_id}{self._of()}: {tried or 'as given'}")

    def on_trial_end(self, trial: Any) -> None:
        if not self._tuner._searches:
            super().on_trial_end(trial)
            return
        if self.verbose < 1:
            return
        begin = self.trial_start.get(trial.trial_id, datetime.now())
        taken = format_duration((datetime.now() - begin).total_seconds())
        if trial.score is None:
            print(f"trial {trial.trial_id} gives no result, after {taken}")
        else:
            figures = self._figures(trial)
            print(f"trial {trial.trial_id} in {taken}: {figures}")
        self._say_best()

    def _of(self):
        number_of_trials = self.oracle.max_trials
        return f" of {number_of_trials}" if number_of_trials else ""

    def _say_best(self):
        best = self._tuner.completed_trials()
        if not best:
            return
        if len(self._directions) == 1:
            figures = self._figures(best[0])
            print(f"best so far: trial {best[0].trial_id}, {figures}")
            return
        rows = [self._tuner.project.row(trial) for trial in best]
        front = objectives.pareto_front(rows, self._directions)
        names = ", ".join(row["trial"] for row in front)
        print(f"beaten by no other so far: {names}")

    @property
    def _directions(self):
        return objectives.directions(self.oracle.objective)

    def _figures(self, trial):
        figures = self._tuner.project.figures(trial)
        return figures_line(self._directions, figures)


class TuningTime:
    """Prints after each trial an estimate of the time left.

    Args:
        tuner: `DartsTuner`.
    """

    def __init__(self, tuner: DartsTuner) -> None:
        self._tuner = tuner
        self._seconds, self._begin = [], None

    def begin(self) -> None:
        self._begin = time.monotonic()

    def end(self) -> None:
        self._seconds.append(time.monotonic() - self._begin)
        # A worker does not know of the others' trials.
        oracle = self._tuner.oracle
        left = (
            0
            if private_api.is_worker(self._tuner)
            else oracle.remaining_trials()
        )
        if left and oracle.verbose:
            usual = sum(self._seconds) / len(self._seconds)
            trials = "trial" if left == 1 else "trials"
            print(
                f"{left} {trials} left, {format_duration(usual)} each; about "
                f"{format_duration(left * usual)} left",
                flush=True,
            )
