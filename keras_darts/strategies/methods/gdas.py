"""GDAS."""

from __future__ import annotations

from keras_darts.callbacks import ScheduleVariable
from keras_darts.relaxations import GumbelSoftmax
from keras_darts.schedules import Linear
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy(
    "gdas", guards_against="time; the gap between mixture and cell"
)
def gdas() -> SearchStrategy:
    """GDAS: hard draws, of which one candidate an edge runs.

    The temperature falls over the epochs of the run. The rate of the alphas,
    3e-4, was published for 97,500 steps, 250 epochs of 390, and is larger in
    shorter searches (see `PublishedRate`).
    """
    return SearchStrategy(
        relaxation=GumbelSoftmax(10.0, hard=True),
        callbacks=[ScheduleVariable("temperature", Linear(10.0, 0.1))],
        recipe={
            "image_classification": SearchRecipe(
                epochs=250,
                weight_decay=5e-4,
                nesterov=True,
                arch_learning_rate=PublishedRate(3e-4, steps=97_500),
            )
        },
        citations=(
            "Dong and Yang, 2019, Searching for a Robust Neural Architecture "
            "in Four GPU Hours, CVPR",
        ),
    )
