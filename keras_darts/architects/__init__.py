"""Gradients of the search loss for the alphas and betas."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.architects.base import Architect
from keras_darts.architects.first_order import FirstOrder
from keras_darts.architects.frozen import Frozen
from keras_darts.architects.reinforce import Reinforce
from keras_darts.architects.single_level import SingleLevel
from keras_darts.architects.unrolled import Unrolled
from keras_darts.utils.registry import Registry

registry = Registry("architect", base=Architect)
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
    "Architect",
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
