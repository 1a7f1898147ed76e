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
from keras_darts.discretizers.base import TopK
from keras_darts.discretizers.base import clone
from keras_darts.discretizers.base import get
from keras_darts.discretizers.base import registry
from keras_darts.discretizers.base import serialize
from keras_darts.discretizers.best_of_samples import BestOfSamples
from keras_darts.discretizers.cost_constrained import CostConstrained
from keras_darts.discretizers.perturbation import Perturbation
from keras_darts.discretizers.threshold import Threshold

if TYPE_CHECKING:
    from keras_darts.utils.typing import Register

registry.register("argmax")(Argmax)
registry.register("best_of_samples")(BestOfSamples)
registry.register("cost_constrained")(CostConstrained)
registry.register("perturbation")(Perturbation)
registry.register("threshold")(Threshold)
registry.register("top_k")(TopK)

register: Register = registry.register


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
