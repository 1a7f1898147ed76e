"""Convolutions with PyTorch's padding, and its first values for them."""

import keras
from keras import ops


def torch_uniform(fan_in):
    """PyTorch's default for the weights of convolutions and linear layers.

    Uniform in ±1/sqrt(fan_in), which is what its Kaiming initialiser with
    a = sqrt(5) comes to.
    """
    limit = fan_in**-0.5
    return keras.initializers.RandomUniform(-limit, limit)


def strided(inputs, stride, start=0):
    """Every `stride`-th place along all axes but the first and the last."""
    places = [slice(start or None, None, stride)] * (len(inputs.shape) - 2)
    return inputs[(slice(None), *places)]


def convolve(inputs, kernel, stride=1):
    """(B, H, W, I), (K, L, I, O) -> (B, H', W', O), symmetric padding.

    Or along time: (B, T, I), (K, I, O) -> (B, T', O). `stride` is an integer
    or one for each axis.
    """
    inputs, stride, padding = _symmetric(inputs, kernel.shape[:-2], stride)
    return ops.conv(inputs, kernel, stride, padding, "channels_last")


def convolve_depthwise(inputs, kernel, stride=1, dilation=1):
    """(B, H, W, C), (K, K, C, 1) -> (B, H', W', C), symmetric padding.

    Or along time: (B, T, C), (K, C, 1) -> (B, T', C).
    """
    size = kernel.shape[:-2]
    if dilation == 2 and _each(stride, size) == _each(2, size):
        # Every tap of the dilated kernel falls on an even pixel.
        inputs, stride, dilation = strided(inputs, 2), 1, 1
    inputs, stride, padding = _symmetric(inputs, size, stride)
    return ops.depthwise_conv(
        inputs, kernel, stride, padding, "channels_last", dilation
    )


def _each(stride, size):
    return (stride,) * len(size) if isinstance(stride, int) else tuple(stride)


def _symmetric(inputs, size, stride):
    stride = _each(stride, size)
    if set(stride) == {1}:
        return inputs, stride, "same"
    if set(size) == {1}:
        return inputs, stride, "valid"
    widths = [(n // 2, n // 2) for n in size]
    return ops.pad(inputs, [(0, 0), *widths, (0, 0)]), stride, "valid"
