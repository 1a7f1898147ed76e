"""Pooling with a window of 3 and one place of symmetric padding."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives.conv import check_stride
from keras_darts.primitives.padding_mask import presence
from keras_darts.utils.typing import Config


class Pool(keras.layers.Layer):
    """Abstract: a pool, which in a search a normalisation follows.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> isinstance(kd.primitives.MaxPool3x3(), Pool)
    True
    """

    def __init__(self, stride: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_stride(stride)
        self.stride = stride

    def get_config(self) -> Config:
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable(package="keras_darts")
class MaxPool3x3(Pool):
    """Largest of each 3x3 window.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> MaxPool3x3(stride=2)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 3])
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:
        if training:
            return _trained_max_pool(inputs, self.stride)
        outputs = ops.max_pool(inputs, 3, 1, "same", "channels_last")
        # Stride 2 takes every other window. A border of -inf would ruin int8
        # calibration, and LiteRT takes long to mirror one.
        return outputs if self.stride == 1 else outputs[:, ::2, ::2]


def _trained_max_pool(inputs, stride):
    """The same, pooled once more for the gradient.

    CPU kernels find the way back fast only where a pool and its gradient
    are in one graph, and functions that are traced once have two.
    """

    def pool(inputs):
        if stride == 1:
            return tf.nn.max_pool2d(inputs, 3, 1, "SAME")
        widths = [(0, 0), (1, 1), (1, 1), (0, 0)]
        inputs = tf.pad(inputs, widths, constant_values=inputs.dtype.min)
        return tf.nn.max_pool2d(inputs, 3, stride, "VALID")

    @tf.custom_gradient
    def pooled(inputs):
        def gradient(upstream):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = pool(inputs)
            return tape.gradient(outputs, inputs, upstream)

        return pool(inputs), gradient

    return pooled(inputs)


@keras.saving.register_keras_serializable(package="keras_darts")
class AvgPool3x3(Pool):
    """Mean of each 3x3 window, the padding not counted.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> AvgPool3x3()(np.ones((1, 4, 4, 1), "float32")).numpy().min()
    np.float32(1.0)
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if self.stride == 1:
            return ops.average_pool(inputs, 3, 1, "same", "channels_last")
        ones = ops.ones((1, *inputs.shape[1:3], 1), inputs.dtype)
        return _mean_with_zeros(inputs) / _mean_with_zeros(ones)


def _mean_with_zeros(inputs):
    inputs = ops.pad(inputs, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return ops.average_pool(inputs, 3, 2, "valid", "channels_last")


@keras.saving.register_keras_serializable(package="keras_darts")
class MaxPool1D(Pool):
    """Largest of each position of a sequence and its two neighbours.

    Padding, which has no features but zeros, is absent like what lies beyond
    the border.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> x = np.array([-3.0, -1.0, -2.0, 0.0], "float32").reshape(1, 4, 1)
    >>> MaxPool1D()(x).numpy().ravel().tolist()[:3]
    [-1.0, -1.0, -1.0]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # (B, T, C) -> (B, T', C)
        before, middle, after = _neighbours(inputs, self.stride)
        # For an absent neighbour the middle, which changes no maximum; a
        # border of -inf would ruin int8 calibration.
        before = ops.where(presence(before) > 0, before, middle)
        after = ops.where(presence(after) > 0, after, middle)
        return ops.maximum(ops.maximum(middle, before), after)


@keras.saving.register_keras_serializable(package="keras_darts")
class AvgPool1D(Pool):
    """Mean of each position of a sequence and its two neighbours.

    Padding, which has no features but zeros, is not counted, and neither is
    what lies beyond the border.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> x = np.array([2.0, 4.0, 3.0, 0.0], "float32").reshape(1, 4, 1)
    >>> AvgPool1D(stride=2)(x).numpy().ravel().tolist()
    [3.0, 3.5]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # (B, T, C) -> (B, T', C)
        places = _neighbours(inputs, self.stride)
        counts = _neighbours(presence(inputs), self.stride)
        return sum(places) / ops.maximum(sum(counts), 1)


def _neighbours(inputs, stride):
    """For each position of the output the one before, itself, the one after."""
    length = ops.shape(inputs)[1]
    inputs = ops.pad(inputs, [(0, 0), (1, 1), (0, 0)])
    return [inputs[:, i : i + length : stride] for i in range(3)]
