"""Connections: how an edge's candidates are put together."""

import dataclasses

from keras_darts.supernet import AuxiliaryEdge
from keras_darts.supernet import DroppedEdge
from keras_darts.supernet import MixedOp
from keras_darts.supernet import PartialMixedOp
from keras_darts.utils.registry import Registry


@dataclasses.dataclass(frozen=True)
class FullConnection:
    """Every candidate sees all channels of the edge's input.

    Args:
        skip_dropout: Float in [0, 1), the first rate at which the numbers of
            a skip-connection at stride 1 are dropped in training; it lies in
            variables `skip_dropout`, which a schedule can move. Defaults to
            `None`: no dropout.

    Example:

    >>> edge = FullConnection().edge(("skip_connect",), 8)
    >>> x = np.ones((1, 4, 4, 8), "float32")
    >>> bool((edge(x, np.ones(1, "float32")) == x).numpy().all())
    True

    Reference: Liu et al., 2019, DARTS, equation 2; Chen et al., 2019, P-DARTS,
    section 3.3.2, for the dropout.
    """

    skip_dropout: float = None

    def edge(self, primitives, filters, stride=1, normalization="batch"):
        return MixedOp(
            primitives, filters, stride, normalization, self.skip_dropout
        )

    def get_config(self):
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class PartialConnection:
    """The candidates see 1/k of the channels, and the others go by.

    It takes about 1/k of the memory and time, and evens out what candidates
    with and without weights are worth at the beginning.

    Args:
        k: Integer > 0, which must divide the channels of the cells. Defaults
            to `4`.
        random: Boolean, whether the channels are drawn again in each step.
            Defaults to `False`: the first ones, and a shuffle at the end.

    Raises:
        ValueError: if `k` is not positive.

    Example:

    >>> edge = PartialConnection(k=2).edge(("skip_connect",), 8)
    >>> edge(np.ones((1, 4, 4, 8), "float32"), np.ones(1, "float32")).shape
    TensorShape([1, 4, 4, 8])

    Reference: Xu et al., 2020, PC-DARTS, section 3.2.
    """

    k: int = 4
    random: bool = False

    def __post_init__(self):
        if self.k < 1:
            raise ValueError(f"`k` must be positive. Received: k={self.k}")

    def edge(self, primitives, filters, stride=1, normalization="batch"):
        return PartialMixedOp(
            primitives,
            filters,
            stride,
            normalization,
            k=self.k,
            random=self.random,
        )

    def get_config(self):
        return dataclasses.asdict(self)


registry = Registry("connection", methods=("edge", "get_config"))
registry.register("full")(FullConnection)
registry.register("partial")(PartialConnection)


@registry.register("auxiliary_skip")
class AuxiliarySkip:
    """A skip-connection beside every edge, which a schedule lets fade.

    Args:
        base: What an edge is otherwise: a connection, its name or config.
            Defaults to `"full"`.
        initial: Float, the first value of the variables
            `auxiliary_skip_weight`, the share of the skip-connection. Defaults
            to `1.0`.

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


clone = registry.clone
get = registry.get
register = registry.register
serialize = registry.serialize

__all__ = [
    "AuxiliarySkip",
    "DropPath",
    "FullConnection",
    "PartialConnection",
    "clone",
    "get",
    "register",
    "serialize",
]
