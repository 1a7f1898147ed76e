"""Gradients of the search loss for the alphas and betas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.architects.base import Architect
from keras_darts.architects.base import FirstOrder
from keras_darts.architects.base import Frozen
from keras_darts.architects.base import SingleLevel
from keras_darts.architects.reinforce import Reinforce
from keras_darts.architects.unrolled import Unrolled
from keras_darts.utils.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Register

registry: Registry = Registry("architect", base=Architect)
registry.register("first_order")(FirstOrder)
registry.register("frozen")(Frozen)
registry.register("reinforce")(Reinforce)
registry.register("single_level")(SingleLevel)
registry.register("unrolled")(Unrolled)

clone: Callable[[Architect], Architect] = registry.clone
get: Callable[[Architect | str | Config], Architect] = registry.get
register: Register = registry.register
serialize: Callable[[Architect], Config] = registry.serialize

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
