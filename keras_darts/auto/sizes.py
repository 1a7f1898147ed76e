"""Sizes of searches and networks, by the data and the time."""

import dataclasses
import math

# Fewer epochs of a search tell little, and further trials nothing.
_FEW_EPOCHS = 5
_MOST_SEARCH_EPOCHS = 25
# The training of a trial to one epoch of its search, as in `DartsTuner`.
_TRAIN_EPOCHS = 2
# What is left of the time is for the last training, which counts in the end.
_SHARE_OF_TRIALS = 0.5
# Less than so many epochs of the last training, and smaller is better.
_GOOD_LAST_EPOCHS = 15
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

    def times(self, start, step):
        """The pace where a start and a step take so many times as long."""
        return StepTimes(
            self.search_start * start,
            self.search_step * step,
            self.train_start * start,
            self.train_step * step,
        )

    def against(self, other):
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
        pace: `StepTimes` on two cores for `work=1`: 32 pixels by 32, or 64
            words, in batches of 32.
        least_examples: Integer; fewer would be learned by heart.
    """

    space: dict
    network_args: dict
    pace: StepTimes
    least_examples: int


@dataclasses.dataclass(frozen=True)
class DataSummary:
    """What the sizes depend on.

    Args:
        examples: Integer, for searches and their trainings.
        last_examples: Integer, for the last training.
        work: Float, the pixels or words of a batch, as a multiple of those
            of `SizePreset.pace`.
        batch_size: Integer.
        max_trials: Integer.
        most_epochs: Integer, of a training.
    """

    examples: int
    last_examples: int
    work: float
    batch_size: int
    max_trials: int
    most_epochs: int


@dataclasses.dataclass(frozen=True)
class Plan:
    """The sizes of everything.

    Args:
        rung: Integer, the place of the `SizePreset`.
        trials: Integer.
        trial_examples: Integer, of those that trials search and train on.
        search_epochs: Integer.
        train_epochs: Integer.
        last_examples: Integer, likewise of the last training.
        last_epochs: Integer.
        trial_seconds: Float, what a trial takes.
        train_seconds: Float, what its training takes of that.
        trials_seconds: Float, what all trials may take.
    """

    rung: int
    trials: int
    trial_examples: int
    search_epochs: int
    train_epochs: int
    last_examples: int
    last_epochs: int
    trial_seconds: float
    train_seconds: float
    trials_seconds: float

    def is_good(self, facts):
        """Whether there is time enough for sizes like these."""
        good = min(_GOOD_LAST_EPOCHS, facts.most_epochs)
        return self.search_epochs >= _FEW_EPOCHS and self.last_epochs >= good


def batch_size_for(examples):
    """A batch of which an epoch has some.

    Example:

    >>> [batch_size_for(n) for n in (40, 2_000, 50_000)]
    [5, 32, 64]
    """
    usual = 64 if examples >= 20_000 else 32
    return max(2, min(usual, examples // _LEAST_STEPS))


def estimate_step_times(rung, facts):
    """The `StepTimes` of a rung before anything was measured."""
    work = max(_LEAST_WORK, facts.work)
    return rung.pace.times(1.0, work)


def first_rung(rungs, facts, seconds, slower=(1.0, 1.0)):
    """The largest rung for which data and time are enough.

    Args:
        rungs: Tuple of `SizePreset`s, the smallest first.
        facts: `DataSummary`.
        seconds: Float, may be infinite.
        slower: Pair of floats, how many times as long starts and steps take
            than estimated. Defaults to `(1.0, 1.0)`.
    """
    fits = [0]
    for index, rung in enumerate(rungs):
        pace = estimate_step_times(rung, facts).times(*slower)
        good = planned(index, pace, facts, seconds).is_good(facts)
        if facts.examples >= rung.least_examples and good:
            fits.append(index)
    return max(fits)


def planned(rung, pace, facts, seconds):
    """The `Plan` for a time, of which it takes no more than there is.

    Half of the time is for the trials, as many as can each search for five
    epochs; where one can't, it gets a part of the data. The other half is for
    the last training.

    Args:
        rung: Integer.
        pace: `StepTimes`.
        facts: `DataSummary`.
        seconds: Float, may be infinite.
    """
    longest = trial_seconds(pace, facts, facts.examples, _MOST_SEARCH_EPOCHS)
    share = min(_SHARE_OF_TRIALS * seconds, facts.max_trials * longest)
    trials, examples, epochs = _trials(pace, facts, share)
    last_examples, last_epochs = last(pace, facts, seconds - share)
    train_epochs = min(_TRAIN_EPOCHS * epochs, facts.most_epochs)
    return Plan(
        rung=rung,
        trials=trials,
        trial_examples=examples,
        search_epochs=epochs,
        train_epochs=train_epochs,
        last_examples=last_examples,
        last_epochs=last_epochs,
        trial_seconds=trial_seconds(pace, facts, examples, epochs),
        train_seconds=train_seconds(pace, facts, examples, train_epochs),
        trials_seconds=share if seconds < math.inf else math.inf,
    )


def trial_seconds(pace, facts, examples, epochs):
    """How long a search of some epochs takes, with its training."""
    start = pace.search_start + pace.train_start
    return start + epochs * _unit(pace, facts, examples)


def train_seconds(pace, facts, examples, epochs):
    """How long a training of some epochs takes."""
    step = pace.train_step
    return pace.train_start + epochs * _steps(examples, facts) * step


def last(pace, facts, seconds):
    """Examples and epochs of a training that fit into a time.

    Example:

    >>> pace = StepTimes(9.0, 1.0, 2.0, 0.5)
    >>> facts = DataSummary(800, 1000, 1.0, 10, max_trials=4, most_epochs=100)
    >>> last(pace, facts, 1002.0), last(pace, facts, 52.0), last(pace, facts, 1)
    ((1000, 20), (1000, 1), (160, 0))
    """
    room = seconds - pace.train_start
    examples = facts.last_examples
    epoch = _steps(examples, facts) * pace.train_step
    if room < epoch:
        examples = _part(examples, room / epoch, facts)
        epoch = _steps(examples, facts) * pace.train_step
    epochs = min(room / epoch, facts.most_epochs)
    return examples, max(0, math.floor(epochs))


def _trials(pace, facts, share):
    """How many, on how many examples, of how many epochs."""
    examples = facts.examples
    for trials in range(facts.max_trials, 0, -1):
        room = share / trials - pace.search_start - pace.train_start
        epochs = room / _unit(pace, facts, examples)
        if epochs >= _FEW_EPOCHS:
            return trials, examples, min(_whole(epochs), _MOST_SEARCH_EPOCHS)
    examples = _part(examples, epochs / _FEW_EPOCHS, facts)
    epochs = room / _unit(pace, facts, examples)
    return 1, examples, max(1, min(_whole(epochs), _FEW_EPOCHS))


def _unit(pace, facts, examples):
    """An epoch of the search, and those of the training that belong to it."""
    searched = _steps(examples / 2, facts) * pace.search_step
    return searched + (
        _TRAIN_EPOCHS * _steps(examples, facts) * pace.train_step
    )


def _steps(examples, facts):
    return max(1, int(examples // facts.batch_size))


def _part(examples, share, facts):
    """A part of the examples, of some batches at least."""
    least = min(examples, 2 * _LEAST_STEPS * facts.batch_size)
    return max(least, math.floor(examples * max(0.0, share)))


def _whole(epochs):
    # What was divided before may be a hair below.
    return math.floor(epochs + 1e-6)
