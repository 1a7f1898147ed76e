"""Methods that search in stages, with fewer candidates in each."""

import dataclasses

from keras_darts.schedules import DropoutDecay
from keras_darts.strategies.callbacks import ArchWarmUp
from keras_darts.strategies.callbacks import ScheduleVariable
from keras_darts.strategies.connections import FullConnection
from keras_darts.strategies.connections import PartialConnection
from keras_darts.strategies.discretizers import TopK
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.stage import Stage
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.variants.catalog import register_variant
from keras_darts.strategies.variants.sampled import dr_nas


@register_variant("p_darts")
def p_darts(skip_dropout=(0.1, 0.4, 0.7), warm_up=10, max_skip_connects=2):
    """P-DARTS: deeper supernets with fewer candidates, stage by stage.

    The published supernets have 5, 11 and 17 cells, which is what
    `num_cells=5` gives.

    Args:
        skip_dropout: Tuple of floats, the dropout of skip-connections at the
            begin of each stage. Defaults to `(0.1, 0.4, 0.7)`.
        warm_up: Integer, the epochs of the weights alone in each stage.
            Defaults to `10`.
        max_skip_connects: Integer, how many skip-connections a normal cell
            may have. Defaults to `2`.
    """
    stages = [
        Stage(
            epochs=25,
            candidates=candidates,
            depth=depth,
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
        callbacks=[ArchWarmUp(warm_up)],
        discretizer=TopK(max_skip_connects=max_skip_connects),
        stages=stages,
        recipe={
            "image": SearchRecipe(
                epochs=75,
                batch_size=96,
                min_learning_rate=0.0,
                arch_learning_rate=6e-4,
                arch_clip_norm=5.0,
            )
        },
        citations=(
            "Chen et al., 2019, Progressive Differentiable Architecture "
            "Search, ICCV",
        ),
    )


@register_variant("dr_nas_progressive")
def dr_nas_progressive(k=(6, 4), candidates=4, divergence=0.0):
    """DrNAS in two stages: the second has fewer candidates and more channels.

    What was learned goes on to the second stage. The published supernet has
    `filters=36` and `num_cells=20`; the channels must be divisible by what
    `k` says.

    Args:
        k: Pair of integers, the candidates of each stage see 1/k of the
            channels. Defaults to `(6, 4)`; on NAS-Bench-201 the published
            search has `(4, 2)`.
        candidates: Integer, how many an edge keeps. Defaults to `4`; on
            NAS-Bench-201 it is 3.
        divergence: Float, as of `dr_nas`. Defaults to `0.0`.
    """
    first, second = map(PartialConnection, k)
    stages = [
        Stage(epochs=25, connection=first),
        Stage(epochs=25, candidates=candidates, connection=second, fresh=False),
    ]
    return dataclasses.replace(
        dr_nas(divergence), connection=first, stages=stages
    )
