"""The relaxation of FairDARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import ops

from keras_darts.relaxations.base import Relaxation

if TYPE_CHECKING:
    import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_darts")
class Sigmoid(Relaxation):
    """A gate for each candidate, which competes with no other.

    Example:

    >>> Sigmoid()(np.zeros((1, 3), "float32")).numpy().tolist()
    [[0.5, 0.5, 0.5]]

    Reference: Chu et al., 2020, Fair DARTS, equation 3.
    """

    competes = False

    def call(
        self, logits: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (E, K) -> (E, K)
        return ops.sigmoid(logits)
