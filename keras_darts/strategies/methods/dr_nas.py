"""DrNAS, in one stage and progressive."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from keras_darts.callbacks import WeightWarmUp
from keras_darts.connections import PartialConnection
from keras_darts.regularizers import DirichletDivergence
from keras_darts.relaxations import Dirichlet
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.stage import Stage
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy

if TYPE_CHECKING:
    from collections.abc import Sequence


@register_strategy("dr_nas", guards_against="deciding too early")
def dr_nas(divergence: float = 0.0, warm_up: float = 0.2) -> SearchStrategy:
    """DrNAS: mixing weights from Dirichlet distributions.

    The rate of the alphas, 6e-4, is that of 15,600 steps, 40 epochs of 390,
    and is larger where fewer follow the warm-up (see `PublishedRate`).

    Args:
        divergence: Float, the factor of the divergence from the uniform
            distribution, which then takes the place of the weight decay of
            the architecture. Defaults to `0.0`: the weight decay stays.
        warm_up: Integer, the epochs of the weights alone; or float in [0, 1),
            their share of the run, or of each stage. Defaults to `0.2`, 10 of
            50.
    """
    return SearchStrategy(
        relaxation=Dirichlet(),
        exclude=["none"],
        regularizers=[DirichletDivergence(divergence)] if divergence else [],
        callbacks=[WeightWarmUp(warm_up)],
        recipe={
            "image_classification": SearchRecipe(
                learning_rate=0.1,
                min_learning_rate=0.0,
                arch_learning_rate=PublishedRate(6e-4, steps=15_600),
                arch_weight_decay=0.0 if divergence else 1e-3,
            )
        },
        citations=(
            "Chen et al., 2021, DrNAS: Dirichlet Neural Architecture Search, "
            "ICLR",
        ),
    )


@register_strategy(
    "dr_nas_progressive", guards_against="deciding too early; memory"
)
def dr_nas_progressive(
    k: Sequence[int] = (6, 4),
    candidates: int = 4,
    divergence: float = 0.0,
    warm_up: float = 0.4,
) -> SearchStrategy:
    """DrNAS in two stages: the second has fewer candidates and more channels.

    What was learned carries over to the second stage. The published supernet
    has `filters=36` and `num_cells=20`; the channels must be divisible by what
    `k` says. The rate of the alphas, 6e-4, was published for 11,700 steps, 15
    epochs of 390 in each stage, and is larger where fewer follow the warm-ups
    (see `PublishedRate`).

    Args:
        k: Pair of integers, the candidates of each stage see 1/k of the
            channels. Defaults to `(6, 4)`; on NAS-Bench-201 the published
            search has `(4, 2)`.
        candidates: Integer, how many an edge keeps. Defaults to `4`; on
            NAS-Bench-201 it is 3.
        divergence: Float, as of `dr_nas`. Defaults to `0.0`.
        warm_up: Integer, the epochs of the weights alone in each stage; or
            float in [0, 1), their share of it. Defaults to `0.4`, the
            published 10 of 25.
    """
    first, second = map(PartialConnection, k)
    stages = [
        Stage(epochs=25, connection=first),
        Stage(
            epochs=25,
            num_candidates=candidates,
            connection=second,
            reinitialize=False,
        ),
    ]
    whole = dr_nas(divergence, warm_up)
    recipe = whole.recipe_for("image_classification")
    rate = PublishedRate(recipe.arch_learning_rate, steps=11_700)
    return dataclasses.replace(
        whole,
        connection=first,
        stages=stages,
        recipe={
            "image_classification": dataclasses.replace(
                recipe, arch_learning_rate=rate
            )
        },
    )
