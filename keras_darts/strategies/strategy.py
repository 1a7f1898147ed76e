"""A method of differentiable search: a choice for each slot, by name."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
import logging
from typing import TYPE_CHECKING
from typing import TypeVar

import keras

from keras_darts import architects
from keras_darts import connections
from keras_darts import discretizers
from keras_darts import regularizers
from keras_darts import relaxations
from keras_darts.callbacks.base import search_callbacks
from keras_darts.callbacks.base import serialized
from keras_darts.callbacks.base import with_callbacks
from keras_darts.strategies.recipe import RECIPES
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.stage import Stage
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.private_api import seeded
from keras_darts.utils.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any
    from typing import Self

    from keras_darts.architects.base import Architect
    from keras_darts.callbacks.base import SearchCallback
    from keras_darts.connections import Connection
    from keras_darts.discretizers.base import Discretizer
    from keras_darts.regularizers.base import Regularizer
    from keras_darts.relaxations.base import Relaxation
    from keras_darts.utils.typing import Config


_SLOTS = {
    "relaxation": relaxations,
    "connection": connections,
    "architect": architects,
    "discretizer": discretizers,
}


_LISTS = ("regularizers", "callbacks", "exclude", "stages", "citations")


@dataclasses.dataclass(frozen=True, eq=False)
class SearchStrategy:
    """How a search relaxes, trains and discretises an architecture.

    Each slot takes a name, an object or a config. A strategy holds no state:
    a search works on copies of its pieces, so one strategy serves many.

    Args:
        relaxation: `Relaxation`, architecture logits to mixing weights.
            Defaults to `"softmax"`.
        connection: `Connection`, what an edge makes of its candidates.
            Defaults to `"full"`.
        edge_normalization: Boolean, whether nodes weigh their edges by a
            softmax over betas. Defaults to `False`.
        architect: `Architect`, gradients of the search loss. Defaults to
            `"first_order"`.
        regularizers: List of `Regularizer`s, terms of the architecture loss.
            Defaults to none.
        callbacks: List of `SearchCallback`s that belong to the method, of
            classes that are registered with Keras. Defaults to none.
        discretizer: `Discretizer`, mixing weights to genotype. Defaults to
            `None`: the search space's own.
        initializer: Keras initializer of alphas and betas. Defaults to a
            normal distribution of standard deviation 1e-3.
        exclude: Names of primitives left out of the search space. Defaults to
            none.
        stages: List of `Stage`s, each of which searches in what the one before
            has left. Defaults to none: the search is one stage.
        recipe: `SearchRecipe`, or a dictionary of them by the task of
            the search space. Defaults to `None`: the one of `RECIPES`, as for
            a task that the dictionary leaves out.
        citations: The papers behind the method.

    Raises:
        TypeError: for what fills no slot: an object of a class that is not
            derived from the base class of the slot.
        ValueError: for an unknown name, or pieces that contradict each other.

    Example:

    >>> strategy = SearchStrategy(architect=architects.Unrolled())
    >>> strategy == SearchStrategy.from_config(strategy.get_config())
    True
    """

    relaxation: Relaxation | str | Config = "softmax"
    connection: Connection | str | Config = "full"
    edge_normalization: bool = False
    architect: Architect | str | Config = "first_order"
    regularizers: Sequence[Regularizer | str | Config] = ()
    callbacks: Sequence[SearchCallback] = ()
    discretizer: Discretizer | str | Config | None = None
    initializer: Any = None
    exclude: Sequence[str] = ()
    stages: Sequence[Stage] = ()
    recipe: SearchRecipe | Mapping[str, SearchRecipe] | None = None
    citations: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in _LISTS:
            _check_list(name, getattr(self, name))
        resolved = {
            slot: module.get(getattr(self, slot))
            for slot, module in _SLOTS.items()
        }
        resolved["regularizers"] = tuple(
            regularizers.get(term) for term in self.regularizers
        )
        resolved["callbacks"] = search_callbacks(self.callbacks)
        resolved["exclude"] = tuple(self.exclude)
        resolved["citations"] = tuple(self.citations)
        resolved["stages"] = tuple(map(_stage, self.stages))
        resolved["initializer"] = keras.initializers.get(
            self.initializer or keras.initializers.RandomNormal(stddev=1e-3)
        )
        resolved["recipe"] = _recipes(self.recipe)
        for name, value in resolved.items():
            object.__setattr__(self, name, value)
        self._check()
        for stage in self.stages:
            # Which is checked as it is made.
            stage.strategy_from(self.in_one_stage())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SearchStrategy):
            return NotImplemented
        return self.get_config() == other.get_config()

    def discretizer_for(self, space: Any) -> Discretizer:
        """The discretizer, or the search space's own where none is chosen."""
        return self.discretizer or discretizers.get(space.discretizer)

    def recipe_for(self, task: str) -> SearchRecipe:
        """The `SearchRecipe` for a task, of `RECIPES` where none is chosen."""
        recipe = self.recipe
        if isinstance(recipe, dict):
            recipe = recipe.get(task)
        return recipe or RECIPES[task]

    def at_stage(self, index: int) -> SearchStrategy:
        """The strategy of a stage, with pieces of its own."""
        own = self.clone()
        return self.stages[index].strategy_from(own) if self.stages else own

    def in_one_stage(self) -> SearchStrategy:
        """The same strategy without its stages."""
        return dataclasses.replace(self, stages=())

    def clone(self) -> SearchStrategy:
        """The same strategy with pieces of its own."""
        pieces = {
            slot: module.clone(getattr(self, slot))
            for slot, module in _SLOTS.items()
        }
        return dataclasses.replace(
            self,
            regularizers=[regularizers.clone(t) for t in self.regularizers],
            callbacks=[copy.deepcopy(callback) for callback in self.callbacks],
            initializer=self.initializer.clone(),
            **pieces,
        )

    def get_config(self) -> Config:
        config = {
            slot: module.serialize(getattr(self, slot))
            for slot, module in _SLOTS.items()
        }
        return {
            **config,
            "edge_normalization": self.edge_normalization,
            "regularizers": [
                regularizers.serialize(term) for term in self.regularizers
            ],
            "callbacks": serialized(self.callbacks),
            "initializer": keras.initializers.serialize(self.initializer),
            "exclude": list(self.exclude),
            "stages": [stage.get_config() for stage in self.stages],
            "recipe": _recipe_config(self.recipe),
            "citations": list(self.citations),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**with_callbacks(config))

    def _check(self):
        """Raises a `ValueError` for pieces that contradict each other."""
        pieces = [*self.regularizers, self.architect, self.discretizer]
        pieces += [self.relaxation, self.connection, *self.callbacks]
        for piece in pieces:
            if piece is not None:
                piece.check_strategy(self)
        for before, stage in itertools.pairwise(self.stages):
            if not stage.reinitialize:
                _check_shrinks(before.connection or self.connection)
                _check_shrinks(stage.connection or self.connection)


def _check_shrinks(connection):
    if not connection.shrinks:
        raise ValueError(
            "`connection` must be one that shrinks for a stage with "
            "reinitialize=False, which keeps the weights of its edges. "
            f"Received: connection={connection!r}"
        )


def _stage(stage):
    if isinstance(stage, dict):
        return Stage.from_config(stage)
    if not isinstance(stage, Stage):
        raise TypeError(
            f"`stages` must be a list of Stage. Received: {stage!r}"
        )
    return stage


def _recipes(recipe):
    """A recipe, or recipes by task, of what may be configs."""
    if not isinstance(recipe, dict):
        return recipe
    fields = {field.name for field in dataclasses.fields(SearchRecipe)}
    if recipe and set(recipe) <= fields:
        return SearchRecipe(**recipe)
    for task in recipe:
        if task not in RECIPES:
            raise unknown_name("recipe", task, RECIPES)
    return {
        task: SearchRecipe(**value) if isinstance(value, dict) else value
        for task, value in recipe.items()
    }


def _recipe_config(recipe):
    if isinstance(recipe, dict):
        return {k: _recipe_config(value) for k, value in recipe.items()}
    return recipe and recipe.get_config()


def _check_list(name, value):
    if not isinstance(value, list | tuple):
        raise TypeError(
            f"`{name}` must be a list or a tuple. Received: {name}={value!r}"
        )


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
