"""What is known of the trials of a project, without TensorFlow."""

import dataclasses
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
        baseline: Boolean, whether the genotype was drawn at random. Defaults
            to `False`.
        message: String, why the trial failed. Defaults to `None`.
        search: Dictionary from names to the values of the epochs of the
            search. Defaults to none.
        training: The same of the training. Defaults to none.

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
    baseline: bool = False
    message: str | None = None
    search: dict = dataclasses.field(default_factory=dict)
    training: dict = dataclasses.field(default_factory=dict)

    @property
    def completed(self):
        return self.state == COMPLETED


@dataclasses.dataclass(frozen=True)
class ProjectResults:
    """The trials of a project, and what they are judged by.

    Args:
        name: String, of the project.
        directions: Dictionary from the names of the objectives to `"min"` or
            `"max"`, the first being the one that counts most.
        trials: List of `TrialResult`, those of a random baseline included.

    Example:

    >>> empty = ProjectResults("digits", {"val_loss": "min"}, [])
    >>> empty.ranked
    []
    """

    name: str
    directions: dict
    trials: list

    @property
    def objective(self):
        return next(iter(self.directions))

    @property
    def ranked(self):
        """The finished trials of the search, the best first."""
        sign = -1 if self.directions[self.objective] == "max" else 1
        known = [t for t in self.searched if self._value(t) is not None]
        return sorted(known, key=lambda trial: sign * self._value(trial))

    @property
    def searched(self):
        return [trial for trial in self.trials if not trial.baseline]

    @property
    def drawn(self):
        """The trials of the random baseline."""
        return [trial for trial in self.trials if trial.baseline]

    @property
    def best_of_all(self):
        """Names of the trials of the search that no other beats."""
        rows = [
            {**trial.figures, "trial": trial.name}
            for trial in self.searched
            if trial.completed
        ]
        return [row["trial"] for row in pareto(rows, self.directions)]

    def spread(self, name):
        """Of a figure, `Spread` of the search and of the random baseline."""
        return tuple(
            Spread.of([t.figures.get(name) for t in part if t.completed])
            for part in (self.searched, self.drawn)
        )

    def _value(self, trial):
        value = trial.figures.get(self.objective)
        known = trial.completed and value is not None
        return value if known and not math.isnan(value) else None


@dataclasses.dataclass(frozen=True)
class Spread:
    """How a number lies in several trials.

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
        known = [v for v in values if v is not None and not math.isnan(v)]
        return cls(
            known,
            statistics.fmean(known) if known else None,
            statistics.stdev(known) if len(known) > 1 else None,
        )
