"""Strategies by name: the published ones and those of users."""

from keras_darts.registry import Registry
from keras_darts.strategies.strategy import SearchStrategy

_REGISTRY = Registry("strategy", base=SearchStrategy)


def register_variant(name):
    """Decorator: the function that returns a `SearchStrategy` gets a name.

    Args:
        name: String, by which `DartsSearch` will find the strategy.

    Example:

    >>> @register_variant("doctest_exact")
    ... def exact():
    ...     architect = kd.architects.Unrolled(hessian="exact")
    ...     return SearchStrategy(architect=architect)
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
