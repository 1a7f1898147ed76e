"""Gradients of the search loss for the alphas and betas."""

from keras_darts.registry import Registry
from keras_darts.strategies.architects.first_order import FirstOrder
from keras_darts.strategies.architects.frozen import Frozen
from keras_darts.strategies.architects.reinforce import Reinforce
from keras_darts.strategies.architects.single_level import SingleLevel
from keras_darts.strategies.architects.unrolled import Unrolled

registry = Registry("architect", methods=("gradients", "get_config"))
registry.register("first_order")(FirstOrder)
registry.register("frozen")(Frozen)
registry.register("reinforce")(Reinforce)
registry.register("single_level")(SingleLevel)
registry.register("unrolled")(Unrolled)

clone = registry.clone
get = registry.get
register = registry.register
serialize = registry.serialize

__all__ = [
    "FirstOrder",
    "Frozen",
    "Reinforce",
    "SingleLevel",
    "Unrolled",
    "clone",
    "get",
    "register",
    "serialize",
]
