"""The connection of PC-DARTS."""

import dataclasses

from keras_darts.supernet import PartialMixedOp


@dataclasses.dataclass(frozen=True)
class PartialConnection:
    """The candidates see 1/k of the channels, and the others go by.

    It takes about 1/k of the memory and time, and evens out what candidates
    with and without weights are worth at the beginning.

    Args:
        k: Integer > 0, which must divide the channels of the cells. Defaults
            to `4`.
        random: Boolean, whether the channels are drawn anew in each step.
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
