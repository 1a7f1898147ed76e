"""Convolutions of the DARTS space: ReLU, convolution, normalisation.

All but the factorised one are for images (B, H, W, C) and, with kernels of
one axis, for sequences (B, T, C).
"""

import math

import keras

from keras_darts.primitives.checks import check_kernel_size
from keras_darts.primitives.checks import check_stride
from keras_darts.primitives.normalization import normalization_layer
from keras_darts.primitives.shared_input import SharedInput
from keras_darts.primitives.symmetric_conv import convolve
from keras_darts.primitives.symmetric_conv import torch_uniform


class BaseConv(keras.layers.Layer):
    """Abstract: the arguments that all convolutions of a cell share."""

    def __init__(
        self,
        filters,
        kernel_size,
        stride=1,
        affine=True,
        normalization="batch",
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_kernel_size(kernel_size)
        check_stride(stride)
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.affine = affine
        self.normalization = normalization

    def look(self, shared, training):
        """What is convolved."""
        return shared.relu

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "affine": self.affine,
            "normalization": self.normalization,
        }

    def compute_output_shape(self, input_shape):
        sides = (side and -(-side // self.stride) for side in input_shape[1:-1])
        return (input_shape[0], *sides, self.filters)

    def _window(self, input_shape):
        return (self.kernel_size,) * (len(input_shape) - 2)

    def _kernel(self, name, shape, fan_in):
        return self.add_weight(
            name=name, shape=shape, initializer=torch_uniform(fan_in)
        )


class _SquareConv(BaseConv):
    """A square convolution without bias, and its normalisation."""

    def build(self, input_shape):
        window, channels = self._window(input_shape), input_shape[-1]
        self.kernel = self._kernel(
            "kernel",
            (*window, channels, self.filters),
            fan_in=math.prod(window) * channels,
        )
        self.bn = normalization_layer(self.normalization, self.affine)
        self.bn.build((*input_shape[:-1], self.filters))

    def _convolve(self, inputs, training):
        return convolve(inputs, self.kernel, self.stride, training)


@keras.saving.register_keras_serializable(package="keras_darts")
class ConvBN(_SquareConv):
    """A square convolution without bias, normalisation: for stems.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, side of the kernel.
        stride: 1 or 2. Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> ConvBN(8, 3, stride=2)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 8])
    """

    def call(self, inputs, training=None):
        return self.bn(self._convolve(inputs, training), training=training)


@keras.saving.register_keras_serializable(package="keras_darts")
class ReLUConvBN(_SquareConv):
    """ReLU, a square convolution without bias, normalisation.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, side of the kernel.
        stride: 1 or 2. Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> ReLUConvBN(8, 1)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 4, 4, 8])
    """

    def call(self, inputs, training=None):
        return self.weighted(SharedInput(inputs), None, training)

    def weighted(self, shared, weight, training):
        """The outputs times `weight`."""
        inputs = self.look(shared, training)
        outputs = self._convolve(inputs, training)
        return self.bn(outputs, weight=weight, training=training)


@keras.saving.register_keras_serializable(package="keras_darts")
class FactorizedConv(BaseConv):
    """ReLU, a 1xK and a Kx1 convolution, normalisation.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, length of both kernels.
        stride: 1 or 2, first along the width, then along the height.
            Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> FactorizedConv(8, 7, stride=2)(np.ones((2, 4, 4, 8))).shape
    TensorShape([2, 2, 2, 8])

    Reference: Real et al., 2019, AmoebaNet, `conv_7x1_1x7`.
    """

    def build(self, input_shape):
        size, channels = self.kernel_size, input_shape[-1]
        self.row = self._kernel(
            "row", (1, size, channels, self.filters), fan_in=size * channels
        )
        self.column = self._kernel(
            "column",
            (size, 1, self.filters, self.filters),
            fan_in=size * self.filters,
        )
        self.bn = normalization_layer(self.normalization, self.affine)
        self.bn.build((*input_shape[:-1], self.filters))

    def call(self, inputs, training=None):
        return self.weighted(SharedInput(inputs), None, training)

    def weighted(self, shared, weight, training):
        """The outputs times `weight`."""
        inputs = self.look(shared, training)
        outputs = convolve(inputs, self.row, (1, self.stride))
        outputs = convolve(outputs, self.column, (self.stride, 1))
        return self.bn(outputs, weight=weight, training=training)
