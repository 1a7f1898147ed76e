"""Relaxations: architecture logits (E, K) to mixing weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.relaxations.base import Relaxation
from keras_darts.relaxations.base import Sigmoid
from keras_darts.relaxations.base import Softmax
from keras_darts.relaxations.controller import Controller
from keras_darts.relaxations.perturbed import Perturbed
from keras_darts.relaxations.policy import Categorical
from keras_darts.relaxations.policy import Policy
from keras_darts.relaxations.policy import PolicyState
from keras_darts.relaxations.policy import UniformDraws
from keras_darts.relaxations.sampled import BinaryGates
from keras_darts.relaxations.sampled import Dirichlet
from keras_darts.relaxations.sampled import GumbelSoftmax
from keras_darts.utils.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Register

registry: Registry = Registry("relaxation", base=Relaxation)
registry.register("softmax")(Softmax)
registry.register("sigmoid")(Sigmoid)
registry.register("gumbel_softmax")(GumbelSoftmax)
registry.register("dirichlet")(Dirichlet)
registry.register("perturbed")(Perturbed)
registry.register("binary_gates")(BinaryGates)
registry.register("uniform_draws")(UniformDraws)
registry.register("categorical")(Categorical)
registry.register("controller")(Controller)

clone: Callable[[Relaxation], Relaxation] = registry.clone
get: Callable[[Relaxation | str | Config], Relaxation] = registry.get
register: Register = registry.register


def serialize(relaxation: Relaxation) -> Config:
    """The config from which `get` makes an equal relaxation.

    It goes without the layer's name, which Keras counts up and which would
    make two equal strategies differ.
    """
    config = registry.serialize(relaxation)
    config["config"].pop("name", None)
    return config


__all__ = [
    "BinaryGates",
    "Categorical",
    "Controller",
    "Dirichlet",
    "GumbelSoftmax",
    "PolicyState",
    "Perturbed",
    "Policy",
    "Relaxation",
    "Sigmoid",
    "Softmax",
    "UniformDraws",
    "clone",
    "get",
    "register",
    "serialize",
]
