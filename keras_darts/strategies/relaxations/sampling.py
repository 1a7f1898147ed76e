"""Draws from the candidates of each edge."""

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
