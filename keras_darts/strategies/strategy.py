"""A method of differentiable search, as a choice for each slot."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
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
