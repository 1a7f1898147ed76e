"""Losses and metrics that see probabilities where a network gives logits."""

import keras
from keras import ops

from keras_darts.errors import unknown_name

_ACTIVATIONS = {"sigmoid": ops.sigmoid, "softmax": ops.softmax}


@keras.saving.register_keras_serializable(package="keras_darts")
class OnProbabilities(keras.metrics.Metric):
    """A metric of probabilities, for a network that gives logits.

    Every `compile` of a search and of a network puts Keras' own metrics of
    probabilities, such as `Recall` or `AUC`, into it. A metric of one's own
    gets logits, unless it is given inside of this one.

    Class numbers, which such metrics do not compare with several outputs,
    become one-hot rows; `Recall(class_id=1)` is then that of the second class.

    Args:
        metric: `keras.metrics.Metric`, its name or its config.
        activation: String, `"softmax"` for one class an element, `"sigmoid"`
            for any number of classes or for a single output.
        name: String. Defaults to `None`, that of the metric.

    Call arguments:
        y_true: (B,), (B, 1) or (B, outputs), labels.
        y_pred: (B, outputs), logits.

    Raises:
        ValueError: for another activation.

    Example:

    >>> recall = OnProbabilities(keras.metrics.Recall(), "sigmoid")
    >>> recall.update_state(np.array([[1.0], [1.0]]), np.array([[0.2], [-3.0]]))
    >>> float(recall.result())
    0.5
    """

    def __init__(self, metric, activation, name=None, dtype=None):
        metric = keras.metrics.get(metric)
        super().__init__(name=name or metric.name, dtype=dtype)
        self.metric = metric
        self.activation = activation_name(activation)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = probabilities(y_pred, self.activation)
        y_true = ops.convert_to_tensor(y_true)
        if not isinstance(self.metric, _OF_CLASS_NUMBERS):
            y_true = _as_rows(y_true, y_pred)
        self.metric.update_state(y_true, y_pred, sample_weight=sample_weight)

    def result(self):
        return self.metric.result()

    def reset_state(self):
        self.metric.reset_state()

    def get_config(self):
        return {
            **super().get_config(),
            "metric": keras.saving.serialize_keras_object(self.metric),
            "activation": self.activation,
        }


@keras.saving.register_keras_serializable(package="keras_darts")
class LossOnProbabilities(keras.losses.Loss):
    """A loss of probabilities, for a network that gives logits.

    A loss that can take logits by itself, with `from_logits=True`, is more
    exact where probabilities are near to zero.

    Args:
        loss: `keras.losses.Loss`, or its config.
        activation: String, `"softmax"` or `"sigmoid"`.

    Raises:
        ValueError: for another activation.

    Example:

    >>> loss = LossOnProbabilities(keras.losses.KLDivergence(), "softmax")
    >>> y = np.array([[0.5, 0.5]])
    >>> round(float(loss(y, np.array([[3.0, 3.0]]))), 4)
    0.0
    """

    def __init__(self, loss, activation, name=None, **options):
        loss = keras.losses.get(loss)
        options.setdefault("reduction", loss.reduction)
        super().__init__(name=name or loss.name, **options)
        self.loss = loss
        self.activation = activation_name(activation)

    @property
    def fn(self):
        """The function of the loss inside, as Keras' own losses have it."""
        return getattr(self.loss, "fn", type(self.loss))

    def call(self, y_true, y_pred):  # (B, outputs) both -> (B,)
        return self.loss.call(y_true, probabilities(y_pred, self.activation))

    def get_config(self):
        return {
            **super().get_config(),
            "loss": keras.saving.serialize_keras_object(self.loss),
            "activation": self.activation,
        }


@keras.saving.register_keras_serializable(package="keras_darts")
class LossOnLogits(keras.losses.Loss):
    """A function of labels, outputs and `from_logits` as a loss on logits.

    Args:
        function: The function; `keras.saving.register_keras_serializable` has
            it saved with a network.

    Example:

    >>> loss = LossOnLogits(keras.losses.binary_crossentropy)
    >>> round(float(loss(np.array([[1.0]]), np.array([[0.0]]))), 4)
    0.6931
    """

    def __init__(self, function, name=None, **options):
        self.fn = keras.losses.get(function)
        super().__init__(name=name or self.fn.__name__, **options)

    def call(self, y_true, y_pred):
        return self.fn(y_true, y_pred, from_logits=True)

    def get_config(self):
        return {
            **super().get_config(),
            "function": keras.saving.serialize_keras_object(self.fn),
        }


def probabilities(logits, activation):
    """Logits as probabilities, in float32."""
    return _ACTIVATIONS[activation](ops.cast(logits, "float32"))


def activation_name(activation):
    """The name, if it is one of an activation that gives probabilities."""
    if activation not in _ACTIVATIONS:
        raise unknown_name("activation", activation, _ACTIVATIONS)
    return activation


_OF_CLASS_NUMBERS = (
    keras.metrics.SparseCategoricalCrossentropy,
    keras.metrics.SparseCategoricalAccuracy,
    keras.metrics.SparseTopKCategoricalAccuracy,
)


def _as_rows(y_true, y_pred):
    """Class numbers as one-hot rows, where there are several outputs."""
    outputs = y_pred.shape[-1]
    if outputs == 1:
        return y_true
    if len(y_true.shape) == len(y_pred.shape):
        if y_true.shape[-1] != 1:
            return y_true
        y_true = ops.squeeze(y_true, -1)
    return ops.one_hot(ops.cast(y_true, "int32"), outputs)
