"""DARTS, first and second order."""

from __future__ import annotations

from keras_darts.architects import Unrolled
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy

DARTS = (
    "Liu, Simonyan and Yang, 2019, DARTS: Differentiable Architecture Search, "
    "ICLR"
)


@register_strategy("darts", guards_against="nothing")
def darts() -> SearchStrategy:
    """DARTS, first order.

    The rate of the alphas, 3e-4, was published for 19,500 steps, 50 epochs of
    390, and is larger in shorter searches (see `PublishedRate`).
    """
    return SearchStrategy(citations=(DARTS,))


@register_strategy(
    "darts_second_order",
    guards_against="alphas that only suit the present weights",
)
def darts_second_order(hessian: str = "finite_difference") -> SearchStrategy:
    """DARTS, second order; rates scale as those of `darts`.

    Args:
        hessian: String, as of `architects.Unrolled`. Defaults to
            `"finite_difference"`.
    """
    return SearchStrategy(architect=Unrolled(hessian), citations=(DARTS,))
