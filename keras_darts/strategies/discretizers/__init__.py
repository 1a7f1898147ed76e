"""From mixing weights to the genotype they stand for.

A strategy may leave the choice to the search space: `None` stands for that,
and is taken for a discretizer by the functions here.

A discretizer that decides while the search runs, as `Perturbation` does, has
besides `extra_epochs(space)`, which come after those of the user, and for them
`callback(measure)`, which decides, and `learning_rates(recipe)`.
"""

from keras_darts.strategies.discretizers.argmax import Argmax
from keras_darts.strategies.discretizers.catalog import registry
from keras_darts.strategies.discretizers.perturbation import Perturbation
from keras_darts.strategies.discretizers.threshold import Threshold
from keras_darts.strategies.discretizers.top_k import TopK

registry.register("perturbation")(Perturbation)

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
    "Perturbation",
    "Threshold",
    "TopK",
    "clone",
    "get",
    "register",
    "serialize",
]
