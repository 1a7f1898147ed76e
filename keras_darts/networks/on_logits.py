"""Networks whose outputs are logits, and a `compile` that knows it.

Every `compile` here goes through `on_logits`: that of a search, and of the
networks of images, of sentences and of language.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.datasets import label_type_of_loss
from keras_darts.distributed.devices import SharedBatches
from keras_darts.networks.metrics_on_logits import Head
from keras_darts.networks.metrics_on_logits import LossOnLogits
from keras_darts.networks.metrics_on_logits import LossOnProbabilities
from keras_darts.networks.metrics_on_logits import has_from_logits
from keras_darts.networks.metrics_on_logits import metric_on_logits
from keras_darts.networks.metrics_on_logits import plain_name
from keras_darts.utils import tf_config
from keras_darts.utils.typing import Config

if TYPE_CHECKING:
    import tensorflow as tf


_ACTIVATIONS = {
    "sparse": "softmax",
    "one_hot": "softmax",
    "next_token": "softmax",
    "multi_label": "sigmoid",
    "regression": None,
}
# What else is said of the outputs by a loss that no label type has.
_OF_SCORES = {
    "hinge": "sigmoid",
    "squaredhinge": "sigmoid",
    "categoricalhinge": "softmax",
    "smoothedcrossentropy": "softmax",
}
_BY_SHAPE = ("ce", "crossentropy")
_REFUSED = {
    "dice": "probabilities",
    "tversky": "probabilities",
    "poisson": "positive numbers",
}


class OnLogits(typing.NamedTuple):
    """What Keras' `compile` gets."""

    loss: Any
    metrics: Any
    weighted_metrics: Any


def on_logits(
    loss: Any = None,
    metrics: Any = None,
    weighted_metrics: Any = None,
    *,
    num_outputs: int,
    label_type: str | None = None,
) -> OnLogits:
    """Losses and metrics as they are right for logits.

    A loss given by name, class or function that can take `from_logits` is made
    with it, and one that is made with `from_logits=False` raises a
    `ValueError`. Of the loss follows what the outputs stand for: logits of a
    softmax, of sigmoids, or the numbers of a regression, which nothing is done
    to. Metrics of probabilities get them by `OnProbabilities`; those that only
    ask which output is largest stay as they are. Losses and metrics of a user's
    own get logits.

    Args:
        loss: As for `keras.Model.compile`, also in a list or dictionary.
            Defaults to `None`.
        metrics: Likewise, nested or not. Defaults to `None`.
        weighted_metrics: Likewise. Defaults to `None`.
        num_outputs: Integer, the width of the head.
        label_type: String, the `label_type` of a `keras_darts.datasets.Task`,
            where it is known from elsewhere and the loss does not say it.
            Defaults to `None`.

    Returns:
        `OnLogits`, a tuple of the three.

    Raises:
        ValueError: for what would take logits for something else, with the
            argument to give.

    Example:

    >>> compiled = on_logits("sparse_categorical_crossentropy", num_outputs=3)
    >>> round(float(compiled.loss(np.array([0]), np.zeros((1, 3)))), 4)
    1.0986
    """
    head = _head(_first(loss), num_outputs, label_type)
    return OnLogits(
        _mapped(loss, loss_on_logits),
        _mapped(metrics, lambda each: metric_on_logits(each, head)),
        _mapped(weighted_metrics, lambda each: metric_on_logits(each, head)),
    )


def loss_on_logits(loss: Any) -> Any:
    """One loss, as `on_logits` makes it.

    Args:
        loss: Name, config, function, class or object, or `None`.
    """
    if isinstance(loss, str) and loss.lower() in _BY_SHAPE:
        return keras.losses.get(crossentropy)
    result = keras.losses.get(_made(loss))
    if isinstance(result, keras.losses.Loss):
        result = _checked(result)
    elif callable(result):
        result = _of_function(result)
    return result


@keras.saving.register_keras_serializable(package="keras_darts")
def crossentropy(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of logits, by the shape of the labels as in Keras."""
    losses, outputs = keras.losses, y_pred.shape[-1]
    if outputs == 1:
        return losses.binary_crossentropy(
            ops.reshape(y_true, ops.shape(y_pred)), y_pred, from_logits=True
        )
    numbers = len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1
    if numbers:
        return losses.sparse_categorical_crossentropy(
            y_true, y_pred, from_logits=True
        )
    return losses.categorical_crossentropy(y_true, y_pred, from_logits=True)


def _head(loss, num_outputs, label_type):
    """The `Head` that a loss, or else the label type, speaks of."""
    by_loss, name = label_type_of_loss(loss), plain_name(loss)
    label_type = by_loss or label_type
    if name in _BY_SHAPE:
        activation = "sigmoid" if num_outputs == 1 else "softmax"
        return Head(label_type, num_outputs, activation)
    if by_loss is None and name in _OF_SCORES:
        return Head(label_type, num_outputs, _OF_SCORES[name])
    return Head(
        label_type, num_outputs, _ACTIVATIONS.get(label_type, "unknown")
    )


def _first(loss):
    """The loss, of a list or dictionary for one output."""
    if isinstance(loss, dict) and "class_name" not in loss:
        loss = list(loss.values())
    if isinstance(loss, list | tuple):
        loss = next((each for each in loss if each is not None), None)
    # What is inside of a `functools.partial`.
    return getattr(loss, "func", loss)


def _mapped(metrics, function):
    """What is nested as Keras takes it, each of its leaves exchanged."""
    if isinstance(metrics, dict) and "class_name" not in metrics:
        return {name: _mapped(each, function) for name, each in metrics.items()}
    if isinstance(metrics, list | tuple):
        return [_mapped(each, function) for each in metrics]
    return None if metrics is None else function(metrics)


def _made(loss):
    """What was not an object yet, made to take logits where it can."""
    if isinstance(loss, str):
        result = keras.losses.get(loss)
        # A name that Keras makes an object of, with its defaults.
        loss = type(result) if isinstance(result, keras.losses.Loss) else result
    if isinstance(loss, dict) and "from_logits" not in loss.get("config", {}):
        result = keras.losses.get(loss)
        if has_from_logits(type(result)):
            config = {**result.get_config(), "from_logits": True}
            return type(result).from_config(config)
        return result
    if inspect.isclass(loss) and has_from_logits(loss):
        return loss(from_logits=True)
    return loss


def _checked(loss):
    name = plain_name(loss)
    if name in _REFUSED:
        raise _refused(loss, _REFUSED[name])
    config = loss.get_config()
    if config.get("from_logits") is False:
        raise ValueError(
            "`loss` must be made with from_logits=True, since the networks "
            f"here give logits. Received: {type(loss).__name__}"
            "(from_logits=False)"
        )
    of_probabilities = isinstance(loss, keras.losses.KLDivergence)
    return LossOnProbabilities(loss, "softmax") if of_probabilities else loss


def _of_function(function):
    if getattr(function, "__module__", "").startswith("keras."):
        return _of_keras(function)
    if not has_from_logits(function):
        return function
    # As `functools.partial` keeps them.
    from_logits = getattr(function, "keywords", {}).get("from_logits")
    if from_logits is False:
        raise ValueError(
            "`loss` must be a function with from_logits=True, since the "
            "networks here give logits. Received: a function with "
            "from_logits=False"
        )
    return function if from_logits else LossOnLogits(function)


def _of_keras(function):
    """The class of one of Keras' own functions, which takes logits."""
    name = plain_name(function)
    for each in vars(keras.losses).values():
        if inspect.isclass(each) and plain_name(each) == name:
            result = _made(each)
            return _checked(result() if inspect.isclass(result) else result)
    return LossOnLogits(function) if has_from_logits(function) else function


def _refused(loss, wanted):
    name = type(loss).__name__
    if wanted == "probabilities":
        way = (
            "give kd.training.LossOnProbabilities(loss, activation), where "
            "`activation` is 'softmax' or 'sigmoid'"
        )
    else:
        way = (
            "give a function of labels and outputs, such as "
            "lambda y, z: keras.losses.poisson(y, keras.ops.exp(z))"
        )
    return ValueError(
        f"`loss` must take logits, which the networks here give: {name} takes "
        f"{wanted}; {way}. Received: loss={name}"
    )


def activation_of_loss(loss: Any) -> str | None:
    """What the outputs are logits of, as far as a loss tells.

    Args:
        loss: As for `keras.Model.compile`.

    Returns:
        `"softmax"`, `"sigmoid"`, `None` for a regression, or `"unknown"`.

    Example:

    >>> activation_of_loss("binary_crossentropy")
    'sigmoid'
    """
    return _head(_first(loss), None, None).activation


class GivesLogits(SharedBatches):
    """A network that is compiled by `on_logits`.

    Abstract: a subclass says the width of its head by `num_outputs`.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> network.compile(loss="sparse_categorical_crossentropy")
    >>> network.loss.from_logits
    True
    """

    @property
    def num_outputs(self) -> int:
        """Integer, the width of the head."""
        return self.num_classes

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **options: Any,
    ) -> None:
        """As in Keras, but that losses and metrics are made for logits.

        A loss or metric given by name, class or function takes logits where
        Keras has that for it, and Keras' other metrics get probabilities: of
        a softmax for losses of one class an element, of sigmoids for binary
        ones. Those that compare outputs one by one, such as `Recall`, take
        class numbers as one-hot rows; their `class_id` chooses a class. With
        a loss of numbers, such as `"mse"`, nothing is done to the outputs.

        Args:
            optimizer: As in Keras. Defaults to `"rmsprop"`.
            loss: As in Keras. An object is made with `from_logits=True`. A
                function of one's own gets logits. Defaults to `None`.
            loss_weights: As in Keras. Defaults to `None`.
            metrics: As in Keras. Objects of one's own classes get logits,
                and probabilities inside of `training.OnProbabilities`.
                Defaults to `None`.
            weighted_metrics: Likewise. Defaults to `None`.
            **options: The other arguments of `keras.Model.compile`.

        Raises:
            ValueError: for a loss or metric that would take logits for
                something else, with the argument to give.
        """
        with self.distribute_strategy.scope():
            arguments = on_logits(
                loss, metrics, weighted_metrics, num_outputs=self.num_outputs
            )
        super().compile(
            optimizer=optimizer,
            loss=arguments.loss,
            loss_weights=loss_weights,
            metrics=arguments.metrics,
            weighted_metrics=arguments.weighted_metrics,
            **options,
        )

    @property
    def notes(self) -> list[str]:
        """List of sentences on the network that `summary` ends with."""
        return [
            f"Outputs: {self.num_outputs} logits. Softmax or sigmoid are no "
            "part of the network; `compile` and exports know."
        ]

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        **options: Any,
    ) -> None:
        """As in Keras, with `notes` below the table."""
        super().summary(line_length, positions, print_fn, **options)
        for note in self.notes:
            (print_fn or print)(note)

    def make_train_function(self, force: bool = False) -> Any:
        fresh = self.train_function is None or force
        if fresh and not self.run_eagerly:
            tf_config.give_back()
        return super().make_train_function(force)

    def compile_from_config(self, config: Config) -> None:
        # As Keras does it for models that have Keras' own `compile`.
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)
