"""Metrics that fit outputs which are logits."""

import inspect
import typing

import keras

from keras_darts.networks.probabilities import OnProbabilities

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
        kind: String, the `kind` of a `Task`, or `None`.
        num_outputs: Integer.
        activation: `"softmax"` or `"sigmoid"`, of which the outputs are
            logits, `None` for numbers of a regression, or `"unknown"`.
    """

    kind: str | None
    num_outputs: int
    activation: str | None

    @property
    def gives_probabilities(self):
        return self.activation in ("softmax", "sigmoid")


def metric_on_logits(metric, head):
    """One metric, as it is right for the outputs of a head.

    Args:
        metric: Name, config, function, class or object.
        head: `Head`.

    Raises:
        ValueError: for one that would take logits for something else.
    """
    if isinstance(metric, str) and metric.lower() in _ACCURACY:
        return _accuracy(metric, head)
    found = _made(metric, head)
    name = _keras_name(found)
    if head.activation is None or name in _AS_THEY_ARE:
        return found
    if name in _OF_CLASS_NUMBERS:
        return _largest_output(found, name)
    if _config(found).get("from_logits") or _is_on_logits(found):
        return found
    if name is None and not has_from_logits(type(found)):
        return found
    return _on_probabilities(found, name, head)


def has_from_logits(function):
    """Whether a class or function has that argument."""
    try:
        return "from_logits" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def plain_name(thing):
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
    if head.kind in ("sparse", "next_token"):
        return metrics.SparseCategoricalAccuracy(name)
    return metrics.CategoricalAccuracy(name) if head.kind == "one_hot" else name


def _made(metric, head):
    """The metric as an object, made to take logits where it can."""
    name = metric if isinstance(metric, str) else None
    # Keras makes an object of a name or a class, with its defaults.
    found = keras.metrics.get(metric)
    unmade = name is not None or inspect.isclass(metric)
    if isinstance(found, keras.metrics.Metric):
        if unmade and _suits(type(found), head):
            found = type(found)(from_logits=True)
    elif callable(found):
        suits = {"from_logits": True} if _suits(found, head) else {}
        found = keras.metrics.MeanMetricWrapper(
            found, getattr(found, "__name__", type(found).__name__), **suits
        )
    if name is not None:
        found.name = name
    return found


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
        function = metric._fn
        by_keras = getattr(function, "__module__", "").startswith("keras.")
        return plain_name(function) if by_keras else None
    for each in type(metric).__mro__:
        if each.__module__.startswith("keras."):
            name = plain_name(each)
            return None if name in _BASES else name
    return None


def _config(metric):
    if type(metric) is keras.metrics.MeanMetricWrapper:
        return metric._fn_kwargs
    try:
        return metric.get_config()
    except NotImplementedError:
        return {}


def _is_on_logits(metric):
    """Whether a threshold says that logits were thought of.

    One of zero would be passed by each probability.
    """
    config = _config(metric)
    given = config.get("threshold", config.get("thresholds"))
    given = given if isinstance(given, list | tuple) else [given]
    numbers = [each for each in given if each is not None]
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
