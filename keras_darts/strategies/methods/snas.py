"""SNAS."""

from __future__ import annotations

import keras

from keras_darts.architects import SingleLevel
from keras_darts.callbacks import ScheduleVariable
from keras_darts.connections import DropPath
from keras_darts.regularizers import Cost
from keras_darts.relaxations import GumbelSoftmax
from keras_darts.schedules import Linear
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy("snas", guards_against="the gap between mixture and cell")
def snas(cost: float = 0.0, drop_path: float = 0.3) -> SearchStrategy:
    """SNAS: soft draws that harden, alphas and weights on the same loss.

    The temperature falls over the epochs of the run. The rate of the alphas,
    3e-4, is that of 58,500 steps, 150 epochs of the 390 that CIFAR-10 makes in
    halves, and is larger in shorter searches (see `PublishedRate`).

    Args:
        cost: Float, the factor of the expected multiplications in the loss of
            the architecture. Defaults to `0.0`: they don't count.
        drop_path: Float in [0, 1), the rate at which edges are switched off,
            sample by sample. Defaults to `0.3`, that of the published code
            for 8 cells; it has 0.2 for 20.
    """
    return SearchStrategy(
        relaxation=GumbelSoftmax(1.0),
        connection=DropPath(rate=drop_path) if drop_path else "full",
        architect=SingleLevel(),
        regularizers=[Cost("macs", cost)] if cost else [],
        callbacks=[ScheduleVariable("temperature", Linear(1.0, 0.03))],
        discretizer="argmax",
        initializer=keras.initializers.RandomNormal(mean=1.0, stddev=0.01),
        recipe={
            "image_classification": SearchRecipe(
                epochs=150,
                arch_learning_rate=PublishedRate(3e-4, steps=58_500),
            )
        },
        citations=(
            "Xie et al., 2019, SNAS: Stochastic Neural Architecture Search, "
            "ICLR",
        ),
    )
