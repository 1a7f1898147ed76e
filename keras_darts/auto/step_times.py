"""Step times on this machine, and the sizes and phases that a time allows."""

from __future__ import annotations

import dataclasses
import logging
import math
import numbers
import re
import time
from typing import TYPE_CHECKING

import keras
import keras_tuner

from keras_darts import datasets
from keras_darts.auto import sizes
from keras_darts.utils.private_api import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.auto.image import Images
    from keras_darts.auto.sizes import DataSummary
    from keras_darts.auto.sizes import SizePreset
    from keras_darts.auto.sizes import StepTimes
    from keras_darts.auto.text import Texts
    from keras_darts.tuner.hypermodel import DartsHyperModel
    from keras_darts.utils.typing import Dataset
    from keras_darts.utils.typing import Logs

# The first one builds the graphs.
_EPOCHS = 2
_BATCHES = 8


class Probe:
    """A few real steps; that graphs must be built counts by itself.

    Args:
        hypermodel: `DartsHyperModel`.
        train: Unbatched data set.
        num_train: Integer, its elements.
        batch_size: Integer.
    """

    def __init__(
        self,
        hypermodel: DartsHyperModel,
        train: Dataset,
        num_train: int,
        batch_size: int,
    ) -> None:
        keras.backend.clear_session()
        self._search = hypermodel.build(keras_tuner.HyperParameters())
        count = min(_BATCHES * batch_size, num_train)
        sample = datasets.stratified_subset(train, count).batch(batch_size)
        self._data = self._search.task_adapter.read_for_training(
            sample, validation_data=sample
        )
        self._count, self._batch_size = count, batch_size

    def training(
        self, network_args: Mapping[str, Any], recipe: Mapping[str, Any]
    ) -> tuple[float, float]:
        """Seconds of the start and of a step of a training.

        Args:
            network_args: Dictionary, arguments of the derived network.
            recipe: Dictionary, arguments of the training recipe.
        """
        clock, search = EpochClock(), self._search
        task = self._data.settle(search)
        with seeded(0):
            network = self._data.network(
                search, search.whole_space.random_genotype(0), network_args
            )
        options = {**recipe, "epochs": _EPOCHS}
        recipe = self._data.recipe(search, network, task, options)
        recipe.fit(network, self._data.train, callbacks=[clock], verbose=0)
        return clock.start_and_step(self._count // self._batch_size)

    def searching(self) -> tuple[float, float]:
        """The same of a search, with its validation."""
        clock = EpochClock()
        self._search.fit(
            **self._data.search_input(),
            epochs=_EPOCHS,
            callbacks=[clock],
            verbose=0,
            warn_on_collapse=False,
        )
        return clock.start_and_step(self._count // 2 // self._batch_size)


class EpochClock(keras.callbacks.Callback):
    """Notes when epochs end, from when it is made."""

    def __init__(self) -> None:
        super().__init__()
        self._ends = [time.monotonic()]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._ends.append(time.monotonic())

    def start_and_step(self, steps: int) -> tuple[float, float]:
        """Seconds of what came before the first step, and of a step.

        Args:
            steps: Integer, those of an epoch.
        """
        begin, first, last = self._ends
        epoch = last - first
        return max(0.0, first - begin - epoch), epoch / max(1, steps)


# A search is measured where its graph takes no more of the time; otherwise
# it is taken to be as much slower than estimated as a training is.
_SHARE_OF_PROBE = 0.1


def measured(
    adapter: Images | Texts,
    summary: DataSummary,
    probe: Callable[[SizePreset], Probe],
    seconds: Callable[[], float],
) -> tuple[int, StepTimes]:
    """The preset, and its `StepTimes` by a few real steps.

    Args:
        adapter: `Images` or `Texts`.
        summary: `DataSummary`.
        probe: Function of a `SizePreset` that returns a `Probe`.
        seconds: Function that returns those which can be planned with.
    """
    presets = adapter.presets
    tried = sizes.first_preset(presets, summary, seconds())
    times = sizes.estimate_step_times(presets[tried], summary)
    probed = probe(presets[tried])
    start, step = probed.training(
        adapter.network_args(presets[tried]), adapter.recipe()
    )
    slower = start / times.train_start, step / times.train_step
    preset = sizes.first_preset(presets, summary, seconds(), slower)
    times = sizes.estimate_step_times(presets[preset], summary).scaled(*slower)
    if times.search_start > _SHARE_OF_PROBE * seconds():
        return preset, times
    if preset != tried:
        probed = probe(presets[preset])
    start, step = probed.searching()
    times = dataclasses.replace(times, search_start=start, search_step=step)
    good = sizes.planned(preset, times, summary, seconds()).is_good(summary)
    if good or not preset:
        return preset, times
    # Without a further probe: a smaller one is no more off than this was.
    guess = sizes.estimate_step_times(presets[preset], summary)
    slower = start / guess.search_start, step / guess.search_step
    preset = sizes.first_preset(presets[:preset], summary, seconds(), slower)
    return preset, sizes.estimate_step_times(presets[preset], summary).scaled(
        *slower
    )


_LOG = logging.getLogger("keras_darts")
_UNITS = {"h": 3600, "m": 60, "s": 1}
_PART = r"(\d+(?:\.\d+)?)\s*([hms])"


def seconds_of(time_budget: str | float | None) -> float:
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

    def __init__(self, seconds: float, spent: float = 0.0) -> None:
        self.seconds = seconds
        self._begin = time.monotonic() - spent

    def spent(self) -> float:
        return time.monotonic() - self._begin

    def left(self) -> float:
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

    def __init__(
        self, budget: Budget, until: float, phase: str = "training"
    ) -> None:
        super().__init__()
        self.budget = budget
        self.until = until
        self.phase = phase

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._stepped, self._epoch = None, epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        # The first step of a process also builds the graph.
        self._stepped = self._stepped or self.budget.spent()
        self._stop_without(0.0, f"in epoch {self._epoch + 1}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
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
