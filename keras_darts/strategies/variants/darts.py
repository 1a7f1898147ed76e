"""DARTS, first and second order."""

from keras_darts.strategies.architects import Unrolled
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.variants.catalog import register_variant

DARTS = (
    "Liu, Simonyan and Yang, 2019, DARTS: Differentiable Architecture Search, "
    "ICLR"
)


@register_variant("darts")
def darts():
    """DARTS, first order."""
    return SearchStrategy(citations=(DARTS,))


@register_variant("darts_second_order")
def darts_second_order(hessian="finite_difference"):
    """DARTS, second order."""
    return SearchStrategy(architect=Unrolled(hessian), citations=(DARTS,))
