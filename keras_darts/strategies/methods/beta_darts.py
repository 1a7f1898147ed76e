"""beta-DARTS."""

from __future__ import annotations

from keras_darts.callbacks import ScheduleVariable
from keras_darts.regularizers import BetaDecay
from keras_darts.schedules import Linear
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy("beta_darts", guards_against="alphas that run away")
def beta_darts(max_weight: float = 50.0) -> SearchStrategy:
    """beta-DARTS: the alphas of an edge are kept near one another.

    The weight of the penalty rises to `max_weight` with the last epoch of the
    run. Under Adam so large a term acts by its sign, so that what decides is
    how far alphas can go: the published 3e-4 was made for 39,000 steps, 100
    epochs of 390, and is larger in shorter searches (see `PublishedRate`).

    Args:
        max_weight: Float, of the penalty in the last epoch. Defaults to
            `50.0`.
    """
    rising = Linear(0.0, max_weight)
    return SearchStrategy(
        regularizers=[BetaDecay(0.0)],
        callbacks=[ScheduleVariable("beta_decay_weight", rising)],
        recipe={
            "image_classification": SearchRecipe(
                arch_learning_rate=PublishedRate(3e-4, steps=39_000)
            )
        },
        citations=(
            "Ye et al., 2022, beta-DARTS: Beta-Decay Regularization for "
            "Differentiable Architecture Search, CVPR",
        ),
    )
