"""The loss of beta-DARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import ops

from keras_darts.regularizers.base import Regularizer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_darts")
class BetaDecay(Regularizer):
    """Keeps the alphas of an edge near one another: mean log-sum-exp.

    Its gradient in an alpha is the softmax, so that a strong candidate is
    pulled down more than a weak one, which no L2 does.

    Args:
        weight: Float, the term's factor. Defaults to `1.0`.

    Example:

    >>> alphas = {"normal": np.zeros((14, 8), "float32")}
    >>> round(float(BetaDecay()(alphas, alphas)), 4)
    2.0794

    Reference: Ye et al., 2022, beta-DARTS, equation 13.
    """

    def __init__(self, weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(weight, **kwargs)

    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        sums = [ops.logsumexp(alphas, axis=-1) for alphas in logits.values()]
        return ops.mean(ops.concatenate(sums))
