"""Base class of all relaxations."""

import keras
import tensorflow as tf


def gumbel(shape, seed, dtype="float32"):
    """Standard Gumbel noise: the largest of logits with it is a draw."""
    uniform = keras.random.uniform(shape, minval=1e-20, dtype=dtype, seed=seed)
    return -tf.math.log(-tf.math.log(uniform))


def one_hot_of(drawn, soft):
    """One-hot rows for `drawn` (E,), with the gradient of `soft` (E, K)."""
    hard = tf.one_hot(drawn, soft.shape[-1], dtype=soft.dtype)
    return hard + (soft - tf.stop_gradient(soft))


class Relaxation(keras.layers.Layer):
    """Abstract: from architecture logits (E, K) to mixing weights (E, K).

    Logits of candidates that an edge does not have are -1e9, and their mixing
    weights zero. Outside of training no relaxation depends on chance.

    Where `draws` is true only some candidates run in a step of a search, and
    `draw(logits, searching)` gives the mixing weights and the numbers of these
    candidates, (E, n). `searching` says whether it is a step of the
    architecture or of the weights. A `Policy` draws for all edges at once.

    Two methods more are called where a relaxation has them. After a step of
    the architecture, `rescaled(before, after)` gives what the logits become.
    `weights_for_regularizer(logits, gradients)` gives the mixing weights that
    regularizers see, for the gradients of the search loss; without it they see
    what the relaxation gives outside of training.

    Example:

    >>> @keras.saving.register_keras_serializable("doctest")
    ... class Shares(Relaxation):
    ...     def call(self, logits, training=None):
    ...         shares = keras.ops.square(keras.ops.maximum(logits, 0.0))
    ...         return shares / keras.ops.sum(shares, axis=-1, keepdims=True)
    >>> Shares()(np.array([[1.0, 2.0, 0.0]])).numpy().tolist()
    [[0.2, 0.8, 0.0]]
    """

    draws = False
    # Whether the candidates of an edge share a weight of one, so that one wins
    # what another loses; gates of their own don't.
    competes = True

    def __init__(self, **kwargs):
        # Alphas and what they give stay in full precision.
        super().__init__(autocast=False, **kwargs)

    def _number(self, name, value):
        """A scalar that a schedule can move, by its name."""
        return self.add_weight(
            name=name,
            shape=(),
            initializer=keras.initializers.Constant(value),
            trainable=False,
            autocast=False,
        )


def check_positive(name, value):
    """Raises a `ValueError` unless a number is positive."""
    if not value > 0:
        raise ValueError(f"`{name}` must be positive. Received: {name}={value}")
