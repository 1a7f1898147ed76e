"""The connection of R-DARTS and SNAS."""

from keras_darts.strategies.connections.catalog import registry
from keras_darts.supernet import DroppedEdge


@registry.register("drop_path")
class DropPath:
    """Edges that are switched off in training, sample by sample.

    With all of its candidates an edge gives zero for a share of the samples,
    in steps of the architecture as in those of the weights, and as much more
    for the others. Nothing is dropped outside of training.

    Args:
        base: What an edge is otherwise: a connection, its name or config.
            Defaults to `"full"`.
        rate: Float in [0, 1), the share, as the first value of the variables
            `drop_path_rate`, which a schedule can move. Defaults to `0.0`.

    Raises:
        ValueError: if `rate` is not in [0, 1).

    Example:

    >>> edge = DropPath("partial", rate=0.3).edge(("skip_connect",), 8)
    >>> edge(np.ones((1, 4, 4, 8), "float32"), np.ones(1, "float32")).shape
    TensorShape([1, 4, 4, 8])

    Reference: Zela et al., 2020, Understanding and Robustifying
    Differentiable Architecture Search, section 5.1; Larsson et al., 2017,
    FractalNet.
    """

    def __init__(self, base="full", rate=0.0):
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.base = registry.get(base)
        self.rate = rate

    def edge(self, primitives, filters, stride=1, normalization="batch"):
        edge = self.base.edge(primitives, filters, stride, normalization)
        return DroppedEdge(edge, self.rate)

    def get_config(self):
        return {"base": registry.serialize(self.base), "rate": self.rate}
