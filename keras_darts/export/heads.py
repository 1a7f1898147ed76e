"""What the last layer of a network gives: logits, or probabilities already."""

import dataclasses
import logging
import typing

import keras
import numpy as np
from keras import ops

from keras_darts.networks import GivesLogits
from keras_darts.networks import activation_of_loss

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

    rows: typing.Callable
    activation: str | None
    are_probabilities: bool
    source: str

    def logits(self, *arguments, **options):
        rows = ops.cast(self.rows(*arguments, **options), "float32")
        if not self.are_probabilities:
            return rows
        least = _SMALLEST[self.activation]
        if self.activation == "softmax":
            return ops.log(ops.maximum(rows, least))
        rows = ops.clip(rows, least, 1 - least)
        return ops.log(rows) - ops.log(1 - rows)


def head_of(network, activation):
    """The `Head` of a network, as far as its layers tell.

    Args:
        network: `keras.Model`.
        activation: As the user gave it: `"auto"`, `"softmax"`, `"sigmoid"`
            or `None`.

    Raises:
        ValueError: for an activation beside another one in the network.
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


def measured(head, network, inputs):
    """The same `Head`, or of probabilities where the rows show that.

    Args:
        head: `Head`.
        network: `keras.Model`.
        inputs: Function that gives inputs to look at.
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


def say(head):
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
    operation = outputs[0]._keras_history.operation
    while _is_linear(operation):
        operation = operation.input._keras_history.operation
    if isinstance(operation, keras.Model):
        return _last_activation(operation)[0], None
    name = _name(operation)
    once = len(operation._inbound_nodes) == 1
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
