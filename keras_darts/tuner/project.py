"""The files that a tuning adds to those of KerasTuner."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pathlib
import statistics
from typing import TYPE_CHECKING

import filelock

from keras_darts import genotypes
from keras_darts.utils.files import folder_name
from keras_darts.utils.files import user_path
from keras_darts.utils.files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.utils.typing import PathLike

_BASELINE = "random_baseline.json"
_DIRECTIONS = "objectives.json"
_RESULTS = "results.json"
_FIGURES = "figures.json"


class Project:
    """The folder of a project.

    `trial_N/` has, next to KerasTuner's `trial.json`, the run of the search in
    `search/`, the best `genotype.json`, and `results.json` with the figures
    of each execution; that of further executions lies in `execution_K/`.
    `networks/` has a folder for each genotype that was trained,
    `random_baseline.json` is the table of the random genotypes, and
    `objectives.json` has the direction of each objective.

    Args:
        folder: Path.
    """

    def __init__(self, folder: PathLike) -> None:
        self.folder: pathlib.Path = pathlib.Path(folder)

    @property
    def networks(self) -> pathlib.Path:
        return self.folder / "networks"

    def trial_folder(self, trial_id: str) -> pathlib.Path:
        return self.folder / f"trial_{trial_id}"

    def search_folder(self, trial_id: str, execution: int) -> pathlib.Path:
        """The folder of the run of a search."""
        folder = self.trial_folder(trial_id)
        if execution:
            folder = folder / f"execution_{execution}"
        return folder / "search"

    def genotype_file(self, trial_id: str) -> pathlib.Path:
        return self.trial_folder(trial_id) / "genotype.json"

    def keep(
        self, trial_id: str, executions: list[dict[str, Any]], objective: Any
    ) -> None:
        """Writes the results of the executions of a trial."""
        best = _best_of(executions, objective)
        folder = self.trial_folder(trial_id)
        write_json(
            folder / _RESULTS,
            {"best": executions.index(best), "executions": executions},
        )
        genotypes.save(self.genotype_of(best), self.genotype_file(trial_id))

    def genotype_of(self, execution: Mapping[str, Any]) -> BaseGenotype:
        """The genotype of an execution, or of a random one's row."""
        folder = self.networks / execution["network"]
        trained = genotypes.load(folder / "genotype.json")
        # One that is equal was trained, maybe with edges in another order.
        return type(trained).from_text(execution["genotype"])

    def executions(self, trial_id: str) -> tuple[list[dict[str, Any]], int]:
        """The results of a trial's executions, and the index of the best."""
        executions = _read(self.trial_folder(trial_id) / _RESULTS)
        return (
            (executions["executions"], executions["best"])
            if executions
            else ([], 0)
        )

    def results(self, trial_id: str) -> dict[str, Any] | None:
        """The best execution of a trial, or `None`."""
        executions, best = self.executions(trial_id)
        return executions[best] if executions else None

    def network_of(self, trial_id: str) -> pathlib.Path | None:
        """The folder with the trained network of a trial, or `None`."""
        results = self.results(trial_id)
        return results and self.networks / results["network"]

    def row(self, trial: Any) -> dict[str, Any]:
        """A trial as a row of a table."""
        results = self.results(trial.trial_id)
        return {
            "trial": trial.trial_id,
            "genotype": results and results["genotype"],
            **self.figures(trial),
        }

    def figures(self, trial: Any) -> dict[str, float]:
        """The figures of a trial, each the mean of its executions."""
        names = trial.metrics.metrics
        return {n: float(trial.metrics.get_best_value(n)) for n in names}

    def trainings_in_time(self) -> int:
        """The number of trainings that take as long as all trials together."""
        spent = [execution["seconds"] for execution in self.searched()]
        if not spent:
            return 0
        each = statistics.fmean(phases["training"] for phases in spent)
        return round(sum(sum(phases.values()) for phases in spent) / each)

    def baseline(self) -> list[dict[str, Any]]:
        """The rows of the random genotypes."""
        return _read(self.folder / _BASELINE) or []

    def keep_baseline(self, rows: list[dict[str, Any]]) -> None:
        write_json(self.folder / _BASELINE, rows)

    def searched(self) -> list[dict[str, Any]]:
        """The results of all executions of all trials."""
        return [
            execution
            for path in sorted(self.folder.glob(f"trial_*/{_RESULTS}"))
            for execution in _read(path)["executions"]
        ]

    def directions(self) -> dict[str, str] | None:
        """Those of the objectives, or `None` before the end of a trial."""
        return _read(self.folder / _DIRECTIONS)

    def keep_directions(self, directions: Mapping[str, str]) -> None:
        write_json(self.folder / _DIRECTIONS, directions)


class GenotypeCache:
    """The trainings of a project, by genotype and settings.

    Several processes may share it: one that asks for a training of another
    waits for its end, and takes over if the other process ends before.

    Args:
        folder: Path; each training has a folder of its own in it.

    Example:

    >>> import tempfile
    >>> cache = GenotypeCache(tempfile.mkdtemp())
    >>> def train(folder):
    ...     return {"val_accuracy": 0.5}
    >>> cache.trained({"genotype": "a", "epochs": 2}, train)["val_accuracy"]
    0.5
    >>> cache.trained({"genotype": "a", "epochs": 2}, None)["val_accuracy"]
    0.5
    """

    def __init__(self, folder: PathLike) -> None:
        self.folder: pathlib.Path = pathlib.Path(folder)

    def folder_of(self, settings: Mapping[str, Any]) -> pathlib.Path:
        """The folder of the training with some settings."""
        text = json.dumps(settings, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self.folder / digest[:16]

    def known(self, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """The figures of a finished training, or `None`."""
        return _read(self.folder_of(settings) / _FIGURES)

    def is_free(self, settings: Mapping[str, Any]) -> bool:
        """Whether no other process trains with these settings now."""
        with _lock(self.folder_of(settings), wait=False) as held:
            return held

    def trained(
        self,
        settings: Mapping[str, Any],
        train: Callable[[pathlib.Path], dict[str, Any]],
    ) -> dict[str, Any]:
        """The figures with some settings, from before or from `train`.

        Args:
            settings: Dictionary of plain values that determine the result.
            train: Function of a folder, which may hold a training that was
                cut, that returns a dictionary of figures.
        """
        folder = self.folder_of(settings)
        with _lock(folder):
            result = self.known(settings)
            if result is None:
                result = train(folder)
                write_json(folder / _FIGURES, result)
        return result


def with_place(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a tuner, with checked `directory` and `project_name`.

    Raises:
        ValueError: if `directory` is no path, or `project_name` no name.
    """
    place = {}
    if options.get("directory") is not None:
        place["directory"] = user_path(options["directory"], "directory")
    if options.get("project_name") is not None:
        name = folder_name(options["project_name"], "project_name")
        place["project_name"] = name
    return {**options, **place}


def _best_of(executions, objective):
    """The execution that is best by an objective."""
    best = executions[0]
    for other in executions[1:]:
        values = [objective.get_value(e["figures"]) for e in (other, best)]
        if objective.better_than(*values):
            best = other
    return best


@contextlib.contextmanager
def _lock(folder, wait=True):
    """Locks a folder for this process; the lock ends with its process.

    Yields:
        Whether it is locked, which may be false without `wait`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / "lock")
    try:
        lock.acquire(blocking=wait)
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _read(path):
    return json.loads(path.read_text("utf-8")) if path.exists() else None
