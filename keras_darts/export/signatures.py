"""Signatures and heads of an export."""

from __future__ import annotations

import abc
import collections.abc
import dataclasses
import logging
import numbers
import typing
from typing import TYPE_CHECKING
from typing import TypeVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.networks import GivesLogits
from keras_darts.networks import activation_of_loss
from keras_darts.utils import private_api
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.utils.typing import PathLike

_LOG = logging.getLogger("keras_darts")
AUTO = "auto"
_ROUNDING = 1e-3
# Below these, logarithms of float32 would not be finite.
_SMALLEST = {"softmax": 1e-30, "sigmoid": 1e-7}
# Layers at the end that change no number.
_SAME = (keras.layers.Dropout, keras.layers.Identity)


@dataclasses.dataclass(frozen=True)
class Head:
    """The way from inputs to logits, and what these are logits of.

    Args:
        rows: Function, the network, without a last layer that is nothing but
            an activation.
        activation: `"softmax"`, `"sigmoid"` or `None`, for the logits.
        are_probabilities: Boolean, whether the rows went through it already;
            logits are then their logarithms, or those of the odds.
        source: String, how that is known.
    """

    rows: typing.Callable[..., Any]
    activation: str | None
    are_probabilities: bool
    source: str

    def logits(self, *arguments: Any, **options: Any) -> tf.Tensor:
        rows = ops.cast(self.rows(*arguments, **options), "float32")
        if not self.are_probabilities:
            return rows
        least = _SMALLEST[self.activation]
        if self.activation == "softmax":
            return ops.log(ops.maximum(rows, least))
        rows = ops.clip(rows, least, 1 - least)
        return ops.log(rows) - ops.log(1 - rows)


def head_of(network: keras.Model, activation: str | None) -> Head:
    """The `Head` of a network, as far as its layers tell.

    Args:
        network: `keras.Model`.
        activation: As the user gave it: `"auto"`, `"softmax"`, `"sigmoid"`
            or `None`.

    Raises:
        ValueError: for an activation in addition to another one in the network.
    """
    ended, body = _last_activation(network)
    if activation not in (AUTO, None, ended) and ended is not None:
        raise ValueError(
            "`activation` must be left out for a network that ends in "
            f"{ended}. Received: activation={activation!r}"
        )
    if ended is not None and activation is not None:
        rows = network if body is None else body
        source = f"the network ends in {ended}"
        return Head(rows, ended, body is None, source)
    if activation != AUTO:
        return Head(network, activation, False, "`activation`")
    by_loss = activation_of_loss(getattr(network, "loss", None))
    if by_loss != "unknown":
        return Head(network, by_loss, False, "the loss of its training")
    return Head(network, "softmax", False, AUTO)


def measured(
    head: Head, network: keras.Model, inputs: Callable[[], Any]
) -> Head:
    """The same `Head`, or of probabilities where the rows show that.

    Args:
        head: `Head`.
        network: `keras.Model`.
        inputs: Function that returns inputs to look at.
    """
    if head.source == "`activation`" or isinstance(network, GivesLogits):
        return head
    if head.activation != "softmax" or head.source.endswith("softmax"):
        return head
    rows = np.asarray(inputs())
    sums = rows.sum(axis=-1)
    if rows.min() < 0 or np.abs(sums - 1).max() > _ROUNDING:
        return head
    source = "its rows sum to one"
    return dataclasses.replace(head, are_probabilities=True, source=source)


def say(head: Head | None) -> None:
    """Logs what an export takes the outputs for, where there is a `Head`."""
    if head is None:
        return
    what = "numbers" if head.activation is None else "logits of a softmax"
    if head.activation == "sigmoid":
        what = "logits of sigmoids"
    if head.are_probabilities:
        what = f"probabilities of a {head.activation}"
    why = "" if head.source in (AUTO, "`activation`") else f" ({head.source})"
    _LOG.info("export: the network gives %s%s", what, why)


def _last_activation(network):
    """The name of what a network ends in, and a model without it.

    Either is `None` where it can't be had.
    """
    outputs = getattr(network, "outputs", None) or ()
    if len(outputs) != 1:
        return None, None
    operation = private_api.operation_of(outputs[0])
    while _is_linear(operation):
        operation = private_api.operation_of(operation.input)
    if isinstance(operation, keras.Model):
        return _last_activation(operation)[0], None
    name = _name(operation)
    once = private_api.count_calls(operation) == 1
    if name is None or not once or getattr(operation, "weights", ()):
        return name, None
    return name, keras.Model(_input(network), operation.input)


def _is_linear(operation):
    linear = getattr(operation, "activation", None) is keras.activations.linear
    unweighted = not getattr(operation, "weights", ())
    return isinstance(operation, _SAME) or (linear and unweighted)


def _name(operation):
    function = getattr(operation, "activation", None)
    name = getattr(function, "__name__", type(operation).__name__.lower())
    along_classes = getattr(operation, "axis", -1) in (-1, 1)
    known = name in _SMALLEST and along_classes
    return name if known else None


def _input(network):
    """Its input in the form that it takes it in."""
    return network.inputs[0] if len(network.inputs) == 1 else network.inputs


ENDPOINT = "serving_default"


class Endpoint(typing.NamedTuple):
    """A function that an export answers by, and what it takes.

    `function` goes from tensors to a dict of tensors; `inputs` are a
    `tf.TensorSpec` for each of its arguments, with its name.
    """

    function: collections.abc.Callable[..., dict[str, tf.Tensor]]
    inputs: tuple[tf.TensorSpec, ...]

    def of_batches(self, size: int | None) -> Endpoint:
        """The same for batches of one size, or where that is `None`, of any."""
        inputs = tuple(
            tf.TensorSpec((size, *each.shape[1:]), each.dtype, each.name)
            for each in self.inputs
        )
        return self._replace(inputs=inputs)


class Serving(abc.ABC):
    """A network together with what is served around it.

    Attributes:
        network: The `keras.Model`.
        vocabulary: The `Vocabulary` that is kept next to the export, or
            `None`.
        labels: Tuple of strings, one an output, or `None`.
        layers: List of the layers that hold more than variables of their own,
            such as tables, and have to be tracked.
        best_is_an_answer: Boolean, whether the largest logit is what counts.
        head: The `Head`, of a network that classifies.
        rank: Integer, the axes of an input.
    """

    vocabulary: Vocabulary | None = None
    labels: tuple[str, ...] | None = None
    layers: Sequence[Any] = ()
    best_is_an_answer = True
    head: Head | None = None
    rank = 1

    @abc.abstractmethod
    def saved_model_endpoints(self) -> dict[str, Endpoint]:
        """The `Endpoint`s of a SavedModel by the names of their signatures."""

    @abc.abstractmethod
    def litert_endpoints(self) -> dict[str, Endpoint]:
        """The one `Endpoint` of a LiteRT file by its signature's name."""

    @abc.abstractmethod
    def samples(self, samples: Any) -> tuple[Any, str]:
        """Inputs to compare on, and where they are from.

        Args:
            samples: What the user gave, or `None`.
        """

    def with_files(
        self, pixel_range: Sequence[float] | None, samples: Any
    ) -> Serving:
        """The same, with what is served of image files, where it has that.

        Args:
            pixel_range: What the user gave, or `None`.
            samples: What `samples` returned.
        """
        refuse("a network that takes no images", pixel_range=pixel_range)
        return self

    def logits_of_files(
        self, exported: ExportedModel, inputs: Any
    ) -> dict[str, np.ndarray] | None:
        """What an export makes of inputs as files, or `None` without those."""
        return None

    @abc.abstractmethod
    def calibration(self, data: Any) -> list[dict[str, np.ndarray]]:
        """For each sample of `data` a dict of what the LiteRT model takes."""

    @abc.abstractmethod
    def requests(self, samples: Any) -> dict[str, dict[str, np.ndarray]]:
        """A request of a SavedModel: arrays by input, by signature."""

    @abc.abstractmethod
    def expected(self, samples: Any) -> dict[str, np.ndarray]:
        """A dict of arrays: what the network itself makes of the samples."""

    @abc.abstractmethod
    def actual(
        self, exported: ExportedModel, samples: Any
    ) -> dict[str, np.ndarray]:
        """The same, and maybe more, by an `ExportedModel` of the network."""


def refuse(what: str, **arguments: Any) -> None:
    """Raises for arguments that are given and have no meaning for a network.

    Args:
        what: String, what the network is.
        **arguments: Their values; `None` stands for not given.
    """
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be None for {what}, which has no use for it. "
                f"Received: {name} of type {type(value).__name__}"
            )


def write_archive(
    serving: Serving, endpoints: Mapping[str, Endpoint], folder: PathLike
) -> None:
    """A SavedModel in `folder` with these endpoints."""
    archive = keras.export.ExportArchive()
    # The network is not tracked: the endpoints' variables come along anyhow,
    # and an auxiliary head, which nothing reads any more, stays behind.
    for layer in serving.layers:
        archive.track(layer)
    for name, (function, inputs) in endpoints.items():
        archive.add_endpoint(name, function, input_signature=list(inputs))
    archive.write_out(str(folder), verbose=False)


def spec(name: str, dtype: str, *shape: int | None) -> tf.TensorSpec:
    """The `tf.TensorSpec` of a batch, whose number is not fixed."""
    return tf.TensorSpec((None, *shape), dtype, name)


def guarded(endpoint: Endpoint) -> Endpoint:
    """The same `Endpoint`, which refuses empty tensors and other shapes.

    Runtimes compare the type of what they are fed with the signature's, but
    not its shape, and a shape that an operation is not made for can end them.
    """

    def function(*tensors):
        return endpoint.function(
            *(
                _of_shape(tensor, spec)
                for tensor, spec in zip(tensors, endpoint.inputs, strict=True)
            )
        )

    return endpoint._replace(function=function)


def finite(tensor: tf.Tensor, name: str) -> tf.Tensor:
    """The tensor, or where it has NaN or infinity, an error as it runs."""
    return tf.debugging.check_numerics(tensor, f"`{name}` must be finite")


def _of_shape(tensor, spec):
    # Any shape as far as the graph's optimizer knows: it believes the
    # signature and would take the check for superfluous.
    unknown = tf.compat.v1.placeholder_with_default(tensor, shape=None)
    tensor = tf.ensure_shape(unknown, spec.shape)
    some = tf.debugging.assert_positive(
        tf.shape(tensor)[0], f"`{spec.name}` must not be empty"
    )
    with tf.control_dependencies([some]):
        return tf.identity(tensor)


_ACTIVATIONS = {
    "softmax": keras.ops.softmax,
    "sigmoid": keras.ops.sigmoid,
    None: None,
}
_BATCH = 32
_TOP_CLASSES = 5
_LOOKED_AT = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassifierServing(Serving):
    """A network from one input to logits `(B, outputs)`. Abstract.

    Args:
        network: A `keras.Model`.
        head: `Head`, what its outputs are.
        labels: Tuple of strings, one an output, or `None`.
        top_k: Integer, how many of them an answer has at most.
    """

    network: keras.Model
    head: Head
    labels: tuple[str, ...] | None
    top_k: int

    @property
    @abc.abstractmethod
    def saved_model_input(self) -> tf.TensorSpec:
        """`tf.TensorSpec` of what a SavedModel takes."""

    @property
    @abc.abstractmethod
    def litert_input(self) -> tf.TensorSpec:
        """`tf.TensorSpec` of what a LiteRT file takes."""

    @abc.abstractmethod
    def network_inputs(self, inputs: Any) -> Any:
        """What the network gets for inputs as they are served."""

    @property
    def activation(self) -> str | None:
        """`"softmax"`, `"sigmoid"` or `None`."""
        return self.head.activation

    @property
    def best_is_an_answer(self) -> bool:
        return self.activation == "softmax"

    def logits(self, inputs: Any) -> tf.Tensor:
        return self.head.logits(self.network_inputs(inputs), training=False)

    def outputs(self, inputs: Any) -> dict[str, tf.Tensor]:
        return self.with_probabilities(self.logits(inputs))

    def with_probabilities(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        if self.activation is None:
            return {"logits": logits}
        probabilities = _ACTIVATIONS[self.activation](logits)
        return {"logits": logits, "probabilities": probabilities}

    def served(self, inputs: Any) -> dict[str, tf.Tensor]:
        """What a SavedModel answers."""
        outputs = self.outputs(inputs)
        if self.labels is None or self.activation is None:
            return outputs
        k = min(self.top_k, len(self.labels))
        best = tf.math.top_k(outputs["logits"], k).indices
        return {**outputs, "classes": tf.gather(tf.constant(self.labels), best)}

    def saved_model_endpoints(self) -> dict[str, Endpoint]:
        inputs = (self.saved_model_input,)
        return {ENDPOINT: Endpoint(self.served, inputs)}

    def litert_endpoints(self) -> dict[str, Endpoint]:
        return {ENDPOINT: Endpoint(self.outputs, (self.litert_input,))}

    @abc.abstractmethod
    def inputs(self, data: Any, argument: str, limit: int) -> Any:
        """The first inputs of what the user knows as `argument`, checked."""

    def expected(self, samples: Any) -> dict[str, np.ndarray]:
        logits = [self.logits(part) for part in _batches(samples, _BATCH)]
        return {"logits": np.concatenate(logits)}

    def actual(
        self, exported: ExportedModel, samples: Any
    ) -> dict[str, np.ndarray]:
        size = exported.batch_size
        # A file for batches of one size gets a last one that is filled up.
        missing = -len(samples) % size if size else 0
        filled = [*samples, *[samples[0]] * missing] if missing else samples
        outputs = [exported(part) for part in _batches(filled, size or _BATCH)]
        return {
            name: np.concatenate([part[name] for part in outputs])[
                : len(samples)
            ]
            for name, values in outputs[0].items()
            if values.dtype.kind == "f"
        }


def check_activation(activation: str | None) -> None:
    if activation not in (AUTO, *_ACTIVATIONS):
        names = [AUTO, *map(str, _ACTIVATIONS)]
        raise unknown_name("activation", activation, names)


def label_strings(labels: Sequence[str] | None) -> tuple[str, ...] | None:
    """The labels as a tuple of strings of one line each, or `None`.

    Class numbers, as a classifier's `classes` may be, become strings.
    """
    if labels is None:
        return None
    names = () if isinstance(labels, str) else tuple(labels)
    if names and all(isinstance(n, numbers.Integral | np.bool_) for n in names):
        names = tuple(map(str, names))
    if not names or not all(
        isinstance(n, str) and "\n" not in n for n in names
    ):
        raise TypeError(
            "`labels` must be a list of strings of one line each. "
            f"Received: labels={labels!r}"
        )
    return names


def number_of_classes(top_k: int | None) -> int:
    """How many classes an answer has, of those that `top_k` asks for."""
    if top_k is None:
        return _TOP_CLASSES
    positive_integer("top_k", top_k)
    return top_k


_Classifier = TypeVar("_Classifier", bound=ClassifierServing)


def checked_outputs(serving: _Classifier) -> _Classifier:
    """The same, where it is clear what the outputs of its network are.

    Raises:
        ValueError: if network, labels and activation don't fit together.
    """
    inputs = serving.samples(None)[0][:_LOOKED_AT]
    # Run once outside any graph: a layer that makes its constants when it is
    # built (`Normalization`) would otherwise leave them in the export's graph.
    outputs = serving.network(serving.network_inputs(inputs), training=False)
    shape = tuple(getattr(outputs, "shape", ()))
    if len(shape) != 2:
        raise ValueError(
            "`network` must give one tensor of logits (batch, outputs). "
            f"Received: a network whose output is a {type(outputs).__name__} "
            f"of shape {(None, *shape[1:])}"
        )
    if serving.labels is not None and len(serving.labels) != shape[1]:
        raise ValueError(
            f"`labels` must name each of the {shape[1]} outputs of `network`. "
            f"Received: {len(serving.labels)} labels"
        )
    if serving.activation == "softmax" and shape[1] == 1:
        raise ValueError(
            "`activation` must be 'sigmoid' or None for a network of a single "
            "output, whose softmax is always 1. Received: activation='softmax'"
        )
    head = measured(serving.head, serving.network, lambda: outputs)
    return dataclasses.replace(serving, head=head)


def _batches(samples, size):
    return [samples[i : i + size] for i in range(0, len(samples), size)]
