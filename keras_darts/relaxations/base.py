"""Base class of relaxations; softmax and sigmoid."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

import keras
import tensorflow as tf
from keras import ops

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.relaxations.problem import SearchProblem
    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import TensorLike


def gumbel(
    shape: TensorLike,
    seed: keras.random.SeedGenerator | int | None,
    dtype: str = "float32",
) -> tf.Tensor:
    """Standard Gumbel noise: the largest of logits with it is a draw."""
    uniform = keras.random.uniform(shape, minval=1e-20, dtype=dtype, seed=seed)
    return -tf.math.log(-tf.math.log(uniform))


def one_hot_of(sampled: tf.Tensor, soft: tf.Tensor) -> tf.Tensor:
    """One-hot rows for `sampled` (E,), with the gradient of `soft` (E, K)."""
    hard = tf.one_hot(sampled, soft.shape[-1], dtype=soft.dtype)
    return hard + (soft - tf.stop_gradient(soft))


class Relaxation(keras.layers.Layer, abc.ABC):
    """Abstract: from architecture logits (E, K) to mixing weights (E, K).

    A row stands for an edge. Logits of candidates that an edge does not have
    are -1e9, and their mixing weights zero. Weights are of the precision of
    the logits. Outside of training nothing depends on chance. What changes in
    a search, such as a temperature, lies in non-trainable variables, which a
    schedule sets by their names; trainable ones learn with the alphas.

    `call` is asked outside of training, `sample` in steps of the search, and
    `perturb`, `weights_for_regularizer` and `rescale_logits` around them. A
    `Policy` weighs all edges of all cells at once.

    Attributes:
        samples: Boolean, whether only some candidates run in a step of a
            search, those that `sample` returns. `False`.
        samples_architectures: Boolean, whether it is a `Policy`. `False`.
        competes: Boolean, whether the candidates of an edge share a weight of
            one, so that one wins what another loses; gates of their own don't.
            `True`.

    Example:

    >>> @keras.saving.register_keras_serializable("doctest")
    ... class Shares(Relaxation):
    ...     def call(self, logits, training=None):
    ...         shares = keras.ops.square(keras.ops.maximum(logits, 0.0))
    ...         return shares / keras.ops.sum(shares, axis=-1, keepdims=True)
    >>> Shares()(np.array([[1.0, 2.0, 0.0]])).numpy().tolist()
    [[0.2, 0.8, 0.0]]
    """

    samples = False
    samples_architectures = False
    competes = True

    def __init__(self, **kwargs: Any) -> None:
        # Alphas and what they give stay in full precision.
        super().__init__(autocast=False, **kwargs)

    @abc.abstractmethod
    def call(
        self, logits: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:
        """The mixing weights (E, K) for logits (E, K)."""

    def prepare(self, cells: Mapping[str, CellSpec]) -> None:
        """Takes note of the cells of a supernet that is being built.

        Args:
            cells: Dictionary from cell types to their `CellSpec`.
        """

    def sample(
        self, logits: tf.Tensor, searching: bool = True
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """The mixing weights (E, K) of a step, and which candidates run.

        Args:
            logits: (E, K).
            searching: Boolean, whether it is a step of the architecture, not
                of the weights; told where `samples` is true. Defaults to
                `True`.

        Returns:
            The weights, and integers (E, n) or `None`, by default: all run.
        """
        return self(logits, training=True), None

    def num_evaluated(self, num_candidates: int) -> int:
        """How many of an edge's candidates run in a step at most.

        The memory of a search is estimated by it.
        """
        return 1 if self.samples else num_candidates

    def perturb(
        self, problem: SearchProblem, batch: Any
    ) -> dict[str, tf.Tensor] | None:
        """Other mixing weights for a step of the weights, or `None`.

        Args:
            problem: `relaxations.problem.SearchProblem`.
            batch: The training batch of the step.

        Returns:
            Dictionary from cell types to (E, K).
        """
        return None

    def weights_for_regularizer(
        self, logits: tf.Tensor, gradients: tf.Tensor
    ) -> tf.Tensor | None:
        """The mixing weights (E, K) that regularizers see.

        Args:
            logits: (E, K).
            gradients: (E, K), those of the search loss.

        Returns:
            The weights, or by default `None`: those outside of training.
        """
        return None

    def rescale_logits(self, before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
        """The logits (E, K) after a step, by default as the step left them.

        Args:
            before: (E, K), the logits before the step.
            after: (E, K).
        """
        return after

    def check_strategy(self, strategy: Any) -> None:
        """Raises a `ValueError` for pieces that can't go with this one.

        Args:
            strategy: `SearchStrategy` of which it is a piece.
        """

    def _number(self, name: str, value: float) -> keras.Variable:
        """A scalar that a schedule can move, by its name."""
        return self.add_weight(
            name=name,
            shape=(),
            initializer=keras.initializers.Constant(value),
            trainable=False,
            autocast=False,
        )


def wrong_relaxation(
    piece: object, strategy: Any, *, needed: str, reason: str
) -> ValueError:
    """The error of a piece that needs another relaxation.

    Args:
        piece: Of the strategy.
        strategy: `SearchStrategy`.
        needed: String, what the relaxation must be.
        reason: String.
    """
    return ValueError(
        f"`relaxation` must be {needed} for {type(piece).__name__}: {reason}. "
        f"Received: relaxation={type(strategy.relaxation).__name__}"
    )


def check_positive(name: str, value: float) -> None:
    """Raises a `ValueError` unless a number is positive."""
    if not value > 0:
        raise ValueError(f"`{name}` must be positive. Received: {name}={value}")


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
