"""Terms of the architecture loss, functions of alphas and mixing weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.regularizers.base import BetaDecay
from keras_darts.regularizers.base import DirichletDivergence
from keras_darts.regularizers.base import Entropy
from keras_darts.regularizers.base import Regularizer
from keras_darts.regularizers.base import ZeroOne
from keras_darts.regularizers.cost import Cost
from keras_darts.utils.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Register

registry: Registry = Registry("regularizers", base=Regularizer)
registry.register("beta_decay")(BetaDecay)
registry.register("cost")(Cost)
registry.register("dirichlet_divergence")(DirichletDivergence)
registry.register("entropy")(Entropy)
registry.register("zero_one")(ZeroOne)

clone: Callable[[Regularizer], Regularizer] = registry.clone
get: Callable[[Regularizer | str | Config], Regularizer] = registry.get
register: Register = registry.register


def serialize(term: Regularizer) -> Config:
    """The config from which `get` makes an equal term, without its name."""
    config = registry.serialize(term)
    config["config"].pop("name", None)
    return config


__all__ = [
    "BetaDecay",
    "Cost",
    "DirichletDivergence",
    "Entropy",
    "Regularizer",
    "ZeroOne",
    "clone",
    "get",
    "register",
    "serialize",
]
