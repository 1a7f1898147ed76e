"""The published methods, each one choice of pieces."""

from keras_darts.registry import Registry
from keras_darts.strategies.architects import Unrolled
from keras_darts.strategies.strategy import SearchStrategy

_REGISTRY = Registry("strategy", base=SearchStrategy)

DARTS = (
    "Liu, Simonyan and Yang, 2019, DARTS: Differentiable Architecture Search, "
    "ICLR"
)


def register_variant(name):
    """Decorator: the function that returns a `SearchStrategy` gets a name.

    Args:
        name: String, by which `DartsSearch` will find the strategy.

    Example:

    >>> @register_variant("doctest_exact")
    ... def exact():
    ...     return SearchStrategy(architect=Unrolled(hessian="exact"))
    >>> get("doctest_exact").architect.hessian
    'exact'
    """
    return _REGISTRY.register(name)


def names():
    """Names of all registered strategies, sorted."""
    return _REGISTRY.names()


def get(identifier):
    """A strategy from its name, its config or itself."""
    if isinstance(identifier, dict):
        return SearchStrategy.from_config(identifier)
    return _REGISTRY.get(identifier)


@register_variant("darts")
def darts():
    """DARTS, first order."""
    return SearchStrategy(citations=(DARTS,))


@register_variant("darts_second_order")
def darts_second_order(hessian="finite_difference"):
    """DARTS, second order."""
    return SearchStrategy(architect=Unrolled(hessian), citations=(DARTS,))
