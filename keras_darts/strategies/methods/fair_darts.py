"""FairDARTS."""

from __future__ import annotations

from keras_darts.discretizers import Threshold
from keras_darts.regularizers import ZeroOne
from keras_darts.relaxations import Sigmoid
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy(
    "fair_darts", guards_against="skip-connects that win because others lose"
)
def fair_darts(form: str = "sparse") -> SearchStrategy:
    """FairDARTS: gates that do not compete, pushed to zero and one.

    The rate of the alphas, 3e-3, was published for 9,750 steps, 50 epochs of
    195, and is larger in shorter searches (see `PublishedRate`); so the
    zero-one loss, under Adam, pushes gates as far.

    Args:
        form: `"sparse"` or `"edge"`, of `discretizers.Threshold`. Defaults to
            `"sparse"`.
    """
    return SearchStrategy(
        relaxation=Sigmoid(),
        initializer="zeros",
        exclude=["none"],
        regularizers=[ZeroOne(10.0)],
        discretizer=Threshold(0.85, form),
        recipe={
            "image_classification": SearchRecipe(
                batch_size=128,
                learning_rate=0.005,
                arch_learning_rate=PublishedRate(3e-3, steps=9_750),
                arch_beta_1=0.9,
            )
        },
        citations=(
            "Chu et al., 2020, Fair DARTS: Eliminating Unfair Advantages in "
            "Differentiable Architecture Search, ECCV",
        ),
    )
