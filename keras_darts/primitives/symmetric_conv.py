"""Convolutions with PyTorch's padding, and its first values for them."""

import keras
from keras import ops

from keras_darts.primitives.trained_conv import convolve_depthwise_narrowly
from keras_darts.primitives.trained_conv import multiply_channels
from keras_darts.primitives.trained_conv import trains_faster_by_columns

# With fewer, the gradient of a strided 1x1 kernel is written by oneDNN, on one
# thread, beyond its memory: the process crashes, then or later.
_ENOUGH_CHANNELS = 8


def torch_uniform(fan_in):
    """PyTorch's default for the weights of convolutions and linear layers.

    Uniform in ±1/sqrt(fan_in), which is what its Kaiming initialiser with
    a = sqrt(5) comes to.
    """
    limit = fan_in**-0.5
    return keras.initializers.RandomUniform(-limit, limit)


def strided(inputs, stride):
    """Every `stride`-th place along all axes but the first and the last."""
    if stride == 1:
        return inputs
    # A pool of single places: slices with a step have slow gradients.
    return ops.average_pool(inputs, 1, stride, "valid", "channels_last")


def convolve(inputs, kernel, stride=1, training=False):
    """(B, H, W, I), (K, L, I, O) -> (B, H', W', O), symmetric padding.

    Or along time: (B, T, I), (K, I, O) -> (B, T', O). `stride` is an integer
    or one for each axis.
    """
    if set(kernel.shape[:-2]) == {1}:
        if stride != 1 and inputs.shape[-1] < _ENOUGH_CHANNELS:
            inputs, stride = strided(inputs, stride), 1
        if training and stride == 1:
            return multiply_channels(inputs, kernel)
    inputs, stride, padding = _symmetric(inputs, kernel.shape[:-2], stride)
    return ops.conv(inputs, kernel, stride, padding, "channels_last")


def convolve_depthwise(inputs, kernel, stride=1, dilation=1, training=False):
    """(B, H, W, C), (K, K, C, 1) -> (B, H', W', C), symmetric padding.

    Or along time: (B, T, C), (K, C, 1) -> (B, T', C).
    """
    size = kernel.shape[:-2]
    if dilation == 2 and _each(stride, size) == _each(2, size):
        # Every tap of the dilated kernel falls on an even pixel.
        inputs, stride, dilation = strided(inputs, 2), 1, 1
    inputs, strides, padding = _symmetric(inputs, size, stride)
    if training and dilation == 1 and trains_faster_by_columns(kernel):
        return convolve_depthwise_narrowly(
            inputs, kernel, strides[0], padding.upper()
        )
    return ops.depthwise_conv(
        inputs, kernel, strides, padding, "channels_last", dilation
    )


def to_phases(inputs):
    """(B, H, W, C) -> (4B, H/2, W/2, C): pixels apart that are neighbours.

    A convolution of dilation 2 is an ordinary one of each phase.
    """
    _, height, width, channels = inputs.shape
    halves = ops.reshape(inputs, (-1, height // 2, 2, width // 2, 2, channels))
    phases = ops.transpose(halves, (2, 4, 0, 1, 3, 5))
    return ops.reshape(phases, (-1, height // 2, width // 2, channels))


def from_phases(phases):
    """(4B, H/2, W/2, C) -> (B, H, W, C), the inverse of `to_phases`."""
    _, height, width, channels = phases.shape
    halves = ops.reshape(phases, (2, 2, -1, height, width, channels))
    pixels = ops.transpose(halves, (2, 3, 0, 4, 1, 5))
    return ops.reshape(pixels, (-1, 2 * height, 2 * width, channels))


def has_phases(input_shape):
    """Whether height and width are known and even."""
    return len(input_shape) == 4 and not any(
        side is None or side % 2 for side in input_shape[1:3]
    )


def _each(stride, size):
    return (stride,) * len(size) if isinstance(stride, int) else tuple(stride)


def _symmetric(inputs, size, stride):
    strides = _each(stride, size)
    if set(strides) == {1}:
        return inputs, strides, "same"
    if set(size) == {1}:
        return inputs, strides, "valid"
    widths = [(n // 2, n // 2) for n in size]
    return ops.pad(inputs, [(0, 0), *widths, (0, 0)]), strides, "valid"
