"""Networks that classify: logits, probabilities and classes come out."""

import abc
import dataclasses
import numbers

import keras
import numpy as np
import tensorflow as tf

from keras_darts.errors import positive_integer
from keras_darts.errors import unknown_name
from keras_darts.export import heads
from keras_darts.export.serving import ENDPOINT
from keras_darts.export.serving import Endpoint
from keras_darts.export.serving import Serving

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
    head: heads.Head
    labels: tuple | None
    top_k: int

    @property
    @abc.abstractmethod
    def saved_model_input(self):
        """`tf.TensorSpec` of what a SavedModel takes."""

    @property
    @abc.abstractmethod
    def litert_input(self):
        """`tf.TensorSpec` of what a LiteRT file takes."""

    @abc.abstractmethod
    def network_inputs(self, inputs):
        """What the network gets for inputs as they are served."""

    @property
    def activation(self):
        """`"softmax"`, `"sigmoid"` or `None`."""
        return self.head.activation

    @property
    def best_is_an_answer(self):
        return self.activation == "softmax"

    def logits(self, inputs):
        return self.head.logits(self.network_inputs(inputs), training=False)

    def outputs(self, inputs):
        return self.with_probabilities(self.logits(inputs))

    def with_probabilities(self, logits):
        if self.activation is None:
            return {"logits": logits}
        probabilities = _ACTIVATIONS[self.activation](logits)
        return {"logits": logits, "probabilities": probabilities}

    def served(self, inputs):
        """What a SavedModel answers."""
        outputs = self.outputs(inputs)
        if self.labels is None or self.activation is None:
            return outputs
        k = min(self.top_k, len(self.labels))
        best = tf.math.top_k(outputs["logits"], k).indices
        return {**outputs, "classes": tf.gather(tf.constant(self.labels), best)}

    def saved_model_endpoints(self):
        inputs = (self.saved_model_input,)
        return {ENDPOINT: Endpoint(self.served, inputs)}

    def litert_endpoints(self):
        return {ENDPOINT: Endpoint(self.outputs, (self.litert_input,))}

    @abc.abstractmethod
    def inputs(self, data, argument, limit):
        """The first inputs of what the user knows as `argument`, checked."""

    def expected(self, samples):
        logits = [self.logits(part) for part in _batches(samples, _BATCH)]
        return {"logits": np.concatenate(logits)}

    def actual(self, exported, samples):
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


def check_activation(activation):
    if activation not in (heads.AUTO, *_ACTIVATIONS):
        names = [heads.AUTO, *map(str, _ACTIVATIONS)]
        raise unknown_name("activation", activation, names)


def label_strings(labels):
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


def number_of_classes(top_k):
    """How many classes an answer has, of those that `top_k` asks for."""
    if top_k is None:
        return _TOP_CLASSES
    positive_integer("top_k", top_k)
    return top_k


def checked_outputs(serving):
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
    head = heads.measured(serving.head, serving.network, lambda: outputs)
    return dataclasses.replace(serving, head=head)


def _batches(samples, size):
    return [samples[i : i + size] for i in range(0, len(samples), size)]
