"""The derivation rule of DARTS-PT."""

import dataclasses

import numpy as np

from keras_darts.errors import unknown_name
from keras_darts.schedules import checked_span
from keras_darts.schedules import epochs_of
from keras_darts.strategies.discretizers import trials
from keras_darts.strategies.discretizers.catalog import registry
from keras_darts.strategies.discretizers.decide import Decide

_CRITERIA = (None, "accuracy", "loss")
# The epochs of the published supernets.
_PUBLISHED = 50


@dataclasses.dataclass(frozen=True)
class Perturbation:
    """Keeps what the supernet can't do without, one decision after another.

    `epochs` of `fit` train the supernet; then come epochs in which it is
    decided, so that a run has more of them in all: after 50, 81 more in DARTS'
    space and 26 in NAS-Bench-201. Every `tune_epochs` of these, before the
    epoch begins, each kind of cell decides one of its edges, drawn at random:
    each candidate in turn gets a mixing weight of zero, while the others keep
    theirs, and the one without which the supernet is worst on the search half
    is kept, with a weight of one. When all edges are decided, the same is done
    with the edges of each node that has too many, which go where they are
    missed least. In between, weights and alphas are trained on, the weights at
    a tenth of the first learning rate and with a new momentum; a learning rate
    chosen by `compile` stays as it is.

    Decisions see the search half as steps of the architecture do, shuffled
    and augmented, normalised with the batch's statistics. They lie in the
    checkpoints of a run, which goes on from them with the same `epochs`.
    `none` is kept only in NAS-Bench-201, whose genotypes can say it. Before
    all is decided, the search space's own rule chooses the rest.

    In two points the published code is otherwise: its NAS-Bench-201 search
    makes the last decision an epoch earlier, and its schedule of a falling
    learning rate is made and never stepped, which is why the rate is constant
    here as long as `anneal` is `False`.

    Args:
        tune_epochs: Integer, the epochs from one decision to the next; or
            float in [0, 1), their share of the `epochs` of `fit`. With 0, and
            so after fewer than 5 epochs with the default, all decisions are
            made at once, before a last epoch. Defaults to `0.1`: 5 after 50.
        criterion: `"accuracy"`, `"loss"`, or `None`: accuracy where labels
            are classes, and the loss otherwise. Defaults to `None`.
        batches: Integer, search batches for each measurement. Defaults to
            `None`: as many as an epoch has steps.
        anneal: Boolean, whether the learning rate falls to the recipe's
            minimum by a cosine. Defaults to `False`.
        seed: Integer, for the order of the decisions. Defaults to `None`: the
            search's.

    Raises:
        ValueError: for an unknown criterion or numbers out of range; when a
            search begins, for a recurrent space, or for accuracy where there
            are no classes.

    Example:

    >>> from keras_darts.search_spaces import darts_cnn
    >>> from keras_darts.search_spaces import nas_bench_201
    >>> Perturbation().extra_epochs(darts_cnn())
    81
    >>> Perturbation(tune_epochs=1).extra_epochs(nas_bench_201())
    6

    Reference: Wang et al., 2021, Rethinking architecture selection in
    differentiable NAS, algorithm 1.
    """

    tune_epochs: float = 0.1
    criterion: str = None
    batches: int = None
    anneal: bool = False
    seed: int = None

    def __post_init__(self):
        if self.criterion not in _CRITERIA:
            raise unknown_name("criterion", self.criterion, _CRITERIA[1:])
        checked_span("tune_epochs", self.tune_epochs)
        for name, least in (("batches", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"`{name}` must be an integer of {least} or more. "
                    f"Received: {name}={value!r}"
                )

    def __call__(self, space, weights, edge_weights):
        """Mixing weights (E, K) and edge weights (E,) by kind of cell.

        Those of decided edges are zeros and at most a one.
        """
        _check_space(space)
        derive = registry.get(space.discretizer)
        return derive(space, weights, edge_weights)

    @property
    def decides_by(self):
        """What decides in place of the mixing weights."""
        return "by what the supernet misses most, edge by edge"

    def extra_epochs(self, space, epochs=_PUBLISHED):
        """The epochs after those that train the supernet.

        Args:
            space: A search space.
            epochs: Integer, those that train the supernet. Defaults to `50`.
        """
        decisions = max(map(len, self.choices(space, 0).values()))
        return max(decisions - 1, 0) * self.epochs_between(epochs) + 1

    def epochs_between(self, epochs):
        """Those from one decision to the next, after `epochs` of training."""
        return epochs_of(self.tune_epochs, epochs)

    def callback(self):
        """What decides in these epochs."""
        return Decide(self)

    def learning_rates(self, recipe):
        """That of the first of the extra epochs, and where it goes."""
        first = recipe.learning_rate / 10
        if not self.anneal:
            return first, first
        return first, min(first, recipe.min_learning_rate)

    def choices(self, space, seed):
        """Kind of cell -> list of decisions, in their order.

        Args:
            space: A search space.
            seed: Integer, in place of the own one if that is `None`.
        """
        _check_space(space)
        seed = self.seed if self.seed is not None else abs(seed)
        return {
            kind: trials.choices(spec, np.random.default_rng([seed, number]))
            for number, (kind, spec) in enumerate(space.cells.items())
        }

    def get_config(self):
        return dataclasses.asdict(self)


def _check_space(space):
    if any(spec.edges_per_node == 1 for spec in space.cells.values()):
        raise ValueError(
            "`discretizer` must be another one for a recurrent search space: "
            "Perturbation compares measurements on batches that stand for "
            "themselves, where those of a text go on from one another. "
            "Received: discretizer=Perturbation"
        )
