"""Losses and metrics on logits, by what is to be learned."""

import keras
from keras import ops

from keras_darts.errors import unknown_name

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

    def __init__(self, label_smoothing=0.1, **kwargs):
        super().__init__(**kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):  # (B,) or (B, 1), (B, classes) -> (B,)
        numbers = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        one_hot = ops.one_hot(numbers, y_pred.shape[-1], dtype=y_pred.dtype)
        return keras.losses.categorical_crossentropy(
            one_hot,
            y_pred,
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "label_smoothing": self.label_smoothing,
        }


def loss_for(kind, label_smoothing=0.0):
    """A loss on logits.

    Args:
        kind: String, the `kind` of a `keras_darts.datasets.Task`.
        label_smoothing: Float in [0, 1), for classes. Defaults to `0.0`.
    """
    return _of(kind, _LOSSES)(label_smoothing)


def metrics_for(kind, num_outputs):
    """Metrics on logits: `accuracy` for classes, `mae` for a regression.

    Args:
        kind: String, the `kind` of a `keras_darts.datasets.Task`.
        num_outputs: Integer; from 100 classes up `top_5_accuracy` comes along.
    """
    metrics = _of(kind, _METRICS)
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


def _of(kind, table):
    if kind not in table:
        raise unknown_name("kind", kind, table)
    return table[kind]
