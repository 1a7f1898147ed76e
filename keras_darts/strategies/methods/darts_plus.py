"""DARTS+."""

from __future__ import annotations

from keras_darts.callbacks import StopOnSkipConnects
from keras_darts.callbacks import StopOnStableRanking
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy(
    "darts_plus", guards_against="skip-connects, by their number"
)
def darts_plus(criterion: str = "skip_connects") -> SearchStrategy:
    """DARTS+: stops at two skip-connections, or when alphas keep their order.

    How long they must keep it is in proportion to the run: 10 of 50 epochs,
    two at least. The rate of the alphas scales as that of `darts`.

    Args:
        criterion: `"skip_connects"` or `"ranking"`. Defaults to
            `"skip_connects"`.
    """
    criteria = {
        "skip_connects": StopOnSkipConnects,
        "ranking": StopOnStableRanking,
    }
    return SearchStrategy(
        callbacks=[criteria[criterion]()],
        citations=(
            "Liang et al., 2019, DARTS+: Improved Differentiable Architecture "
            "Search with Early Stopping",
        ),
    )
