"""The relaxation of SNAS and GDAS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts.relaxations.base import Relaxation
from keras_darts.relaxations.base import check_positive
from keras_darts.relaxations.base import gumbel
from keras_darts.relaxations.base import one_hot_of

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Config


@keras.saving.register_keras_serializable(package="keras_darts")
class GumbelSoftmax(Relaxation):
    """Softmax of the logits with noise that is drawn again in each step.

    At a temperature near zero it is a draw of one candidate by the softmax of
    the logits, which is also what it returns outside of training.

    Args:
        temperature: Float > 0, in the variable `temperature`, which a
            schedule can move. Defaults to `1.0`.
        hard: Boolean, whether the largest of an edge becomes one and the
            others zero, with the gradient of the softmax; then only the
            candidate that was drawn runs. Defaults to `False`.
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = GumbelSoftmax(hard=True, seed=0)
    >>> weights = layer(tf.zeros((2, 3)), training=True)
    >>> tf.reduce_max(weights, axis=-1).numpy().tolist()
    [1.0, 1.0]

    Reference: Xie et al., 2019, SNAS, equation 4; Dong and Yang, 2019, GDAS,
    equations 3 to 5, for the hard form.
    """

    def __init__(
        self,
        temperature: float = 1.0,
        hard: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive("temperature", temperature)
        self.initial_temperature = temperature
        self.hard = hard
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )
        self.temperature: keras.Variable = self._number(
            "temperature", temperature
        )

    @property
    def samples(self) -> bool:
        return self.hard

    def call(
        self, logits: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (E, K) -> (E, K)
        if not training:
            return tf.nn.softmax(logits)
        if self.hard:
            return self.sample(logits)[0]
        return self._noisy_softmax(logits)

    def sample(
        self, logits: tf.Tensor, searching: bool = True
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """(E, K) -> one-hot rows (E, K), and what was drawn (E, 1), if hard."""
        if not self.hard:
            return super().sample(logits, searching)
        soft = self._noisy_softmax(logits)
        sampled = tf.argmax(soft, axis=-1, output_type="int32")
        return one_hot_of(sampled, soft), sampled[:, None]

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "temperature": self.initial_temperature,
            "hard": self.hard,
            "seed": self.seed,
        }

    def _noisy_softmax(self, logits):
        noise = gumbel(tf.shape(logits), self.seed_generator, logits.dtype)
        log_shares = tf.nn.log_softmax(logits)
        return tf.nn.softmax((log_shares + noise) / self.temperature)
