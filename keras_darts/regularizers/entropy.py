"""Pushes each edge towards one candidate, or away from it."""

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
class Entropy(Regularizer):
    """Mean entropy of the mixing weights of an edge, in nats.

    Args:
        weight: Float, the term's factor in the architecture loss; a negative
            one spreads the weights. Defaults to `1.0`.

    Example:

    >>> uniform = np.full((14, 8), 1 / 8, "float32")
    >>> round(float(Entropy()({"normal": None}, {"normal": uniform})), 4)
    2.0794
    """

    def __init__(self, weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(weight, **kwargs)

    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        entropies = [
            -ops.sum(w * ops.log(ops.maximum(w, 1e-12)), axis=-1)
            for w in weights.values()
        ]
        return ops.mean(ops.concatenate(entropies))
