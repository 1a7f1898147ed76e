"""Parameters and multiply-accumulates (MACs) of a network."""

from __future__ import annotations

import math

import keras
import tensorflow as tf

from keras_darts.utils import private_api
from keras_darts.utils import surroundings  # noqa: F401
from keras_darts.utils.typing import Shape


def count_parameters(model: keras.Model, auxiliary: bool = False) -> int:
    """The number of trained weights, as papers give it.

    Args:
        model: `keras.Model`, built.
        auxiliary: Boolean, whether those of an auxiliary head count, which
            has no part in inference. Defaults to `False`.

    Example:

    >>> layers = [keras.layers.Dense(3), keras.layers.BatchNormalization()]
    >>> count_parameters(keras.Sequential([keras.Input((2,)), *layers]))
    15
    """
    head = None if auxiliary else getattr(model, "auxiliary_head", None)
    left_out = {id(weight) for weight in head.weights} if head else ()
    return sum(
        math.prod(weight.shape)
        for weight in model.trainable_weights
        if id(weight) not in left_out
    )


def count_macs(model: keras.Model, input_shape: Shape | None = None) -> int:
    """The multiplications of convolutions and linear layers for one image.

    Multiply-accumulates of inference: a product and its addition are one.
    Normalisations, poolings and other layers are not counted.

    Args:
        model: `keras.Model` on one tensor, or a function on one.
        input_shape: Tuple, the shape of the input without the batch. Defaults
            to `None`, that of `model.input_shape`.

    Raises:
        ValueError: if neither gives a shape.

    Example:

    >>> dense = keras.layers.Dense(3)
    >>> count_macs(keras.Sequential([keras.Input((2,)), dense]))
    6
    """
    if input_shape is None:
        input_shape = getattr(model, "input_shape", (None, None))[1:]
    if None in input_shape:
        raise ValueError(
            "`input_shape` must be given where the model does not know it. "
            f"Received: input_shape={tuple(input_shape)}"
        )
    spec = tf.TensorSpec((1, *input_shape), "float32")
    infer = tf.function(_inference(model), autograph=False)
    return _macs_of(infer.get_concrete_function(spec).graph)


def _inference(model):
    if isinstance(model, keras.Layer):
        return lambda images: model(images, training=False)
    return model


def _macs_of(graph):
    total = 0
    for op in graph.get_operations():
        if op.type in _MACS:
            total += _MACS[op.type](op)
        elif op.type in ("PartitionedCall", "StatefulPartitionedCall"):
            function = private_api.function_of_graph(
                graph, op.get_attr("f").name
            )
            total += _macs_of(function.graph)
    return total


def _convolution(op):
    """A product a pixel of the kernel and of the output, and a channel in."""
    *sizes, channels, _ = op.inputs[1].shape
    return math.prod(_output_shape(op)) * math.prod(sizes) * channels


def _depthwise(op):
    height, width = op.inputs[1].shape[:2]
    return math.prod(_output_shape(op)) * height * width


def _product(op):
    """A product for each number in the output and each one summed."""
    transposed = "transpose_a" if op.type == "MatMul" else "adj_x"
    summed = op.inputs[0].shape[-2 if op.get_attr(transposed) else -1]
    return math.prod(op.outputs[0].shape) * summed


def _einsum(op):
    terms = op.get_attr("equation").decode().split("->")[0].split(",")
    sizes = {
        label: size
        for term, tensor in zip(terms, op.inputs, strict=True)
        for label, size in zip(term, tensor.shape, strict=True)
    }
    return math.prod(sizes.values())


def _output_shape(op):
    """The shape of what a convolution gives, or is cropped to.

    TensorFlow runs a dilated convolution on every second pixel, four times,
    between two reorderings; the second cuts off what padding had added.
    """
    output = op.outputs[0]
    for consumer in output.consumers():
        if consumer.type == "BatchToSpaceND":
            return consumer.outputs[0].shape
    return output.shape


_MACS = {
    "BatchMatMulV2": _product,
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Einsum": _einsum,
    "MatMul": _product,
}
