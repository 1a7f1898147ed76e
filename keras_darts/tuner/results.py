"""What is known of the trials of a project, without TensorFlow."""

import dataclasses
import functools
import math
import statistics

from keras_darts.tuner.pareto import pareto

COMPLETED = "COMPLETED"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialResult:
    """One trial.

    Args:
        name: String, the id of the trial.
        state: String, KerasTuner's word for how it went.
        values: Dictionary, the hyper-parameters.
        figures: Dictionary from names of objectives to numbers; empty as long
            as they are not known.
        genotype: `Genotype` or another kind of it, or `None`.
        score: Float, KerasTuner's, by which trials are ranked. Defaults to
            `None`: not known.
        executions: List of the figures of each execution, whose mean `figures`
            is. Defaults to none: there was one.
        chosen: Integer, the execution that found the genotype. Defaults to `0`.
        baseline: Boolean, whether the genotype was drawn at random. Defaults
            to `False`.
        message: String, why the trial failed. Defaults to `None`.
        search: Dictionary from names to the values of the epochs of the
            search. Defaults to none.
        training: The same of the training. Defaults to none.
        seconds: Dictionary from `"search"` and `"training"` to what they took.
            Defaults to none: not known.
        parameters: Integer, of the trained network. Defaults to `None`: not
            known.

    Example:

    >>> trial = TrialResult(
    ...     name="0", state="COMPLETED", values={"seed": 1},
    ...     figures={"val_accuracy": 0.9}, genotype=None,
    ... )
    >>> trial.completed
    True
    """

    name: str
    state: str
    values: dict
    figures: dict
    genotype: object
    score: float | None = None
    executions: list = dataclasses.field(default_factory=list)
    chosen: int = 0
    baseline: bool = False
    message: str | None = None
    search: dict = dataclasses.field(default_factory=dict)
    training: dict = dataclasses.field(default_factory=dict)
    seconds: dict = dataclasses.field(default_factory=dict)
    parameters: int | None = None

    @property
    def epochs(self):
        """How many epochs of search and of training there were."""
        return tuple(_length(part) for part in (self.search, self.training))

    @property
    def completed(self):
        return self.state == COMPLETED

    @property
    def networks(self):
        """The figures of each network that was trained."""
        return self.executions or [self.figures]


@dataclasses.dataclass(frozen=True)
class ProjectResults:
    """The trials of a project, and what they are judged by.

    Args:
        name: String, of the project.
        directions: Dictionary from the names of the objectives to `"min"` or
            `"max"`.
        trials: List of `TrialResult`, those of a random baseline included.
        facts: Dictionary of strings, what is the same for all trials: data,
            settings, date. Defaults to none.
        folder: Path of the project, for the command that comes next. Defaults
            to `None`: there is none.

    Example:

    >>> empty = ProjectResults("digits", {"val_loss": "min"}, [])
    >>> empty.ranked
    []
    """

    name: str
    directions: dict
    trials: list
    facts: dict = dataclasses.field(default_factory=dict)
    folder: object = None

    @property
    def objective(self):
        return next(iter(self.directions))

    @functools.cached_property
    def ranked(self):
        """The finished trials of the search, the best by their score first.

        KerasTuner's score is the objective, or of several the sum, as they
        are, with a minus before those to be maximized.
        """
        highest = [*self.directions.values()] == ["max"]
        known = [t for t in self.searched if t.completed and _known(t.score)]
        return sorted(known, key=lambda t: -t.score if highest else t.score)

    @functools.cached_property
    def by_genotype(self):
        """The trials that found a genotype, by its text."""
        groups = {}
        for trial in self.trials:
            if trial.genotype is not None:
                groups.setdefault(trial.genotype.to_text(), []).append(trial)
        return groups

    @property
    def several(self):
        """Whether there are several objectives."""
        return len(self.directions) > 1

    @property
    def repeated(self):
        """Whether the figures of trials are means over executions."""
        return any(len(trial.networks) > 1 for trial in self.searched)

    @property
    def searched(self):
        return [trial for trial in self.trials if not trial.baseline]

    @property
    def drawn(self):
        """The trials of the random baseline."""
        return [trial for trial in self.trials if trial.baseline]

    @functools.cached_property
    def unbeaten(self):
        """The trials of the search that no other beats.

        That is, in one objective, without losing in another; the best by the
        first objective stands first.
        """
        rows = [
            {**trial.figures, "trial": trial}
            for trial in self.searched
            if trial.completed
        ]
        return [row["trial"] for row in pareto(rows, self.directions)]

    def spread(self, name):
        """Of a figure, `Spread` of the search and of the random baseline.

        Networks are compared, of which a trial with several executions has
        several.
        """
        return tuple(
            Spread.of(
                [
                    figures.get(name)
                    for trial in part
                    if trial.completed
                    for figures in trial.networks
                ]
            )
            for part in (self.searched, self.drawn)
        )


@dataclasses.dataclass(frozen=True)
class Spread:
    """How a number lies in several networks.

    Args:
        values: List of the numbers.
        mean: Float, or `None` of no number at all.
        deviation: Float, that of a sample; `None` of fewer than two.

    Example:

    >>> Spread.of([1.0, 3.0, None]).mean
    2.0
    """

    values: list
    mean: float | None
    deviation: float | None

    @classmethod
    def of(cls, values):
        known = [value for value in values if _known(value)]
        return cls(
            known,
            statistics.fmean(known) if known else None,
            statistics.stdev(known) if len(known) > 1 else None,
        )


def _length(columns):
    return max(map(len, columns.values()), default=0)


def _known(value):
    return value is not None and not math.isnan(value)
