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


def convolve(inputs, kernel, stride=(1, 1)):
    """(B, H, W, I), (K, L, I, O) -> (B, H', W', O), symmetric padding."""
    inputs, padding = _symmetric(inputs, kernel.shape[:2], stride)
    return ops.conv(inputs, kernel, stride, padding, "channels_last")


def convolve_depthwise(inputs, kernel, stride=(1, 1), dilation=1):
    """(B, H, W, C), (K, K, C, 1) -> (B, H', W', C), symmetric padding."""
    if stride == (2, 2) and dilation == 2:
        # Every tap of the dilated kernel falls on an even pixel.
        inputs, stride, dilation = inputs[:, ::2, ::2], (1, 1), 1
    inputs, padding = _symmetric(inputs, kernel.shape[:2], stride)
    return ops.depthwise_conv(
        inputs, kernel, stride, padding, "channels_last", dilation
    )


def _symmetric(inputs, size, stride):
    if stride == (1, 1):
        return inputs, "same"
    if size == (1, 1):
        return inputs, "valid"
    widths = [(n // 2, n // 2) for n in size]
    return ops.pad(inputs, [(0, 0), *widths, (0, 0)]), "valid"
