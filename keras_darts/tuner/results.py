"""Results of a tuning, read from the files that it leaves."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import functools
import json
import math
import statistics
from typing import TYPE_CHECKING

from keras_tuner.engine.trial import Trial

from keras_darts import genotypes
from keras_darts.tuner import objectives
from keras_darts.tuner.project import Project

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterable
    from typing import Any
    from typing import Self

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.tuner.darts_tuner import DartsTuner
    from keras_darts.utils.typing import PathLike

COMPLETED = "COMPLETED"
_CONFIG = "config.json"
_HISTORY = "history.csv"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialResult:
    """One trial.

    Args:
        name: String, the id of the trial.
        state: String, the status that KerasTuner gives it.
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
        seconds: Dictionary from `"search"` and `"training"` to their
            durations. Defaults to none: not known.
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
    values: dict[str, Any]
    figures: dict[str, float]
    genotype: BaseGenotype | None
    score: float | None = None
    executions: list[dict[str, float]] = dataclasses.field(default_factory=list)
    chosen: int = 0
    baseline: bool = False
    message: str | None = None
    search: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    training: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    parameters: int | None = None

    @property
    def epochs(self) -> tuple[int, ...]:
        """The numbers of epochs of the search and of the training."""
        return tuple(_length(part) for part in (self.search, self.training))

    @property
    def completed(self) -> bool:
        return self.state == COMPLETED

    @property
    def networks(self) -> list[dict[str, float]]:
        """The figures of each network that was trained."""
        return self.executions or [self.figures]


@dataclasses.dataclass(frozen=True)
class ProjectResults:
    """The trials of a project, and the objectives that compare them.

    Args:
        name: String, of the project.
        directions: Dictionary from the names of the objectives to `"min"` or
            `"max"`.
        trials: List of `TrialResult`, those of a random baseline included.
        facts: Dictionary of strings, the data, settings and date of all
            trials. Defaults to none.
        folder: Path of the project, for the command that comes next. Defaults
            to `None`: there is none.

    Example:

    >>> empty = ProjectResults("digits", {"val_loss": "min"}, [])
    >>> empty.ranked
    []
    """

    name: str
    directions: dict[str, str]
    trials: list[TrialResult]
    facts: dict[str, str] = dataclasses.field(default_factory=dict)
    folder: pathlib.Path | None = None

    @property
    def objective(self) -> str:
        return next(iter(self.directions))

    @functools.cached_property
    def ranked(self) -> list[TrialResult]:
        """The finished trials of the search, the best by their score first.

        KerasTuner's score is the objective, or of several the sum, as they
        are, with a minus before those to be maximized.
        """
        highest = [*self.directions.values()] == ["max"]
        known = [t for t in self.searched if t.completed and _known(t.score)]
        return sorted(known, key=lambda t: -t.score if highest else t.score)

    @functools.cached_property
    def by_genotype(self) -> dict[str, list[TrialResult]]:
        """The trials that found a genotype, by its text."""
        groups = {}
        for trial in self.trials:
            if trial.genotype is not None:
                groups.setdefault(trial.genotype.to_text(), []).append(trial)
        return groups

    def genotype_index(self, trial: TrialResult) -> int | None:
        """The place of a trial's genotype in `by_genotype`, or `None`."""
        if trial.genotype is None:
            return None
        return [*self.by_genotype].index(trial.genotype.to_text())

    @property
    def several(self) -> bool:
        """Whether there are several objectives."""
        return len(self.directions) > 1

    @property
    def repeated(self) -> bool:
        """Whether the figures of trials are means over executions."""
        return any(len(trial.networks) > 1 for trial in self.searched)

    @property
    def searched(self) -> list[TrialResult]:
        return [trial for trial in self.trials if not trial.baseline]

    @property
    def drawn(self) -> list[TrialResult]:
        """The trials of the random baseline."""
        return [trial for trial in self.trials if trial.baseline]

    @functools.cached_property
    def pareto_front(self) -> list[TrialResult]:
        """The trials of the search that no other beats in all objectives.

        A trial is left out if another one is at least as good in each
        objective and better in one. The best by the first objective is first.
        """
        rows = [
            {**trial.figures, "trial": trial}
            for trial in self.searched
            if trial.completed
        ]
        return [
            row["trial"]
            for row in objectives.pareto_front(rows, self.directions)
        ]

    def spread(self, name: str) -> tuple[Spread, ...]:
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
    """Mean and deviation of a figure over several networks.

    Args:
        values: List of the numbers.
        mean: Float, or `None` of no number at all.
        deviation: Float, that of a sample; `None` of fewer than two.

    Example:

    >>> Spread.of([1.0, 3.0, None]).mean
    2.0
    """

    values: list[float]
    mean: float | None
    deviation: float | None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self:
        known = [value for value in values if _known(value)]
        return cls(
            known,
            statistics.fmean(known) if known else None,
            statistics.stdev(known) if len(known) > 1 else None,
        )


def read(project_dir: PathLike) -> ProjectResults:
    """The `ProjectResults` of a folder.

    Args:
        project_dir: String or path.

    Raises:
        ValueError: if it is not the folder of a tuning.
    """
    directions = Project(project_dir).directions()
    if directions is None:
        raise ValueError(
            "`project_dir` must be the folder of a project in which "
            "`DartsTuner` has run a trial. Received: "
            f"project_dir={str(project_dir)!r}"
        )
    return _read(project_dir, directions)


def read_of(tuner: DartsTuner) -> ProjectResults:
    """The `ProjectResults` of a `DartsTuner`."""
    directions = objectives.directions(tuner.oracle.objective)
    return _read(tuner.project_dir, directions)


def _read(folder, directions):
    project = Project(folder)
    files = sorted(project.folder.glob("trial_*/trial.json"))
    trials = [_trial(project, Trial.load(str(file))) for file in files]
    drawn = [_drawn(project, row) for row in project.baseline()]
    folder = project.folder.resolve()
    return ProjectResults(
        folder.name,
        directions,
        [*trials, *drawn],
        facts=_facts(project),
        folder=folder,
    )


def _trial(project, trial):
    name = trial.trial_id
    file, network = project.genotype_file(name), project.network_of(name)
    executions, chosen = project.executions(name)
    completed = trial.status == COMPLETED
    return TrialResult(
        name=name,
        state=trial.status,
        values=trial.hyperparameters.values,
        figures=project.figures(trial) if completed else {},
        genotype=genotypes.load(file) if file.exists() else None,
        score=trial.score,
        executions=[execution["figures"] for execution in executions],
        chosen=chosen,
        message=trial.message,
        search=_history(project.search_folder(name, chosen)),
        training=_history(network) if network else {},
        seconds=executions[chosen]["seconds"] if executions else {},
        parameters=_parameters(network) if network else None,
    )


def _drawn(project, row):
    folder = project.networks / row["network"]
    return TrialResult(
        name=f"random-{row['seed']}",
        state=COMPLETED,
        values={"seed": row["seed"]},
        figures=row["figures"],
        genotype=project.genotype_of(row),
        baseline=True,
        training=_history(folder),
        parameters=_parameters(folder),
    )


def _history(folder):
    """The columns of the table of a run, empty without a table."""
    path = folder / _HISTORY
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    names = rows[0] if rows else ()
    return {n: [float(row[n] or "nan") for row in rows] for n in names}


def _facts(project):
    """Data and settings of all trials, by title, from the newest search."""
    configs = sorted(
        project.folder.glob(f"trial_*/**/search/{_CONFIG}"),
        key=lambda path: path.stat().st_mtime,
    )
    if not configs:
        return {}
    config = _json(configs[-1])
    fit, sizes = config["fit"], config["search"]
    ended = datetime.datetime.fromtimestamp(configs[-1].stat().st_mtime)
    return {
        "Data": _data(fit, sizes),
        "Search": _settings(sizes["search_space"], fit["batch_size"], fit),
        **_training(project),
        "Last run": ended.strftime("%Y-%m-%d %H:%M"),
    }


def _data(fit, sizes):
    shape, classes = sizes.get("input_shape"), sizes.get("num_classes")
    parts = [fit["data"]]
    if shape:
        parts.append(f"elements of {' x '.join(map(str, shape))}")
    if classes:
        parts.append(f"{classes} outputs")
    return "; ".join(parts)


def _training(project):
    paths = sorted(project.networks.glob(f"*/{_CONFIG}"))
    if not paths:
        return {}
    config = _json(paths[-1])
    batch_size = config["recipe"].get("batch_size")
    network, fit = config["network"]["config"], config["fit"]
    return {"Training of what is found": _settings(network, batch_size, fit)}


def _settings(network, batch_size, fit):
    """The size of a network and of its training, as a line."""
    numbers = {
        "cells": network.get("num_cells"),
        "filters": network.get("filters"),
        "hidden units": network.get("hidden_size"),
        "batch size": batch_size,
        "epochs": fit["epochs"],
        "steps an epoch": fit["steps_per_epoch"],
    }
    return ", ".join(
        f"{name}: {value:,}"
        for name, value in numbers.items()
        if value is not None
    )


def _parameters(folder):
    """The number of parameters of a trained network, or `None`."""
    path = folder / _CONFIG
    return _json(path).get("parameters") if path.exists() else None


def _json(path):
    return json.loads(path.read_text("utf-8"))


def _length(columns):
    return max(map(len, columns.values()), default=0)


def _known(value):
    return value is not None and not math.isnan(value)
