"""A tuner of KerasTuner whose trials are searches with a proxy training."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import keras_tuner

from keras_darts import genotypes
from keras_darts.search import DartsSearch
from keras_darts.search.reproducibility import compiled_alike
from keras_darts.training import load_network
from keras_darts.tuner import objectives
from keras_darts.tuner import private_api
from keras_darts.tuner.display import TrialDisplay
from keras_darts.tuner.display import TuningTime
from keras_darts.tuner.hypermodel import DartsHyperModel
from keras_darts.tuner.hypermodel import check_hypermodel
from keras_darts.tuner.hypermodel import declare_seed
from keras_darts.tuner.hypermodel import noted_builds
from keras_darts.tuner.hypermodel import oracle_for
from keras_darts.tuner.hypermodel import resolved
from keras_darts.tuner.project import Project
from keras_darts.tuner.project import with_place
from keras_darts.tuner.proxy_training import check_baseline
from keras_darts.tuner.results import read_of
from keras_darts.tuner.results_page import renew
from keras_darts.tuner.results_text import baseline_lines
from keras_darts.tuner.results_text import pareto_lines
from keras_darts.tuner.search_trials import Ended
from keras_darts.tuner.search_trials import SearchTrials
from keras_darts.tuner.search_trials import classify_trial_error
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.messages import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import keras

    from keras_darts.genotypes.base_genotype import BaseGenotype

# More than there are; KerasTuner's workers ask for a number of 32 bits.
_ALL = 2**31 - 1


class DartsTuner(keras_tuner.Tuner):
    """Runs several searches, trains what they find, and keeps the best.

    A trial is a search with a seed of its own and maybe hyper-parameters; the
    network of its genotype is trained briefly and judged on validation data,
    equal genotypes once. `results.html` in the project's folder shows all. A
    tuning that was cut continues when the same program runs again.

    A hypermodel that builds ordinary Keras models is tuned as by
    `keras_tuner.Tuner`, and has no genotypes.

    Args:
        hypermodel: `DartsHyperModel`; search space or its name;
            `keras_tuner.HyperModel`, or function of `hp`, that returns a
            `DartsSearch`. If it asks `hp` for nothing, trials differ by their
            seeds. Defaults to `None`, for subclasses with a `run_trial` of
            their own.
        objective: Name, `keras_tuner.Objective` or a list of them: metrics of
            the validation such as `"val_accuracy"`, and `"parameters"`,
            `"macs"`, `"size"` and `"latency"`. Defaults to `None`: the
            validation accuracy for a `DartsHyperModel` or a search space.
        max_trials: Integer. Defaults to `None`: 4 as in the paper, and all
            points of a grid.
        oracle: `"random"`, `"bayesian"`, `"grid"`, `"hyperband"`, which
            prolongs the searches of the best trials, or a
            `keras_tuner.Oracle`. Defaults to `"random"`.
        network_args: Dictionary, arguments of the derived networks. Defaults to
            `None`: the filters and cells of the search.
        train_epochs: Integer. Defaults to `None`: twice those of the search.
        recipe: Dictionary, arguments of the training recipe. Defaults to
            `None`: its own.
        random_baseline: Integer, how many random genotypes are trained as
            well, in the same way; `True` for as many as take the time of all
            trials. Defaults to `0`.
        **options: The other arguments of KerasTuner: `directory`,
            `project_name`, `overwrite`, `executions_per_trial` (searches with
            several seeds, averaged), `seed`, `hyperparameters`,
            `tune_new_entries`, `allow_new_entries`, `max_retries_per_trial`,
            `max_consecutive_failed_trials`, `distribution_strategy`,
            `optimizer`, `loss`, `metrics` of the search, `max_model_size` of
            the derived network, and those of the named oracle.

    Raises:
        ValueError: for unknown names, and settings that exclude each other.

    Example:

    >>> space = kd.search_spaces.darts_cnn(
    ...     2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    ... )
    >>> tuner = DartsTuner(space, max_trials=1, train_epochs=1)
    >>> x = np.random.default_rng(0).random((40, 8, 8, 1), "float32")
    >>> y = np.arange(40) % 2
    >>> tuner.search(x, y, batch_size=8, epochs=1, verbose=0)
    >>> tuner.get_best_genotypes()[0].normal_concat
    (2,)
    >>> tuner.get_best_models()[0].predict(x, verbose=0).shape
    (40, 2)

    Reference: Liu et al., 2019, DARTS, section 3.1.
    """

    def __init__(
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_trials: int | None = None,
        *,
        oracle: str | keras_tuner.Oracle = "random",
        network_args: Mapping[str, Any] | None = None,
        train_epochs: int | None = None,
        recipe: Mapping[str, Any] | None = None,
        random_baseline: int | bool = 0,
        **options: Any,
    ) -> None:
        if type(self).run_trial is DartsTuner.run_trial:
            check_hypermodel(hypermodel)
        hypermodel = resolved(hypermodel)
        if objective is None and isinstance(hypermodel, DartsHyperModel):
            objective = "val_accuracy" if isinstance(oracle, str) else None
        if objective is not None:
            objective = objectives.get(objective)
        if train_epochs is not None:
            positive_integer("train_epochs", train_epochs)
        check_baseline(random_baseline)
        self._searches = None
        oracle, options = oracle_for(
            oracle,
            {
                "objective": objective,
                "max_trials": max_trials,
                **with_place(options),
            },
        )
        super().__init__(oracle=oracle, hypermodel=hypermodel, **options)
        if not private_api.is_worker(self):
            # The one that knows of all trials is the chief's.
            private_api.set_display(self.oracle, TrialDisplay(self))
        _check_settings(
            self._searches,
            self.oracle.objective,
            network_args=network_args,
            train_epochs=train_epochs,
            recipe=recipe,
            random_baseline=random_baseline or None,
        )
        self.network_args: dict[str, Any] = dict(network_args or {})
        self.train_epochs = train_epochs
        self.recipe: dict[str, Any] = dict(recipe or {})
        self.random_baseline = random_baseline
        self.project: Project = Project(self.project_dir)
        self.trials: SearchTrials = SearchTrials(self)
        self._time = TuningTime(self)

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Runs the trials.

        Args:
            *fit_args: As in `DartsSearch.fit`.
            **fit_kwargs: Likewise, but `validation_data` is what the trained
                networks are judged on, and neither searched nor trained; if
                it is left out, `validation_split=0.2` of the data. `x` is
                searched by halves, and trained on as a whole. For a
                hypermodel of ordinary models, the arguments of its `fit`.

        Raises:
            Exception: what a user's code raises, as it is.
        """
        # A first trial that is cut is found again.
        self.save()
        try:
            with shown(fit_kwargs.get("verbose", "auto")):
                super().search(*fit_args, **fit_kwargs)
                if self._searches:
                    with classify_trial_error():
                        self.trials.conclude(fit_args, fit_kwargs)
        except Ended as ended:
            raise ended.error from None
        finally:
            self.trials.forget_data()

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        if self._searches is False:
            return super().run_trial(trial, *args, **kwargs)
        with (
            classify_trial_error()
            if self._searches
            else contextlib.nullcontext()
        ):
            model = self.trials.build(trial.hyperparameters)
        self._searches = isinstance(model, DartsSearch)
        if not self._searches:
            return super().run_trial(trial, *args, **kwargs)
        with classify_trial_error():
            return self.trials.run(trial, model, args, kwargs)

    def on_trial_begin(self, trial: Any) -> None:
        super().on_trial_begin(trial)
        self._time.begin()

    def on_trial_end(self, trial: Any) -> None:
        super().on_trial_end(trial)
        self._time.end()
        renew(self)

    def load_model(self, trial: Any) -> keras.Model:
        network = self.project.network_of(trial.trial_id)
        if network is None:
            return super().load_model(trial)
        return load_network(network)

    def get_best_genotypes(self, n: int = 1) -> list[BaseGenotype]:
        """The genotypes of the best trials, each once, the best first.

        Best by KerasTuner's score, which adds several objectives up as they
        are; `get_pareto` compares each with its like.

        Args:
            n: Integer, how many. Defaults to `1`.
        """
        positive_integer("n", n)
        result = {}
        for trial in self.completed_trials():
            file = self.project.genotype_file(trial.trial_id)
            if file.exists():
                genotype = genotypes.load(file)
                result.setdefault(genotype.to_text(), genotype)
        return [*result.values()][:n]

    def get_pareto(self, *names: Any) -> list[dict[str, Any]]:
        """The Pareto-optimal trials, which no other one beats in all figures.

        Args:
            *names: Figures or objectives. Defaults to the tuner's objectives.

        Returns:
            List of dictionaries with `trial`, `genotype` as text, and the
            figures, the best by the first name first.

        Raises:
            ValueError: for a figure that no trial has.
        """
        chosen = list(names) or self.oracle.objective
        rows = [self.project.row(trial) for trial in self.completed_trials()]
        return objectives.pareto_front(rows, objectives.directions(chosen))

    def results_summary(self, num_trials: int = 10) -> None:
        super().results_summary(num_trials)
        if self._searches:
            results = read_of(self)
            for line in [*pareto_lines(results), *baseline_lines(results)]:
                print(line)

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "searches": self._searches}

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self._searches = state.get("searches")

    def _populate_initial_space(self):
        if self.hypermodel is None:
            return
        with noted_builds(self.hypermodel) as built:
            super()._populate_initial_space()
        self._searches = any(isinstance(m, DartsSearch) for m in built)
        if self._searches:
            declare_seed(self.oracle)

    def _override_compile_args(self, model):
        if not isinstance(model, DartsSearch):
            super()._override_compile_args(model)
            return
        overridden = {
            n: getattr(self, n) for n in ("optimizer", "loss", "metrics")
        }
        overridden = {
            n: value for n, value in overridden.items() if value is not None
        }
        if overridden:
            compiled_alike(model, model, **overridden)

    def completed_trials(self) -> list[Any]:
        """All of them, the best first."""
        return [
            trial
            for trial in self.oracle.get_best_trials(_ALL)
            if trial.status == "COMPLETED"
        ]


def _check_settings(searches, objective, **settings):
    """Raises a `ValueError` for settings that a hypermodel has no use for.

    Args:
        searches: Boolean, whether its models are `DartsSearch`es; `None` if
            that is not known.
        objective: `keras_tuner.Objective`.
        **settings: Those of searches alone; `None` if left out.
    """
    if searches and objective.name == "default_objective":
        raise ValueError(
            "`objective` must be given for a hypermodel of one's own, such as "
            "'val_accuracy'. Received: objective=None"
        )
    named = [name for name, value in settings.items() if value is not None]
    if searches is False and named:
        raise ValueError(
            f"`{named[0]}` must be left out for a hypermodel that builds no "
            f"`DartsSearch`. Received: {named[0]}={settings[named[0]]!r}"
        )
