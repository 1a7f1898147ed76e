"""PC-DARTS: partial channels, a weight per edge, and a warm-up.

The edges are in `supernet/mixed_op.py`. With `edge_normalization` each
edge has a beta, in `supernet/arch_parameters.py`, by whose softmax over the
inputs of a node `supernet/search_cell.py` weighs it.
"""

from __future__ import annotations

from keras_darts.callbacks import WeightWarmUp
from keras_darts.connections import PartialConnection
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy(
    "pc_darts",
    guards_against="candidates without weights being ahead at the start",
)
def pc_darts(k: int = 4, warm_up: float = 0.3) -> SearchStrategy:
    """PC-DARTS: a part of the channels, and edges that are weighed too.

    The rate of alphas and betas, 6e-4, was published for 3,395 steps, 35
    epochs of 97, and is larger where fewer follow the warm-up (see
    `PublishedRate`).

    Args:
        k: Integer, candidates see 1/k of the channels. Defaults to `4`.
        warm_up: Integer, the epochs of the weights alone; or float in [0, 1),
            their share of the run. Defaults to `0.3`, the published 15 of 50.
    """
    return SearchStrategy(
        connection=PartialConnection(k),
        edge_normalization=True,
        callbacks=[WeightWarmUp(warm_up)],
        recipe={
            "image_classification": SearchRecipe(
                batch_size=256,
                learning_rate=0.1,
                min_learning_rate=0.0,
                arch_learning_rate=PublishedRate(6e-4, steps=3_395),
            )
        },
        citations=(
            "Xu et al., 2020, PC-DARTS: Partial Channel Connections for "
            "Memory-Efficient Architecture Search, ICLR",
        ),
    )
