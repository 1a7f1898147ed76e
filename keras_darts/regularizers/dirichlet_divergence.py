"""The loss of DrNAS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf
from keras import ops

from keras_darts.regularizers.base import Regularizer
from keras_darts.relaxations import Dirichlet
from keras_darts.relaxations.base import wrong_relaxation
from keras_darts.relaxations.dirichlet import concentrations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@keras.saving.register_keras_serializable(package="keras_darts")
class DirichletDivergence(Regularizer):
    """Keeps Dirichlet distributions near the uniform one.

    The sum over all edges of the Kullback-Leibler divergence from the
    distribution of the mixing weights to the one of all concentrations one.

    Args:
        weight: Float, the term's factor. Defaults to `1e-3`.

    Example:

    >>> alphas = {"normal": np.zeros((14, 8), "float32")}
    >>> float(DirichletDivergence()(alphas, alphas))
    0.0

    Reference: Chen et al., 2021, DrNAS, equation 7.
    """

    def __init__(self, weight: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(weight, **kwargs)

    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        return ops.sum(
            [
                ops.sum(_divergence(concentrations(alphas), alphas > -1e8))
                for alphas in map(tf.convert_to_tensor, logits.values())
            ]
        )

    def check_strategy(self, strategy: Any) -> None:
        if not isinstance(strategy.relaxation, Dirichlet):
            raise wrong_relaxation(
                self,
                strategy,
                needed="Dirichlet",
                reason="the logits are the concentrations of no distribution "
                "otherwise",
            )


def _divergence(concentration, present):
    """(E, K), (E, K) -> (E,): KL(Dir(c) || Dir(1)) among those present."""
    c = tf.where(present, concentration, 1.0)
    total = tf.reduce_sum(tf.where(present, c, 0.0), axis=-1, keepdims=True)
    count = tf.reduce_sum(tf.cast(present, c.dtype), axis=-1)
    parts = (c - 1) * (tf.math.digamma(c) - tf.math.digamma(total))
    parts = tf.where(present, parts - tf.math.lgamma(c), 0.0)
    return (
        tf.math.lgamma(total[:, 0])
        - tf.math.lgamma(count)
        + tf.reduce_sum(parts, axis=-1)
    )
