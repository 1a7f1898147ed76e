"""How well a language model predicts."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.datasets import evaluation_segments
from keras_darts.datasets import token_streams


@keras.saving.register_keras_serializable(package="keras_darts")
class Perplexity(keras.metrics.Metric):
    """Perplexity of logits: the exponential of their mean cross-entropy.

    The mean is over all tokens, whatever the length of the segments. Sample
    weights are one a token, or one a row for all of its tokens.

    Args:
        name: String. Defaults to `"perplexity"`.

    Example:

    >>> metric = Perplexity()
    >>> metric.update_state(np.array([[0, 1]]), np.zeros((1, 2, 5)))
    >>> round(float(metric.result()), 4)
    5.0
    """

    def __init__(self, name="perplexity", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    # (B, T), (B, T, V) and (B, T) or (B,) or (B, 1)
    def update_state(self, y_true, y_pred, sample_weight=None):
        losses = keras.losses.sparse_categorical_crossentropy(
            y_true, ops.cast(y_pred, self.dtype), from_logits=True
        )
        weights = ops.ones_like(losses)
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, self.dtype)
            if len(sample_weight.shape) < len(losses.shape):
                sample_weight = ops.expand_dims(sample_weight, -1)
            weights = weights * sample_weight
        self.total.assign_add(ops.sum(losses * weights))
        self.count.assign_add(ops.sum(weights))

    def result(self):
        return ops.exp(ops.divide_no_nan(self.total, self.count))


def language_figures(
    model, ids, *, batch_size=1, segment_length=35, state=None
):
    """Cross-entropy and perplexity of a text, the hidden state carried on.

    Every token but the first of each row is predicted, from all before it in
    the row; sums are kept in float64. The length of the segments makes no
    difference but to time and memory.

    Args:
        model: `RecurrentLanguageModel`, or a function of ids (B, T) and a
            state that gives logits (B, T, V) and the next state.
        ids: Array of integers (tokens,), the text.
        batch_size: Integer, the rows that the text is cut into; what is left
            over at its end is not looked at. Defaults to `1`.
        segment_length: Integer, the tokens a row that are predicted at a time.
            Defaults to `35`.
        state: The state to begin with. Defaults to `None`: the model's zero
            state; for a function, `None` itself.

    Returns:
        A dict of `loss`, `perplexity` and `num_tokens`, the tokens predicted.

    Raises:
        ValueError: for ids that the model does not know, or too few.

    Example:

    >>> def coin(ids, state):
    ...     return np.zeros((*ids.shape, 2)), state
    >>> figures = language_figures(coin, np.array([0, 1, 1, 0]))
    >>> round(figures["perplexity"], 4), figures["num_tokens"]
    (2.0, 3)
    """
    size = getattr(model, "vocabulary_size", None)
    streams = token_streams(ids, batch_size, vocabulary_size=size, name="ids")
    function = model
    if isinstance(model, keras.Model):
        if state is None:
            state = model.initial_state(batch_size)
        function = _traced(model, state)
    total, count = 0.0, 0
    for inputs, targets in evaluation_segments(streams, segment_length):
        logits, state = function(inputs, state)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            targets, tf.cast(logits, "float64")
        )
        total += float(tf.reduce_sum(losses))
        count += int(tf.size(losses))
    loss = total / count
    # A model may be infinitely bad.
    with np.errstate(over="ignore"):
        perplexity = float(np.exp(np.float64(loss)))
    return {"loss": loss, "perplexity": perplexity, "num_tokens": count}


def _traced(model, state):
    """The model as one graph for segments of any length."""
    ids = tf.TensorSpec((state.shape[0], None), "int32")
    signature = (ids, tf.TensorSpec(state.shape, state.dtype))

    @tf.function(input_signature=signature, autograph=False)
    def function(ids, state):
        return model((ids, state), training=False)

    return function
