"""Strategies by name: the published ones and those of users."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING
from typing import TypeVar

from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.utils.registry import Registry
from keras_darts.utils.seeding import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from keras_darts.utils.typing import Config

_LOG = logging.getLogger("keras_darts")
_Builder = TypeVar("_Builder", bound="Callable[..., SearchStrategy]")

_REGISTRY = Registry("strategy", base=SearchStrategy)
_GUARDS = {}


def register_strategy(
    name: str, guards_against: str | None = None
) -> Callable[[_Builder], _Builder]:
    """Decorator: the function that returns a `SearchStrategy` gets a name.

    Args:
        name: String, by which `DartsSearch` will find the strategy.
        guards_against: String, what can go wrong in a search and does not
            with this one, as a search says when it begins. Defaults to
            `None`: nothing is said.

    Example:

    >>> @register_strategy("doctest_exact")
    ... def exact():
    ...     architect = kd.architects.Unrolled(hessian="exact")
    ...     return SearchStrategy(architect=architect)
    >>> get("doctest_exact").architect.hessian
    'exact'
    """
    _GUARDS[name] = guards_against
    return _REGISTRY.register(name)


def names() -> list[str]:
    """Names of all registered strategies, sorted."""
    return _REGISTRY.names()


def guards_against(name: str) -> str | None:
    """What a registered strategy guards against, or `None`.

    Example:

    >>> guards_against("darts_plus")
    'skip-connects, by their number'
    """
    return _GUARDS.get(name)


def name_of(
    strategy: SearchStrategy,
    identifier: str | None = None,
) -> str | None:
    """The name of a published strategy, or `None`.

    Another recipe leaves a method what it is, and so do other papers. What
    "auto" stands for is found under its own name.

    Args:
        strategy: `SearchStrategy`.
        identifier: String, the name by which a user has asked for it, or
            `None`.

    Example:

    >>> name_of(get("auto"), identifier="auto")
    'beta_darts'
    """
    if identifier not in (None, "auto"):
        return identifier
    # Those of users are not made only to be compared: they may be costly.
    known = {
        name: _config_of(_REGISTRY[name])
        for name in names()
        if name != "auto" and _GUARDS[name] and _is_ours(name)
    }
    config = strategy.get_config()
    for name, other in known.items():
        if other == config:
            return name
    bare = _pieces(config)
    for name, other in known.items():
        if _pieces(other) == bare:
            return name
    return None


@functools.cache
def _config_of(entry):
    """Of a strategy of ours, which is the same each time it is made."""
    return entry().get_config()


def _is_ours(name):
    # Functions made by `exec` may have no module.
    module = _REGISTRY[name].__module__ or ""
    return module.split(".")[0] == __name__.split(".")[0]


def _pieces(config):
    return {**config, "recipe": None, "citations": None}


def get(identifier: SearchStrategy | str | Config) -> SearchStrategy:
    """A strategy from its name, its config or itself."""
    if isinstance(identifier, dict):
        return SearchStrategy.from_config(identifier)
    return _REGISTRY.get(identifier)


def summary(
    strategy: SearchStrategy, given: str | None = None
) -> dict[str, str | None]:
    """What a strategy is called, stands for and guards against.

    Args:
        strategy: `SearchStrategy`.
        given: String, the name by which a user has asked for it, or `None`.

    Returns:
        Dictionary of `name`, `stands_for` and `guards_against`, each `None`
        where nothing is known.

    Example:

    >>> summary(get("auto"), given="auto")["stands_for"]
    'beta_darts'
    """
    # To compare with all methods makes all, and some draw a seed.
    with seeded(0):
        name = name_of(strategy, given)
    return {
        "name": given or name,
        "stands_for": name if given not in (None, name) else None,
        "guards_against": name and guards_against(name),
    }


def say(words: Mapping[str, str | None]) -> None:
    """Logs a `summary`."""
    said = words["name"] or "a combination of your own"
    if words["stands_for"]:
        said += f", which stands for {words['stands_for']}"
    if words["guards_against"]:
        said += f"; guards against: {words['guards_against']}"
    _LOG.info("strategy: %s", said)
