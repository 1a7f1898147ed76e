"""From mixing weights to the genotype they stand for."""

from keras_darts.registry import Registry
from keras_darts.strategies.discretizers.top_k import TopK

registry = Registry("discretizer", methods=("__call__", "get_config"))
registry.register("top_k")(TopK)

clone = registry.clone
get = registry.get
register = registry.register
serialize = registry.serialize

__all__ = ["TopK", "clone", "get", "register", "serialize"]
