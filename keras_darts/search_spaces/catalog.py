"""Search spaces by name: the published ones and those of users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TypeVar

from keras_darts.search_spaces.base import BaseSpace
from keras_darts.search_spaces.nas_bench_201_space import NasBench201Space
from keras_darts.search_spaces.recurrent_space import RecurrentSpace
from keras_darts.search_spaces.search_space import SearchSpace
from keras_darts.utils.registry import Registry

_Function = TypeVar("_Function", bound=Callable[..., Any])
_REGISTRY = Registry("search_space", base=BaseSpace)


def register_search_space(name: str) -> Callable[[_Function], _Function]:
    """Decorator: the function that returns a search space gets a name.

    Args:
        name: String, by which `DartsSearch` will find the space.

    Example:

    >>> @register_search_space("doctest_space")
    ... def two_nodes(filters=8):
    ...     return kd.SearchSpace(
    ...         normal=kd.CellSpec.uniform(("skip_connect",), 2),
    ...         reduce=kd.CellSpec.uniform(("skip_connect",), 2, True),
    ...         filters=filters,
    ...     )
    >>> get("doctest_space").num_cells
    8
    """
    return _REGISTRY.register(name)


def names() -> list[str]:
    """Names of all registered search spaces, sorted."""
    return _REGISTRY.names()


def get(identifier: Any) -> BaseSpace:
    """A search space from its name, its config or itself."""
    if isinstance(identifier, dict):
        return _class_of(identifier).from_config(identifier)
    return _REGISTRY.get(identifier)


def _class_of(config):
    if config.get("skeleton") == NasBench201Space.skeleton:
        return NasBench201Space
    return RecurrentSpace if "cell" in config else SearchSpace
