"""Connections: how an edge's candidates are put together."""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING

from keras_darts.supernet import AuxiliaryEdge
from keras_darts.supernet import DroppedEdge
from keras_darts.supernet import Edge
from keras_darts.supernet import MixedOp
from keras_darts.supernet import PartialMixedOp
from keras_darts.utils.registry import Registry
from keras_darts.utils.registry import fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Register


class Connection(abc.ABC):
    """Abstract: makes an edge of a search cell from its candidates.

    `make_edge` is called for each edge of each cell while a supernet is built.
    A connection holds no state but its arguments; what moves lies in variables
    of the edges, which a schedule sets by their names. Recurrent cells have
    edges of their own, and take none but `FullConnection()`.

    Attributes:
        base: The connection that this one stands around, or `None`.
        channel_fraction: Float in (0, 1], the share of an edge's channels that
            its candidates see, by which the memory of a search is estimated.
            That of the base, or `1.0`.
        shrinks: Boolean, whether a stage with fewer candidates can continue
            with the weights of its edges, for which each has a `mixed_op`. That
            of the base, or `False`.

    Example:

    >>> class Quiet(Connection):
    ...     shrinks = True
    ...
    ...     def make_edge(self, primitives, filters, stride, normalization):
    ...         return kd.connections.FullConnection().make_edge(
    ...             primitives, filters, stride, normalization=None
    ...         )
    >>> kd.SearchStrategy(connection=Quiet()).connection.channel_fraction
    1.0
    """

    base: Connection | None = None

    @property
    def channel_fraction(self) -> float:
        return 1.0 if self.base is None else self.base.channel_fraction

    @property
    def shrinks(self) -> bool:
        return False if self.base is None else self.base.shrinks

    @abc.abstractmethod
    def make_edge(
        self,
        primitives: Sequence[str],
        filters: int,
        stride: int = 1,
        normalization: str = "batch",
    ) -> Edge:
        """A new `Edge`, which is called with `(x, weights)`.

        Args:
            primitives: Tuple, the names of the candidates.
            filters: Integer, channels of the input and the output.
            stride: 1 or 2. Defaults to `1`.
            normalization: As of the search space. Defaults to `"batch"`.
        """

    def check_strategy(self, strategy: Any) -> None:
        """Raises a `ValueError` for pieces that can't go with this one.

        Args:
            strategy: `SearchStrategy` of which it is a piece.
        """
        if self.base is not None:
            self.base.check_strategy(strategy)

    def get_config(self) -> Config:
        """The arguments of the constructor, by default those of a dataclass."""
        return fields(self)

    def _refuse_twice(self, reason):
        """Connections stand within one another: this kind once."""
        inside = self.base
        while inside is not None:
            if type(inside) is type(self):
                name = type(self).__name__
                raise ValueError(
                    f"`base` must be another connection than {name}: "
                    f"{reason}. Received: base={name}"
                )
            inside = inside.base


@dataclasses.dataclass(frozen=True)
class FullConnection(Connection):
    """Every candidate sees all channels of the edge's input.

    Args:
        skip_dropout: Float in [0, 1), the first rate at which the numbers of
            a skip-connection at stride 1 are dropped in training; it lies in
            variables `skip_dropout`, which a schedule can move. Defaults to
            `None`: no dropout.

    Example:

    >>> edge = FullConnection().make_edge(("skip_connect",), 8)
    >>> x = np.ones((1, 4, 4, 8), "float32")
    >>> bool((edge(x, np.ones(1, "float32")) == x).numpy().all())
    True

    Reference: Liu et al., 2019, DARTS, equation 2; Chen et al., 2019, P-DARTS,
    section 3.3.2, for the dropout.
    """

    shrinks = True

    skip_dropout: float | None = None

    def make_edge(
        self,
        primitives: Sequence[str],
        filters: int,
        stride: int = 1,
        normalization: str = "batch",
    ) -> Edge:
        return MixedOp(
            primitives, filters, stride, normalization, self.skip_dropout
        )


@dataclasses.dataclass(frozen=True)
class PartialConnection(Connection):
    """The candidates see 1/k of the channels, and the others go by.

    With k=4 a step takes about half of the time and 0.8 of the memory.
    Candidates with and without weights start on more equal terms.

    Args:
        k: Integer > 0, which must divide the channels of the cells. Defaults
            to `4`.
        random: Boolean, whether the channels are drawn again in each step.
            Defaults to `False`: the first ones, and a shuffle at the end.

    Raises:
        ValueError: if `k` is not positive.

    Example:

    >>> edge = PartialConnection(k=2).make_edge(("skip_connect",), 8)
    >>> edge(np.ones((1, 4, 4, 8), "float32"), np.ones(1, "float32")).shape
    TensorShape([1, 4, 4, 8])

    Reference: Xu et al., 2020, PC-DARTS, section 3.2.
    """

    shrinks = True

    k: int = 4
    random: bool = False

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"`k` must be positive. Received: k={self.k}")

    @property
    def channel_fraction(self) -> float:
        return 1.0 / self.k

    def make_edge(
        self,
        primitives: Sequence[str],
        filters: int,
        stride: int = 1,
        normalization: str = "batch",
    ) -> Edge:
        return PartialMixedOp(
            primitives,
            filters,
            stride,
            normalization,
            k=self.k,
            random=self.random,
        )


registry: Registry = Registry("connection", base=Connection)
registry.register("full")(FullConnection)
registry.register("partial")(PartialConnection)


@registry.register("auxiliary_skip")
class AuxiliarySkip(Connection):
    """A skip-connection parallel to every edge, which a schedule lets fade.

    Args:
        base: What an edge is otherwise: a connection, its name or config.
            Defaults to `"full"`.
        initial: Float, the first value of the variables
            `auxiliary_skip_weight`, the share of the skip-connection. Defaults
            to `1.0`.

    Example:

    >>> edge = AuxiliarySkip(initial=0.5).make_edge(("none",), 8)
    >>> x = np.ones((1, 4, 4, 8), "float32")
    >>> bool((edge(x, np.ones(1, "float32")) == x / 2).numpy().all())
    True

    Reference: Chu et al., 2021, DARTS-, section 3.3.
    """

    def __init__(
        self, base: Connection | str | Config = "full", initial: float = 1.0
    ) -> None:
        self.base: Connection = registry.get(base)
        self.initial = initial

    def make_edge(
        self,
        primitives: Sequence[str],
        filters: int,
        stride: int = 1,
        normalization: str = "batch",
    ) -> Edge:
        settings = (filters, stride, normalization)
        return AuxiliaryEdge(
            self.base.make_edge(primitives, *settings), *settings, self.initial
        )

    def check_strategy(self, strategy: Any) -> None:
        super().check_strategy(strategy)
        self._refuse_twice("one way round an edge is enough")

    def get_config(self) -> Config:
        return {"base": registry.serialize(self.base), "initial": self.initial}


@registry.register("drop_path")
class DropPath(Connection):
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

    >>> edge = DropPath("partial", rate=0.3).make_edge(("skip_connect",), 8)
    >>> edge(np.ones((1, 4, 4, 8), "float32"), np.ones(1, "float32")).shape
    TensorShape([1, 4, 4, 8])

    Reference: Zela et al., 2020, Understanding and Robustifying
    Differentiable Architecture Search, section 5.1; Larsson et al., 2017,
    FractalNet.
    """

    def __init__(
        self, base: Connection | str | Config = "full", rate: float = 0.0
    ) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.base: Connection = registry.get(base)
        self.rate = rate

    def make_edge(
        self,
        primitives: Sequence[str],
        filters: int,
        stride: int = 1,
        normalization: str = "batch",
    ) -> Edge:
        edge = self.base.make_edge(primitives, filters, stride, normalization)
        return DroppedEdge(edge, self.rate)

    def check_strategy(self, strategy: Any) -> None:
        super().check_strategy(strategy)
        self._refuse_twice("its rate alone says how much is dropped")

    def get_config(self) -> Config:
        return {"base": registry.serialize(self.base), "rate": self.rate}


clone: Callable[[Connection], Connection] = registry.clone
get: Callable[[Connection | str | Config], Connection] = registry.get
register: Register = registry.register
serialize: Callable[[Connection], Config] = registry.serialize

__all__ = [
    "AuxiliarySkip",
    "Connection",
    "DropPath",
    "Edge",
    "FullConnection",
    "PartialConnection",
    "clone",
    "get",
    "register",
    "serialize",
]
