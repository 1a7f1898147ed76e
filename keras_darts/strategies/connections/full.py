"""The connection of DARTS."""

import dataclasses

from keras_darts.supernet import MixedOp


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
