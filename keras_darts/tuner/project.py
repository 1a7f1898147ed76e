"""The files of a tuning that are ours, beside those of KerasTuner."""

import json
import pathlib
import statistics

from keras_darts import genotypes
from keras_darts.files import write_json

_BASELINE = "random_baseline.json"
_RESULTS = "results.json"


class Project:
    """What lies in the folder of a project.

    `trial_N/` has, beside KerasTuner's `trial.json`, the run of the search in
    `search/`, the best `genotype.json`, and `results.json` with the figures
    of each execution; that of further executions lies in `execution_K/`.
    `networks/` has a folder for each genotype that was trained, and
    `random_baseline.json` is the table of the random genotypes.

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
        trained = genotypes.load(
            self.networks / best["network"] / "genotype.json"
        )
        # One that is equal was trained, maybe with edges in another order.
        genotype = type(trained).from_text(best["genotype"])
        genotypes.save(genotype, self.genotype_file(trial_id))

    def results(self, trial_id):
        """The best execution of a trial, or `None`."""
        found = _read(self.trial_folder(trial_id) / _RESULTS)
        return found and found["executions"][found["best"]]

    def network_of(self, trial_id):
        """The folder with the trained network of a trial, or `None`."""
        found = self.results(trial_id)
        return found and self.networks / found["network"]

    def row(self, trial):
        """A trial as a row of a table."""
        found = self.results(trial.trial_id)
        figures = trial.metrics.metrics
        return {
            "trial": trial.trial_id,
            "genotype": found and found["genotype"],
            **{n: float(trial.metrics.get_best_value(n)) for n in figures},
        }

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

    def baseline_in_words(self, objective):
        """Lines that compare the trials with the random genotypes."""
        if not self.baseline():
            return
        yield ""
        for name, rows in (
            ("Searched", self.searched()),
            ("Random baseline", self.baseline()),
        ):
            values = [objective.get_value(row["figures"]) for row in rows]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            yield (
                f"{name}, {len(values)} networks: {objective.name} "
                f"{statistics.fmean(values):.4f} in the mean, standard "
                f"deviation {spread:.4f}"
            )


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
