"""Base class of regularizers, and those of one equation."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

import keras
import tensorflow as tf
from keras import ops

from keras_darts.relaxations import Dirichlet
from keras_darts.relaxations.base import wrong_relaxation
from keras_darts.relaxations.sampled import concentrations
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

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


_NORMS = {"l1": ops.abs, "l2": ops.square}


@keras.saving.register_keras_serializable(package="keras_darts")
class ZeroOne(Regularizer):
    """Pushes gates to zero and one: minus their mean distance from a half.

    Args:
        weight: Float, the term's factor. Defaults to `10.0`.
        norm: `"l2"` for the square of the distance, `"l1"` for the distance.
            Defaults to `"l2"`.

    Example:

    >>> gates = {"normal": np.array([[0.0, 0.5], [1.0, 0.5]], "float32")}
    >>> float(ZeroOne(weight=1.0)({}, gates))
    -0.125

    Reference: Chu et al., 2020, Fair DARTS, equations 4 and 5.
    """

    def __init__(
        self, weight: float = 10.0, norm: str = "l2", **kwargs: Any
    ) -> None:
        super().__init__(weight, **kwargs)
        if norm not in _NORMS:
            raise unknown_name("norm", norm, _NORMS)
        self.norm = norm

    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        gates = ops.concatenate([ops.ravel(w) for w in weights.values()])
        return -ops.mean(_NORMS[self.norm](gates - 0.5))

    def check_strategy(self, strategy: Any) -> None:
        if strategy.relaxation.competes:
            raise wrong_relaxation(
                self,
                strategy,
                needed="Sigmoid",
                reason="it pushes gates to zero and one, each by itself, where "
                "weights that sum to one can't follow",
            )

    def get_config(self) -> Config:
        return {**super().get_config(), "norm": self.norm}


@keras.saving.register_keras_serializable(package="keras_darts")
class BetaDecay(Regularizer):
    """Keeps the alphas of an edge near one another: mean log-sum-exp.

    Its gradient in an alpha is the softmax, so that a strong candidate is
    pulled down more than a weak one, which no L2 does.

    Args:
        weight: Float, the term's factor. Defaults to `1.0`.

    Example:

    >>> alphas = {"normal": np.zeros((14, 8), "float32")}
    >>> round(float(BetaDecay()(alphas, alphas)), 4)
    2.0794

    Reference: Ye et al., 2022, beta-DARTS, equation 13.
    """

    def __init__(self, weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(weight, **kwargs)

    def term(
        self, logits: Mapping[str, tf.Tensor], weights: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        sums = [ops.logsumexp(alphas, axis=-1) for alphas in logits.values()]
        return ops.mean(ops.concatenate(sums))


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
