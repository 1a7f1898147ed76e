"""The connection of DARTS-."""

from keras_darts.strategies.connections.catalog import registry
from keras_darts.supernet import AuxiliaryEdge


@registry.register("auxiliary_skip")
class AuxiliarySkip:
    """A skip-connection beside every edge, which a schedule lets fade.

    Args:
        base: What an edge is otherwise: a connection, its name or config.
            Defaults to `"full"`.
        initial: Float, the first value of the variables `auxiliary_weight`,
            the share of the skip-connection. Defaults to `1.0`.

    Example:

    >>> edge = AuxiliarySkip(initial=0.5).edge(("none",), 8)
    >>> x = np.ones((1, 4, 4, 8), "float32")
    >>> bool((edge(x, np.ones(1, "float32")) == x / 2).numpy().all())
    True

    Reference: Chu et al., 2021, DARTS-, section 3.3.
    """

    def __init__(self, base="full", initial=1.0):
        self.base = registry.get(base)
        self.initial = initial

    def edge(self, primitives, filters, stride=1, normalization="batch"):
        settings = (filters, stride, normalization)
        return AuxiliaryEdge(
            self.base.edge(primitives, *settings), *settings, self.initial
        )

    def get_config(self):
        return {"base": registry.serialize(self.base), "initial": self.initial}
