"""Discretizers: from mixing weights to a genotype.

A strategy may leave the choice to the search space: `None` stands for that,
and is taken for a discretizer by the functions here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.discretizers.argmax import Argmax
from keras_darts.discretizers.base import Discretizer
from keras_darts.discretizers.base import registry
from keras_darts.discretizers.best_of_samples import BestOfSamples
from keras_darts.discretizers.cost_constrained import CostConstrained
from keras_darts.discretizers.perturbation import Perturbation
from keras_darts.discretizers.threshold import Threshold
from keras_darts.discretizers.top_k import TopK

if TYPE_CHECKING:
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Register

registry.register("argmax")(Argmax)
registry.register("best_of_samples")(BestOfSamples)
registry.register("cost_constrained")(CostConstrained)
registry.register("perturbation")(Perturbation)
registry.register("threshold")(Threshold)
registry.register("top_k")(TopK)

register: Register = registry.register


def get(identifier: Discretizer | str | Config | None) -> Discretizer | None:
    """A discretizer from its name, its config or itself, or `None`."""
    return None if identifier is None else registry.get(identifier)


def clone(discretizer: Discretizer | None) -> Discretizer | None:
    """An equal one, or `None`."""
    return None if discretizer is None else registry.clone(discretizer)


def serialize(discretizer: Discretizer | None) -> Config | None:
    """The config from which `get` makes an equal one, or `None`."""
    return None if discretizer is None else registry.serialize(discretizer)


__all__ = [
    "Argmax",
    "BestOfSamples",
    "CostConstrained",
    "Discretizer",
    "Perturbation",
    "Threshold",
    "TopK",
    "clone",
    "get",
    "register",
    "serialize",
]
