"""Discretizers: from mixing weights to a genotype.

A strategy may leave the choice to the search space: `None` stands for that,
and is taken for a discretizer by the functions here.

One that needs data has `callback()`, which gives the `SearchCallback` that
chooses. One that decides while the weights are trained on, as `Perturbation`
does, has `extra_epochs(space, epochs)` besides, which come after the `epochs`
of the user, and `learning_rates(recipe)` for them.

One that does not decide by the mixing weights says by what: `decides_by`, a
phrase such as "by rewards" that a search says at its end.
"""

from keras_darts.discretizers.argmax import Argmax
from keras_darts.discretizers.best_of_samples import BestOfSamples
from keras_darts.discretizers.catalog import registry
from keras_darts.discretizers.cost_constrained import CostConstrained
from keras_darts.discretizers.perturbation import Perturbation
from keras_darts.discretizers.threshold import Threshold
from keras_darts.discretizers.top_k import TopK

registry.register("best_of_samples")(BestOfSamples)
registry.register("perturbation")(Perturbation)
registry.register("cost_constrained")(CostConstrained)

register = registry.register


def get(identifier):
    """A discretizer from its name, its config or itself, or `None`."""
    return None if identifier is None else registry.get(identifier)


def clone(discretizer):
    """An equal one, or `None`."""
    return None if discretizer is None else registry.clone(discretizer)


def serialize(discretizer):
    """The config from which `get` makes an equal one, or `None`."""
    return None if discretizer is None else registry.serialize(discretizer)


__all__ = [
    "Argmax",
    "BestOfSamples",
    "Perturbation",
    "Threshold",
    "TopK",
    "CostConstrained",
    "clone",
    "get",
    "register",
    "serialize",
]
