"""From hyper-parameters to a search."""

import contextlib

import keras_tuner

from keras_darts import search_spaces
from keras_darts.search import DartsSearch
from keras_darts.search.defaults import begun_anew

# Seeds of trials are drawn from so many; those of further executions of a
# trial lie above.
SEEDS = 10_000
# What a function of `hp` that asks for nothing is told apart by.
SEED = "search_seed"


class DartsHyperModel(keras_tuner.HyperModel):
    """Searches in a space, of which anything may be a hyper-parameter.

    An argument is a value, which all trials share; a list of values, one of
    which each trial tries; or a function of `hp` that gives a value.

    Args:
        search_space: As in `DartsSearch`, or a choice. Defaults to
            `"darts_cnn"`.
        strategy: As in `DartsSearch`, or a choice. Defaults to `"darts"`.
        seed: Integer, or a choice. Defaults to `None`: each trial has one of
            its own, which is the protocol of the paper.
        compile: Dictionary, the arguments of `DartsSearch.compile`, or a
            function of `hp` that gives one. Defaults to `None`: the recipe's.
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
        search_space="darts_cnn",
        strategy="darts",
        *,
        seed=None,
        compile=None,
        name=None,
        tunable=True,
        **options,
    ):
        super().__init__(name=name, tunable=tunable)
        self.arguments = {
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

    def build(self, hp):
        search = DartsSearch(
            **{k: _chosen(hp, k, v) for k, v in self.arguments.items()}
        )
        choices = self.compile(hp) if callable(self.compile) else self.compile
        if choices is not None:
            search.compile(**begun_anew(choices))
        return search


def resolved(hypermodel):
    """What KerasTuner takes as a hypermodel, from what `DartsTuner` takes."""
    if isinstance(hypermodel, str | dict) or hasattr(hypermodel, "modality"):
        # A name that is wrong is told here, and not in the first trial.
        return DartsHyperModel(search_spaces.get(hypermodel))
    return hypermodel


@contextlib.contextmanager
def noted_builds(hypermodel):
    """Inside, what a hypermodel builds is added to the list that it yields."""
    build, built = hypermodel.build, []

    def noting(hp, *args, **kwargs):
        built.append(build(hp, *args, **kwargs))
        return built[-1]

    hypermodel.build = noting
    try:
        yield built
    finally:
        hypermodel.build = build


def declare_seed(oracle):
    """Has trials differ by their seed where they differ by nothing else."""
    hp = oracle.get_space()
    if not hp.space:
        hp.Int(SEED, 0, SEEDS - 1)
        oracle.update_space(hp)


def seed_of(search, hp, execution):
    """The seed of one of the executions of a trial."""
    return hp.values.get(SEED, search.seed) + execution * SEEDS


def _any_seed(hp):
    return hp.Int("seed", 0, SEEDS - 1)


def _chosen(hp, name, value):
    if isinstance(value, list):
        return hp.Choice(name, value)
    return value(hp) if callable(value) else value
