"""The relaxation of DARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts.relaxations.base import Relaxation
from keras_darts.relaxations.base import check_positive

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Config


@keras.saving.register_keras_serializable(package="keras_darts")
class Softmax(Relaxation):
    """Softmax over the candidates of each edge, at a temperature.

    Args:
        temperature: Float > 0; lower is nearer to one-hot. It lies in the
            variable `temperature`, so that a schedule can move it. Defaults
            to `1.0`.

    Example:

    >>> Softmax()(np.zeros((1, 4), "float32")).numpy().tolist()
    [[0.25, 0.25, 0.25, 0.25]]

    Reference: Liu et al., 2019, DARTS, equation 2.
    """

    def __init__(self, temperature: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive("temperature", temperature)
        self.initial_temperature = temperature
        self.temperature: keras.Variable = self._number(
            "temperature", temperature
        )

    def call(
        self, logits: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (E, K) -> (E, K)
        # Keras' softmax warns where an edge has a single candidate.
        return tf.nn.softmax(logits / self.temperature)

    def get_config(self) -> Config:
        return {**super().get_config(), "temperature": self.initial_temperature}
