"""ProxylessNAS, on cells."""

from __future__ import annotations

from keras_darts.callbacks import WeightWarmUp
from keras_darts.regularizers import Cost
from keras_darts.relaxations import BinaryGates
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy("proxyless", guards_against="time and memory; costly cells")
def proxyless(cost: float = 0.1, warm_up: float = 41 / 160) -> SearchStrategy:
    """ProxylessNAS' binary gates on cells, with the price of candidates.

    The published search has another space, whole networks of MBConv blocks,
    and prices measured latency; here multiplications are priced. As there,
    the alphas move in every fifth step, from the second epoch after a warm-up
    of 40 of 160 on, in proportion in other runs. Their rate, 1e-3, is that of
    2,261 steps, 119 epochs of the 19 that CIFAR-10 makes here, and is larger
    in shorter searches (see `PublishedRate`).

    Args:
        cost: Float, the factor of the expected multiplications. Defaults to
            `0.1`.
        warm_up: Integer, the epochs of the weights alone; or float in [0, 1),
            their share of the run. Defaults to 41 of 160.
    """
    return SearchStrategy(
        relaxation=BinaryGates(),
        regularizers=[Cost("macs", cost)] if cost else [],
        callbacks=[WeightWarmUp(warm_up, every=5)],
        recipe={
            "image_classification": SearchRecipe(
                epochs=160,
                batch_size=256,
                weight_decay=4e-5,
                nesterov=True,
                arch_learning_rate=PublishedRate(1e-3, steps=2_261),
                arch_beta_1=0.0,
                arch_weight_decay=0.0,
            )
        },
        citations=(
            "Cai, Zhu and Han, 2019, ProxylessNAS: Direct Neural Architecture "
            "Search on Target Task and Hardware, ICLR",
        ),
    )
