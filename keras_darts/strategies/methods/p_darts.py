"""P-DARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.callbacks import ScheduleVariable
from keras_darts.callbacks import WeightWarmUp
from keras_darts.connections import FullConnection
from keras_darts.discretizers import TopK
from keras_darts.schedules import DropoutDecay
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.stage import Stage
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy

if TYPE_CHECKING:
    from collections.abc import Sequence


@register_strategy(
    "p_darts",
    guards_against="shallow supernets that choose for deep networks; "
    "skip-connects, at most two",
)
def p_darts(
    skip_dropout: Sequence[float] = (0.1, 0.4, 0.7),
    warm_up: float = 0.4,
    max_skip_connects: int = 2,
) -> SearchStrategy:
    """P-DARTS: deeper supernets with fewer candidates, stage by stage.

    The published supernets have 5, 11 and 17 cells, which is what
    `num_cells=5` gives. Stages, their warm-ups and the decay of the dropout
    are in proportion to the epochs of the run. The rate of the alphas, 6e-4,
    was published for 11,700 steps, 15 epochs of 260 in each of three stages,
    and is larger where fewer follow the warm-ups (see `PublishedRate`).

    Args:
        skip_dropout: Tuple of floats, the dropout of skip-connections at the
            start of each stage. Defaults to `(0.1, 0.4, 0.7)`.
        warm_up: Integer, the epochs of the weights alone in each stage; or
            float in [0, 1), their share of it. Defaults to `0.4`, the
            published 10 of 25.
        max_skip_connects: Integer, how many skip-connections a normal cell
            may have. Defaults to `2`.
    """
    stages = [
        Stage(
            epochs=25,
            num_candidates=candidates,
            depth_multiplier=depth,
            callbacks=[
                ScheduleVariable("skip_dropout", DropoutDecay(rate, warm_up))
            ],
        )
        for rate, candidates, depth in zip(
            skip_dropout, (None, 5, 3), (1.0, 2.2, 3.4), strict=True
        )
    ]
    return SearchStrategy(
        connection=FullConnection(skip_dropout=0.0),
        callbacks=[WeightWarmUp(warm_up)],
        discretizer=TopK(max_skip_connects=max_skip_connects),
        stages=stages,
        recipe={
            "image_classification": SearchRecipe(
                epochs=75,
                batch_size=96,
                min_learning_rate=0.0,
                arch_learning_rate=PublishedRate(6e-4, steps=11_700),
                arch_clip_norm=5.0,
            )
        },
        citations=(
            "Chen et al., 2019, Progressive Differentiable Architecture "
            "Search, ICCV",
        ),
    )
