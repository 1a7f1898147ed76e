"""Relaxations sampled in each step: those of SNAS, DrNAS and ProxylessNAS."""

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
