"""The relaxation of DrNAS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts.relaxations.base import Relaxation

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Config


@keras.saving.register_keras_serializable(package="keras_darts")
class Dirichlet(Relaxation):
    """Mixing weights drawn from a Dirichlet distribution in each step.

    Its concentrations are elu(logits) + 1, and the gradient goes through the
    draw. Outside of training it is the softmax of the logits, by which the
    published code derives the architecture.

    Args:
        seed: Integer. Defaults to `None`.

    Example:

    >>> weights = Dirichlet(seed=0)(tf.zeros((2, 3)), training=True)
    >>> tf.reduce_sum(weights, axis=-1).numpy().round(4).tolist()
    [1.0, 1.0]

    Reference: Chen et al., 2021, DrNAS, equations 3 to 6.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )

    def call(
        self, logits: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (E, K) -> (E, K)
        if not training:
            return tf.nn.softmax(logits)
        present = logits > -1e8
        drawn = tf.random.stateless_gamma(
            tf.shape(logits),
            tf.cast(self.seed_generator.next(), "int32"),
            tf.where(present, concentrations(logits), 1.0),
            dtype=logits.dtype,
        )
        drawn = tf.where(present, drawn, 0.0)
        return drawn / tf.reduce_sum(drawn, axis=-1, keepdims=True)

    def get_config(self) -> Config:
        return {**super().get_config(), "seed": self.seed}


def concentrations(logits: tf.Tensor) -> tf.Tensor:
    """Those of the Dirichlet distribution of the mixing weights."""
    return tf.nn.elu(logits) + 1
