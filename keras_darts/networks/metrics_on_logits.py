"""Losses and metrics that fit outputs which are logits."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.utils import private_api
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.typing import Config

if TYPE_CHECKING:
    import tensorflow as tf


_ACTIVATIONS = {"sigmoid": ops.sigmoid, "softmax": ops.softmax}


@keras.saving.register_keras_serializable(package="keras_darts")
class OnProbabilities(keras.metrics.Metric):
    """A metric of probabilities, for a network that returns logits.

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

    def __init__(
        self,
        metric: keras.metrics.Metric | str | Config,
        activation: str,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        metric = keras.metrics.get(metric)
        super().__init__(name=name or metric.name, dtype=dtype)
        self.metric = metric
        self.activation: str = activation_name(activation)

    def update_state(
        self,
        y_true: tf.Tensor,
        y_pred: tf.Tensor,
        sample_weight: tf.Tensor | None = None,
    ) -> None:
        y_pred = probabilities(y_pred, self.activation)
        y_true = ops.convert_to_tensor(y_true)
        if not isinstance(self.metric, _METRICS_OF_CLASS_NUMBERS):
            y_true = _as_rows(y_true, y_pred)
        self.metric.update_state(y_true, y_pred, sample_weight=sample_weight)

    def result(self) -> Any:
        return self.metric.result()

    def reset_state(self) -> None:
        self.metric.reset_state()

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "metric": keras.saving.serialize_keras_object(self.metric),
            "activation": self.activation,
        }


@keras.saving.register_keras_serializable(package="keras_darts")
class LossOnProbabilities(keras.losses.Loss):
    """A loss of probabilities, for a network that returns logits.

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

    def __init__(
        self,
        loss: keras.losses.Loss,
        activation: str,
        name: str | None = None,
        **options: Any,
    ) -> None:
        loss = keras.losses.get(loss)
        options.setdefault("reduction", loss.reduction)
        super().__init__(name=name or loss.name, **options)
        self.loss = loss
        self.activation: str = activation_name(activation)

    @property
    def fn(self) -> Callable[..., Any]:
        """The function of the loss inside, as Keras' own losses have it."""
        return getattr(self.loss, "fn", type(self.loss))

    def call(
        self, y_true: tf.Tensor, y_pred: tf.Tensor
    ) -> tf.Tensor:  # (B, outputs) both -> (B,)
        return self.loss.call(y_true, probabilities(y_pred, self.activation))

    def get_config(self) -> Config:
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

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None = None,
        **options: Any,
    ) -> None:
        self.fn: Callable[..., Any] = keras.losses.get(function)
        super().__init__(name=name or self.fn.__name__, **options)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return self.fn(y_true, y_pred, from_logits=True)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "function": keras.saving.serialize_keras_object(self.fn),
        }


def probabilities(logits: tf.Tensor, activation: str) -> tf.Tensor:
    """Logits as probabilities, in float32."""
    return _ACTIVATIONS[activation](ops.cast(logits, "float32"))


def activation_name(activation: str) -> str:
    """The name, if it is one of an activation that returns probabilities."""
    if activation not in _ACTIVATIONS:
        raise unknown_name("activation", activation, _ACTIVATIONS)
    return activation


_METRICS_OF_CLASS_NUMBERS = (
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


_ACCURACY = ("acc", "accuracy")
# Which output is the largest is the same for logits; hinges are of scores.
_AS_THEY_ARE = {
    "categoricalaccuracy",
    "categoricalhinge",
    "hinge",
    "sparsecategoricalaccuracy",
    "sparsetopkcategoricalaccuracy",
    "squaredhinge",
    "topkcategoricalaccuracy",
}
_OF_NUMBERS = {
    "concordancecorrelation",
    "cosinesimilarity",
    "huber",
    "logcosh",
    "logcosherror",
    "meanabsoluteerror",
    "meanabsolutepercentageerror",
    "meansquarederror",
    "meansquaredlogarithmicerror",
    "pearsoncorrelation",
    "r2score",
    "rootmeansquarederror",
}
_OF_CLASS_NUMBERS = {
    "accuracy": "'accuracy' or keras.metrics.SparseCategoricalAccuracy()",
    "iou": "sparse_y_pred=False",
    "meaniou": "sparse_y_pred=False",
    "onehotiou": "sparse_y_pred=False",
    "onehotmeaniou": "sparse_y_pred=False",
}
# What Keras' metrics are made of, which says nothing of what they measure.
_BASES = {"mean", "meanmetricwrapper", "metric", "sum"}
_OWN_ACTIVATION = {
    "binarycrossentropy": "sigmoid",
    "binaryfocalcrossentropy": "sigmoid",
    "categoricalcrossentropy": "softmax",
    "categoricalfocalcrossentropy": "softmax",
    "sparsecategoricalcrossentropy": "softmax",
}


class Head(typing.NamedTuple):
    """What is known of a network's outputs.

    Args:
        label_type: String, the `label_type` of a `Task`, or `None`.
        num_outputs: Integer.
        activation: `"softmax"` or `"sigmoid"`, of which the outputs are
            logits, `None` for numbers of a regression, or `"unknown"`.
    """

    label_type: str | None
    num_outputs: int
    activation: str | None


def metric_on_logits(metric: Any, head: Head) -> Any:
    """One metric, as it is right for the outputs of a head.

    Args:
        metric: Name, config, function, class or object.
        head: `Head`.

    Raises:
        ValueError: for one that would take logits for something else.
    """
    if isinstance(metric, str) and metric.lower() in _ACCURACY:
        return _accuracy(metric, head)
    made = _made(metric, head)
    name = _keras_name(made)
    if head.activation is None or name in _AS_THEY_ARE:
        return made
    if name in _OF_CLASS_NUMBERS:
        return _largest_output(made, name)
    if _config(made).get("from_logits") or _is_on_logits(made):
        return made
    if name is None and not has_from_logits(type(made)):
        return made
    return _on_probabilities(made, name, head)


def has_from_logits(function: Callable[..., Any]) -> bool:
    """Whether a class or function has that argument."""
    try:
        return "from_logits" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def plain_name(thing: Any) -> str:
    """The name of a loss or metric, in small letters alone."""
    if isinstance(thing, dict):
        thing = thing.get("class_name", "")
    if not isinstance(thing, str):
        thing = getattr(thing, "__name__", type(thing).__name__)
    return thing.lower().replace("_", "")


def _accuracy(name, head):
    """What Keras makes of the word, but that it sees logits."""
    metrics = keras.metrics
    one = head.num_outputs == 1 and head.activation == "unknown"
    if head.activation == "sigmoid" or one:
        # A logit of zero is a probability of one half.
        return metrics.BinaryAccuracy(name, threshold=0.0)
    if head.label_type in ("sparse", "next_token"):
        return metrics.SparseCategoricalAccuracy(name)
    return (
        metrics.CategoricalAccuracy(name)
        if head.label_type == "one_hot"
        else name
    )


def _made(metric, head):
    """The metric as an object, made to take logits where it can."""
    name = metric if isinstance(metric, str) else None
    # Keras makes an object of a name or a class, with its defaults.
    result = keras.metrics.get(metric)
    unmade = name is not None or inspect.isclass(metric)
    if isinstance(result, keras.metrics.Metric):
        if unmade and _suits(type(result), head):
            result = type(result)(from_logits=True)
    elif callable(result):
        suits = {"from_logits": True} if _suits(result, head) else {}
        result = keras.metrics.MeanMetricWrapper(
            result, getattr(result, "__name__", type(result).__name__), **suits
        )
    if name is not None:
        result.name = name
    return result


def _suits(thing, head):
    """Whether `from_logits` would mean what the outputs are logits of."""
    if head.activation is None or not has_from_logits(thing):
        return False
    own = _OWN_ACTIVATION.get(plain_name(thing), head.activation)
    agrees = head.activation in ("unknown", own)
    return agrees and not _is_curve(thing)


def _is_curve(thing):
    """Whether it is an `AUC`, whose `from_logits` means sigmoids."""
    return inspect.isclass(thing) and issubclass(thing, keras.metrics.AUC)


def _keras_name(metric):
    """The plain name of what Keras has under it, or `None`."""
    if type(metric) is keras.metrics.MeanMetricWrapper:
        function, _ = private_api.wrapped_function(metric)
        by_keras = getattr(function, "__module__", "").startswith("keras.")
        return plain_name(function) if by_keras else None
    for each in type(metric).__mro__:
        if each.__module__.startswith("keras."):
            name = plain_name(each)
            return None if name in _BASES else name
    return None


def _config(metric):
    if type(metric) is keras.metrics.MeanMetricWrapper:
        _, kwargs = private_api.wrapped_function(metric)
        return kwargs
    try:
        return metric.get_config()
    except NotImplementedError:
        return {}


def _is_on_logits(metric):
    """Whether a threshold says that logits were thought of.

    One of zero would be passed by each probability.
    """
    config = _config(metric)
    thresholds = config.get("threshold", config.get("thresholds"))
    thresholds = (
        thresholds if isinstance(thresholds, list | tuple) else [thresholds]
    )
    numbers = [each for each in thresholds if each is not None]
    return bool(numbers) and not any(0 < each <= 1 for each in numbers)


def _largest_output(metric, name):
    if name != "accuracy" and not getattr(metric, "sparse_y_pred", True):
        return metric
    raise ValueError(
        f"`metrics` must not have {type(metric).__name__} as it is: it "
        "compares labels with class numbers, and the networks here give "
        f"logits. Give {_OF_CLASS_NUMBERS[name]}. Received: {metric.name}"
    )


def _on_probabilities(metric, name, head):
    activation = head.activation
    if activation == "unknown":
        if name in _OF_NUMBERS:
            return metric
        own = _OWN_ACTIVATION.get(name)
        activation = own or ("sigmoid" if head.num_outputs == 1 else None)
    if activation is None:
        raise ValueError(
            f"`metrics` must say what {type(metric).__name__} takes the "
            "logits of these networks for, which a loss of one's own does "
            "not say: give kd.training.OnProbabilities(metric, activation) "
            "with activation='softmax' or 'sigmoid', or from_logits=True "
            f"where it has that. Received: {metric.name}"
        )
    return OnProbabilities(metric, activation)
