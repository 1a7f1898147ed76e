"""The relaxation of ProxylessNAS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts.relaxations.base import Relaxation
from keras_darts.relaxations.base import gumbel
from keras_darts.relaxations.base import one_hot_of

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Config


@keras.saving.register_keras_serializable(package="keras_darts")
class BinaryGates(Relaxation):
    """One open gate an edge, drawn by the softmax of the logits.

    A step of the weights runs the one candidate whose gate is open. A step of
    the architecture draws two and opens one of them, by the softmax of these
    two; both run, since the gradient of a gate needs what it would let pass.
    The logits of all others stay, and after the step the two are shifted by a
    common amount, so that the shares of the others stay too. Terms of the
    architecture loss see the shares of the two alone, and move no others.
    Outside of training it is the softmax.

    An optimizer with momentum or weight decay moves others as well, which are
    then shifted with the two: the recipe of `proxyless` has neither.

    Args:
        seed: Integer. Defaults to `None`.

    Example:

    >>> weights, sampled = BinaryGates(seed=0).sample(tf.zeros((6, 4)), True)
    >>> tf.reduce_sum(weights, axis=-1).numpy().tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    >>> sampled.shape
    TensorShape([6, 2])

    Reference: Cai et al., 2019, ProxylessNAS, equations 3 and 4, and section
    3.2.1 for the shift.
    """

    samples = True

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )

    def call(
        self, logits: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (E, K) -> (E, K)
        return self.sample(logits)[0] if training else tf.nn.softmax(logits)

    def sample(
        self, logits: tf.Tensor, searching: bool = True
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """(E, K) -> one-hot rows (E, K), and what was drawn (E, 1 or 2)."""
        count = min(2 if searching else 1, logits.shape[-1])
        sampled = self._distinct(logits, count)
        if count == 1:
            return one_hot_of(sampled[:, 0], tf.zeros_like(logits)), sampled
        chosen = tf.reduce_sum(tf.one_hot(sampled, logits.shape[-1]), axis=1)
        of_two = tf.where(chosen > 0, logits, -1e9)
        opened = self._distinct(of_two, 1)
        return one_hot_of(opened[:, 0], tf.nn.softmax(of_two)), sampled

    def num_evaluated(self, num_candidates: int) -> int:
        return min(2, num_candidates)

    def check_strategy(self, strategy: Any) -> None:
        if strategy.architect.looks_ahead:
            raise ValueError(
                "`architect` must look at one loss for BinaryGates, such as "
                "'first_order': a step of the weights runs one path, so that "
                "the coming one says nothing of the two that are compared. "
                f"Received: architect={type(strategy.architect).__name__}"
            )

    def weights_for_regularizer(
        self, logits: tf.Tensor, gradients: tf.Tensor
    ) -> tf.Tensor:
        """The shares of the two that a step has drawn, among themselves."""
        # The search loss has no gradient for others.
        return tf.nn.softmax(tf.where(gradients != 0, logits, -1e9))

    def rescale_logits(self, before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
        """Logits (E, K) after a step; what did not move keeps its share."""
        moved = after != before

        def log_sum(logits):
            logits = tf.where(moved, logits, -1e9)
            return tf.reduce_logsumexp(logits, axis=-1, keepdims=True)

        shift = log_sum(after) - log_sum(before)
        return tf.where(moved, after - shift, after)

    def get_config(self) -> Config:
        return {**super().get_config(), "seed": self.seed}

    def _distinct(self, logits, count):
        """(E, count) different candidates an edge, without replacement."""
        noise = gumbel(tf.shape(logits), self.seed_generator, logits.dtype)
        return tf.math.top_k(logits + noise, count).indices
