"""Base class of the terms of the architecture loss."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import tensorflow as tf

    from keras_darts.utils.typing import Config


class Regularizer(keras.layers.Layer, abc.ABC):
    """Abstract: a function of logits and mixing weights, times a factor.

    It is a term of the architecture loss: in each step of the architecture
    its gradient is added to that of the search loss. It sees the mixing
    weights outside of training, or what the relaxation's
    `weights_for_regularizer` returns.

    The factor lies in a variable that a schedule can move. It is named after
    the class: `zero_one_weight` for `ZeroOne`.

    Args:
        weight: Float, the first value of the factor.

    Example:

    >>> class Square(Regularizer):
    ...     def term(self, logits, weights):
    ...         return sum(keras.ops.sum(a**2) for a in logits.values())
    >>> float(Square(0.5)({"normal": np.ones((2, 3), "float32")}, {}))
    3.0
    """

    def __init__(self, weight: float, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.weight = weight
        self.factor: keras.Variable = self.add_weight(
            name=f"{_snake_case(type(self).__name__)}_weight",
            shape=(),
            initializer=keras.initializers.Constant(weight),
            trainable=False,
            autocast=False,
        )

    def call(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """`{cell_type: (E, K)}` logits and mixing weights -> scalar."""
        return self.factor * self.term(logits, weights)

    @abc.abstractmethod
    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """The term without its factor, a scalar.

        Args:
            logits: Dictionary from cell types to (E, K), those of
                absent candidates -1e9.
            weights: The same of mixing weights.
        """

    def prepare(self, supernet: Any) -> None:
        """Takes note of the network, before each use; by default of nothing.

        Args:
            supernet: Built supernet.
        """

    def check_space(self, space: Any) -> None:
        """Raises a `ValueError` for a search space that it can't be used in.

        Args:
            space: The search space of the first stage.
        """

    def check_strategy(self, strategy: Any) -> None:
        """Raises a `ValueError` for pieces that can't go with this one.

        Args:
            strategy: `SearchStrategy` of which it is a piece.
        """

    def get_config(self) -> Config:
        return {**super().get_config(), "weight": self.weight}


def _snake_case(name):
    words = "".join(f" {c}" if c.isupper() else c for c in name).split()
    return "_".join(words).lower()
