"""Hyper-parameters: from their values to a search, and their oracles."""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING

import keras_tuner

from keras_darts import search_spaces
from keras_darts.search import DartsSearch
from keras_darts.search.defaults import unbuilt_optimizers
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from typing import Any

# Seeds of trials are drawn from so many; those of further executions of a
# trial lie above.
SEEDS = 10_000
# The hyper-parameter of a function of `hp` that has none of its own.
SEED = "search_seed"
_ORACLES = {
    "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
    "grid": keras_tuner.oracles.GridSearchOracle,
    "hyperband": keras_tuner.oracles.HyperbandOracle,
    "random": keras_tuner.oracles.RandomSearchOracle,
}
# Those of Liu et al., 2019, section 3.1.
_MAX_TRIALS = 4


class DartsHyperModel(keras_tuner.HyperModel):
    """Searches in a space, of which anything may be a hyper-parameter.

    An argument is a value, which all trials share; a list of values, one of
    which each trial tries; or a function of `hp` that returns a value.

    Args:
        search_space: As in `DartsSearch`, or a choice. Defaults to
            `"darts_cnn"`.
        strategy: As in `DartsSearch`, or a choice. Defaults to `"darts"`.
        seed: Integer, or a choice. Defaults to `None`: each trial has one of
            its own, which is the protocol of the paper.
        compile: Dictionary, the arguments of `DartsSearch.compile`, or a
            function of `hp` that returns one. Defaults to `None`: the recipe's.
        name: String, as in KerasTuner. Defaults to `None`.
        tunable: Boolean, as in KerasTuner. Defaults to `True`.
        **options: Further arguments of `DartsSearch`, such as `num_cells`,
            or choices of them.

    Raises:
        ValueError: for a list without values.

    Example:

    >>> import keras_tuner
    >>> hypermodel = DartsHyperModel(
    ...     strategy=["darts", "pc_darts"],
    ...     num_cells=3,
    ...     filters=lambda hp: hp.Int("filters", 4, 8, step=4),
    ... )
    >>> hp = keras_tuner.HyperParameters()
    >>> hypermodel.build(hp).search_space.num_cells
    3
    >>> sorted(hp.values)
    ['filters', 'seed', 'strategy']

    Reference: Liu et al., 2019, DARTS, section 3.1: the best of four seeds.
    """

    def __init__(
        self,
        search_space: Any = "darts_cnn",
        strategy: Any = "darts",
        *,
        seed: Any = None,
        compile: Mapping[str, Any]
        | Callable[[keras_tuner.HyperParameters], Mapping[str, Any]]
        | None = None,
        name: str | None = None,
        tunable: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(name=name, tunable=tunable)
        self.arguments: dict[str, Any] = {
            "search_space": search_space,
            "strategy": strategy,
            "seed": _any_seed if seed is None else seed,
            **options,
        }
        self.compile = compile
        for argument, value in self.arguments.items():
            if value == []:
                raise ValueError(
                    f"`{argument}` must be a value, a function of `hp` or a "
                    f"list of values. Received: {argument}=[]"
                )

    def build(self, hp: keras_tuner.HyperParameters) -> DartsSearch:
        search = DartsSearch(
            **{k: _chosen(hp, k, v) for k, v in self.arguments.items()}
        )
        choices = self.compile(hp) if callable(self.compile) else self.compile
        if choices is not None:
            search.compile(**unbuilt_optimizers(choices))
        return search


def check_hypermodel(hypermodel: Any) -> None:
    """Raises a `ValueError` for an object that can't build a model."""
    if hypermodel is None:
        raise ValueError(
            "`hypermodel` must be given, unless a subclass has a `run_trial` "
            "of its own. Received: hypermodel=None"
        )
    if isinstance(hypermodel, keras_tuner.Oracle):
        raise ValueError(
            "`hypermodel` must be a `DartsHyperModel`, a "
            "`keras_tuner.HyperModel`, a function of `hp`, or a search space. "
            "Received: an oracle, which is the argument `oracle`"
        )


def resolved(hypermodel: Any) -> Any:
    """A hypermodel of KerasTuner, from the argument of `DartsTuner`."""
    if isinstance(hypermodel, str | dict) or isinstance(
        hypermodel, search_spaces.BaseSpace
    ):
        # A wrong name raises here, and not in the first trial.
        return DartsHyperModel(search_spaces.get(hypermodel))
    return hypermodel


@contextlib.contextmanager
def noted_builds(hypermodel: Any) -> Iterator[list[Any]]:
    """Yields a list, to which each model that a hypermodel builds is added."""
    build, built = hypermodel.build, []

    def noting(hp, *args, **kwargs):
        built.append(build(hp, *args, **kwargs))
        return built[-1]

    hypermodel.build = noting
    try:
        yield built
    finally:
        hypermodel.build = build


def declare_seed(oracle: keras_tuner.Oracle) -> None:
    """Makes the seed a hyper-parameter if there is no other one."""
    hp = oracle.get_space()
    if not hp.space:
        hp.Int(SEED, 0, SEEDS - 1)
        oracle.update_space(hp)


def seed_of(
    search: DartsSearch, hp: keras_tuner.HyperParameters, execution: int
) -> int:
    """The seed of one of the executions of a trial."""
    return hp.values.get(SEED, search.seed) + execution * SEEDS


def oracle_for(
    oracle: str | keras_tuner.Oracle, options: Mapping[str, Any]
) -> tuple[keras_tuner.Oracle, dict[str, Any]]:
    """An oracle, and the options that are not its arguments.

    Args:
        oracle: Name, or `keras_tuner.Oracle`, which has its own settings.
        options: Dictionary, arguments of the oracle among others; those that
            are `None` are left to it.

    Raises:
        ValueError: for an unknown name, for settings in addition to an
            object, and for settings that the oracle does not have.
    """
    options = {k: v for k, v in options.items() if v is not None}
    if isinstance(oracle, keras_tuner.Oracle):
        _check_no_settings(options)
        return oracle, options
    if not isinstance(oracle, str) or oracle not in _ORACLES:
        raise unknown_name("oracle", oracle, _ORACLES)
    known = inspect.signature(_ORACLES[oracle]).parameters
    if "max_trials" not in known and "max_trials" in options:
        raise ValueError(
            "`max_trials` must be left out for oracle='hyperband', which has "
            "`max_epochs`, `factor` and `hyperband_iterations` instead. "
            f"Received: max_trials={options['max_trials']}"
        )
    if oracle in ("random", "bayesian"):
        options.setdefault("max_trials", _MAX_TRIALS)
    own = {k: v for k, v in options.items() if k in known}
    return _ORACLES[oracle](**own), _without(options, known)


def _any_seed(hp):
    return hp.Int("seed", 0, SEEDS - 1)


def _chosen(hp, name, value):
    if isinstance(value, list):
        return hp.Choice(name, value)
    return value(hp) if callable(value) else value


def _check_no_settings(options):
    known = set().union(
        *(inspect.signature(cls).parameters for cls in _ORACLES.values())
    )
    named = sorted(known & {*options})
    if named:
        raise ValueError(
            f"`{named[0]}` must be left out with an oracle, which has it "
            f"already. Received: {named[0]}={options[named[0]]!r}"
        )


def _without(options, names):
    return {k: v for k, v in options.items() if k not in names}
