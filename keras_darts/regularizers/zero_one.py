"""The loss of FairDARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import ops

from keras_darts.regularizers.base import Regularizer
from keras_darts.relaxations.base import wrong_relaxation
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import tensorflow as tf

    from keras_darts.utils.typing import Config

_NORMS = {"l1": ops.abs, "l2": ops.square}


@keras.saving.register_keras_serializable(package="keras_darts")
class ZeroOne(Regularizer):
    """Pushes gates to zero and one: minus their mean distance from a half.

    Args:
        weight: Float, the term's factor. Defaults to `10.0`.
        norm: `"l2"` for the square of the distance, `"l1"` for the distance.
            Defaults to `"l2"`.

    Example:

    >>> gates = {"normal": np.array([[0.0, 0.5], [1.0, 0.5]], "float32")}
    >>> float(ZeroOne(weight=1.0)({}, gates))
    -0.125

    Reference: Chu et al., 2020, Fair DARTS, equations 4 and 5.
    """

    def __init__(
        self, weight: float = 10.0, norm: str = "l2", **kwargs: Any
    ) -> None:
        super().__init__(weight, **kwargs)
        if norm not in _NORMS:
            raise unknown_name("norm", norm, _NORMS)
        self.norm = norm

    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        gates = ops.concatenate([ops.ravel(w) for w in weights.values()])
        return -ops.mean(_NORMS[self.norm](gates - 0.5))

    def check_strategy(self, strategy: Any) -> None:
        if strategy.relaxation.competes:
            raise wrong_relaxation(
                self,
                strategy,
                needed="Sigmoid",
                reason="it pushes gates to zero and one, each by itself, where "
                "weights that sum to one can't follow",
            )

    def get_config(self) -> Config:
        return {**super().get_config(), "norm": self.norm}
