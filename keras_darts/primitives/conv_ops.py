"""Convolutions with PyTorch's padding, in forms that CPUs train fast.

Training and inference compute the same functions; only the gradients of the
trained forms are computed otherwise. Exported models have the plain forms.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

# The CPU kernel for gradients of depthwise filters is many times slower for
# filters wider than this.
_FAST_WIDTH = 3


def multiply_channels(inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """A 1x1 convolution as a matrix product: (B, H, W, I) -> (B, H, W, O)."""
    *_, rows, columns = kernel.shape
    outputs = tf.matmul(
        tf.reshape(inputs, (-1, rows)), tf.reshape(kernel, (rows, columns))
    )
    return tf.reshape(outputs, (-1, *inputs.shape[1:-1], columns))


def convolve_depthwise_narrowly(
    inputs: tf.Tensor, kernel: tf.Tensor, stride: int, padding: str
) -> tf.Tensor:
    """A depthwise convolution; its filter's gradient is had by columns.

    Args:
        inputs: (B, H, W, C).
        kernel: (K, L, C, 1).
        stride: Integer.
        padding: `"SAME"` with stride 1, or `"VALID"`.
    """
    strides = [1, stride, stride, 1]

    @tf.custom_gradient
    def convolve(inputs, kernel):
        def gradient(upstream):
            by_inputs = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
                input_sizes=tf.shape(inputs),
                filter=kernel,
                out_backprop=upstream,
                strides=strides,
                padding=padding,
            )
            seen = _padded(inputs, kernel) if padding == "SAME" else inputs
            return by_inputs, _by_columns(seen, kernel, upstream, stride)

        outputs = tf.raw_ops.DepthwiseConv2dNative(
            input=inputs, filter=kernel, strides=strides, padding=padding
        )
        return outputs, gradient

    return convolve(inputs, tf.convert_to_tensor(kernel))


def trains_faster_by_columns(kernel: tf.Tensor) -> bool:
    """Whether a depthwise filter is one that CPU kernels are slow for."""
    return (
        len(kernel.shape) == 4
        and kernel.shape[1] > _FAST_WIDTH
        and not tf.config.list_physical_devices("GPU")
    )


def _padded(inputs, kernel):
    sides = [(n // 2, n // 2) for n in kernel.shape[:2]]
    return tf.pad(inputs, [(0, 0), *sides, (0, 0)])


def _by_columns(inputs, kernel, upstream, stride):
    """The gradient of the filter, a few of its columns at a time."""
    height, width, channels, _ = kernel.shape
    reach = (upstream.shape[2] - 1) * stride
    columns = []
    for start in range(0, width, _FAST_WIDTH):
        count = min(_FAST_WIDTH, width - start)
        columns.append(
            tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
                input=tf.slice(
                    inputs, [0, 0, start, 0], [-1, -1, reach + count, -1]
                ),
                filter_sizes=[height, count, channels, 1],
                out_backprop=upstream,
                strides=[1, stride, stride, 1],
                padding="VALID",
            )
        )
    return tf.concat(columns, axis=1)


# With fewer, the gradient of a strided 1x1 kernel is written by oneDNN, on one
# thread, beyond its memory: the process crashes, then or later.
_ENOUGH_CHANNELS = 8


def torch_uniform(fan_in: int) -> keras.initializers.Initializer:
    """PyTorch's default for the weights of convolutions and linear layers.

    Uniform in ±1/sqrt(fan_in), which is what its Kaiming initialiser with
    a = sqrt(5) comes to.
    """
    limit = fan_in**-0.5
    return keras.initializers.RandomUniform(-limit, limit)


class FanInUniform(keras.initializers.RandomUniform):
    """`torch_uniform` for primitives: what it draws can be drawn again.

    Args:
        fan_in: Integer.
        seed: Integer. Defaults to `None`.
    """

    def __init__(self, fan_in: int, seed: int | None = None) -> None:
        super().__init__(-(fan_in**-0.5), fan_in**-0.5, seed)
        self.fan_in = fan_in

    def __call__(self, shape: Shape, dtype: Any = None) -> Any:
        value = super().__call__(shape, dtype)
        draws = getattr(_RECORDED, "draws", None)
        if draws is not None:
            draws.append(Draw(self, shape, dtype, value))
        return value

    def of_seeds(
        self, seeds: Sequence[int], shape: Shape, dtype: Any
    ) -> np.ndarray:
        """What copies with other seeds return, stacked: a call each is slow."""
        draw = functools.partial(
            tf.raw_ops.StatelessRandomUniform, shape=shape, dtype=dtype
        )
        uniform = np.stack([draw(seed=[seed, 0]).numpy() for seed in seeds])
        # As Keras does it, where limits pass through single precision.
        limits = np.array([self.minval, self.maxval], "float32")
        lowest, highest = limits.astype(uniform.dtype)
        return uniform * (highest - lowest) + lowest

    def get_config(self) -> Config:
        return {"fan_in": self.fan_in, "seed": super().get_config()["seed"]}


class Draw(NamedTuple):
    """A call of a `FanInUniform`."""

    initializer: FanInUniform
    shape: Shape
    dtype: Any
    value: tf.Tensor


_RECORDED = threading.local()


@contextlib.contextmanager
def recorded_draws() -> Iterator[list[Draw]]:
    """Yields a list, which gets the calls of every `FanInUniform` inside."""
    before = getattr(_RECORDED, "draws", None)
    _RECORDED.draws = []
    try:
        yield _RECORDED.draws
    finally:
        _RECORDED.draws = before


def strided(inputs: tf.Tensor, stride: int | Sequence[int]) -> tf.Tensor:
    """Every `stride`-th place along all axes but the first and the last."""
    if stride == 1:
        return inputs
    # A pool of single places: slices with a step have slow gradients.
    return ops.average_pool(inputs, 1, stride, "valid", "channels_last")


def convolve(
    inputs: tf.Tensor,
    kernel: tf.Tensor,
    stride: int | Sequence[int] = 1,
    training: bool | None = False,
) -> tf.Tensor:
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


def convolve_depthwise(
    inputs: tf.Tensor,
    kernel: tf.Tensor,
    stride: int = 1,
    dilation: int = 1,
    training: bool | None = False,
) -> tf.Tensor:
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


def to_phases(inputs: tf.Tensor) -> tf.Tensor:
    """(B, H, W, C) -> (4B, H/2, W/2, C): pixels apart that are neighbours.

    A convolution of dilation 2 is an ordinary one of each phase.
    """
    _, height, width, channels = inputs.shape
    halves = ops.reshape(inputs, (-1, height // 2, 2, width // 2, 2, channels))
    phases = ops.transpose(halves, (2, 4, 0, 1, 3, 5))
    return ops.reshape(phases, (-1, height // 2, width // 2, channels))


def from_phases(phases: tf.Tensor) -> tf.Tensor:
    """(4B, H/2, W/2, C) -> (B, H, W, C), the inverse of `to_phases`."""
    _, height, width, channels = phases.shape
    halves = ops.reshape(phases, (2, 2, -1, height, width, channels))
    pixels = ops.transpose(halves, (2, 3, 0, 4, 1, 5))
    return ops.reshape(pixels, (-1, 2 * height, 2 * width, channels))


def has_phases(input_shape: Shape) -> bool:
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
