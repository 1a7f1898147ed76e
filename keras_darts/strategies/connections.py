"""How the candidates of an edge are put together."""

import dataclasses

from keras_darts.registry import Registry
from keras_darts.supernet import MixedOp


@dataclasses.dataclass(frozen=True)
class FullConnection:
    """Every candidate sees all channels of the edge's input.

    Example:

    >>> edge = FullConnection().edge(("skip_connect",), 8)
    >>> x = np.ones((1, 4, 4, 8), "float32")
    >>> bool((edge(x, np.ones(1, "float32")) == x).numpy().all())
    True

    Reference: Liu et al., 2019, DARTS, equation 2.
    """

    def edge(self, primitives, filters, stride=1, normalization="batch"):
        return MixedOp(primitives, filters, stride, normalization)

    def get_config(self):
        return dataclasses.asdict(self)


registry = Registry("connection", methods=("edge", "get_config"))
registry.register("full")(FullConnection)

clone = registry.clone
get = registry.get
register = registry.register
serialize = registry.serialize

__all__ = ["FullConnection", "clone", "get", "register", "serialize"]
