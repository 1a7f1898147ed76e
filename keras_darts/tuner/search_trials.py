"""The trials of `DartsTuner`: searches, proxy trainings and their errors."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import pathlib
import shutil
import tempfile
import time
from typing import TYPE_CHECKING

import keras
import tensorflow as tf
from keras_tuner import errors
from keras_tuner.engine.tuner import maybe_distribute

from keras_darts import genotypes
from keras_darts.runs import manifest
from keras_darts.search import DartsSearch
from keras_darts.search.fit_plan import chosen_epochs
from keras_darts.search.reproducibility import reseeded
from keras_darts.training import ETALogger
from keras_darts.tuner import objectives
from keras_darts.tuner import private_api
from keras_darts.tuner.hypermodel import seed_of
from keras_darts.tuner.project import GenotypeCache
from keras_darts.tuner.proxy_training import ProxyTraining
from keras_darts.tuner.proxy_training import baseline_size
from keras_darts.tuner.proxy_training import train_baseline
from keras_darts.tuner.results_page import renew

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from typing import Any

    import keras_tuner

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.tasks import TrainingData
    from keras_darts.tuner.darts_tuner import DartsTuner

_OF_DATA = (
    *("x", "y", "batch_size", "validation_data", "validation_split"),
    *("sample_weight", "class_weight", "steps_per_epoch"),
)
# The training of all epochs to one of the search, as in the paper.
_TRAIN_EPOCHS = 2
# Hyper-parameters by which Hyperband prolongs the search of another trial.
_EPOCHS = "tuner/epochs"
_EARLIER = "tuner/trial_id"


class SearchTrials:
    """Runs the trials of a tuner, which share the data.

    Args:
        tuner: `DartsTuner`.

    Attributes:
        training_callbacks: List of Keras callbacks of the proxy trainings,
            without state, empty at first.
    """

    def __init__(self, tuner: DartsTuner) -> None:
        self._tuner = tuner
        self.training_callbacks: list[keras.callbacks.Callback] = []
        self._data = None

    def build(self, hp: keras_tuner.HyperParameters, execution: int = 0) -> Any:
        """The model of a trial; a search with the seed of an execution."""
        # As KerasTuner does, since graphs of earlier trials would stay.
        keras.backend.clear_session()
        gc.collect()
        tuner = self._tuner
        model = private_api.build_model(tuner, hp)
        if isinstance(model, DartsSearch):
            seed = seed_of(model, hp, execution)
            if seed != model.seed:
                with maybe_distribute(tuner.distribution_strategy):
                    model = reseeded(model, seed)
        return model

    def run(
        self,
        trial: Any,
        search: DartsSearch,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> list[dict[str, float]]:
        """All executions of a trial, with a seed each.

        Args:
            trial: `keras_tuner.engine.trial.Trial`.
            search: `DartsSearch`, of the first execution.
            args: Tuple, positional arguments of `DartsTuner.search`.
            kwargs: Dictionary, its keyword arguments.

        Returns:
            List of dictionaries of figures.
        """
        tuner, executions = self._tuner, []
        for execution in range(tuner.executions_per_trial):
            if execution:
                search = self.build(trial.hyperparameters, execution)
            arguments = _arguments(args, kwargs)
            executions.append(
                self._execute(trial, search, execution, arguments)
            )
        objective = tuner.oracle.objective
        tuner.project.keep(trial.trial_id, executions, objective)
        return [_reported(e["figures"], objective) for e in executions]

    def conclude(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Ends a tuning after the last trial: the baseline and the page."""
        if not private_api.is_chief_oracle():
            self._run_baseline(args, kwargs)
        renew(self._tuner)

    def forget_data(self) -> None:
        """Forgets the data, which the next call gives again."""
        self._data = None

    def _run_baseline(self, args, kwargs):
        tuner = self._tuner
        count = baseline_size(tuner.random_baseline, tuner.project)
        if count == 0:
            return
        search = self.build(tuner.oracle.get_space())
        arguments = _arguments(args, kwargs)
        train_baseline(
            self._trial_run(search, arguments, _epochs(search, arguments)),
            search,
            count,
            tuner.project,
        )

    def _execute(self, trial, search, execution, arguments):
        tuner, hp = self._tuner, trial.hyperparameters
        epochs, earlier = hp.values.get(_EPOCHS), hp.values.get(_EARLIER)
        if epochs is not None:
            arguments["epochs"] = epochs
        if earlier is not None:
            earlier = tuner.project.search_folder(earlier, execution)
        trial_run = self._trial_run(
            search, arguments, _epochs(search, arguments)
        )
        options = {k: v for k, v in arguments.items() if k not in _OF_DATA}
        options["callbacks"] = self._callbacks(trial, execution, arguments)
        if "steps_per_epoch" in arguments:
            options["steps_per_epoch"] = arguments["steps_per_epoch"]
        return trial_run.run(
            search,
            tuner.project.search_folder(trial.trial_id, execution),
            functools.partial(
                tuner.hypermodel.fit,
                hp,
                search,
                **trial_run.data.search_input(),
                **options,
            ),
            epochs=epochs,
            earlier=earlier,
        )

    def _trial_run(self, search, arguments, epochs):
        tuner = self._tuner
        if self._data is None:
            options = {k: v for k, v in arguments.items() if k in _OF_DATA}
            self._data = search.task_adapter.read_for_training(**options)
        names = tuple(objectives.directions(tuner.oracle.objective))
        task = self._data.settle(search)
        objectives.check_known(names, self._data.metric_names(task))
        proxy = ProxyTraining(
            epochs=tuner.train_epochs or _TRAIN_EPOCHS * epochs,
            sizes=tuner.network_args,
            options=tuner.recipe,
            objectives=names,
            max_parameters=tuner.max_model_size,
            callbacks=self.training_callbacks,
            verbose=arguments.get("verbose", "auto"),
        )
        cache = GenotypeCache(tuner.project.networks)
        return TrialRun(proxy, cache, self._data)

    def _callbacks(self, trial, execution, arguments):
        tuner = self._tuner
        callbacks = private_api.copy_callbacks(
            tuner, arguments.get("callbacks") or []
        )
        private_api.separate_tensorboard(tuner, callbacks, trial, execution)
        callbacks.append(private_api.TunerCallback(tuner, trial))
        if arguments.get("verbose", "auto"):
            callbacks.append(ETALogger())
        return callbacks


class TrialRun:
    """Runs the searches of trials, and has their genotypes trained.

    Each phase finds in its folder what was done before the process ended.

    Args:
        proxy: `ProxyTraining`.
        cache: `GenotypeCache` of the project.
        data: `tasks.TrainingData`.
    """

    def __init__(
        self, proxy: ProxyTraining, cache: GenotypeCache, data: TrainingData
    ) -> None:
        self.proxy = proxy
        self.cache = cache
        self.data = data

    def run(
        self,
        search: DartsSearch,
        folder: pathlib.Path,
        fit: Callable[..., Any],
        *,
        epochs: int | None = None,
        earlier: pathlib.Path | None = None,
    ) -> dict[str, Any]:
        """Searches with one seed, and trains the genotype found.

        Args:
            search: `DartsSearch` that has done no step.
            folder: Path of the run of the search.
            fit: Function that searches; it takes `output_dir` or
                `resume_from`.
            epochs: Integer, to which a finished run is prolonged. Defaults to
                `None`.
            earlier: Path of the run that this one continues. Defaults to
                `None`.

        Returns:
            Dictionary of `genotype`, `network`, the name of the folder of the
            training, `seconds` of each phase, and the `figures`.
        """
        begin = time.monotonic()
        if earlier is not None and not search.stages:
            _take_over(earlier, folder)
        if _is_done(folder, epochs):
            genotype = genotypes.load(folder / "genotype.json")
        else:
            longer = manifest.is_finished(folder)
            fit(**{"resume_from" if longer else "output_dir": folder})
            genotype = search.genotype()
        seconds = {"search": time.monotonic() - begin}
        return self.trained(search, genotype, seconds)

    def trained(
        self,
        search: DartsSearch,
        genotype: BaseGenotype,
        seconds: dict[str, float],
    ) -> dict[str, Any]:
        """Trains a genotype, and returns the same dictionary as `run`."""
        settings = self.proxy.settings(search, genotype, self.data)
        figures = self.cache.trained(
            settings,
            lambda folder: self.proxy.run(search, genotype, self.data, folder),
        )
        folder = self.cache.folder_of(settings)
        # The network itself is kept.
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        seconds = {**seconds, "training": figures["seconds"]}
        return {
            "genotype": genotype.to_text(),
            "network": folder.name,
            "seconds": seconds,
            "figures": {k: v for k, v in figures.items() if k != "seconds"},
        }

    def is_free(self, search: DartsSearch, genotype: BaseGenotype) -> bool:
        """Whether no other process trains a genotype now."""
        settings = self.proxy.settings(search, genotype, self.data)
        return self.cache.is_free(settings)


class Ended(errors.FatalError):
    """An error that ends the tuning, and that `DartsTuner.search` raises.

    KerasTuner lets no other class of errors through.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


@contextlib.contextmanager
def classify_trial_error() -> Iterator[None]:
    """Sorts the errors of a trial by whether the other trials can still run.

    A search that diverges fails its trial, as does one that is too large. An
    error that the next trial would meet as well, in the user's code or data
    or on a full disk, ends the tuning.

    Raises:
        keras_tuner.errors.FailedTrialError: if another try is in vain.
        Ended: for errors that the user has to fix.
    """
    try:
        yield
    except (errors.FatalError, errors.FailedTrialError):
        raise
    except FloatingPointError as error:
        raise errors.FailedTrialError(str(error)) from error
    except (MemoryError, tf.errors.OpError):
        raise
    except Exception as error:
        raise Ended(error) from error


def _epochs(search, arguments):
    return chosen_epochs(search, arguments.get("epochs"))


def _arguments(args, kwargs):
    """The arguments of `DartsTuner.search`, by the names in `fit`.

    Raises:
        TypeError: for an argument that it has not.
        ValueError: for one that the tuner decides.
    """
    signature = inspect.signature(DartsSearch.fit)
    arguments = dict(signature.bind(None, *args, **kwargs).arguments)
    for name in ("output_dir", "resume_from"):
        if arguments.get(name) is not None:
            raise ValueError(
                f"`{name}` must be left out, since each trial has a folder of "
                f"its own in the project. Received: {name}={arguments[name]!r}"
            )
    if arguments.get("x") is None:
        raise ValueError(
            "`x` must be the data to search and train on. Received: x=None"
        )
    return {k: v for k, v in arguments.items() if k != "self"}


def _reported(figures, objective):
    """The figures, with the sum that KerasTuner makes of several."""
    if objective.name in figures:
        return figures
    return {**figures, objective.name: objective.get_value(figures)}


def _take_over(earlier, folder):
    """Starts a run with a copy of another one, unless it has started already.

    Args:
        earlier: Path of a run that is finished.
        folder: Path of the new run.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        copy = pathlib.Path(scratch) / "run"
        shutil.copytree(earlier, copy)
        copy.rename(folder)


def _is_done(folder, epochs):
    """Whether a run is finished, and has that many epochs if given."""
    if not manifest.is_finished(folder):
        return False
    newest = manifest.manifests(folder / "checkpoints")[:1]
    return epochs is None or any(s.epochs_done >= epochs for s in newest)
