"""From what a tuning leaves on disk to its results, and to their page."""

import csv
import pathlib
import warnings

from keras_tuner.engine.trial import Trial

from keras_darts import genotypes
from keras_darts.tuner import objectives
from keras_darts.tuner.project import Project
from keras_darts.tuner.results import COMPLETED
from keras_darts.tuner.results import ProjectResults
from keras_darts.tuner.results import TrialResult
from keras_darts.tuner.results_facts import facts_of
from keras_darts.tuner.results_facts import parameters_of
from keras_darts.tuner.results_page import results_page
from keras_darts.tuner.results_words import baseline_lines
from keras_darts.tuner.results_words import pareto_lines
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import user_path

FILE = "results.html"
_HISTORY = "history.csv"


def write_results_page(project_dir):
    """Draws the results of a tuning again, as a page of HTML in its folder.

    `DartsTuner` does so after each trial. With a chief and workers the chief
    does it once, at the end of the trials, when random genotypes are still
    being trained: this function adds them. The page needs no other file and
    no connection: pictures are inside.

    Args:
        project_dir: String or path, `DartsTuner.project_dir`.

    Returns:
        The path of `results.html`.

    Raises:
        ValueError: if it is no folder of a tuning.
    """
    folder = user_path(project_dir, "project_dir")
    return _written(read(folder), folder)


def read(project_dir):
    """The `ProjectResults` of a folder.

    Raises:
        ValueError: if it is none of a tuning.
    """
    directions = Project(project_dir).directions()
    if directions is None:
        raise ValueError(
            "`project_dir` must be the folder of a project in which "
            "`DartsTuner` has run a trial. Received: "
            f"project_dir={str(project_dir)!r}"
        )
    return _read(project_dir, directions)


def lines_of(tuner):
    """What a summary of a `DartsTuner` says beside KerasTuner's."""
    if not tuner._searches:
        return []
    results = _read_of(tuner)
    return [*pareto_lines(results), *baseline_lines(results)]


def renew(tuner):
    """Writes the page of a `DartsTuner`, unless another process does.

    A page that can't be drawn is no reason to end a search of hours.
    """
    if not tuner._searches or tuner._is_worker():
        return
    try:
        results = _read_of(tuner)
        tuner.project.keep_directions(results.directions)
        _written(results, tuner.project_dir)
    except Exception as error:
        warnings.warn(
            f"The page of the results was not written: {error!r}", stacklevel=2
        )


def _read_of(tuner):
    directions = objectives.directions(tuner.oracle.objective)
    return _read(tuner.project_dir, directions)


def _written(results, folder):
    path = pathlib.Path(folder) / FILE
    content = results_page(results)
    with atomic_write(path) as scratch:
        scratch.write_text(content, encoding="utf-8")
    return path


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
        facts=facts_of(project),
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
        parameters=parameters_of(network) if network else None,
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
        parameters=parameters_of(folder),
    )


def _history(folder):
    """The columns of the table of a run, without what is not known."""
    path = folder / _HISTORY
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    names = rows[0] if rows else ()
    return {n: [float(row[n] or "nan") for row in rows] for n in names}
