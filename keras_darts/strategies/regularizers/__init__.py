"""Terms of the architecture loss, functions of the alphas alone."""

from keras_darts.registry import Registry
from keras_darts.strategies.regularizers.entropy import Entropy

registry = Registry("regularizers", methods=("__call__", "get_config"))
registry.register("entropy")(Entropy)

clone = registry.clone
get = registry.get
register = registry.register
serialize = registry.serialize

__all__ = ["Entropy", "clone", "get", "register", "serialize"]
