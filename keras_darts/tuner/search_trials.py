"""What `DartsTuner` does in a trial that is a search."""

import functools
import gc
import inspect

import keras
from keras_tuner.engine.tuner import maybe_distribute
from keras_tuner.src.distribute.utils import is_chief_oracle
from keras_tuner.src.engine.tuner_utils import TunerCallback

from keras_darts.search import DartsSearch
from keras_darts.search.fit_plan import chosen_epochs
from keras_darts.search.reproducibility import reseeded
from keras_darts.training import ETALogger
from keras_darts.tuner import longer_run
from keras_darts.tuner import objectives
from keras_darts.tuner import random_baseline
from keras_darts.tuner import trial_data
from keras_darts.tuner.brief_training import BriefTraining
from keras_darts.tuner.genotype_cache import GenotypeCache
from keras_darts.tuner.hypermodel import seed_of
from keras_darts.tuner.results_page import renew
from keras_darts.tuner.trial_run import TrialRun

_OF_DATA = (
    *("x", "y", "batch_size", "validation_data", "validation_split"),
    *("sample_weight", "class_weight", "steps_per_epoch"),
)
# The training of all epochs to one of the search, as in the paper.
_TRAIN_EPOCHS = 2


class SearchTrials:
    """Runs the trials of a tuner, which share the data.

    Args:
        tuner: `DartsTuner`.

    Attributes:
        training_callbacks: List of Keras callbacks of the brief trainings,
            without state. None to begin with.
    """

    def __init__(self, tuner):
        self._tuner = tuner
        self.training_callbacks = []
        self._data = None

    def build(self, hp, execution=0):
        """The model of a trial; a search with the seed of an execution."""
        # As KerasTuner does, since graphs of earlier trials would stay.
        keras.backend.clear_session()
        gc.collect()
        tuner = self._tuner
        model = tuner._build_hypermodel(hp)
        if isinstance(model, DartsSearch):
            seed = seed_of(model, hp, execution)
            if seed != model.seed:
                with maybe_distribute(tuner.distribution_strategy):
                    model = reseeded(model, seed)
        return model

    def run(self, trial, search, args, kwargs):
        """All executions of a trial, with a seed each.

        Args:
            trial: `keras_tuner.engine.trial.Trial`.
            search: `DartsSearch`, of the first execution.
            args: Tuple, what `DartsTuner.search` was given.
            kwargs: Dictionary, likewise.

        Returns:
            List of dictionaries of figures.
        """
        tuner, executions = self._tuner, []
        for execution in range(tuner.executions_per_trial):
            if execution:
                search = self.build(trial.hyperparameters, execution)
            given = _arguments(args, kwargs)
            executions.append(self._execute(trial, search, execution, given))
        objective = tuner.oracle.objective
        tuner.project.keep(trial.trial_id, executions, objective)
        return [_reported(e["figures"], objective) for e in executions]

    def conclude(self, args, kwargs):
        """What is to be done after the last trial."""
        if not is_chief_oracle():
            self._run_baseline(args, kwargs)
        renew(self._tuner)

    def forget_data(self):
        """The next call may have others."""
        self._data = None

    def _run_baseline(self, args, kwargs):
        tuner = self._tuner
        count = random_baseline.count(tuner.random_baseline, tuner.project)
        if count == 0:
            return
        search = self.build(tuner.oracle.get_space())
        given = _arguments(args, kwargs)
        random_baseline.run(
            self._trial_run(search, given, _epochs(search, given)),
            search,
            count,
            tuner.project,
        )

    def _execute(self, trial, search, execution, given):
        tuner, hp = self._tuner, trial.hyperparameters
        epochs, earlier = longer_run.epochs_of(hp), longer_run.earlier_of(hp)
        if epochs is not None:
            given["epochs"] = epochs
        if earlier is not None:
            earlier = tuner.project.search_folder(earlier, execution)
        trial_run = self._trial_run(search, given, _epochs(search, given))
        options = {k: v for k, v in given.items() if k not in _OF_DATA}
        options["callbacks"] = self._callbacks(trial, execution, given)
        if "steps_per_epoch" in given:
            options["steps_per_epoch"] = given["steps_per_epoch"]
        return trial_run.run(
            search,
            tuner.project.search_folder(trial.trial_id, execution),
            functools.partial(
                tuner.hypermodel.fit,
                hp,
                search,
                **trial_run.data.search_input(search),
                **options,
            ),
            epochs=epochs,
            earlier=earlier,
        )

    def _trial_run(self, search, given, epochs):
        tuner = self._tuner
        if self._data is None:
            found = {k: v for k, v in given.items() if k in _OF_DATA}
            self._data = trial_data.read(search, **found)
        names = tuple(objectives.directions(tuner.oracle.objective))
        task = self._data.settle(search)
        objectives.check_known(names, self._data.figures(task))
        brief = BriefTraining(
            epochs=tuner.train_epochs or _TRAIN_EPOCHS * epochs,
            sizes=tuner.derived,
            options=tuner.recipe,
            objectives=names,
            max_parameters=tuner.max_model_size,
            callbacks=self.training_callbacks,
            verbose=given.get("verbose", "auto"),
        )
        cache = GenotypeCache(tuner.project.networks)
        return TrialRun(brief, cache, self._data)

    def _callbacks(self, trial, execution, given):
        tuner = self._tuner
        callbacks = tuner._deepcopy_callbacks(given.get("callbacks") or [])
        tuner._configure_tensorboard_dir(callbacks, trial, execution)
        callbacks.append(TunerCallback(tuner, trial))
        if given.get("verbose", "auto"):
            callbacks.append(ETALogger())
        return callbacks


def _epochs(search, given):
    return chosen_epochs(search, given.get("epochs"))


def _arguments(args, kwargs):
    """What was given to `DartsTuner.search`, by the names in `fit`.

    Raises:
        TypeError: for an argument that it has not.
        ValueError: for one that the tuner decides.
    """
    signature = inspect.signature(DartsSearch.fit)
    given = dict(signature.bind(None, *args, **kwargs).arguments)
    for name in ("output_dir", "resume_from"):
        if given.get(name) is not None:
            raise ValueError(
                f"`{name}` must be left out, since each trial has a folder of "
                f"its own in the project. Received: {name}={given[name]!r}"
            )
    if given.get("x") is None:
        raise ValueError(
            "`x` must be the data to search and train on. Received: x=None"
        )
    return {k: v for k, v in given.items() if k != "self"}


def _reported(figures, objective):
    """The figures, with the sum that KerasTuner makes of several."""
    if objective.name in figures:
        return figures
    return {**figures, objective.name: objective.get_value(figures)}
