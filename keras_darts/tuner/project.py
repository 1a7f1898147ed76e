"""The files of a tuning that are ours, beside those of KerasTuner."""

import json
import pathlib
import statistics

from keras_darts import genotypes
from keras_darts.utils.files import write_json

_BASELINE = "random_baseline.json"
_DIRECTIONS = "objectives.json"
_RESULTS = "results.json"


class Project:
    """What lies in the folder of a project.

    `trial_N/` has, beside KerasTuner's `trial.json`, the run of the search in
    `search/`, the best `genotype.json`, and `results.json` with the figures
    of each execution; that of further executions lies in `execution_K/`.
    `networks/` has a folder for each genotype that was trained,
    `random_baseline.json` is the table of the random genotypes, and
    `objectives.json` has the direction of each objective.

    Args:
        folder: Path.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @property
    def networks(self):
        return self.folder / "networks"

    def trial_folder(self, trial_id):
        return self.folder / f"trial_{trial_id}"

    def search_folder(self, trial_id, execution):
        """Where the run of a search lies."""
        folder = self.trial_folder(trial_id)
        if execution:
            folder = folder / f"execution_{execution}"
        return folder / "search"

    def genotype_file(self, trial_id):
        return self.trial_folder(trial_id) / "genotype.json"

    def keep(self, trial_id, executions, objective):
        """Writes what the executions of a trial have given."""
        best = best_of(executions, objective)
        folder = self.trial_folder(trial_id)
        write_json(
            folder / _RESULTS,
            {"best": executions.index(best), "executions": executions},
        )
        genotypes.save(self.genotype_of(best), self.genotype_file(trial_id))

    def genotype_of(self, execution):
        """The genotype of an execution, or of a random one's row."""
        folder = self.networks / execution["network"]
        trained = genotypes.load(folder / "genotype.json")
        # One that is equal was trained, maybe with edges in another order.
        return type(trained).from_text(execution["genotype"])

    def executions(self, trial_id):
        """What the executions of a trial have given, and which was best."""
        found = _read(self.trial_folder(trial_id) / _RESULTS)
        return (found["executions"], found["best"]) if found else ([], 0)

    def results(self, trial_id):
        """The best execution of a trial, or `None`."""
        executions, best = self.executions(trial_id)
        return executions[best] if executions else None

    def network_of(self, trial_id):
        """The folder with the trained network of a trial, or `None`."""
        found = self.results(trial_id)
        return found and self.networks / found["network"]

    def row(self, trial):
        """A trial as a row of a table."""
        found = self.results(trial.trial_id)
        return {
            "trial": trial.trial_id,
            "genotype": found and found["genotype"],
            **self.figures(trial),
        }

    def figures(self, trial):
        """What a trial was judged by, the mean of its executions."""
        names = trial.metrics.metrics
        return {n: float(trial.metrics.get_best_value(n)) for n in names}

    def trainings_in_time(self):
        """How many trainings take as long as all trials together."""
        spent = [execution["seconds"] for execution in self.searched()]
        if not spent:
            return 0
        each = statistics.fmean(phases["training"] for phases in spent)
        return round(sum(sum(phases.values()) for phases in spent) / each)

    def baseline(self):
        """The rows of the random genotypes."""
        return _read(self.folder / _BASELINE) or []

    def keep_baseline(self, rows):
        write_json(self.folder / _BASELINE, rows)

    def searched(self):
        """The results of all executions of all trials."""
        return [
            execution
            for path in sorted(self.folder.glob(f"trial_*/{_RESULTS}"))
            for execution in _read(path)["executions"]
        ]

    def directions(self):
        """Those of the objectives, or `None` before the first trial's end."""
        return _read(self.folder / _DIRECTIONS)

    def keep_directions(self, directions):
        write_json(self.folder / _DIRECTIONS, directions)


def best_of(executions, objective):
    """The execution that is best by an objective."""
    best = executions[0]
    for other in executions[1:]:
        values = [objective.get_value(e["figures"]) for e in (other, best)]
        if objective.better_than(*values):
            best = other
    return best


def _read(path):
    return json.loads(path.read_text("utf-8")) if path.exists() else None
