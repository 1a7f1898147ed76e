"""Losses and metrics, by what is to be learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.datasets import eval_bptt_batches
from keras_darts.datasets import token_streams
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from typing import Any

    from keras_darts.utils.typing import ArrayLike
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import TensorLike

_TOP = 5


@keras.saving.register_keras_serializable(package="keras_darts")
class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy of logits and class numbers, the targets smoothed.

    A share of each target is spread evenly over all classes. Keras has this
    for one-hot targets only.

    Args:
        label_smoothing: Float in [0, 1), the share. Defaults to `0.1`.

    Example:

    >>> loss = SmoothedCrossentropy(label_smoothing=0.5)
    >>> round(float(loss(np.array([0]), np.array([[0.0, 2.0]]))), 6)
    1.626928

    Reference: Szegedy et al., 2016, Rethinking the Inception architecture,
    section 7.
    """

    def __init__(self, label_smoothing: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.label_smoothing = label_smoothing

    def call(
        self, y_true: TensorLike, y_pred: TensorLike
    ) -> tf.Tensor:  # (B,) or (B, 1), (B, classes) -> (B,)
        numbers = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        one_hot = ops.one_hot(numbers, y_pred.shape[-1], dtype=y_pred.dtype)
        return keras.losses.categorical_crossentropy(
            one_hot,
            y_pred,
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "label_smoothing": self.label_smoothing,
        }


def loss_for(
    label_type: str, label_smoothing: float = 0.0
) -> keras.losses.Loss:
    """A loss on logits.

    Args:
        label_type: String, the `label_type` of a `keras_darts.datasets.Task`.
        label_smoothing: Float in [0, 1), for classes. Defaults to `0.0`.
    """
    return _of(label_type, _LOSSES)(label_smoothing)


def metrics_for(
    label_type: str, num_outputs: int
) -> list[keras.metrics.Metric]:
    """Metrics on logits: `accuracy` for classes, `mae` for a regression.

    Args:
        label_type: String, the `label_type` of a `keras_darts.datasets.Task`.
        num_outputs: Integer; from 100 classes up `top_5_accuracy` comes along.
    """
    metrics = _of(label_type, _METRICS)
    return [make() for least, make in metrics if num_outputs >= least]


def _sparse_loss(label_smoothing):
    if label_smoothing:
        return SmoothedCrossentropy(label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


_LOSSES = {
    "sparse": _sparse_loss,
    "next_token": _sparse_loss,
    "one_hot": lambda label_smoothing: keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    ),
    "multi_label": lambda label_smoothing: keras.losses.BinaryCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    ),
    "regression": lambda label_smoothing: keras.losses.MeanSquaredError(),
}

_MANY = 100
_METRICS = {
    "sparse": (
        (0, lambda: keras.metrics.SparseCategoricalAccuracy("accuracy")),
        (
            _MANY,
            lambda: keras.metrics.SparseTopKCategoricalAccuracy(
                _TOP, "top_5_accuracy"
            ),
        ),
    ),
    "one_hot": (
        (0, lambda: keras.metrics.CategoricalAccuracy("accuracy")),
        (
            _MANY,
            lambda: keras.metrics.TopKCategoricalAccuracy(
                _TOP, "top_5_accuracy"
            ),
        ),
    ),
    # A logit of zero is a probability of one half.
    "multi_label": (
        (0, lambda: keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)),
    ),
    "regression": ((0, lambda: keras.metrics.MeanAbsoluteError("mae")),),
    # The perplexity follows from the loss.
    "next_token": (),
}


def _of(label_type, table):
    if label_type not in table:
        raise unknown_name("label_type", label_type, table)
    return table[label_type]


def evaluate_classifier(
    function: Callable[[np.ndarray], ArrayLike],
    batches: Iterable[tuple[ArrayLike, ArrayLike]],
) -> dict[str, float]:
    """Accuracy and cross-entropy on a data set, in float64.

    Args:
        function: From a float32 array of images to an array of logits.
        batches: Iterable of (images, class numbers).

    Returns:
        A dict of `accuracy`, `loss` and `num_examples`.

    Raises:
        ValueError: if there is nothing to measure on.

    Example:

    >>> batches = [(np.eye(2), [0, 1]), (np.eye(2), [0, 0])]
    >>> figures = evaluate_classifier(lambda images: 9 * images, batches)
    >>> figures["accuracy"], figures["num_examples"]
    (0.75, 4)
    """
    right, losses = [], []
    for images, labels in batches:
        images = np.asarray(images).astype("float32")
        logits = np.asarray(function(images), dtype="float64")
        numbers = np.asarray(labels).reshape(-1)
        right.append(logits.argmax(axis=-1) == numbers)
        shifted = logits - logits.max(axis=-1, keepdims=True)
        true = shifted[np.arange(len(numbers)), numbers]
        losses.append(np.log(np.exp(shifted).sum(axis=-1)) - true)
    if not right:
        raise ValueError(
            "`batches` must hold images. Received: an empty data set"
        )
    right, losses = np.concatenate(right), np.concatenate(losses)
    return {
        "accuracy": float(right.mean()),
        "loss": float(losses.mean()),
        "num_examples": len(right),
    }


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

    def __init__(self, name: str = "perplexity", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.total: keras.Variable = self.add_weight(
            name="total", initializer="zeros"
        )
        self.count: keras.Variable = self.add_weight(
            name="count", initializer="zeros"
        )

    # (B, T), (B, T, V) and (B, T) or (B,) or (B, 1)
    def update_state(
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
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

    def result(self) -> tf.Tensor:
        return ops.exp(ops.divide_no_nan(self.total, self.count))


def evaluate_language_model(
    model: Any,
    ids: ArrayLike,
    *,
    batch_size: int = 1,
    segment_length: int = 35,
    state: Any = None,
) -> dict[str, float]:
    """Cross-entropy and perplexity of a text, the hidden state carried on.

    Every token but the first of each row is predicted, from all before it in
    the row; sums are kept in float64. The length of the segments makes no
    difference but to time and memory.

    Args:
        model: `RecurrentLanguageModel`, or a function of ids (B, T) and a
            state that returns logits (B, T, V) and the next state.
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
    >>> figures = evaluate_language_model(coin, np.array([0, 1, 1, 0]))
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
    for inputs, targets in eval_bptt_batches(streams, segment_length):
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
