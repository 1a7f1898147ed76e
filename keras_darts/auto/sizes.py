"""Sizes of searches and networks, by the data and the time."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# Fewer epochs of a search tell little, and further trials nothing.
_FEW_EPOCHS = 5
_MOST_SEARCH_EPOCHS = 25
# The training of a trial to one epoch of its search, as in `DartsTuner`.
_TRAIN_EPOCHS = 2
# What is left of the time is for the final training, which counts in the end.
_SHARE_OF_TRIALS = 0.5
# Less than so many epochs of the final training, and smaller is better.
_GOOD_FINAL_EPOCHS = 15
_LEAST_STEPS = 8
# Small work takes no less time, since a step has overheads.
_LEAST_WORK = 0.25


@dataclasses.dataclass(frozen=True)
class StepTimes:
    """What takes how long, in seconds.

    Args:
        search_start: Float, from a new search to its first step.
        search_step: Float, a step of the search and its validation.
        train_start: Float, from a new network to its first step.
        train_step: Float, a step of the training.
    """

    search_start: float
    search_step: float
    train_start: float
    train_step: float

    def scaled(self, start: float, step: float) -> StepTimes:
        """The times where a start and a step take so many times as long."""
        return StepTimes(
            self.search_start * start,
            self.search_step * step,
            self.train_start * start,
            self.train_step * step,
        )

    def against(self, other: StepTimes) -> tuple[float, float]:
        """How many times as long starts and steps take as in another one."""
        starts = self.search_start + self.train_start
        steps = self.search_step + self.train_step
        return (
            starts / (other.search_start + other.train_start),
            steps / (other.search_step + other.train_step),
        )


@dataclasses.dataclass(frozen=True)
class SizePreset:
    """A size of supernet and network, of those to choose from.

    Args:
        space: Dictionary, arguments of the search space.
        network_args: Dictionary, arguments of the derived networks.
        step_times: `StepTimes` on two cores for `work=1`: 32 pixels by 32, or
            64 words, in batches of 32.
        least_examples: Integer; fewer would be learned by heart.
    """

    space: dict[str, Any]
    network_args: dict[str, Any]
    step_times: StepTimes
    least_examples: int


@dataclasses.dataclass(frozen=True)
class DataSummary:
    """What the sizes depend on.

    Args:
        examples: Integer, for searches and their trainings.
        final_examples: Integer, for the final training.
        work: Float, the pixels or words of a batch, as a multiple of those
            of `SizePreset.step_times`.
        batch_size: Integer.
        max_trials: Integer.
        most_epochs: Integer, of a training.
    """

    examples: int
    final_examples: int
    work: float
    batch_size: int
    max_trials: int
    most_epochs: int


@dataclasses.dataclass(frozen=True)
class Plan:
    """The sizes of everything.

    Args:
        preset: Integer, the place of the `SizePreset`.
        trials: Integer.
        trial_examples: Integer, of those that trials search and train on.
        search_epochs: Integer.
        train_epochs: Integer.
        final_examples: Integer, likewise of the final training.
        final_epochs: Integer.
        trial_seconds: Float, what a trial takes.
        train_seconds: Float, what its training takes of that.
        trials_seconds: Float, what all trials may take.
    """

    preset: int
    trials: int
    trial_examples: int
    search_epochs: int
    train_epochs: int
    final_examples: int
    final_epochs: int
    trial_seconds: float
    train_seconds: float
    trials_seconds: float

    def is_good(self, summary: DataSummary) -> bool:
        """Whether there is time enough for sizes like these."""
        good = min(_GOOD_FINAL_EPOCHS, summary.most_epochs)
        return self.search_epochs >= _FEW_EPOCHS and self.final_epochs >= good


def batch_size_for(examples: int) -> int:
    """A batch of which an epoch has some.

    Example:

    >>> [batch_size_for(n) for n in (40, 2_000, 50_000)]
    [5, 32, 64]
    """
    usual = 64 if examples >= 20_000 else 32
    return max(2, min(usual, examples // _LEAST_STEPS))


def estimate_step_times(preset: SizePreset, summary: DataSummary) -> StepTimes:
    """The `StepTimes` of a preset before anything was measured."""
    work = max(_LEAST_WORK, summary.work)
    return preset.step_times.scaled(1.0, work)


def first_preset(
    presets: Sequence[SizePreset],
    summary: DataSummary,
    seconds: float,
    slower: tuple[float, float] = (1.0, 1.0),
) -> int:
    """The largest preset for which data and time are enough.

    Args:
        presets: Tuple of `SizePreset`s, the smallest first.
        summary: `DataSummary`.
        seconds: Float, may be infinite.
        slower: Pair of floats, how many times as long starts and steps take
            than estimated. Defaults to `(1.0, 1.0)`.
    """
    fits = [0]
    for index, preset in enumerate(presets):
        times = estimate_step_times(preset, summary).scaled(*slower)
        good = planned(index, times, summary, seconds).is_good(summary)
        if summary.examples >= preset.least_examples and good:
            fits.append(index)
    return max(fits)


def planned(
    preset: int, times: StepTimes, summary: DataSummary, seconds: float
) -> Plan:
    """The `Plan` for a time, of which it takes no more than there is.

    Half of the time is for the trials, as many as can each search for five
    epochs; where one can't, it gets a part of the data. The other half is for
    the final training.

    Args:
        preset: Integer.
        times: `StepTimes`.
        summary: `DataSummary`.
        seconds: Float, may be infinite.
    """
    longest = trial_seconds(
        times, summary, summary.examples, _MOST_SEARCH_EPOCHS
    )
    share = min(_SHARE_OF_TRIALS * seconds, summary.max_trials * longest)
    trials, examples, epochs = _trials(times, summary, share)
    final_examples, final_epochs = final_training(
        times, summary, seconds - share
    )
    train_epochs = min(_TRAIN_EPOCHS * epochs, summary.most_epochs)
    return Plan(
        preset=preset,
        trials=trials,
        trial_examples=examples,
        search_epochs=epochs,
        train_epochs=train_epochs,
        final_examples=final_examples,
        final_epochs=final_epochs,
        trial_seconds=trial_seconds(times, summary, examples, epochs),
        train_seconds=train_seconds(times, summary, examples, train_epochs),
        trials_seconds=share if seconds < math.inf else math.inf,
    )


def trial_seconds(
    times: StepTimes, summary: DataSummary, examples: int, epochs: int
) -> float:
    """How long a search of some epochs takes, with its training."""
    start = times.search_start + times.train_start
    return start + epochs * _unit(times, summary, examples)


def train_seconds(
    times: StepTimes, summary: DataSummary, examples: int, epochs: int
) -> float:
    """How long a training of some epochs takes."""
    step = times.train_step
    return times.train_start + epochs * _steps(examples, summary) * step


def final_training(
    times: StepTimes, summary: DataSummary, seconds: float
) -> tuple[int, int]:
    """Examples and epochs of a training that fit into a time.

    Example:

    >>> times = StepTimes(9.0, 1.0, 2.0, 0.5)
    >>> summary = DataSummary(800, 1000, 1.0, 10, max_trials=4, most_epochs=100)
    >>> [final_training(times, summary, s) for s in (1002.0, 52.0, 1)]
    [(1000, 20), (1000, 1), (160, 0)]
    """
    room = seconds - times.train_start
    examples = summary.final_examples
    epoch = _steps(examples, summary) * times.train_step
    if room < epoch:
        examples = _part(examples, room / epoch, summary)
        epoch = _steps(examples, summary) * times.train_step
    epochs = min(room / epoch, summary.most_epochs)
    return examples, max(0, math.floor(epochs))


def _trials(times, summary, share):
    """How many, on how many examples, of how many epochs."""
    examples = summary.examples
    for trials in range(summary.max_trials, 0, -1):
        room = share / trials - times.search_start - times.train_start
        epochs = room / _unit(times, summary, examples)
        if epochs >= _FEW_EPOCHS:
            return trials, examples, min(_whole(epochs), _MOST_SEARCH_EPOCHS)
    examples = _part(examples, epochs / _FEW_EPOCHS, summary)
    epochs = room / _unit(times, summary, examples)
    return 1, examples, max(1, min(_whole(epochs), _FEW_EPOCHS))


def _unit(times, summary, examples):
    """An epoch of the search, and those of the training that belong to it."""
    searched = _steps(examples / 2, summary) * times.search_step
    return searched + (
        _TRAIN_EPOCHS * _steps(examples, summary) * times.train_step
    )


def _steps(examples, summary):
    return max(1, int(examples // summary.batch_size))


def _part(examples, share, summary):
    """A part of the examples, of some batches at least."""
    least = min(examples, 2 * _LEAST_STEPS * summary.batch_size)
    return max(least, math.floor(examples * max(0.0, share)))


def _whole(epochs):
    # What was divided before may be a hair below.
    return math.floor(epochs + 1e-6)
